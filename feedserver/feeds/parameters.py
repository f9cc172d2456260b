"""What is asked of a feed beyond its own entries: the contract's query parameters.

`parse` makes them strict once, at the edge; what they mean is `index`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from feedserver.errors import ParameterError
from feedserver.model import Query

MAX_LIMIT = 200
FACETS = ("category", "author", "section", "project")
OF_SLUGS = (*FACETS, *(f"not_{facet}" for facet in FACETS))
"""The parameters that take slugs."""
OF_SOURCES = ("source", "not_source")
"""Those that are there in the network alone: which of its sites entries are from."""

_IGNORED = re.compile(r"utm_.*|fbclid")
_LIMIT = re.compile(r"[0-9]{1,3}", re.ASCII)
SLUG = r"[^\x00-\x20\x7f-\xa0/?#]{1,200}"
"""A slug, as a regular expression that means the same in every dialect."""
_SLUG = re.compile(SLUG)
# RFC 3339, section 5.6. A "+" that wasn't encoded comes as a space.
_SINCE = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[-+ ]\d{2}:\d{2})", re.ASCII
)
MAX_TEXT = 500
MAX_WORDS = 20
MAX_BEGINNINGS = 3
"""How many of the words may end in "*": for each all words that begin so are put together."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a parameter is for, and its values, as a schema of JSON Schema."""

    what: str
    schema: Mapping[str, object]


def _facet(name: str) -> Parameter:
    article = "an" if name[0] in "aeiou" else "a"
    chosen = f"no {name[4:]}" if name.startswith("not_") else f"{article} {name}"
    # Of how many, only the limit of all parameters together says, which is the server's.
    schema = {"type": "array", "items": {"type": "string", "pattern": f"^{SLUG}$"}}
    return Parameter(f"Entries with {chosen} of these slugs.", schema)


PARAMETERS: Mapping[str, Parameter] = {
    "limit": Parameter(
        "At most so many entries.", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}
    ),
    "before": Parameter(
        "What follows the entry with this id in the feed.", {"type": "string", "minLength": 1}
    ),
    "since": Parameter(
        "Entries that were modified later than this time of RFC 3339.",
        {"type": "string", "format": "date-time"},
    ),
    "q": Parameter(
        "Entries with these words.",
        {
            "type": "string",
            "minLength": 1,
            "maxLength": MAX_TEXT,
            "pattern": r"[^\s\x1c-\x1f]",
        },
    ),
    **{name: _facet(name) for name in OF_SLUGS},
}
"""All of them by name; addresses, pages and the description of the server go by this table."""
OF_NETWORK: Mapping[str, Parameter] = {**PARAMETERS, **{name: _facet(name) for name in OF_SOURCES}}
"""Those of feeds of the network."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a feed. `query` holds the parameters that take slugs; `text` is `q`.

    `before` is the id of an entry: what follows it in the feed. `since` leaves the entries that
    were modified later.
    """

    query: Query = field(default_factory=dict)
    limit: int | None = None
    before: str | None = None
    since: datetime | None = None
    text: str | None = None

    @property
    def is_lasting(self) -> bool:
        """Whether it is asked for again and again, and isn't what follows one entry or moment."""
        return self.before is None and self.since is None

    def query_string(self) -> str:
        """The parameters in a canonical order, as they stand behind the "?" of an address."""
        pairs = [(name, slug) for name, slugs in sorted(self.query.items()) for slug in slugs]
        if self.text is not None:
            pairs.append(("q", self.text))
        if self.since is not None:
            pairs.append(("since", self.since.isoformat()))
        if self.limit is not None:
            pairs.append(("limit", str(self.limit)))
        if self.before is not None:
            pairs.append(("before", self.before))
        return urlencode(pairs)


WHOLE = Slice()
"""A feed without parameters."""


def parse(
    parameters: Iterable[tuple[str, str]], *, most: int = MAX_LIMIT, network: bool = False
) -> Slice:
    """Read the parameters of a request, in their order; `limit` may be `most`.

    Those of the `network` are taken only there.

    Raises:
        ParameterError: one is unknown, malformed, or there twice without sense.
    """
    single: dict[str, str] = {}
    query: dict[str, tuple[str, ...]] = {}
    for name, value in parameters:
        if _IGNORED.fullmatch(name):
            continue
        if name in OF_SLUGS or (network and name in OF_SOURCES):
            if not _SLUG.fullmatch(value):
                raise ParameterError(name, "a slug, such as clients")
            query[name] = tuple(sorted({*query.get(name, ()), value}))
        elif name not in PARAMETERS:
            raise ParameterError(name, None, OF_NETWORK if network else PARAMETERS)
        elif name in single:
            raise ParameterError(name, "to stand there once")
        else:
            single[name] = value
    return Slice(
        query=dict(sorted(query.items())),
        limit=_limit(single.get("limit"), most),
        before=_before(single.get("before")),
        since=_since(single.get("since")),
        text=_text(single.get("q")),
    )


def _limit(text: str | None, most: int) -> int | None:
    if text is None:
        return None
    if not _LIMIT.fullmatch(text) or not 1 <= int(text) <= most:
        raise ParameterError("limit", f"a number from 1 to {most}")
    return int(text)


def _before(text: str | None) -> str | None:
    if text == "":
        raise ParameterError("before", "the id of an entry")
    return text


def _since(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        if not _SINCE.fullmatch(text):
            raise ValueError
        # A leap second, which may be written, is the end of the one before.
        whole, leap, rest = text[:17], text[17:19] == "60", text[19:]
        if leap:
            text = f"{whole}59.999999{rest.lstrip('.0123456789')}"
        return datetime.fromisoformat(text.upper().replace(" ", "+"))
    except ValueError as error:
        raise ParameterError(
            "since", "a time of RFC 3339, such as 2026-11-06T00:00:00+00:00"
        ) from error


def _text(text: str | None) -> str | None:
    if text is None:
        return None
    # One that stands there twice finds nothing more.
    words = tuple(dict.fromkeys(text.split()))
    beginnings = sum(word.endswith("*") for word in words)
    if not words or len(text) > MAX_TEXT or len(words) > MAX_WORDS or beginnings > MAX_BEGINNINGS:
        raise ParameterError(
            "q",
            f"words to search for: at most {MAX_WORDS}, of which {MAX_BEGINNINGS} may end in *,"
            f" in {MAX_TEXT} characters",
        )
    return " ".join(words)
