"""Channels and entries for the tests of formats: written ones, hostile ones, and any at all."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from hypothesis import strategies as st
from reader import Entry as ReaderEntry
from reader import make_reader

from feedserver.formats import jsonfeed
from feedserver.model import (
    Channel,
    Entry,
    Image,
    IssueRef,
    Person,
    Project,
    Reporter,
    Section,
    Site,
    UpdateOf,
)

FORMATS = Path(__file__).parent.parent / "data" / "formats"

SITE = Site("Example & Sons", "https://example.org/", "News of the example", "en-GB")
DATE = datetime(2025, 12, 12, 17, 19, 38, tzinfo=UTC)

HOSTILE = (
    "Vec<T> & R&D </b>",
    "Tom &amp; Jerry",
    "a <b> c",
    "</b>",
    "📱🦀",
    "]]>",
    """"double" and 'single'""",
    "&#60;script&#62;",
    "<script>alert(1)</script>",
    "<!-- x -->",
    "long " * 1000 + "end",
)
"""Titles that readers and validators have taken for something else than text."""

# The alphabet that breaks things, often enough to meet itself.
_PIECES = ("<", ">", "&", "&amp;", "</b>", "<b>", "]]>", '"', "'", "📱", "é", " ", "\n", "x", "T")
_CONTROLS = ("\x00", "\x01", "\x7f", "\x85", "\r", "\ufffd", "\ufdd0", "\uffff", "\U0001ffff")

texts = st.text(min_size=1) | st.lists(st.sampled_from(_PIECES), min_size=1).map("".join)
hostile_texts = texts | st.lists(st.sampled_from(_PIECES + _CONTROLS), min_size=1).map("".join)
addresses = st.from_regex(r"https://[a-z]{1,9}\.example/[a-z0-9%#?&=./-]{0,20}", fullmatch=True)
dates = st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30)).map(
    lambda date: date.replace(microsecond=0)
)
zones = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.builds(lambda date, zone: date.replace(tzinfo=zone), dates, zones)
images = st.builds(Image, addresses, st.none() | texts, st.none() | st.integers(0, 2**63 - 1))
people = st.builds(Person, texts, st.none() | addresses)
terms = st.dictionaries(texts, st.lists(texts, min_size=1, max_size=2).map(tuple), max_size=2)


def _tuples(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(strategy, max_size=3).map(tuple)


def _updates() -> st.SearchStrategy[UpdateOf]:
    sections = st.builds(Section, texts, st.text())
    projects = st.builds(Project, texts, st.text(), st.none() | addresses)
    headings = st.one_of(st.tuples(sections, st.none() | projects), st.tuples(st.none(), projects))
    reporters = st.lists(st.builds(Reporter, st.text(), st.none() | texts), max_size=2)
    return st.builds(
        lambda issue, heading, reporters, position: UpdateOf(
            issue, heading[0], heading[1], tuple(reporters), position
        ),
        st.builds(IssueRef, texts, addresses, texts),
        headings,
        reporters,
        st.integers(0, 99_999),
    )


entries = st.builds(
    Entry,
    id=texts,
    url=addresses,
    title=texts,
    published=instants,
    modified=instants,
    summary=texts,
    content=st.none() | texts,
    authors=st.lists(people, min_size=1, max_size=3).map(tuple),
    tags=_tuples(texts),
    image=st.none() | images,
    sections=_tuples(texts),
    update=st.none() | _updates(),
    terms=terms,
)


def read_by_reader(path: Path) -> dict[str, ReaderEntry]:
    """What the library `reader` makes of a feed's file: its entries by id."""
    with make_reader(":memory:", feed_root=str(path.parent)) as reader:
        reader.add_feed(path.name)
        reader.update_feed(path.name)
        return {entry.id: entry for entry in reader.get_entries()}


def post(
    title: str = "A title",
    *,
    summary: str = "A summary.",
    content: str | None = "<p>A text.</p>",
    authors: tuple[Person, ...] = (Person("Ann"),),
    image: Image | None = None,
    number: int = 1,
) -> Entry:
    """A post with what a test is about; `number` makes its address and its date its own."""
    url = f"https://example.org/blog/{number}/"
    date = DATE - timedelta(days=number)
    return Entry(url, url, title, date, date, summary, content, authors, image=image)


def channel(*entries: Entry, file: str = "atom.xml", title: str = "Posts") -> Channel:
    """A channel of all posts of the site."""
    return Channel(
        title=title,
        description="All posts",
        home_url="https://example.org/blog/",
        feed_url=f"https://example.org/{file}",
        site=SITE,
        entries=entries,
    )


def golden_channel(name: str, file: str) -> Channel:
    """The channel that `tests/data/formats/<name>.json` describes, to be written as `file`."""
    data = json.loads((FORMATS / f"{name}.json").read_text("utf-8"))
    site = Site(**data["site"])
    return Channel(
        title=data["title"],
        description=data["description"],
        home_url=f"{site.url}blog/",
        feed_url=f"{site.url}{file}",
        site=site,
        entries=tuple(jsonfeed.entry(item) for item in data["items"]),
    )


def assert_golden(data: bytes, file: str, tmp_path: Path) -> None:
    """Compare with `tests/data/formats/<file>`; what was written instead is kept beside."""
    expected = FORMATS / file
    if not expected.is_file() or data != expected.read_bytes():
        actual = tmp_path / file
        actual.write_bytes(data)
        raise AssertionError(f"{expected} differs from what was written: {actual}")
