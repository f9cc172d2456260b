"""What each part of a build of ours costs: `python -m tests.bench.parts MKDOCS_YML`.

The build runs here, with clocks put around functions from outside; each second is counted for the
innermost part that it was spent in. Prints a JSON object: seconds by part.
"""

from __future__ import annotations

import functools
import json
import sys
import time
from collections.abc import Callable
from typing import Any

# Material carries no types.
from material.plugins.search.plugin import SearchPlugin  # type: ignore[import-untyped]
from mkdocs.commands import build as mkdocs_build
from mkdocs.config import load_config

from feedserver import catalogue, documents
from mkdocs_twim import feeds, listings
from mkdocs_twim.collection import Collection
from mkdocs_twim.frames import Frames
from mkdocs_twim.output import Output
from mkdocs_twim.pages import GeneratedPages
from mkdocs_twim.posts import PostPage

REST = "MkDocs, theme, start"

_FORMATS = {
    "atom.xml": "feeds: Atom",
    "rss.xml": "feeds: RSS",
    "feed.json": "feeds: JSON",
}


class Clock:
    """Seconds by part, of which one is at a time."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._stack = [REST]
        self._since = time.perf_counter()

    def around(self, owner: Any, name: str, part: str | Callable[..., str]) -> None:
        """Count a function for a part; a callable tells which one by the function's arguments.

        Raises:
            AttributeError: there is no such function.
        """
        function = getattr(owner, name)

        @functools.wraps(function)
        def clocked(*args: Any, **kwargs: Any) -> Any:
            self._switch()
            self._stack.append(part if isinstance(part, str) else part(*args, **kwargs))
            try:
                return function(*args, **kwargs)
            finally:
                self._switch()
                self._stack.pop()

        setattr(owner, name, clocked)

    def stop(self) -> dict[str, float]:
        self._switch()
        return self.seconds

    def _switch(self) -> None:
        now = time.perf_counter()
        part = self._stack[-1]
        self.seconds[part] = self.seconds.get(part, 0.0) + now - self._since
        self._since = now


def place(clock: Clock) -> None:
    """Put a clock around all parts of a build."""
    clock.around(Collection, "take", "posts: read")
    clock.around(PostPage, "render", "posts: Markdown to HTML")
    clock.around(feeds, "collect", "entries: sanitise, divide, name")
    clock.around(mkdocs_build, "_build_page", _kind_of_page)
    # Lists are decided by a generator, and so while their pages are made.
    clock.around(listings, "build", "lists: decide, make files")
    clock.around(GeneratedPages, "complete", "lists: decide, make files")
    clock.around(Collection, "views", "lists: decide, make files")
    clock.around(SearchPlugin, "on_page_context", "search")
    clock.around(SearchPlugin, "on_post_build", "search")
    clock.around(documents, "render", lambda index, feed, file, *rest: _FORMATS[file])
    # What another process would write meanwhile is counted here too.
    # By setattr, for mypy allows no assignment to a method.
    setattr(Output, "start", lambda output: None)  # noqa: B010
    clock.around(Output, "finish", "feeds and archive: files")
    for name in ("to_json", "to_opml"):
        clock.around(catalogue, name, "catalogue")
    clock.around(Frames, "fill", _kind_of_content)


def _kind_of_page(page: Any, *args: Any, **kwargs: Any) -> str:
    return f"{_kind(page)}: the theme's frame"


def _kind_of_content(frames: Any, page: Any, *args: Any, **kwargs: Any) -> str:
    return f"{_kind(page)}: our content"


def _kind(page: Any) -> str:
    if isinstance(page, PostPage):
        return "posts' pages"
    first = page.url.partition("/")[0]
    return {"project": "projects' pages", "section": "sections' pages"}.get(first, "lists' pages")


def main() -> int:
    clock = Clock()
    place(clock)
    config = load_config(sys.argv[1])
    config.plugins.on_startup(command="build", dirty=False)
    mkdocs_build.build(config)
    config.plugins.on_shutdown()
    print(json.dumps(clock.stop()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
