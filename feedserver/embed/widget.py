"""What pages of others show of a feed: which entries, how many, in which layout and colours.

It stands in an address, beside the parameters of feeds: `/embed/section/clients/?layout=cards`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar, get_args
from urllib.parse import urlencode

from babel import Locale
from babel.dates import format_date

from feedserver.errors import ParameterError
from feedserver.feeds import parameters
from feedserver.feeds.index import NETWORK
from feedserver.feeds.parameters import Slice
from feedserver.model import Entry, Feed, Site
from feedserver.newsletter import names

Layout = Literal["list", "compact", "cards"]
Theme = Literal["auto", "light", "dark"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
THEMES: tuple[Theme, ...] = get_args(Theme)
LIMIT = 5
MAX_LIMIT = 50
PARAMETERS = ("layout", "theme", *parameters.PARAMETERS)
_MAX_PEOPLE = 3

_Word = TypeVar("_Word", bound=str)
_Someone = TypeVar("_Someone")


@dataclass(frozen=True, slots=True)
class Widget:
    """A part of a feed and what it looks like; `limit` is how many entries are shown at most.

    `part` says which, and has no limit of its own.
    """

    part: Slice = parameters.WHOLE
    limit: int = LIMIT
    layout: Layout = "list"
    theme: Theme = "auto"

    @property
    def slice(self) -> Slice:
        """The entries that are shown, as a part of the feed."""
        return replace(self.part, limit=self.limit)

    def query_string(self) -> str:
        """The parameters of the page, in a canonical order."""
        pairs = [("layout", self.layout), ("limit", str(self.limit))]
        pairs += [("theme", self.theme)] if self.theme != "auto" else []
        rest = self.part.query_string()
        return urlencode(pairs) + (f"&{rest}" if rest else "")


@dataclass(frozen=True, slots=True)
class Row:
    """An entry as pages of others show it; `title` says what is new in it beside its feed.

    `about` is what it belongs to, unless the feed says that: its section, and a peer's its site.
    """

    title: str
    url: str
    iso: str
    date: str
    about: str | None
    people: tuple[str, ...]
    summary: str | None


def parse(pairs: Iterable[tuple[str, str]], *, network: bool = False) -> Widget:
    """Read the parameters of a request, for a feed of the `network` or of the site.

    Raises:
        ParameterError: one is unknown, malformed, or there twice without sense.
    """
    own: dict[str, str] = {}
    others: list[tuple[str, str]] = []
    for name, value in pairs:
        if name not in ("layout", "theme"):
            others.append((name, value))
        elif name in own:
            raise ParameterError(name, "to stand there once")
        else:
            own[name] = value
    part = parameters.parse(others, most=MAX_LIMIT, network=network)
    return Widget(
        part=replace(part, limit=None),
        limit=part.limit or LIMIT,
        layout=_one_of("layout", LAYOUTS, own.get("layout", LAYOUTS[0])),
        theme=_one_of("theme", THEMES, own.get("theme", THEMES[0])),
    )


def _one_of(name: str, known: tuple[_Word, ...], value: str) -> _Word:
    for each in known:
        if each == value:
            return each
    raise ParameterError(name, f"one of {', '.join(known)}")


def row(entry: Entry, feed: Feed, site: Site, locale: Locale) -> Row:
    """What is shown of an entry of a feed."""
    shown = names.shown(entry, feed.kind)
    section = names.of_section(shown.about) if shown.about else None
    source = entry.origin.title if entry.origin and feed.path.startswith(NETWORK) else None
    return Row(
        title=shown.title,
        url=entry.url,
        iso=entry.published.isoformat(),
        date=format_date(entry.published, "medium", locale=locale),
        about=" · ".join(filter(None, (section, source))) or None,
        people=few([person.name for person in names.people(entry, site)], str),
        summary=names.summary(entry, shown.title),
    )


def few(people: Sequence[_Someone], more: Callable[[str], _Someone]) -> tuple[_Someone, ...]:
    """As many people as a line names, and of the rest how many they are, as `more` makes it."""
    if len(people) <= _MAX_PEOPLE:
        return tuple(people)
    named = people[: _MAX_PEOPLE - 1]
    return (*named, more(f"+{len(people) - len(named)}"))
