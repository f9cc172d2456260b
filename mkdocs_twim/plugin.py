"""The plugin's events: each hands on to the module that does the work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import resources
from typing import Literal, cast

from jinja2 import Environment
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from feedserver.html import absolute
from mkdocs_twim import feeds
from mkdocs_twim.collection import Collection
from mkdocs_twim.config import TwimConfig
from mkdocs_twim.errors import OptionError, TwimError
from mkdocs_twim.markdown import Renderer
from mkdocs_twim.output import write
from mkdocs_twim.pagecalls import PageCalls
from mkdocs_twim.posts import Engine, PostPage, Workshop
from mkdocs_twim.shortcodes import Library

ASSETS = ("twim.css", "twim.js")
_HEAD_END = re.compile(r"</head>", re.IGNORECASE)


class TwimPlugin(BasePlugin[TwimConfig]):
    """Posts of a newsletter become pages, entries and feeds."""

    def __init__(self) -> None:
        self.collection: Collection
        self.page_calls: PageCalls
        self.site_feeds: feeds.SiteFeeds

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:
        """With this event MkDocs keeps one plugin over the builds of `mkdocs serve`."""

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        with _errors():
            workshop = _workshop(self.config, config)
        self.collection = Collection(workshop)
        self.page_calls = PageCalls(workshop.library, workshop.renderer)
        config.extra_css.append("assets/twim/twim.css")
        config.extra_javascript.append("assets/twim/twim.js")
        return config

    # Late, so that files that other plugins make are posts too.
    @event_priority(-50)
    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:
        for name in ASSETS:
            content = resources.files("mkdocs_twim").joinpath("assets", name).read_text("utf-8")
            files.append(File.generated(config, f"assets/twim/{name}", content=content))
        self.collection.take(files, config)
        return files

    # First of all, so that no other plugin sees a shortcode.
    @event_priority(100)
    def on_page_markdown(
        self, markdown: str, *, page: Page, config: MkDocsConfig, files: Files
    ) -> str:
        return markdown if isinstance(page, PostPage) else self.page_calls.extract(markdown, page)

    # First, so that other plugins see what a shortcode has made.
    @event_priority(100)
    def on_page_content(self, html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
        return html if isinstance(page, PostPage) else self.page_calls.fill(html, page)

    # Last, when no other plugin adds files.
    @event_priority(-100)
    def on_env(self, env: Environment, *, config: MkDocsConfig, files: Files) -> Environment:
        collection = self.collection
        problems = [*collection.problems, *self.page_calls.problems]
        with _errors():
            if not problems:
                collection.render_rest(config, files)
                pages = collection.pages
                self.site_feeds = feeds.collect(pages, files, self.config, config)
                collection.warn(feeds.future(pages, datetime.now(UTC)))
                collection.check_addresses(files, self.site_feeds)
                problems = collection.problems
        if problems:
            problems.sort(key=lambda problem: (problem.path or "", problem.line or 0))
            raise PluginError("\n".join(str(problem) for problem in problems))
        return env

    def on_post_page(self, output: str, *, page: Page, config: MkDocsConfig) -> str:
        links = self.site_feeds.head(page.url)
        return _HEAD_END.sub(lambda end: links + end[0], output, count=1)

    def on_post_build(self, *, config: MkDocsConfig) -> None:
        write(self.site_feeds.archive, config.site_dir)


def _workshop(options: TwimConfig, config: MkDocsConfig) -> Workshop:
    site_url = absolute(config.site_url or "", "")
    if not site_url or not site_url.endswith("/"):
        raise OptionError("mkdocs.yml: site_url is missing: the ids of entries are made with it")
    if options.feed_limit < 0:
        raise OptionError("mkdocs.yml: twim: feed_limit: expected 0 or more")
    toc = config.mdx_configs.get("toc", {})
    permalink = toc.get("permalink", False)
    return Workshop(
        site_url=site_url,
        blog_dir=options.blog_dir.strip("./"),
        taxonomies=tuple(options.taxonomies),
        engine=cast("Engine | Literal['auto']", options.markdown),
        renderer=Renderer(
            # The themes mkdocs and readthedocs highlight in the browser.
            pygments=not config.theme.get("highlightjs"),
            permalink="¶" if permalink is True else permalink or None,
        ),
        library=Library(),
    )


@contextmanager
def _errors() -> Iterator[None]:
    """Our errors as MkDocs reports them: a line, and no traceback."""
    try:
        yield
    except TwimError as error:
        raise PluginError(str(error)) from error
