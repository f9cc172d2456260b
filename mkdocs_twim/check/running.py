"""A site is read and its posts are rendered by MkDocs, as in a build, up to where it would write.

So what is told is what a build tells, by the same code. Only the posts that are asked for are
rendered; the others are read, for links and addresses.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path, PurePosixPath

from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import Abort, MkDocsException

from feedserver.text.html import one_line
from mkdocs_twim.check.findings import Finding, Level, Post, Result
from mkdocs_twim.errors import CONFIG, DOUBT, Doubt, OptionError, TwimError
from mkdocs_twim.markup import addresses, links
from mkdocs_twim.plugin import Checked, TwimPlugin
from mkdocs_twim.posts.outlines import Outline
from mkdocs_twim.posts.page import PostPage

_WHERE = {
    "above": "it stands above the first heading",
    "below": "it stands below a '#'",
    "ignored": "its section is one of ignore_sections",
    "empty": "nothing stands there",
}


class _Records(logging.Handler):
    """Keeps what is said."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


class CheckError(TwimError):
    """The check can't be done: the site can't be read, or a file is no post of it."""


def run(config_file: str | None, wanted: Sequence[Path]) -> Result:
    """Check the posts of these files, or all; `config_file` is `mkdocs.yml` unless it is given.

    Raises:
        CheckError: it can't be done.
    """
    # What a site's hooks print is none of what is found.
    with (
        redirect_stdout(sys.stderr),
        _records() as records,
        tempfile.TemporaryDirectory() as folder,
    ):
        config = _config(config_file, folder, records)
        found = (each for each in config.plugins.values() if isinstance(each, TwimPlugin))
        plugin = next(found, None)
        if plugin is None:
            raise CheckError("its plugins have no 'twim'", path=_shown(config.config_file_path))
        asked = {_source(path, plugin, config): path for path in wanted}
        plugin.selects = lambda path: not asked or path in asked
        try:
            checked = _checked(config, records)
        finally:
            config.plugins.on_shutdown()
            # MkDocs keeps its plugins for the next build in this process.
            plugin.selects = None
    return _Reading(config, plugin, checked, asked, records).result()


def _config(
    config_file: str | None, folder: str, records: Sequence[logging.LogRecord]
) -> MkDocsConfig:
    try:
        config = load_config(config_file, site_dir=str(Path(folder, "site")))
    except Abort as error:
        raise CheckError(_errors(records) or str(error)) from error
    except MkDocsException as error:
        raise CheckError(str(error)) from error
    config.plugins.on_startup(command="build", dirty=False)
    return config


def _checked(config: MkDocsConfig, records: Sequence[logging.LogRecord]) -> Checked:
    try:
        build(config)
    except Checked as checked:
        return checked
    except (Exception, Abort) as error:
        # Of any plugin; MkDocs says of which page.
        raise CheckError(_errors(records) or str(error)) from error
    raise AssertionError("a check ends the build")


def _errors(records: Sequence[logging.LogRecord]) -> str:
    """What MkDocs says of why it stops."""
    return "\n".join(each.getMessage() for each in records if each.levelno >= logging.ERROR)


@contextmanager
def _records() -> Iterator[list[logging.LogRecord]]:
    """What MkDocs and its plugins say meanwhile, which is shown nowhere else."""
    handler = _Records(logging.INFO)
    logger = logging.getLogger("mkdocs")
    before = logger.level, logger.propagate
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
    try:
        yield handler.records
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]


def _source(path: Path, plugin: TwimPlugin, config: MkDocsConfig) -> str:
    """A file's path below docs_dir.

    Raises:
        CheckError: no post of the site can be there.
    """
    if not path.is_file():
        reason = "is a folder; name its posts" if path.is_dir() else "there is no such file"
        raise CheckError(reason, path=str(path))
    docs = Path(config.docs_dir).resolve()
    # The link, and not where it leads to, is what MkDocs reads.
    file = path.parent.resolve() / path.name
    below = file.relative_to(docs).as_posix() if file.is_relative_to(docs) else ""
    folder = addresses.blog(plugin.config.blog_dir).lstrip("/")
    if not below or not below.startswith(folder):
        blog = _shown(docs / folder)
        raise CheckError(f"is no post of this site: those are below {blog}", path=str(path))
    if file.suffix not in (".md", ".markdown", ".mdown", ".mkdn", ".mkd"):
        raise CheckError("is no post: it is no Markdown file", path=str(path))
    return below


def _shown(path: str | Path) -> str:
    """A path relative to the current folder, where it is below that."""
    here, absolute = Path.cwd(), Path(os.path.abspath(path))
    return (absolute.relative_to(here) if absolute.is_relative_to(here) else absolute).as_posix()


