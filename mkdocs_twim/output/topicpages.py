"""The pages of sections and projects, which are written beside their feeds.

They hold no HTML and no picture of an author's, so that no other plugin has business with them, and
MkDocs is told of none. The theme around them is rendered once for all that differ in words alone:
with a page whose words are placeholders, cut at those. Where one of them isn't found as it must
come out, or a page that is rendered in full differs, pages of that kind are rendered in full.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from html import escape, unescape
from itertools import count, islice, product
from typing import Any, cast
from urllib.parse import quote

from jinja2 import Environment
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import escape as jinja_escape
from mkdocs.commands.build import get_context
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import Files
from mkdocs.structure.nav import Navigation, Section
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import AnchorLink, TableOfContents
from mkdocs.utils import write_file
from mkdocs.utils.templates import TemplateContext

from feedserver.model import Feed
from feedserver.text.html import plain
from mkdocs_twim.lists.frames import Frames, head_toc
from mkdocs_twim.lists.listings import Listing
from mkdocs_twim.lists.pages import HEADING, GeneratedPages, generate
from mkdocs_twim.output.feeds import SiteFeeds
from mkdocs_twim.templating.parts import unwhole, whole_dates
from mkdocs_twim.templating.social import Social

log = get_plugin_logger("twim")

_FORMS: tuple[Callable[[str], str], ...] = (
    str,
    escape,
    lambda text: str(jinja_escape(text)),
    lambda text: str(htmlsafe_json_dumps(text))[1:-1],
    quote,
)
"""How a text, or its HTML, may come out of a theme: as it is, escaped, in JSON, in addresses."""

_html = partial(escape, quote=False)

_PLACEHOLDER = re.compile(r"qtwim\d+", re.IGNORECASE)
_CONTENT = f"{HEADING}Qtwim</h1>"

_Fill = Callable[[str, Sequence[str]], str]
"""What stands in a placeholder's place, by a page's content and its words."""


class Pattern(Page):
    """A page of placeholders; `feeds` are its own, `social` what it says to other sites."""

    feeds: tuple[Feed, ...]
    social: Social


@dataclass(frozen=True, slots=True)
class _Frame:
    """The theme around pages that differ in words; `context` is what its template was told."""

    pieces: Sequence[str]
    fills: Mapping[str, _Fill]
    context: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Topic:
    page: Page
    listing: Listing
    feeds: Sequence[Feed]

    @property
    def is_later(self) -> bool:
        return self.listing.pager is not None and self.listing.pager.number > 1


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
        self._topics = [
            _Topic(page, listing, site_feeds.own(page.url, listing.first))
            for page, listing in generated.topics
        ]
        self._frames, self._env, self._config, self._nav = frames, env, config, nav
        # Asked for once: to MkDocs it is a look at each file.
        self._pages = files.documentation_pages()
        # Those of MkDocs and Material, and others that are called so.
        self._searches = {
            name: plugin
            for name, plugin in config.plugins.items()
            if name.rpartition("/")[2] == "search" or hasattr(plugin, "search_index")
        }
        self._framed: list[tuple[_Topic, _Frame]] = []

    def prepare(self) -> None:
        """Do what other plugins have a hand in: frames, or else whole pages; titles in the search.

        Raises:
            OSError: a page can't be written.
        """
        self._tell_searches()
        for topic in self._topics:
            head_toc(topic.page)
        kinds: dict[object, list[_Topic]] = {}
        for topic in self._topics:
            if plain(str(topic.page.title)) == plain(self._config.site_name):
                # The theme has another title for it.
                self._write(topic.page, self._whole(topic))
                continue
            kinds.setdefault((topic.listing.kind, topic.is_later), []).append(topic)
        for topics in kinds.values():
            if framed := self._in_frames(topics):
                self._framed += framed
                continue
            log.debug(f"pages such as {topics[0].page.url} are rendered in full, one by one")
            for topic in topics:
                self._write(topic.page, self._whole(topic))

    def write(self) -> None:
        """Write the pages that `prepare` has left.

        Raises:
            OSError: a page can't be written.
        """
        for topic, frame in self._framed:
            with _named(topic.page):
                self._write(topic.page, self._joined(topic, frame))

    def _in_frames(self, topics: Sequence[_Topic]) -> list[tuple[_Topic, _Frame]] | None:
        """The frame of each page of one kind; nothing if these don't give what the theme gives."""
        frames: dict[object, _Frame] = {}
        framed = []
        for topic in topics:
            shape = (len(_links(topic.page)), len(topic.feeds))
            if shape not in frames:
                frame = self._frame(topic)
                if frame is None:
                    return None
                frames[shape] = frame
            framed.append((topic, frames[shape]))
        by_title = sorted(framed, key=lambda each: len(str(each[0].page.title)))
        for topic, frame in (by_title[0], by_title[-1]):
            if self._joined(topic, frame) != self._whole(topic):
                return None
        return framed

    def _frame(self, topic: _Topic) -> _Frame | None:
        """The frame of a page; nothing if a placeholder comes out in a form that isn't known."""
        pattern = _pattern(topic, self._frames, self._config)
        text, context = self._rendered(pattern)
        fills: dict[str, _Fill] = {_CONTENT: lambda content, words: content}
        like = _Topic(pattern, topic.listing, pattern.feeds)
        words = _words(like, pattern.social)
        for number, word in enumerate(words):
            # Those of the table of contents are the last.
            html = _html if number < len(words) - len(_links(pattern)) else _toc_html
            for form in _FORMS if word else ():
                fills.setdefault(form(word), _fill(number, form))
                fills.setdefault(form(_html(word)), _fill(number, form, html))
        known = "|".join(map(re.escape, sorted(fills, key=len, reverse=True)))
        pieces = re.split(f"({known})", text)
        if _CONTENT not in pieces or any(map(_PLACEHOLDER.search, pieces[::2])):
            return None
        return _Frame(pieces, fills, context)

    def _joined(self, topic: _Topic, frame: _Frame) -> str:
        social = self._frames.social_of(topic.page, topic.listing)
        context = {**frame.context, "page": topic.page, "social": social}
        content = self._frames.content_of(topic.page, topic.listing, context)
        words, fills = _words(topic, social), frame.fills
        return "".join(
            fills[piece](content, words) if piece in fills else piece for piece in frame.pieces
        )

    def _whole(self, topic: _Topic) -> str:
        """A page as MkDocs makes it; a copy, for the events fill what they are given."""
        with _named(topic.page):
            return self._rendered(copy.copy(topic.page))[0]

    def _rendered(self, page: Page) -> tuple[str, TemplateContext]:
        """A page by MkDocs' context and environment and the events of all plugins.

        Those of search plugins are left out: they are told of these pages apart.
        """
        page.active = True
        told = {"page": page, "config": self._config}
        context = get_context(self._nav, self._pages, self._config, page)
        context = self._through("page_context", context, **told, nav=self._nav)
        template = self._env.get_template(page.meta["template"])
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
        pages = [topic.page for topic in self._topics if not topic.is_later]
        for name, plugin in self._searches.items() if pages else ():
            methods = [method for method in events if _owner(method) is plugin]
            if not methods:
                log.info(f"the pages of sections and projects are not in the index of '{name}'")
            for method, page in product(methods, pages):
                context = get_context(self._nav, self._pages, self._config, page)
                method(context, page=page, config=self._config, nav=self._nav)

    @staticmethod
    def _write(page: Page, text: str) -> None:
        # As MkDocs does.
        if text.strip():
            write_file(text.encode("utf-8", errors="xmlcharrefreplace"), page.file.abs_dest_path)


