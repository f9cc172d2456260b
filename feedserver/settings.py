"""What a server is told when it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a server.

    `folder` is the built site whose pages are served too. `url` ends in a slash and is where the
    server is reached from outside; without it self links take the request's origin. `interval` is
    how often, in seconds, the archive is looked at for changes. The word of `trusted_proxies`,
    addresses and networks or `unix`, on scheme, host and prefix counts. A request has at most
    `max_parameters` query parameters.
    """

    folder: Path | None = None
    url: str | None = None
    interval: float = 1.0
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    max_parameters: int = 50
