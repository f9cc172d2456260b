"""What authors write beside the text, read and checked.

Doors: `frontmatter` (the fences and what is between), `keys` (a post's, and those of an
`_index.md`).
"""
