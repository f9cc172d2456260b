"""The plugin's events: each hands on to the module that does the work."""

from __future__ import annotations

import gc
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Literal, cast

from jinja2 import Environment
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.livereload import LiveReloadServer
from mkdocs.plugins import BasePlugin, CombinedEvent, event_priority, get_plugin_logger
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.utils import is_error_template
from mkdocs.utils.templates import TemplateContext

from feedserver.newsletter import dividing
from feedserver.newsletter.dividing import Division
from feedserver.newsletter.registry import Registry
from feedserver.text.slugs import slugify
from mkdocs_twim import build
from mkdocs_twim.collection import Collection
from mkdocs_twim.config import TwimConfig
from mkdocs_twim.content import static
from mkdocs_twim.errors import TwimError
from mkdocs_twim.lists.frames import Frames
from mkdocs_twim.lists.pages import GeneratedPages, paths_of
from mkdocs_twim.markup import addresses
from mkdocs_twim.output import feeds
from mkdocs_twim.output.topicpages import Pattern, TopicPages
from mkdocs_twim.output.writer import Output
from mkdocs_twim.posts import previews, workshops
from mkdocs_twim.posts.outlines import Outline
from mkdocs_twim.posts.page import PostPage
from mkdocs_twim.posts.pagecalls import PageCalls
from mkdocs_twim.posts.previews import Preview
from mkdocs_twim.shortcodes.feedcalls import FeedCalls
from mkdocs_twim.templating import server
from mkdocs_twim.templating.parts import TEMPLATES
from mkdocs_twim.templating.server import Server
from mkdocs_twim.templating.words import Words

log = get_plugin_logger("twim")

ASSETS = ("twim.css", "twim.js")


class Checked(Exception):
    """Ends a build of which nothing is to be written: what `check` asks for is known.

    `problems` would stop a build, and so would `rest`, which is found behind them; `outlines` says
    how issues are divided, by their files.
    """

    def __init__(
        self,
        problems: Sequence[TwimError],
        rest: Sequence[TwimError],
        outlines: Mapping[str, Outline],
    ) -> None:
        super().__init__("nothing is written")
        self.problems = (*problems, *rest)
        self.outlines = outlines


