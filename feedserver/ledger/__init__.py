"""What has to last, in one database: of SQLite in the state folder, or of PostgreSQL.

Doors: `ledger` (the database, opened, and on what rooms declare tables), `history` (what sources at
addresses have had), `fetches` (when they are due, and what came of asking them), `runner` (the seam
between work and who does it), `work` (a runner for a ledger), `atonce` (a table of work that waits
for others, done).
"""