class _Reading:
    """Makes a result of what a check has found."""

    def __init__(
        self,
        config: MkDocsConfig,
        plugin: TwimPlugin,
        checked: Checked,
        asked: dict[str, Path],
        records: Sequence[logging.LogRecord],
    ) -> None:
        self._docs = Path(config.docs_dir)
        self._config = Path(config.config_file_path)
        self._root = self._config.parent
        self._checked = checked
        self._asked = asked
        self._records = records
        texts = [folder.intro for folder in plugin.collection.folders.values()]
        self._pages = {page.file.src_uri: page for page in (*plugin.collection.pages, *texts)}
        self._broken = plugin.collection.workshop.broken
        known = self._pages.keys() | self._broken
        is_ours = plugin.generated.is_ours
        self._left_out = [
            path for path in asked if path not in known and not is_ours(addresses.folder(path))
        ]
        self._posts = [
            page for page in plugin.collection.pages if not asked or page.file.src_uri in asked
        ]

    def result(self) -> Result:
        """What was found, in the order of files and lines."""
        problems = [each for each in self._checked.problems if not isinstance(each, OptionError)]
        found = {*self._of_problems(problems), *self._of_records(), *self._of_left_out()}
        # What is told of a heading already has the same cause.
        told = {(each.path, each.line) for each in found if each.rule == "division"}
        found |= {each for each in self._of_outlines() if (each.path, each.line) not in told}
        wrong = {str(each) for each in self._checked.problems if isinstance(each, OptionError)}
        unread = self._broken - self._pages.keys()
        posts = [*map(self._post, self._posts)]
        posts += [Post(self._place(path)) for path in unread if self._is_wanted(path)]
        return Result(
            posts=tuple(sorted(posts, key=lambda post: post.path)),
            findings=tuple(sorted(found)),
            wrong=tuple(sorted(wrong)),
            named=bool(self._asked),
        )

    def _post(self, page: PostPage) -> Post:
        path = page.file.src_uri
        outline: Outline | None = self._checked.outlines.get(path)
        draft, address = page.source.meta.draft, page.source.address
        return Post(self._place(path), one_line(page.heading), address, draft, outline)

    def _place(self, path: str) -> str:
        """A file as it is shown: those that messages name are below docs_dir or beside it."""
        if path == CONFIG:
            return _shown(self._config)
        beside = self._root / path
        is_beside = beside.exists() and not (self._docs / path).exists()
        return _shown(beside if is_beside else self._docs / path)

    def _is_wanted(self, path: str) -> bool:
        """Whether a file was asked for; what is no page may concern all."""
        is_page = path in self._pages or path in self._broken or (self._docs / path).exists()
        return not self._asked or path in self._asked or not is_page

    def _of_problems(self, problems: Sequence[TwimError]) -> Iterator[Finding]:
        """What would stop a build."""
        for each in problems:
            if each.path is None:
                # Two outputs at one address: of each post that it names.
                for path in self._named(each.message):
                    front = self._pages[path].source.front
                    keys = (key for key in ("path", "slug", "title") if key in front.values)
                    line = front.line_of(next(keys, ""))
                    yield self._finding("error", each.rule, each.message, path, line)
            elif self._is_wanted(each.path):
                line = each.line or 1
                yield self._finding("error", each.rule, each.message, each.path, line, each.column)

    def _named(self, message: str) -> list[str]:
        """The posts that are asked for and that a message names."""
        return [
            path
            for path in self._pages
            if path in message
            and re.search(rf"(?<![\w./-]){re.escape(path)}(?![\w/-])", message)
            and self._is_wanted(path)
        ]

    def _of_records(self) -> Iterator[Finding]:
        """What a build says."""
        for record in self._records:
            doubt = getattr(record, DOUBT, None)
            if isinstance(doubt, Doubt):
                level: Level = "warning" if record.levelno >= logging.WARNING else "note"
                first = doubt.line or self._line_of_option(doubt)
                for path, line in ((doubt.path, first), *doubt.others):
                    if self._is_wanted(path):
                        column = doubt.column if path == doubt.path else None
                        yield self._finding(level, doubt.rule, doubt.message, path, line, column)
            elif record.levelno >= logging.WARNING:
                yield from self._of_others(record.getMessage())

    def _line_of_option(self, doubt: Doubt) -> int:
        """The line of the settings that names the option which a message begins with, else 1."""
        option = doubt.message.removeprefix("twim: ").partition(":")[0]
        text = self._config.read_text("utf-8") if doubt.path == CONFIG else ""
        found = re.search(rf"\b{re.escape(option)}\b", text)
        return text.count("\n", 0, found.start()) + 1 if found else 1

    def _of_others(self, message: str) -> Iterator[Finding]:
        """What MkDocs and other plugins say of posts."""
        for path in self._named(message):
            front = self._pages[path].source.front
            quoted = (each for each in re.findall("'([^']+)'", message) if each != path)
            lines = (links.line_of(front.body, each) for each in quoted)
            line = next((front.body_line + each - 1 for each in lines if each), 1)
            yield self._finding("warning", "mkdocs", message, path, line)

    def _of_left_out(self) -> Iterator[Finding]:
        """Files that are asked for and not in the site; a hook passes whatever is committed."""
        for path in self._left_out:
            message = "is no post of this site: mkdocs.yml leaves it out"
            yield self._finding("note", "file", message, path, 1)

    def _of_outlines(self) -> Iterator[Finding]:
        """Reports that are in no update."""
        for page in self._posts:
            path = page.file.src_uri
            outline = self._checked.outlines.get(path)
            for astray in outline.lost if outline else ():
                names = ", ".join(each.name for each in astray.of.reporters)
                message = f"what {names} reports is in no update: {_WHERE[astray.of.why]}"
                yield self._finding("note", "division", message, path, astray.line)

    def _finding(
        self, level: Level, rule: str, message: str, path: str, line: int, column: int | None = None
    ) -> Finding:
        place = self._place(PurePosixPath(path).as_posix())
        return Finding(place, line, column or 0, level, rule, message)
