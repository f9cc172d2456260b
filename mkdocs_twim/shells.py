"""The theme around our generated pages, rendered once for all pages that differ in words alone.

A site has thousands of pages of projects, and a theme takes longer for each than all the rest. Of
pages of one shape, one is rendered with tokens in place of what differs, and cut at the tokens;
the others are joined from its pieces. That is done with the templates of known themes alone, which
show a title and ask nothing of it: those of a site could. Even so a page is rendered in full, and
compared, as long as it has a letter, or a length, that was not yet seen to come through unchanged.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, FileSystemLoader
from markupsafe import escape
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import AnchorLink, TableOfContents
from mkdocs.theme import Theme
from mkdocs.utils import get_theme_dir

from mkdocs_twim.social import Social
from mkdocs_twim.untouched import SETTINGS

Render = Callable[[Mapping[str, object]], str]
Through = Callable[[Render, Mapping[str, object]], str]
"""Renders a template, told of what it is told; what it gets first renders it in full."""

KNOWN = ("material", "materialx", "mkdocs", "readthedocs")
"""The themes whose templates have been read, and are tried by the tests."""

_TOKEN = re.compile(r"(Qtwim\d+Q)")
_PLAIN = re.compile(r"[A-Za-z0-9 .,:/_-]+")
# The time of a build runs on while it is made.
_IN_CONTEXT = {"page", "social", "build_date_utc"}
_IN_PAGE = {"title", "content", "toc", "meta", "file", "canonical_url", "abs_url"}
_IN_FILE = {"src_uri", "dest_uri", "url", "page"}


@dataclass(slots=True)
class _Shell:
    """The theme around the pages of one shape.

    `letters` have come through unchanged, `refused` have not; `titles` and `lengths` are the
    shortest and the longest title, and of all words, that have.
    """

    pieces: Sequence[str] = ()
    fits: bool = True
    letters: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    titles: tuple[int, int] = (1, 0)
    lengths: tuple[int, int] = (1, 0)

    def join(self, values: Mapping[str, str]) -> str:
        return "".join(values.get(piece, piece) for piece in self.pieces)


def install(env: Environment, theme: Theme, renders: Mapping[str, Through]) -> None:
    """Let these render the templates of an environment, if its theme is one that is known.

    The templates must not be loaded yet.
    """
    if not _is_known(env, theme):
        return
    base = env.template_class

    class Shelled(base):  # type: ignore[misc, valid-type]  # the class is the environment's
        def render(self, *args: Any, **kwargs: Any) -> str:
            through = renders.get(self.name or "")
            if through is None or kwargs or len(args) != 1:
                return str(super().render(*args, **kwargs))
            whole: Render = super().render
            return through(whole, args[0])

    env.template_class = Shelled


class Shells:
    """The shells of one build."""

    def __init__(self) -> None:
        self._shells: dict[object, _Shell | None] = {}

    def render(self, whole: Render, context: Mapping[str, object]) -> str:
        """Render a page; `whole` renders it in full."""
        page, social, nav = (context.get(name) for name in ("page", "social", "nav"))
        if not isinstance(page, Page) or not isinstance(social, Social) or not _has_shape(page):
            return whole(context)
        if not isinstance(nav, Navigation):
            # Another plugin's.
            return whole(context)
        config = cast("MkDocsConfig", context["config"])
        shown = tuple((id(item), item.title) for item in nav.items)
        key = (_shape(page), _rest(context, _IN_CONTEXT), settings(config), shown)
        if key not in self._shells:
            # It may be the only one.
            self._shells[key] = None
            return whole(context)
        shell = self._shells[key]
        if shell is None:
            shell = self._shells[key] = _make(whole, context, page, social)
        words = [escape(str(value)) for _, value in social.properties]
        return _through(shell, whole, context, [*_words(page), *words], page)


def _is_known(env: Environment, theme: Theme) -> bool:
    """Whether no template of a known theme, nor of ours, is another's."""
    if theme.name not in KNOWN or not isinstance(env.loader, FileSystemLoader):
        return False
    own = get_theme_dir(theme.name)
    ours = str(Path(__file__).parent / "templates")
    others = [folder for folder in env.loader.searchpath if folder not in (own, ours)]
    return not any(
        Path(known, file.relative_to(folder)).exists()
        for folder in others
        for file in Path(folder).rglob("*.html")
        for known in (own, ours)
    )


def settings(config: MkDocsConfig) -> object:
    """What themes read of a site's settings, which another plugin may change for a page."""
    shown = [config.get(name) for name in SETTINGS]
    return repr((shown, config.extra)), repr(sorted(config.theme.items()))


