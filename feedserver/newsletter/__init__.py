"""Posts become entries; an issue becomes sections, projects and reports.

Doors: `entries` (a post's), `dividing` (the same in other processes), `issues` (where a section
is made), `wrappers` (what of others' issues is looked through), `topics` (all sections and
projects), `registry` (what is known of them beside their headings) and `merges` (what it joins),
`order`.
"""
