"""What a site knows of its sections and projects beside their headings.

The registry is the configuration of hebbot, the bot that collects reports
(https://github.com/haecker-felix/hebbot): TOML with `[[sections]]` and `[[projects]]`. Taken of it
are `title`, `name`, `description`, `website` and `order`, and `aliases`, a list of ours, which
hebbot ignores. All else is left out, whatever it is.

A heading belongs to an entry if its slug is that of the entry's title, name or an alias; a title
comes before a name. All that belongs to an entry has the slug of its title.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NoReturn, TypeVar, cast

import pyromark

from feedserver.errors import RegistryError
from feedserver.text import html, urls
from feedserver.text.slugs import project_slug, section_slug, section_title

TopicKind = Literal["section", "project"]
Aliases = Mapping[TopicKind, Mapping[str, Sequence[str]]]
"""By kind: what a section or project is called today, and what it was called. Headings or slugs."""

SLUGS: Mapping[TopicKind, Callable[[str], str]] = {
    "section": section_slug,
    "project": project_slug,
}
_PLACE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_TYPES: Mapping[type, str] = {str: "text", int: "a whole number", list: "a list"}

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Registered:
    """A section or project that the registry has, or that has aliases.

    `slug` is where its page is. Without a `title` its newest heading names it. `order` is its place
    among those of its kind that have one. `aliases` are slugs.
    """

    slug: str
    title: str | None = None
    description: str | None = None
    website: str | None = None
    order: int | None = None
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Registry:
    """All that is registered, by kind and by each slug that it has."""

    by_slug: Mapping[TopicKind, Mapping[str, Registered]] = field(default_factory=dict)

    def find(self, kind: TopicKind, slug: str) -> Registered | None:
        return self.by_slug.get(kind, {}).get(slug)

    def slug(self, kind: TopicKind, slug: str) -> str:
        """The slug of what has this one: itself, unless it belongs to another."""
        found = self.find(kind, slug)
        return found.slug if found else slug

    def place(self, kind: TopicKind, slug: str) -> tuple[bool, int, str]:
        """A key to sort by: those with an order first, the others by slug."""
        found = self.find(kind, slug)
        order = found.order if found else None
        return (order is None, order or 0, slug)


EMPTY = Registry()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where something is written, for errors; `line` is unknown in settings."""

    kind: TopicKind
    called: str
    path: str
    line: int | None = None

    def fail(self, message: str) -> NoReturn:
        raise RegistryError(f"{self.kind} '{self.called}': {message}", self.path, self.line)

    def slug(self, text: str, what: str) -> str:
        return SLUGS[self.kind](text) or self.fail(f"no slug can be made of {what}")


@dataclass(slots=True)
class _Draft:
    """An entry while aliases are added to it; `name` and `aliases` are slugs."""

    place: _Place
    slug: str
    name: str | None = None
    title: str | None = None
    description: str | None = None
    website: str | None = None
    order: int | None = None
    aliases: list[str] = field(default_factory=list)


def read(
    data: bytes | None,
    path: str,
    aliases: Aliases | None = None,
    aliases_path: str = "aliases",
) -> Registry:
    """Read a registry, if there is one, and the aliases of a site's settings.

    `path` and `aliases_path` are where the two stand, for errors.

    Raises:
        RegistryError: it is no TOML, something has a wrong type, two entries have one title or
            name, or an alias belongs to two.
    """
    text = "" if data is None else _text(data, path)
    values = _toml(text, path)
    by_slug: dict[TopicKind, Mapping[str, Registered]] = {}
    for kind in SLUGS:
        written = [
            (_draft(table, place), _aliases(table, place))
            for table, place in _tables(values, text, kind, path)
        ]
        known = _names([draft for draft, _ in written])
        for draft, own in written:
            for alias in own:
                _add(alias, draft, known, draft.place)
        _add_settings(kind, (aliases or {}).get(kind, {}), known, aliases_path)
        by_slug[kind] = _registered(known)
    return Registry(by_slug)


