"""The tables of the ledger: each room declares its own on `METADATA`, by the types here."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Integer, MetaData, Table, Text

METADATA = MetaData()

VERSION = 1
"""Of all tables together."""

Number = BigInteger().with_variant(Integer, "sqlite")
"""A key that a database counts up by itself: SQLite does so for its own integers alone."""

SCHEMA = Table("schema", METADATA, Column("version", Integer, nullable=False))
"""One row."""

SWEEPS = Table(
    "sweeps",
    METADATA,
    Column("kind", Text, primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("woken", Number, nullable=False),
    Column("due", Float),
    Column("failures", Integer, nullable=False),
    Column("error", Text),
)
"""How often a shard was woken, when it is to be swept, and how often that failed in a row."""
