"""What a server is told when it starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from feedserver.catalogue import NamedFeed


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a server. Times are in seconds, sizes in bytes."""

    sources: tuple[str, ...] = ()
    """Where entries are read from: folders, archives, files and addresses of feeds."""

    folder: Path | None = None
    """The built site whose pages are served too; else the first source that is a folder."""

    url: str | None = None
    """Where the server is reached from outside, with a slash at its end; else the request tells."""

    state: Path | None = None
    """The folder of what is kept between restarts; else one below the user's cache."""

    interval: float = 1.0
    """How often files are looked at for changes."""

    poll: float = 900.0
    """How often addresses are fetched."""

    fetch_timeout: float = 20.0
    """How long fetching an address may take."""

    fetch_bytes: int = 50_000_000
    """How large a fetched document may be, unpacked."""

    fetch_redirects: int = 5
    """How many redirects are followed."""

    private_addresses: bool = False
    """Whether sources may be at private addresses, such as localhost."""

    issues: tuple[str, ...] = ("This Week in *",)
    """Of sources that are no archive: an entry is an issue if a category or its title matches."""

    ignore_sections: tuple[str, ...] = ("That's all I know*",)
    """Of sources that are no archive: globs on headings of sections that give no updates."""

    registry: Path | None = None
    """Of sources that are no archive: hebbot's config.toml, with titles of topics."""

    feed_limit: int = 20
    """Of sources that are no archive: how many entries a feed has; 0 is all that fits."""

    feeds: Mapping[str, NamedFeed] = field(default_factory=dict)
    """Named feeds, by the name that is their folder."""
