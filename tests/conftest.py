"""Fixtures for all tests: the corpus, and components that may be absent."""

from __future__ import annotations

import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NoReturn, TypeVar

import coverage
import jinja2
import pytest
from hypothesis import settings
from jinja2.bccache import Bucket, BytecodeCache
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config
from mkdocs.theme import Theme

from tests.sites import Built, once

_Value = TypeVar("_Value")

ROOT = Path(__file__).parent.parent
MATRIX_YML = """\
site_name: Matrix.org
site_url: https://matrix.example/
theme: {name: material, font: false}
plugins: [twim]
"""
# What somebody has set for colours, proxies and servers is nothing that the tests are about.
_OTHERS = re.compile(
    r"(?i:(https?|all|no)_proxy)|NO_COLOR|(CLI)?COLOR(_?FORCE)?|FORCE_COLOR|COLUMNS|LINES"
    r"|SOURCE_DATE_EPOCH|FEEDSERVER_\w+|DATABASE_PASSWORD"
)
for _name in filter(_OTHERS.fullmatch, [*os.environ]):
    del os.environ[_name]

# Machines differ, so an example has no deadline. What fails is printed so that it can be tried
# again. In CI each run tries the same examples: a change isn't refused for what another has done.
settings.register_profile(
    "here", deadline=None, print_blob=True, derandomize=os.environ.get("TWIM_REQUIRE_ALL") == "1"
)
settings.load_profile("here")

DEEP = os.environ.get("TWIM_DEEP") == "1"
"""Whether hostile inputs come in full size, and requests in full number, as in `./run deep`."""


def some(values: Sequence[_Value], count: int = 1) -> Sequence[_Value]:
    """The first of values that show the same: `./run deep` tries all."""
    return values if DEEP else values[:count]


def examples(count: int) -> int:
    """How many examples Hypothesis makes: a third of what `./run deep` tries."""
    return count if DEEP else -(-count // 3)


def tenth(size: int) -> int:
    """A size that only `./run deep` tries in full."""
    return size if DEEP else size // 10


def steps(call: Callable[[], object]) -> int:
    """How many lines of Python a call runs: its work, which is the same on a slow machine."""
    found = 0

    def count(frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
        nonlocal found
        found += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        call()
    finally:
        sys.settrace(before)
    return found


@contextmanager
def ends() -> Iterator[None]:
    """What is done here ends within two minutes: on slow machines too, unless it has no bounds."""
    start = time.monotonic()
    yield
    assert time.monotonic() - start < 120


def absent(what: str) -> NoReturn:
    """Skip a test for want of a component; under TWIM_REQUIRE_ALL=1 (in CI) fail it instead."""
    if os.environ.get("TWIM_REQUIRE_ALL") == "1":
        pytest.fail(f"{what} is required here, and absent")
    pytest.skip(f"{what} is absent")


@pytest.fixture(scope="session", autouse=True)
def users_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What servers without a state keep is not among the data of who runs the tests."""
    found = tmp_path_factory.mktemp("data")
    os.environ["XDG_DATA_HOME"] = str(found)
    return found


_numbers = count()


@pytest.fixture(autouse=True)
def _own_data(users_data: Path) -> None:
    """Each test has its own: of servers that have the same only one has a hub."""
    os.environ["XDG_DATA_HOME"] = str(users_data / str(next(_numbers)))


class _Compiled(BytecodeCache):
    """Templates as Python, by their names, sources and what their environment makes of them."""

    def __init__(self) -> None:
        self._known: dict[object, CodeType | None] = {}

    @staticmethod
    def _key(bucket: Bucket) -> object:
        environment = bucket.environment
        # Which templates are escaped is told by a function that each site makes anew; how filters
        # are called is compiled in.
        escapes = environment.autoescape is not False
        called = {**environment.filters, **environment.tests}.items()
        kinds = frozenset((name, getattr(each, "jinja_pass_arg", None)) for name, each in called)
        return bucket.key, bucket.checksum, escapes, kinds, *environment.extensions

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._known.get(self._key(bucket))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[self._key(bucket)] = bucket.code


@pytest.fixture(scope="session", autouse=True)
def compiled() -> Iterator[None]:
    """A template is compiled once for all sites of a process: that is two thirds of a small one."""
    cache, made = _Compiled(), Theme.get_env

    def get_env(self: Theme) -> jinja2.Environment:
        environment = made(self)
        environment.bytecode_cache = cache
        return environment

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Theme, "get_env", get_env)
        yield


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real posts of matrix.org: in what TWIM_CORPUS names, or beside the project.

    It is no component that CI could install, so without it a test is skipped there too; but what
    TWIM_CORPUS names has to be there.
    """
    named = os.environ.get("TWIM_CORPUS")
    path = Path(named or ROOT.parent / "shared" / "corpus") / "matrix.org"
    if path.is_dir():
        return path.resolve()
    if named:
        pytest.fail(f"TWIM_CORPUS is {named}, where there is no folder matrix.org")
    pytest.skip("the corpus is absent; TWIM_CORPUS may name its folder")


@pytest.fixture(scope="session")
def matrix_site(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A site of matrix.org's posts alone, with five lines of mkdocs.yml."""

    def make(folder: Path) -> None:
        shutil.copytree(corpus / "blog", folder / "docs" / "blog", copy_function=shutil.copyfile)
        (folder / "mkdocs.yml").write_text(MATRIX_YML)
        mkdocs_build(load_config(str(folder / "mkdocs.yml")))

    return once(tmp_path_factory, "matrix", make)


@pytest.fixture(scope="session")
def docs_site(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The project's own, in strict mode."""

    def make(folder: Path) -> None:
        config, site = str(ROOT / "mkdocs.yml"), str(folder / "site")
        mkdocs_build(load_config(config, site_dir=site, strict=True))

    return once(tmp_path_factory, "docs", make)


UNTRACED = tuple(
    ROOT / "tests" / each
    for each in (
        *("browser", "docs", "processes", "readers", "rooms"),
        *("builds/test_corpus_site.py", "builds/test_dividing.py", "builds/test_hostile_site.py"),
        *("builds/test_migrate.py", "builds/test_pages.py", "builds/test_registry.py"),
        *("builds/test_social.py", "builds/test_topicpages.py", "feedserver/web/test_paging.py"),
        *("feedserver/foreign/test_hostile_sources.py", "feedserver/foreign/test_isolated.py"),
        *("feedserver/test_patterns.py", "feedserver/web/test_limits.py"),
        "feedserver/web/test_openapi.py",
    )
)
"""Tests whose work is done by other processes, or that do at length what others show as well."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Don't count the lines of those tests: with that a build takes twice as long."""
    if not {item.path, *item.path.parents}.intersection(UNTRACED):
        return (yield)
    # In a process of pytest-xdist there are two: one more stands below that of the worker.
    stopped = []
    while (measured := coverage.Coverage.current()) is not None:
        measured.stop()
        stopped.append(measured)
    try:
        return (yield)
    finally:
        for measured in reversed(stopped):
            measured.start()


_seconds: dict[str, float] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count what each folder takes, over all processes."""
    folder = report.nodeid.partition("::")[0].rpartition("/")[0]
    _seconds[folder] = _seconds.get(folder, 0) + report.duration


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section("seconds by folder")
    for folder, seconds in sorted(_seconds.items(), key=lambda item: -item[1]):
        terminalreporter.write_line(f"{seconds:7.1f} {folder}")
