"""A store of a built site, whose database stands beside the site's folder."""

from __future__ import annotations

from pathlib import Path

from feedserver import sources
from feedserver.cli import Rebuilt


def served(folder: Path) -> Rebuilt:
    """The store of the site in a folder; the database is written anew with its archive."""
    state = folder.parent / f"{folder.name}.state"
    state.mkdir(exist_ok=True)
    return Rebuilt(sources.find(str(folder)), state / "site.sqlite")
