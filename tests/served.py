"""A store of a built site, whose database stands beside the site's folder."""

from __future__ import annotations

from pathlib import Path

from feedserver.builder import DATABASE, Builder
from feedserver.cli import Rebuilt
from feedserver.settings import Settings


def served(folder: Path) -> Rebuilt:
    """The store of the site in a folder; the database is written anew with its archive."""
    state = folder.parent / f"{folder.name}.state"
    state.mkdir(exist_ok=True)
    builder = Builder(Settings(sources=(str(folder),), state=state))
    return Rebuilt(builder, state / DATABASE)
