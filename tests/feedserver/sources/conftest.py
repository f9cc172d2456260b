"""The databases of histories."""

from tests.feedserver.ledger.conftest import postgresql

__all__ = ["postgresql"]