class TwimPlugin(BasePlugin[TwimConfig]):
    """Posts of a newsletter become pages, entries and feeds.

    `selects` is for `check`, which writes nothing: of a file's path it says whether its post is
    checked. Others are read alone; when all is rendered, `Checked` ends the build.
    """

    def __init__(self) -> None:
        self.collection: Collection
        self.page_calls: PageCalls
        self.generated: GeneratedPages
        self.registry: Registry
        self.nav: Navigation
        self.site_feeds: feeds.SiteFeeds
        self.frames: Frames
        self.feed_calls: FeedCalls
        self.selects: Callable[[str], bool] | None = None
        self.outlines: Mapping[str, Outline] = {}
        self._command = "build"
        self._collects = False
        self._preview: Preview | None = None
        self._live: LiveReloadServer | None = None
        self._docs: Path
        self._watched: set[Path] = set()
        self.output: Output | None = None
        self.division = Division(log.info)
        self.words: Words
        self.server: Server | None = None

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:
        """With this event MkDocs keeps one plugin over the builds of `mkdocs serve`."""
        self._command = command
        self._preview = Preview() if command == "serve" else None
        self._live, self._watched = None, set()

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        if dividing.is_running_a_script_again():
            # Silently, and before MkDocs empties the folder that the other is writing to.
            raise SystemExit(1)
        # Python's search for garbage finds none in a build, and is a tenth of it.
        self._collects = gc.isenabled()
        gc.disable()
        self.output = None
        with _errors():
            self.words = Words(feeds.site_of(config).language)
            workshop = workshops.make(self.config, config, self.words)
            self.registry = feeds.known_topics(self.config, config)
            self.server = server.read(self.config.server_url, config.theme.name)
            self.hub = server.hub(self.config.hub)
        _report(workshop.library.problems)
        self.collection = Collection(workshop)
        self.page_calls = PageCalls(workshop)
        cast("list[object]", config.markdown_extensions).append(workshop.internal)
        self.generated = GeneratedPages(
            addresses.blog(self.config.blog_dir),
            {name: f"/{slugify(name)}/" for name in self.config.taxonomies},
            [f"/{slugify(name)}/" for name in self.config.feeds],
            config.site_name,
            self.words,
        )
        # Before the site's own, which may say otherwise.
        config.extra_css.insert(0, "assets/twim/twim.css")
        for name in _assets(self.server):
            if name.endswith(".js"):
                config.extra_javascript.append(f"assets/twim/{name}")
        config.theme.dirs.append(str(TEMPLATES))
        return config

    def on_serve(
        self, server: LiveReloadServer, *, config: MkDocsConfig, builder: object
    ) -> LiveReloadServer:
        for path in (self.config.static_dir, self.config.shortcodes_dir, self.config.registry):
            if path and Path(path).exists():
                server.watch(path)
        self._live, self._docs = server, Path(config.docs_dir).resolve()
        self._watch_peers()
        return server

    # Late, so that files that other plugins make are posts too.
    @event_priority(-50)
    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:
        for name in _assets(self.server):
            content = resources.files("mkdocs_twim").joinpath("assets", name).read_bytes()
            # A file of the site's or its theme's takes the place of ours.
            if files.get_file_from_path(f"assets/twim/{name}") is None:
                files.append(File.generated(config, f"assets/twim/{name}", content=content))
        if self.config.static_dir:
            static.add(files, self.config.static_dir, config)
        self.collection.take(files, config, self.generated.is_ours)
        if self._preview is not None:
            newest = self.config.preview_posts
            left_out = self._preview.left_out(
                self.collection.pages, newest, {*map(posixpath.normpath, paths_of(config.nav))}
            )
            self.collection.leave_out(left_out, newest, files, config)
        if self.selects is not None:
            pages = self.collection.pages
            left_out = [page for page in pages if not self.selects(page.file.src_uri)]
            self.collection.leave_out(left_out, 0, files, config)
        self.generated.prepare(
            files,
            config,
            used=self.collection.taxonomies,
            issues=self.collection.has_issues(self.config.issues),
            intros=self.collection.intros,
        )
        rendered = (page for page in self.collection.pages if not page.is_left_out)
        size = sum(len(page.source.utf8) for page in rendered)
        self.division.begin(self.config.processes, size)
        return files

    def _extend_nav(self, nav: Navigation, *, config: MkDocsConfig, files: Files) -> Navigation:
        self.generated.extend_nav(nav, config)
        return nav

    # Last: another plugin may give another nav.
    @event_priority(-100)
    def _keep_nav(self, nav: Navigation, *, config: MkDocsConfig, files: Files) -> Navigation:
        self.nav = nav
        return nav

    on_nav = CombinedEvent(_extend_nav, _keep_nav)

    # First of all, so that no other plugin sees a shortcode.
    @event_priority(100)
    def on_page_markdown(
        self, markdown: str, *, page: Page, config: MkDocsConfig, files: Files
    ) -> str:
        if isinstance(page, PostPage):
            return markdown
        return self.page_calls.extract(markdown, page, files)

    # First, so that other plugins see what a shortcode has made.
    @event_priority(100)
    def _fill(self, html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
        return html if isinstance(page, PostPage) else self.page_calls.fill(html, page)

    # Last: now the post is as it will be.
    @event_priority(-100)
    def _divide(self, html: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
        if isinstance(page, PostPage):
            self._take(page, config)
        return html

    on_page_content = CombinedEvent(_fill, _divide)

    # Last, when no other plugin adds files.
    @event_priority(-100)
    def on_env(self, env: Environment, *, config: MkDocsConfig, files: Files) -> Environment:
        self._collect(env, config, files)
        archive, index = self.site_feeds.archive, self.site_feeds.index
        topics = TopicPages(
            self.generated, self.frames, self.site_feeds, env, config, self.nav, files
        )
        topics.prepare()
        self.output = Output(
            archive, config.site_dir, index=index, pages=topics.write, hub=self.hub
        )
        self.output.start()
        return env

    def on_template_context(
        self, context: TemplateContext, *, template_name: str, config: MkDocsConfig
    ) -> TemplateContext:
        # For the site's map above all.
        context["pages"] = self.generated.mapped(context["pages"])
        return context

    def _collect(self, env: Environment, config: MkDocsConfig, files: Files) -> None:
        """Render what is left, and gather what all of it holds.

        Raises:
            PluginError: there is anything wrong with it.
        """
        is_check = self.selects is not None
        with _errors():
            for page in self.collection.render_rest(config, files, drafts=is_check):
                self._take(page, config)
            for page in previews.linked(self.collection.texts) if is_check else ():
                # Its headings are to be known.
                page.read_source(config)
                page.render(config, files)
            problems = [*self.collection.problems, *self.page_calls.problems]
            problems += self.collection.failures()
            if is_check:
                raise Checked(problems, self._rest(env, config, files), self.outlines)
            problems = problems or self._gather(env, config, files)
        _report(problems)

    def _rest(self, env: Environment, config: MkDocsConfig, files: Files) -> list[TwimError]:
        """What is wrong with all that is rendered, for `check`, which goes on as far as it can."""
        try:
            return self._gather(env, config, files)
        except TwimError as error:
            return [error]

    def _gather(self, env: Environment, config: MkDocsConfig, files: Files) -> list[TwimError]:
        """What all rendered pages hold; what is wrong with it."""
        gathered = build.gather(
            build.Build(
                self.config,
                config,
                files,
                env,
                self.collection,
                self.page_calls,
                self.generated,
                self.registry,
                self.division,
                self.words,
                self.server,
                goes_on=self._command == "serve",
                divides=self._command == "serve" or self.selects is not None,
            )
        )
        self.outlines = gathered.outlines
        self.site_feeds, self.frames = gathered.feeds, gathered.frames
        self.feed_calls = gathered.feed_calls
        self._watch_peers()
        return gathered.problems

    def _take(self, page: PostPage, config: MkDocsConfig) -> None:
        """Let a rendered post be divided."""
        if feeds.is_in_feeds(page):
            site, ignored = feeds.site_of(config), tuple(self.config.ignore_sections)
            self.division.take(
                page.file.src_uri, lambda: (feeds.post_of(page, self.config), site, ignored)
            )

    def _watch_peers(self) -> None:
        """Let `mkdocs serve` watch the folders of feeds: a file that is replaced is another."""
        if self._live is None:
            return
        for folder in {path.parent.resolve() for path in self.collection.workshop.peers.files}:
            if folder in self._watched or folder.is_relative_to(self._docs) or not folder.is_dir():
                continue
            self._watched.add(folder)
            self._live.watch(str(folder), recursive=False)

    # After the search has read a page: what is put around a post, and lists, only repeat posts.
    @event_priority(-100)
    def on_page_context(
        self, context: TemplateContext, *, page: Page, config: MkDocsConfig, nav: Navigation
    ) -> TemplateContext:
        if isinstance(page, Pattern):
            cast("dict[str, object]", context)["social"] = page.social
            return context
        self.feed_calls.fill(page, context, self.frames.parts)
        self.frames.fill(page, context)
        return context

    def on_post_page(self, output: str, *, page: Page, config: MkDocsConfig) -> str:
        listing = self.generated.listing(page)
        if listing:
            # Nobody needs it any more.
            page.content = None
        own = self.site_feeds.own(page.url, listing.first if listing else "")
        links = self.site_feeds.head(page.url, page.feeds if isinstance(page, Pattern) else own)
        if listing or isinstance(page, PostPage | Pattern):
            output = self.frames.with_skip(output)
        return _with_links(output, links)

    def on_post_template(self, output: str, *, template_name: str, config: MkDocsConfig) -> str:
        if not template_name.endswith(".html"):
            return output
        if template_name == "404.html":
            output = self.frames.lost(output)
        address = None if is_error_template(template_name) else template_name
        return _with_links(output, self.site_feeds.head(address, ()))

    # First: other plugins look through the folder when all is there.
    @event_priority(100)
    def _finish(self, *, config: MkDocsConfig) -> None:
        if self.output is not None:
            self.output.finish()

    # Last: a server that runs on the folder takes the archive for the sign that all is there.
    @event_priority(-100)
    def _publish(self, *, config: MkDocsConfig) -> None:
        if self.output is not None:
            self.output.publish()
        self._collect_again()

    on_post_build = CombinedEvent(_finish, _publish)

    def on_build_error(self, *, error: Exception) -> None:
        self._collect_again()
        if self.output is not None:
            self.output.stop()
        self.division.end(goes_on=self._command == "serve")

    def _collect_again(self) -> None:
        if self._collects:
            gc.enable()

    def on_shutdown(self) -> None:
        self.division.end(goes_on=False)


def _with_links(page: str, links: str) -> str:
    return re.sub("(?i)</head>", lambda found: links + found[0], page, count=1)


def _assets(server: Server | None) -> tuple[str, ...]:
    return (*ASSETS, "embedding.js") if server else ASSETS


def _report(problems: Sequence[TwimError]) -> None:
    """Stop with all that is wrong, in the order of the files.

    Raises:
        PluginError: there is anything.
    """
    if problems:
        found = sorted(problems, key=lambda problem: (problem.path or "", problem.line or 0))
        raise PluginError("\n".join(map(str, found)))


@contextmanager
def _errors() -> Iterator[None]:
    """Our errors as MkDocs reports them: a line, and no traceback."""
    try:
        yield
    except TwimError as error:
        raise PluginError(str(error)) from error
