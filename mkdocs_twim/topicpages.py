"""The pages of sections and projects, which are written beside their feeds.

They hold no HTML and no picture of an author's, so that no other plugin has business with them, and
MkDocs is told of none. The theme around them is rendered once for all that differ in words alone:
with a page whose words are placeholders, cut at those. Where one of them isn't found as it must
come out, or a page that is rendered in full differs, pages of that kind are rendered in full.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape
from itertools import count, islice, product
from typing import Any, cast

from jinja2 import Environment
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import escape as jinja_escape
from mkdocs.commands.build import get_context
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation, Section
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import AnchorLink, TableOfContents
from mkdocs.utils import write_file
from mkdocs.utils.templates import TemplateContext

from feedserver.model import Feed
from mkdocs_twim.feeds import SiteFeeds
from mkdocs_twim.frames import Frames
from mkdocs_twim.listings import Listing
from mkdocs_twim.pages import GeneratedPages, generate
from mkdocs_twim.social import Social

log = get_plugin_logger("twim")

_FORMS: tuple[Callable[[str], str], ...] = (
    str,
    lambda text: escape(text, quote=False),
    escape,
    lambda text: str(jinja_escape(text)),
    lambda text: escape(escape(text, quote=False)),
    lambda text: str(jinja_escape(escape(text, quote=False))),
    lambda text: str(htmlsafe_json_dumps(text))[1:-1],
    lambda text: str(htmlsafe_json_dumps(escape(text, quote=False)))[1:-1],
)
"""How a text may come out of a theme: as it is, escaped, in JSON; and the same where it was HTML.
"""

_PLACEHOLDER = re.compile(r"qtwim\d+", re.IGNORECASE)
_CONTENT = "<h1>Qtwim</h1>"

_Piece = str | tuple[int, Callable[[str], str]]
"""A part of a page: text, or the number of a word and how it is written there."""


class Pattern(Page):
    """A page of placeholders; `feeds` are its own, `social` what it says to other sites."""

    feeds: tuple[Feed, ...]
    social: Social


@dataclass(frozen=True, slots=True)
class _Frame:
    """The theme around pages that differ in words; `context` is what its template was told."""

    pieces: Sequence[_Piece]
    context: Mapping[str, object]

    def around(self, content: str, words: Sequence[str]) -> str:
        return "".join(
            (piece if piece != _CONTENT else content)
            if isinstance(piece, str)
            else piece[1](words[piece[0]])
            for piece in self.pieces
        )


@dataclass(frozen=True, slots=True)
class _Topic:
    page: Page
    listing: Listing
    frame: _Frame | None


class TopicPages:
    """The pages of a build; `env`, `nav` and `files` are as other plugins have left them."""

    def __init__(
        self,
        generated: GeneratedPages,
        frames: Frames,
        site_feeds: SiteFeeds,
        env: Environment,
        config: MkDocsConfig,
        nav: Navigation,
        files: Files,
    ) -> None:
        self._generated = generated
        self._frames = frames
        self._site_feeds = site_feeds
        self._env = env
        self._config = config
        self._nav = nav
        self._files = files
        self._searches = _searches(config.plugins)
        self._framed: list[_Topic] = []

    def prepare(self) -> None:
        """Do what other plugins have a hand in: frames, or else whole pages; titles in the search.

        Raises:
            OSError: a page can't be written.
        """
        self._tell_searches()
        kinds: dict[tuple[str, bool], list[_Topic]] = {}
        frames: dict[object, _Frame | None] = {}
        for page in self._generated.topics:
            listing = self._listing(page)
            kind = (listing.kind, _is_later(listing))
            kinds.setdefault(kind, []).append(
                _Topic(page, listing, self._frame(page, listing, frames))
            )
        for topics in kinds.values():
            shortest = min(topics, key=lambda topic: len(str(topic.page.title)))
            longest = max(topics, key=lambda topic: len(str(topic.page.title)))
            if all(topic.frame for topic in topics) and all(
                map(self._is_same, (shortest, longest))
            ):
                self._framed += topics
                continue
            log.debug(f"pages such as {topics[0].page.url} are rendered in full, one by one")
            for topic in topics:
                self._write(topic.page, self._whole(topic.page))

    def write(self) -> None:
        """Write the pages that `prepare` has left.

        Raises:
            OSError: a page can't be written.
        """
        for topic in self._framed:
            self._write(topic.page, self._joined(topic))

    def _listing(self, page: Page) -> Listing:
        listing = self._generated.listing(page)
        assert listing is not None
        return listing

    def _write(self, page: Page, text: str) -> None:
        # As MkDocs does.
        write_file(text.encode("utf-8", errors="xmlcharrefreplace"), page.file.abs_dest_path)

    def _is_same(self, topic: _Topic) -> bool:
        return self._joined(topic) == self._whole(topic.page)

    def _joined(self, topic: _Topic) -> str:
        page, listing, frame = topic.page, topic.listing, topic.frame
        assert frame is not None
        social = self._frames.social_of(page, listing)
        context = {**frame.context, "page": page, "social": social}
        content = self._frames.content_of(page, listing, context)
        return frame.around(content, _words(page, listing, self._own(page, listing), social))

    def _whole(self, page: Page) -> str:
        """A page as MkDocs makes it; a copy, for the events fill what they are given."""
        return self._rendered(copy.copy(page))[0]

    def _frame(
        self, page: Page, listing: Listing, known: dict[object, _Frame | None]
    ) -> _Frame | None:
        """The frame of pages of this shape; nothing if its words don't come out as they must."""
        feeds = self._own(page, listing)
        shape = (listing.kind, _is_later(listing), len(list(_all(page.toc))), len(feeds))
        if shape not in known:
            pattern = _pattern(page, listing, feeds, self._frames, self._config)
            text, context = self._rendered(pattern)
            pieces = _cut(text, _words(pattern, listing, pattern.feeds, pattern.social))
            known[shape] = _Frame(pieces, context) if pieces else None
        return known[shape]

    def _own(self, page: Page, listing: Listing) -> tuple[Feed, ...]:
        return self._site_feeds.own(page.url, listing.first)

    def _rendered(self, page: Page) -> tuple[str, TemplateContext]:
        """A page by MkDocs' context and environment and the events of all plugins.

        Those of search plugins are left out: they find the titles of these pages by themselves.
        """
        page.active = True
        context = get_context(self._nav, self._files, self._config, page)
        template = self._env.get_template(page.meta["template"])
        told = {"page": page, "config": self._config}
        context = self._through("page_context", context, **told, nav=self._nav)
        text = self._through("post_page", template.render(cast("Any", context)), **told)
        page.active = False
        return text, context

    def _through(self, event: str, item: Any, **told: object) -> Any:
        for method in self._config.plugins.events[event]:
            if _owner(method) not in self._searches.values():
                changed = method(item, **told)
                item = item if changed is None else changed
        return item

    def _tell_searches(self) -> None:
        """Let the search plugins know the titles: as pages of one heading, which these are yet."""
        events = self._config.plugins.events["page_context"]
        pages = [page for page in self._generated.topics if "search" not in page.meta]
        for name, plugin in self._searches.items() if pages else ():
            methods = [method for method in events if _owner(method) is plugin]
            if not methods:
                log.info(f"the pages of sections and projects are not in the index of '{name}'")
            for method, page in product(methods, pages):
                context = get_context(self._nav, self._files, self._config, page)
                method(context, page=page, config=self._config, nav=self._nav)


