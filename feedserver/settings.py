"""What a server is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a server.

    `folder` is the built site whose pages are served too. `url` ends in a slash and is where the
    server is reached from outside; without it self links take the request's origin. `interval` is
    how often, in seconds, the archive is looked at for changes.
    """

    folder: Path | None = None
    url: str | None = None
    interval: float = 1.0
