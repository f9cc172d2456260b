"""The tables of the ledger: each room declares its own on `METADATA`, by the types here."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table

METADATA = MetaData()

VERSION = 1
"""Of all tables together."""

Number = BigInteger().with_variant(Integer, "sqlite")
"""A key that a database counts up by itself: SQLite does so for its own integers alone."""

SCHEMA = Table("schema", METADATA, Column("version", Integer, nullable=False))
"""One row."""