def _owner(method: object) -> object:
    return getattr(method, "__self__", None)


def _searches(plugins: Mapping[str, object]) -> dict[str, object]:
    """The search plugins by name: of MkDocs, of Material, of others that are called so."""
    return {
        name: plugin
        for name, plugin in plugins.items()
        if name.rpartition("/")[2] == "search" or hasattr(plugin, "search_index")
    }


def _is_later(listing: Listing) -> bool:
    return listing.pager is not None and listing.pager.number > 1


def _words(page: Page, listing: Listing, feeds: Sequence[Feed], social: Social) -> tuple[str, ...]:
    """What differs between pages of one shape, but for the content, as plain texts."""
    parts = page.url.rstrip("/").split("/")
    return (
        parts[1],
        parts[-1] if _is_later(listing) else "",
        unescape(str(page.title)),
        unescape(str(page.parent.title)) if _is_later(listing) and page.parent else "",
        dict(social.properties).get("og:description", ""),
        *(feed.title for feed in feeds),
        *(unescape(link.title) for link in _all(page.toc)),
    )


def _pattern(
    page: Page, listing: Listing, feeds: Sequence[Feed], frames: Frames, config: MkDocsConfig
) -> Pattern:
    """A page such as this one, of placeholders in the order of `_words`."""
    words = map(_placeholder, count())
    slug, number, title, above, about = islice(words, 5)
    slug, number = (re.sub(r"\W", "", word).lower() for word in (slug, number))
    address = f"/{listing.kind}/{slug}/"
    file = _file(f"{address}page/{number}/" if _is_later(listing) else address, config)
    pattern = Pattern(None, file, config)
    pattern.title = escape(title, quote=False)
    pattern.content, pattern.meta, pattern.parent = _CONTENT, dict(page.meta), page.parent
    if _is_later(listing):
        first = Page(escape(above, quote=False), _file(address, config), config)
        first.parent = page.parent.parent if page.parent else None
        pattern.parent = cast("Section", first)
    pattern.feeds = tuple(
        Feed(address, name, about, feed.kind, address)
        for feed, name in zip(feeds, words, strict=False)
    )
    pattern.toc = TableOfContents([_renamed(link, words) for link in page.toc])
    pattern.social = frames.social(pattern, about)
    return pattern


def _placeholder(number: int) -> str:
    """A text that no page has, with all that is escaped in HTML, and a space."""
    return f"Qtwim{number} \"'<>&Q"


def _file(address: str, config: MkDocsConfig) -> File:
    return generate(config, f"{address[1:]}index.md", address, "")


def _renamed(link: AnchorLink, names: Iterator[str]) -> AnchorLink:
    other = AnchorLink(escape(next(names), quote=False), link.id, link.level)
    other.children = [_renamed(child, names) for child in link.children]
    return other


def _all(toc: Iterable[AnchorLink]) -> Iterator[AnchorLink]:
    for link in toc:
        yield link
        yield from _all(link.children)


def _cut(text: str, words: Sequence[str]) -> list[_Piece] | None:
    """A page cut at its placeholders; nothing if one stands there in a form that isn't known."""
    known: dict[str, _Piece] = {_CONTENT: _CONTENT}
    for number, word in enumerate(words):
        for form in _FORMS if word else ():
            known.setdefault(form(word), (number, form))
    forms = sorted(known, key=len, reverse=True)
    parts = re.split(f"({'|'.join(map(re.escape, forms))})", text)
    if _CONTENT not in parts or any(map(_PLACEHOLDER.search, parts[::2])):
        return None
    return [known.get(part, part) for part in parts]
