"""Pages for people: what a feed is and what stands in it; all feeds, searched and put together.

Each works without a script. Functions take values and give an answer; nothing here reads a request.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Protocol
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from babel import Locale
from starlette.responses import Response

from feedserver.embed import oembed, rooms, snippets, widget
from feedserver.embed.widget import Widget
from feedserver.errors import ParameterError
from feedserver.feeds import choices
from feedserver.feeds.choices import KINDS, Choice, Kind, Option, Options
from feedserver.feeds.index import UPDATE_FEEDS, Index, Page
from feedserver.feeds.parameters import FACETS, WHOLE, Slice
from feedserver.formats.formats import FORMATS
from feedserver.model import Feed, Site
from feedserver.pages import cards, excerpts, templates
from feedserver.pages.around import Around
from feedserver.text.words import Words

CATALOGUE = "feeds/"
"""The path of the catalogue."""
PER_PAGE = 20
_SHORT_LIST = 40
"""More options than these are a field that completes what is typed."""
_SUGGESTED = 1000
"""How many of them it is told; it takes others too."""

_PREVIEWS = {"Content-Security-Policy": templates.PREVIEWS_POLICY}

MOST = 1000
"""More entries than these aren't counted."""


class Finder(Protocol):
    """Looks up a slice of a feed, with its content where a text is searched for, and counts.

    Raises `EntryNotFoundError` for an unknown `before`.
    """

    def __call__(self, feed: Feed, part: Slice, /) -> Page: ...

    def count(self, feed: Feed, part: Slice, most: int) -> int:
        """How many entries there are in all; `most` if there are more."""


_options: WeakKeyDictionary[Index, Options] = WeakKeyDictionary()
_groups: WeakKeyDictionary[Index, tuple[cards.Group, ...]] = WeakKeyDictionary()


def feed_page(
    index: Index, feed: Feed, base: str, path: str, asked: Slice, find: Finder
) -> Response:
    """The page of a feed, or of a slice of it.

    `base` is the server's address. `path` is where the page is asked for, such as
    "section/clients/atom.xml": links to older entries lead there.

    Raises:
        EntryNotFoundError: there is no entry `asked.before`.
    """
    site, prefix = index.archive.site, urlsplit(base).path
    found = find(feed, _paged(asked))
    entries = index.entries(feed)
    values = _selection(index, feed, base, asked)
    if values["is_part"]:
        total = find.count(feed, replace(asked, before=None), asked.limit or MOST)
        values |= {"found": total, "is_more": asked.limit is None and total == MOST}
    values |= {
        "feed": feed,
        "root": index.root[1:],
        "name": choices.short_title(feed, site),
        "home": cards.home(feed, site, base, path),
        "count": len(entries),
        "updated": cards.day(entries[0], Words(site.language).locale),
        "change": _change(index, feed, asked, prefix),
        "of_site": cards.of_site(index, base, feed if asked == WHOLE else None),
        **_entries(index, found, prefix, path, asked),
    }
    return templates.page("feed.html", site.language, prefix, values, headers=_PREVIEWS)


def _catalogue(index: Index) -> str:
    return f"{index.root[1:]}{CATALOGUE}"


def _change(index: Index, feed: Feed, asked: Slice, prefix: str) -> str | None:
    """The form on `/feeds/`, filled in as this slice is, if it can say that."""
    names = {name.removeprefix("not_") for name in feed.query}
    if not names <= set(FACETS) or feed.query.keys() & asked.query.keys():
        return None
    whole = replace(asked, before=None, query={**feed.query, **asked.query})
    kind: Kind = "updates" if feed.kind in UPDATE_FEEDS else "posts"
    # What stands in the folded part of the form: browsers open it for that.
    return f"{_address(prefix, _catalogue(index), whole, kind=kind)}#narrow"


def _paged(part: Slice) -> Slice:
    return part if part.limit else replace(part, limit=PER_PAGE)


def catalogue_page(
    index: Index,
    base: str,
    parameters: Iterable[tuple[str, str]],
    find: Finder,
    page: Around | None = None,
) -> Response:
    """The page `/feeds/`: all feeds; or, with parameters, the entries that they choose.

    It stands in a `page` of the site's, if there is one for it.

    Raises:
        EntryNotFoundError: there is no entry with the id that `before` names.
    """
    site, prefix = index.archive.site, urlsplit(base).path
    known = _known_options(index)
    error, parameters = None, tuple(parameters)
    try:
        choice = choices.read(parameters, known, network=index.is_network)
    except ParameterError as caught:
        choice, error = Choice(None, None), caught
    kinds = {
        kind: feed for kind, path in KINDS.items() if (feed := index.feed_at(f"{index.root}{path}"))
    }
    values: dict[str, object] = {
        "error": error,
        # What was typed stays, whatever is wrong with the rest.
        "text": dict(parameters).get("q", ""),
        "chosen": choice.slice or WHOLE,
        "lists": _lists(known, choice.slice or WHOLE),
        "kinds": tuple(kinds),
        "kind": choice.kind or next(iter(kinds), None),
        "groups": None,
        "tabs": None,
        "total": len(index.feeds),
        "base": base,
        "formats": {file: form.name.removesuffix(" Feed") for file, form in FORMATS.items()},
        "around": page,
        "layout": "part.html" if page else "layout.html",
        "of_site": cards.of_site(index, base),
        "site": site,
        "root": index.root[1:],
    }
    words = Words(site.language)
    if choice.slice is None or not kinds:
        values["title"] = words.text("feeds_of", site=site.title)
        values["groups"] = _known_groups(index, words.locale)
    else:
        searched = choice.slice.text
        values["title"] = title = (
            f"{words.text('search_for', words=searched)}, {site.title}"
            if searched
            else words.text("selection_of", site=site.title)
        )
        values["around"] = page and page.titled(title)
        values |= _results(index, base, choice, choice.slice, kinds, find)
    status = HTTPStatus.OK if error is None else HTTPStatus.BAD_REQUEST
    return templates.page(
        "catalogue.html", site.language, prefix, values, status=status, headers=_PREVIEWS
    )


