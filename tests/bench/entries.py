"""A site of many entries of one size, with emoji, as an archive's file."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from feedserver.formats import archive as archives
from feedserver.model import (
    Archive,
    Entry,
    Feed,
    IssueRef,
    Person,
    Project,
    Reporter,
    Section,
    Site,
    UpdateOf,
)

SIZE = 10_000
"""Bytes of an entry's content."""
UPDATES = 29
"""Updates of an issue."""
SECTIONS = 12
PROJECTS = 300

_SITE = Site("Weekly", "https://weekly.example/", "A newsletter", "en")
_START = datetime(1990, 1, 5, 12, tzinfo=UTC)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def write(path: Path, count: int, *, changed: int = 0) -> None:
    """Write the archive of a site of about `count` entries; `changed` of its issues are edited."""
    feeds = (
        Feed("/", "Weekly", "All posts", "posts", "/blog/"),
        Feed("/updates/", "Updates", "All updates", "updates", "/updates/"),
        *(_feed("section", number) for number in range(SECTIONS)),
        *(_feed("project", number) for number in range(PROJECTS)),
    )
    archive = Archive(_SITE, ("author", "category"), 20, feeds, {}, ())
    with open(path, "wb") as file:
        file.writelines(archives.lines(archive, entries(count, changed=changed)))


def entries(count: int, *, changed: int = 0) -> Iterator[Entry]:
    """Yield issues, newest first, each followed by its updates."""
    chance = random.Random(1)
    words = ["".join(chance.choices(_LETTERS, k=chance.randint(2, 10))) for _ in range(5000)]
    issues = count // (UPDATES + 1)
    for number in range(issues, 0, -1):
        # An issue of its own chance: the others stay the same when one is edited.
        yield from _issue(number, words, edited=number <= changed)


def _feed(kind: str, number: int) -> Feed:
    path = f"/{kind}/{kind}-{number}/"
    title = f"{kind} {number}"
    of = {kind: (f"{kind}-{number}",)}
    return Feed(path, title, title, "section" if kind == "section" else "project", path, of)


def _issue(number: int, words: list[str], *, edited: bool) -> Iterator[Entry]:
    chance = random.Random(number)
    url = f"{_SITE.url}blog/{number}/"
    title = f"This Week {number}"
    date = _START + timedelta(days=7 * number)
    sections = tuple(f"section-{n}" for n in sorted(chance.sample(range(SECTIONS), 6)))
    author = (Person(f"Author {number % 7}"),)
    tags = ("This Week", f"Topic {number % 5}")
    content, summary = _text(chance, words), _summary(chance, words)
    if edited:
        content += "<p>Edited.</p>"
    yield Entry(url, url, title, date, date, summary, content, author, tags, sections=sections)
    for position in range(UPDATES):
        section, project = sections[position * 6 // UPDATES], chance.randrange(PROJECTS)
        moved = date + timedelta(seconds=position)
        name = f"@someone{chance.randrange(500)}:example.org"
        yield Entry(
            id=f"{url}#project-{project}-{position}",
            url=f"{url}#project-{project}-{position}",
            title=f"Project {project} 📦 ({section}), {title}",
            published=moved,
            modified=moved,
            summary=_summary(chance, words),
            content=_text(chance, words),
            authors=(Person(name, f"https://matrix.to/#/{name}"),),
            tags=tags,
            update=UpdateOf(
                IssueRef(url, url, title),
                Section(section, section.capitalize()),
                Project(f"project-{project}", f"Project {project} 📦"),
                (Reporter(name, name),),
                position,
            ),
        )


def _text(chance: random.Random, words: list[str]) -> str:
    paragraphs: list[str] = []
    size = 0
    while size < SIZE:
        text = " ".join(chance.choices(words, k=80))
        paragraphs.append(f'<p><a href="{_SITE.url}x/">A link</a> {text} 🦀📱</p>\n')
        size += len(paragraphs[-1].encode())
    return "".join(paragraphs)


def _summary(chance: random.Random, words: list[str]) -> str:
    return f"{' '.join(chance.choices(words, k=30))} 🎉"
