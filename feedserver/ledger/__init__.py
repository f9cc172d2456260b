"""What has to last, in one database: of SQLite in the state folder, or of PostgreSQL.

Doors: `ledger` (the database, opened), `tables` (of which rooms declare their own), `history` (what
sources at addresses have had), `runner` (the seam between work and who does it), `work` (a runner
for a ledger), `atonce` (a table of work that waits for others, done).
"""
