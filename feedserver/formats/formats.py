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

    `standard` is the name of its specification, with the version; `schema` is what describes it in
    `/openapi.json`.
    """

    key: str
    name: str
    standard: str
    media_type: str
    serialise: Callable[[Channel], bytes]
    schema: str = "Xml"
    charset: str | None = "utf-8"

    @property
    def content_type(self) -> str:
        """The media type with its charset, as it stands in an answer."""
        return f"{self.media_type}; charset={self.charset}" if self.charset else self.media_type


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "atom.xml": Format("atom", "Atom", "Atom 1.0", atom.MEDIA_TYPE, atom.serialise),
        "rss.xml": Format("rss", "RSS", "RSS 2.0", rss.MEDIA_TYPE, rss.serialise),
        "feed.json": Format(
            "json",
            "JSON Feed",
            "JSON Feed 1.1",
            jsonfeed.MEDIA_TYPE,
            jsonfeed.serialise,
            schema="Feed",
            # It is UTF-8 by its definition (RFC 8259) and takes no parameter.
            charset=None,
        ),
    }
)
"""By the name of the file that a feed in it has."""