def _text(data: bytes, path: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RegistryError("it isn't UTF-8", path, line) from error


def _toml(text: str, path: str) -> Mapping[str, object]:
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise RegistryError("it is nested too deeply", path) from error
    except ValueError as error:  # also of an integer that is too long
        place = _PLACE.search(str(error))
        message = str(error)[: place.start()] if place else str(error)
        line = None
        if place:
            line = int(place[1]) if place[1] else text.rstrip().count("\n") + 1
        raise RegistryError(f"invalid TOML: {message}", path, line) from error


def _tables(
    values: Mapping[str, object], text: str, kind: TopicKind, path: str
) -> Iterator[tuple[Mapping[str, object], _Place]]:
    """The tables of a kind, each with its place and what it calls itself."""
    key = f"{kind}s"
    tables = values.get(key, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise RegistryError(f"{key}: expected tables [[{key}]], found {_shown(tables)}", path)
    heads = re.finditer(rf"(?m)^[ \t]*\[\[[ \t]*{key}[ \t]*\]\]", text)
    lines: list[int | None] = [text.count("\n", 0, head.start()) + 1 for head in heads]
    if len(lines) != len(tables):
        # Not written as tables one by one, so that it can't be told where each is.
        lines = [None] * len(tables)
    for number, (table, line) in enumerate(zip(tables, lines, strict=True), 1):
        names = (table.get("title"), table.get("name"))
        written = (_plain(name) for name in names if isinstance(name, str))
        called = next(filter(None, written), str(number))
        yield table, _Place(kind, called, path, line)


def _draft(table: Mapping[str, object], place: _Place) -> _Draft:
    title = _plain(_value(table, "title", str, place) or "")
    if not title:
        place.fail("title: expected text, found nothing")
    website = urls.absolute(_value(table, "website", str, place) or "", "")
    return _Draft(
        place,
        place.slug(title, "its title"),
        SLUGS[place.kind](_value(table, "name", str, place) or "") or None,
        section_title(title) if place.kind == "section" else title,
        _plain(_value(table, "description", str, place) or "") or None,
        # Zola's own links, "@/about.md", lead nowhere outside of its site.
        website if website and website.startswith(("https:", "http:")) else None,
        _value(table, "order", int, place),
    )


def _aliases(table: Mapping[str, object], place: _Place) -> list[str]:
    aliases = _value(table, "aliases", list, place) or []
    for alias in aliases:
        if not isinstance(alias, str):
            place.fail(f"aliases: expected text, found {_shown(alias)}")
    return cast("list[str]", aliases)


def _value(table: Mapping[str, object], key: str, wanted: type[T], place: _Place) -> T | None:
    found = table.get(key)
    # To Python a truth value is a number.
    if found is None or (isinstance(found, wanted) and not isinstance(found, bool)):
        return found
    place.fail(f"{key}: expected {_TYPES[wanted]}, found {_shown(found)}")


def _plain(markdown: str) -> str:
    """A line of Markdown as plain text: without emphasis, links less their addresses."""
    # As a heading, so that "1. FC" is no list.
    rendered = pyromark.html(f"# {html.one_line(markdown)}")
    return html.plain(html.sanitise(rendered, "https://localhost/"))


def _names(drafts: Sequence[_Draft]) -> dict[str, _Draft]:
    """The entries by the slugs of their titles and names; a title comes before a name."""
    titles: dict[str, _Draft] = {}
    names: dict[str, _Draft] = {}
    for draft in drafts:
        other = titles.setdefault(draft.slug, draft)
        if other is not draft:
            draft.place.fail(f"its title has the slug of that of '{other.place.called}'")
    for draft in drafts:
        other = names.setdefault(draft.name, draft) if draft.name else draft
        if other is not draft:
            draft.place.fail(f"its name has the slug of that of '{other.place.called}'")
    return names | titles


def _add(alias: str, draft: _Draft, known: dict[str, _Draft], place: _Place) -> None:
    """Add an alias to an entry; `place` is where it is written."""
    slug = place.slug(alias, f"the alias '{alias}'")
    other = known.setdefault(slug, draft)
    if other is not draft:
        called = other.place.called
        if slug in other.aliases:
            place.fail(f"the alias '{alias}' is one of '{called}' too")
        place.fail(f"the alias '{alias}' names '{called}', which stands by itself")
    if slug != draft.slug and slug not in draft.aliases:
        draft.aliases.append(slug)


def _add_settings(
    kind: TopicKind, settings: Mapping[str, Sequence[str]], known: dict[str, _Draft], path: str
) -> None:
    """Add the aliases of a site's settings to the entries that they are of, or make such."""
    places = {called: _Place(kind, called, path) for called in settings}
    drafts: dict[str, _Draft] = {}
    for called, place in places.items():
        slug = place.slug(called, "it")
        draft = drafts[called] = known.setdefault(slug, _Draft(place, slug))
        if slug in draft.aliases:
            place.fail(f"it is an alias of '{draft.place.called}', and can't have any itself")
    for called, aliases in settings.items():
        for alias in aliases:
            _add(alias, drafts[called], known, places[called])


def _registered(known: Mapping[str, _Draft]) -> dict[str, Registered]:
    ordered = sorted(
        (draft for slug, draft in known.items() if draft.order is not None and slug == draft.slug),
        key=lambda draft: draft.order or 0,
    )
    order = {draft.slug: number for number, draft in enumerate(ordered)}
    registered = {
        draft.slug: Registered(
            draft.slug,
            draft.title,
            draft.description,
            draft.website,
            order.get(draft.slug),
            tuple(draft.aliases),
        )
        for draft in known.values()
    }
    return {slug: registered[draft.slug] for slug, draft in known.items()}


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