def _through(
    shell: _Shell,
    whole: Render,
    context: Mapping[str, object],
    words: Sequence[str],
    page: Page,
) -> str:
    text = "\n".join(words)
    letters = set(text)
    if not shell.fits or letters & shell.refused:
        return whole(context)
    if not shell.letters and not all(map(_PLAIN.fullmatch, words)):
        return whole(context)
    values = {f"Qtwim{number}Q": word for number, word in enumerate((page.content or "", *words))}
    joined = shell.join(values)
    title, length = len(words[0]), len(text)
    known = shell.titles[0] <= title <= shell.titles[1]
    known = known and shell.lengths[0] <= length <= shell.lengths[1]
    if known and letters <= shell.letters:
        return joined
    rendered = whole(context)
    if rendered == joined:
        shell.titles = _wider(shell.titles, title)
        shell.lengths = _wider(shell.lengths, length)
        shell.letters |= letters
    elif shell.letters and letters - shell.letters:
        shell.refused |= letters - shell.letters
    else:
        shell.fits = False
    return rendered


def _wider(known: tuple[int, int], length: int) -> tuple[int, int]:
    shortest, longest = known
    return (length, length) if longest < shortest else (min(shortest, length), max(longest, length))


def _has_shape(page: Page) -> bool:
    """Whether a page is ours, and its address ends in a folder that only it has."""
    file = page.file
    names = [path.split("/") for path in (page.url, file.src_uri, file.dest_uri)]
    return (
        type(page) is Page
        and file.generated_by == "twim"
        and all(len(parts) > 2 for parts in names)
        and names[1][-2] == names[2][-2]
        and (page.canonical_url or "").endswith(f"/{page.url}")
        and (page.abs_url or "").endswith(f"/{page.url}")
    )


def _shape(page: Page) -> object:
    """All that a theme may ask of a page but for its words: equal for pages of one shape."""
    folder = page.url.rstrip("/").rpartition("/")[0]
    toc = tuple((link.level, link.id, len(link.children)) for link in _all(page.toc))
    parts = (_rest(vars(page), _IN_PAGE), _rest(vars(page.file), _IN_FILE))
    return (folder, toc, "<h1" in (page.content or ""), repr(page.meta), *parts)


def _rest(values: Mapping[str, object], without: set[str]) -> object:
    return tuple((name, _same(value)) for name, value in values.items() if name not in without)


def _same(value: object) -> object:
    """What is equal for two values that look alike to a template."""
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    return 0 if value == {} else id(value)


def _words(page: Page) -> Iterator[str]:
    """What differs between pages of one shape, but for the content: first of all the title."""
    yield str(page.title)
    yield page.url.split("/")[-2]
    yield page.file.src_uri.split("/")[-2]
    for link in _all(page.toc):
        yield link.title


def _make(whole: Render, context: Mapping[str, object], page: Page, social: Social) -> _Shell:
    """Render a page of words that are tokens, in the order of `_words`, after the content."""
    tokens = (f"Qtwim{number}Q" for number in count())
    content = next(tokens)
    other, file = copy.copy(page), copy.copy(page.file)
    other.file = file
    # Themes look for a heading in the content.
    heading = "<h1" if "<h1" in (page.content or "") else ""
    other.content = content + heading
    other.title = next(tokens)
    part, name = next(tokens), next(tokens)
    file.url = _with(page.url, part)
    file.src_uri, file.dest_uri = _with(page.file.src_uri, name), _with(page.file.dest_uri, name)
    other.canonical_url = _with(page.canonical_url or "", part)
    other.abs_url = _with(page.abs_url or "", part)
    other.toc = TableOfContents([_named(link, tokens) for link in page.toc])
    properties = tuple((key, next(tokens)) for key, _ in social.properties)
    said = replace(social, properties=properties)
    rendered = whole({**context, "page": other, "social": said})
    return _Shell(_TOKEN.split(rendered.replace(content + heading, content)))


def _with(address: str, segment: str) -> str:
    parts = address.split("/")
    parts[-2] = segment
    return "/".join(parts)


def _named(link: AnchorLink, tokens: Iterator[str]) -> AnchorLink:
    other = copy.copy(link)
    other.title = next(tokens)
    other.children = [_named(child, tokens) for child in link.children]
    return other


def _all(toc: object) -> Iterator[AnchorLink]:
    for link in cast("Sequence[AnchorLink]", toc):
        yield link
        yield from _all(link.children)
