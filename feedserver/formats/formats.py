"""The formats of a feed: the one table of them.

Who adds a format writes a module beside `atom` and a row here. Addresses, catalogues, pages, the
description of the server's addresses and its numbers go by this table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from feedserver.formats import atom, jsonfeed, rss
from feedserver.model import Channel


@dataclass(frozen=True, slots=True)
class Format:
    """A format: what programs call it (`key`), what people do, and how a channel is written in it.

    `standard` is the name of its specification, with the version.
    """

    key: str
    name: str
    standard: str
    media_type: str
    serialise: Callable[[Channel], bytes]


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "atom.xml": Format("atom", "Atom", "Atom 1.0", atom.MEDIA_TYPE, atom.serialise),
        "rss.xml": Format("rss", "RSS", "RSS 2.0", rss.MEDIA_TYPE, rss.serialise),
        "feed.json": Format(
            "json", "JSON Feed", "JSON Feed 1.1", jsonfeed.MEDIA_TYPE, jsonfeed.serialise
        ),
    }
)
"""By the name of the file that a feed in it has."""