def _results(
    index: Index,
    base: str,
    choice: Choice,
    asked: Slice,
    kinds: Mapping[Kind, Feed],
    find: Finder,
) -> dict[str, object]:
    """The entries that were asked for, and how many there are of the other kind."""
    prefix = urlsplit(base).path
    whole = replace(asked, before=None)
    totals = {kind: find.count(feed, whole, MOST) for kind, feed in kinds.items()}
    wanted = [each for each in kinds if each == choice.kind]
    filled = [each for each, total in totals.items() if total]
    kind = [*wanted, *filled, *kinds][0]
    feed = kinds[kind]
    found = find(feed, _paged(asked))
    return {
        "kind": kind,
        "found": totals[kind],
        "is_more": totals[kind] == MOST,
        "tabs": [
            {
                "kind": each,
                "url": _address(prefix, _catalogue(index), whole, kind=each),
                "count": total,
                "more": total == MOST,
            }
            for each, total in totals.items()
        ],
        **_selection(index, feed, base, asked),
        **_entries(index, found, prefix, _catalogue(index), asked, kind=kind),
    }


def _selection(index: Index, feed: Feed, base: str, part: Slice) -> dict[str, object]:
    """What is said of a slice, and its addresses."""
    subscribed = replace(part, before=None)
    return {
        "part": part,
        "is_part": replace(subscribed, limit=None) != WHOLE,
        "filters": cards.filters(part, _known_options(index)),
        "addresses": cards.addresses(feed, base, subscribed),
        "oembed": oembed.discovery(base, cards.addresses(feed, base, subscribed)[0].url),
        "embed": _embed(feed, base, replace(subscribed, limit=None), index.archive.site),
        "rooms": rooms.of(feed, base, subscribed),
        "site": index.archive.site,
    }


def _embed(feed: Feed, base: str, part: Slice, site: Site) -> dict[str, object]:
    """What a part of a feed is embedded by, and what can be chosen; the preview is of this origin.

    A part is embedded without a limit of its own: how many entries are shown is chosen.
    """
    return {
        "title": feed.title,
        "snippets": snippets.of(feed, site, base, part),
        "page": snippets.page(feed, urlsplit(base).path),
        "query": part.query_string(),
        "widget": Widget(part),
        "layouts": widget.LAYOUTS,
        "themes": widget.THEMES,
        "most": widget.MAX_LIMIT,
        "heights": json.dumps(snippets.HEIGHTS),
    }


def _entries(
    index: Index, found: Page, prefix: str, path: str, part: Slice, kind: Kind | None = None
) -> dict[str, object]:
    """Entries, and the addresses of the pages before and behind them."""
    locale = Words(index.archive.site.language).locale
    older = replace(part, before=found.next) if found.next else None
    newest = replace(part, before=None) if part.before else None
    words = part.text and excerpts.words(part.text)
    return {
        "cards": [
            cards.card(entry, index, prefix, locale, words or None) for entry in found.entries
        ],
        "older": older and _address(prefix, path, older, kind=kind),
        "newest": newest and _address(prefix, path, newest, kind=kind),
    }


def _address(prefix: str, path: str, part: Slice, kind: Kind | None = None) -> str:
    query = [f"kind={kind}"] if kind else []
    query += [part.query_string()] if part != WHOLE else []
    return f"{prefix}{path}" + (f"?{'&'.join(query)}" if query else "")


def _lists(known: Options, part: Slice) -> list[dict[str, object]]:
    """The facets of the form: a short one with all its options, a long one with those chosen."""
    found: list[dict[str, object]] = []
    for facet in ("section", "project", "category", "author", "source"):
        taken = part.query.get(facet, ())
        left = part.query.get(f"not_{facet}", ())
        there = known.get(facet, ())
        titles = {option.slug: option for option in there}
        chosen = tuple(titles.get(slug, Option(slug, slug)) for slug in dict.fromkeys(taken + left))
        is_long = len(there) > _SHORT_LIST
        shown = chosen if is_long else there + tuple(each for each in chosen if each not in there)
        if there or chosen:
            found.append(
                {
                    "facet": facet,
                    "options": shown,
                    "taken": taken,
                    "left": left,
                    "suggested": there[:_SUGGESTED] if is_long else (),
                }
            )
    return found


def _known_options(index: Index) -> Options:
    """The options of an index, which takes the longer the more feeds there are."""
    if index not in _options:
        _options[index] = choices.options(index)
    return _options[index]


def _known_groups(index: Index, locale: Locale) -> tuple[cards.Group, ...]:
    if index not in _groups:
        _groups[index] = cards.groups(index, locale)
    return _groups[index]