@contextmanager
def _named(page: Page) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        error.add_note(f"Error building page '{page.file.src_uri}'")
        raise


def _owner(method: object) -> object:
    return getattr(method, "__self__", None)


def _fill(
    number: int, form: Callable[[str], str], html: Callable[[str], str] | None = None
) -> _Fill:
    return lambda content, words: form(html(words[number]) if html else words[number])


def _toc_html(text: str) -> str:
    return whole_dates(_html(text))


def _links(page: Page) -> list[AnchorLink]:
    """What the table of contents of such a page has: the page's heading, and what is below it."""
    [top] = page.toc
    return [top, *top.children]


def _words(topic: _Topic, social: Social) -> list[str]:
    """What differs between pages of one shape, but for the content, as plain texts."""
    page, later = topic.page, topic.is_later
    path = page.url.rstrip("/").split("/")
    return [
        path[1],
        path[-1] if later else "",
        unescape(str(page.title)),
        unescape(str(page.parent.title)) if later and page.parent else "",
        dict(social.properties).get("og:description", ""),
        page.update_date,
        *(feed.title for feed in topic.feeds),
        *(unescape(unwhole(link.title)) for link in _links(page)),
    ]


def _placeholders() -> Iterator[str]:
    """Texts that no page has, with a space and all that is escaped in HTML."""
    return (f"Qtwim{number} \"'<>&Q" for number in count())


def _pattern(topic: _Topic, frames: Frames, config: MkDocsConfig) -> Pattern:
    """A page such as this one, of placeholders in the order of `_words`."""
    page, words = topic.page, _placeholders()
    slug, number, title, above, about, updated = islice(words, 6)
    # Addresses are of letters, digits and hyphens alone.
    slug, number = (re.sub(r"\W", "", word).lower() for word in (slug, number))
    address = f"/{topic.listing.kind}/{slug}/"
    at = f"{address}page/{number}/" if topic.is_later else address
    pattern = Pattern(None, generate(config, f"{at[1:]}index.md", at, ""), config)
    pattern.title, pattern.content, pattern.update_date = _html(title), _CONTENT, updated
    pattern.meta, pattern.parent = dict(page.meta), page.parent
    if topic.is_later:
        file = generate(config, f"{address[1:]}index.md", address, "")
        pattern.parent = cast("Section", Page(_html(above), file, config))
        pattern.parent.parent = page.parent.parent if page.parent else None
    pattern.feeds = tuple(
        Feed(address, next(words), about, feed.kind, address) for feed in topic.feeds
    )
    top, *below = (AnchorLink(_html(next(words)), link.id, link.level) for link in _links(page))
    top.children = below
    pattern.toc = TableOfContents([top])
    pattern.social = frames.social(pattern, about)
    return pattern
