"""How issues are divided, for those who edit them: what each heading gives, what gives nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from feedserver.feeds.index import Index
from feedserver.model import Project, Reporter, Section
from feedserver.newsletter import issues
from feedserver.newsletter.entries import fragment
from feedserver.newsletter.issues import Outside, is_issue
from feedserver.text import html
from feedserver.text.slugs import slugify
from mkdocs_twim.config import TwimConfig
from mkdocs_twim.content.frontmatter import FrontMatter
from mkdocs_twim.posts.page import PostPage

_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_SIGNS = re.compile(r"#{1,6}(?=[ \t]|$)")
# What a heading without text is called, by its id.
_NAMELESS = re.compile(r"heading(-\d+)?|_\d+")


@dataclass(frozen=True, slots=True)
class Part:
    """One update: what it is called, where that leads, who reports, the line of its heading."""

    title: str
    slug: str
    anchor: str
    reporters: tuple[Reporter, ...]
    line: int


@dataclass(frozen=True, slots=True)
class SectionPart:
    """A section with its projects; `own` is its own update. Projects may have no section."""

    title: str | None
    slug: str | None
    line: int
    own: Part | None
    projects: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Astray:
    """What is in no update, and the line where it begins; `anchor` is that of its heading."""

    of: Outside
    line: int
    anchor: str | None


@dataclass(frozen=True, slots=True)
class Outline:
    """How an issue is divided."""

    sections: tuple[SectionPart, ...]
    outside: tuple[Astray, ...]

    @property
    def lost(self) -> tuple[Astray, ...]:
        """What is in no update though somebody reports there."""
        return tuple(each for each in self.outside if each.of.reporters)

    @property
    def updates(self) -> int:
        """How many updates it gives."""
        return sum(bool(each.own) + len(each.projects) for each in self.sections)


def of(pages: Iterable[PostPage], index: Index, options: TwimConfig) -> dict[str, Outline]:
    """How the issues among rendered posts are divided, by their files."""
    entries: dict[str, list[_Row]] = {}
    for entry in index.archive.entries:
        if update := entry.update:
            row = (entry.id.partition("#")[2], update.section, update.project, update.reporters)
            entries.setdefault(update.issue.id, []).append(row)
    found = {}
    for page in pages:
        is_rendered = not page.is_left_out and page.content is not None
        if is_rendered and is_issue(page.terms.get("category", ()), options.issues):
            rows = entries.get(page.permalink) or _divided(page, options.ignore_sections)
            lost = issues.outside(page.feed_html or "", options.ignore_sections)
            found[page.file.src_uri] = _outline(page.source.front, rows, lost)
    return found


_Row = tuple[str, Section | None, Project | None, tuple[Reporter, ...]]
"""An update: the id of its heading, what it is of, who reports."""


def _divided(page: PostPage, ignored: Sequence[str]) -> list[_Row]:
    """The updates of a post that stands in no feed, such as a draft."""
    content = html.sanitise(page.feed_html or "", page.permalink)
    return [
        (fragment(each.heading_id), each.section, each.project, each.reporters)
        for each in issues.divide(content, ignored)
    ]


def _outline(front: FrontMatter, rows: Sequence[_Row], lost: Sequence[Outside]) -> Outline:
    lines = HeadingLines(front)
    sections: list[SectionPart] = []
    outside: list[Astray] = []
    rest = list(lost)
    before: object = sections
    for number, (anchor, section, project, people) in enumerate(rows):
        while rest and rest[0].position <= number:
            outside.append(_astray(rest.pop(0), lines))
        if section != before:
            line = lines.at(2, section.title) if section else lines.first
            title, slug = (section.title, section.slug) if section else (None, None)
            sections.append(SectionPart(title, slug, line, None, ()))
        before, current = section, sections[-1]
        if project:
            line = lines.at(3, project.title)
            part = Part(project.title, project.slug, anchor, people, line)
            sections[-1] = replace(current, projects=(*current.projects, part))
        elif section:
            own = Part(section.title, section.slug, anchor, people, current.line)
            sections[-1] = replace(current, own=own)
    outside += (_astray(each, lines) for each in rest)
    return Outline(tuple(sections), tuple(outside))


def _astray(of: Outside, lines: HeadingLines) -> Astray:
    line = lines.first if of.title is None else lines.at(of.level, of.title)
    return Astray(of, line, fragment(of.heading_id) if of.heading_id else None)


class HeadingLines:
    """The lines of a post's headings, which are asked for in their order."""

    def __init__(self, front: FrontMatter) -> None:
        texts = front.body.split("\n")
        text = next((number for number, line in enumerate(texts) if line.strip()), 0)
        self.first = front.body_line + text
        """Where the text begins."""
        self._found = [(level, name, front.body_line + at) for at, level, name in _headings(texts)]
        self._next = 0

    def at(self, level: int, title: str) -> int:
        """Where the next heading with this title stands; if none is found, where the last does."""
        wanted = slugify(title)
        is_nameless = _NAMELESS.fullmatch(title) is not None
        for number in range(self._next, len(self._found)):
            of, names, line = self._found[number]
            is_it = any(name.startswith(wanted) for name in names)
            if of == level and (is_it or (is_nameless and not names[0])):
                self._next = number + 1
                return line
        return self._found[self._next - 1][2] if self._next else self.first


def _headings(lines: Sequence[str]) -> Iterator[tuple[int, int, tuple[str, str]]]:
    """The headings of a Markdown text: the number of the line, the level, the title as slugs.

    These are with the texts of its links and without, for those of a trailing link are cut off.
    """
    fence = ""
    for number, (line, below) in enumerate(zip_longest(lines, lines[1:], fillvalue="")):
        text = line.lstrip(" ")
        if found := re.match(r"`{3,}|~{3,}", text):
            if not fence or (found[0].startswith(fence) and not text[found.end() :].strip()):
                fence = "" if fence else found[0]
        elif not fence:
            if signs := _SIGNS.match(text):
                yield number, len(signs[0]), _slugs(text)
            elif text and (under := re.fullmatch(r" {0,3}(=+|-+)[ \t]*", below)):
                yield number, 1 if under[1][0] == "=" else 2, _slugs(text)


def _slugs(text: str) -> tuple[str, str]:
    return slugify(_LINK.sub(r"\1", text)), slugify(_LINK.sub("", text))
