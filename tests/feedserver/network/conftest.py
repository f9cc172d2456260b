"""A ledger in either database, as the ledger's own tests have it."""

from __future__ import annotations

from tests.feedserver.ledger.conftest import place, postgresql, shared

__all__ = ["place", "postgresql", "shared"]
