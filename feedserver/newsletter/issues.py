"""An issue's HTML to its updates, by the contract's vocabulary.

Sections are its top-level `h2`, projects its top-level `h3`; reporters are named in attribution
lines, of which ten years of newsletters have many kinds. The HTML may come from any generator.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import groupby, zip_longest
from typing import Literal

from selectolax.lexbor import LexborNode

from feedserver.model import Project, Reporter, Section
from feedserver.newsletter import _footnotes
from feedserver.newsletter._inline import (
    Run,
    runs_of,
    tidied,
    title_of,
    without_permalink,
)
from feedserver.newsletter._reports import attribution, chains_of, distinct, named, summary
from feedserver.newsletter.wrappers import LEVELS, heading_in, is_blank, top
from feedserver.text import html
from feedserver.text.slugs import (
    HeadingIds,
    project_slug,
    section_slug,
    slugify,
    without_emoji,
)

DEFAULT_IGNORED = ("That's all I know*",)

_SMALLER = {"h4": 4, "h5": 5, "h6": 6}
_HEADINGS = "h1, h2, h3, h4, h5, h6"
_INLINE = frozenset(
    "a abbr b bdi bdo big br cite code del dfn em i ins kbd mark q s samp small span strong sub sup"
    " time tt u var".split()
)
_VISIBLE = "audio, img, input, object, picture, table, video"

_PLAIN_ID = re.compile(r"[\w-][\w.-]*", re.ASCII)
# How a heading begins that only ends an issue.
_FAREWELL = re.compile(
    r"\W*(?:(?:and |so |well,? )*that(?:'s| is| was) (?:all|it)\b|the end\b|(?:good)?bye\b"
    r"|farewell\b|see (?:you|ya)\b|so long\b|un?till? (?:next|then|we)\b"
    r"|next (?:issue|month|time|week)\b|(?:many )?thanks?\b"
    r"|have a (?:good|great|lovely|nice)\b|closing\b|outro\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Update:
    """What stands below one heading of an issue; of `section` and `project` one is there.

    `position` is its index among the issue's updates. `content` is HTML without the heading, or
    `None` if nothing stands there. `image` is the address of its first picture.
    """

    heading_id: str
    section: Section | None
    project: Project | None
    reporters: tuple[Reporter, ...]
    position: int
    content: str | None
    summary: str | None
    image: str | None


@dataclass(frozen=True, slots=True)
class Stray:
    """A heading below which stands what isn't where its author may think it is."""

    level: int
    title: str


Why = Literal["above", "below", "ignored", "empty"]
"""Why something is in no update: it stands above the first heading, or below a `#`; its section is
one that is ignored; nothing stands there."""


@dataclass(frozen=True, slots=True)
class Outside:
    """What of an issue is in no update.

    `level`, `title` and `heading_id` are of its heading, if there is one. `reporters` are named
    there, `position` is how many updates stand above it, `opening` the text that it begins with.
    """

    why: Why
    level: int
    title: str | None
    heading_id: str | None
    reporters: tuple[Reporter, ...]
    position: int
    opening: str


@dataclass(frozen=True, slots=True)
class _Heading:
    """A heading: its title is less a trailing link, and `url` that link."""

    level: int
    id: str
    title: str
    url: str | None
    runs: Sequence[Run]


@dataclass(slots=True)
class _Part:
    """What stands below a heading, or above the first; `why` it is in no update, if it isn't.

    `notes` are the footnotes of it that stand elsewhere.
    """

    heading: _Heading | None
    section: Section | None
    project: Project | None
    why: Why | None = None
    nodes: list[LexborNode] = field(default_factory=list)
    notes: str = ""


def is_issue(values: Iterable[str], patterns: Iterable[str]) -> bool:
    """Whether one of a post's categories, or its title, matches a glob; case doesn't count."""
    globs = [pattern.casefold() for pattern in patterns]
    return any(fnmatchcase(value.casefold(), glob) for value in values for glob in globs)


def divide(html_text: str, ignore_sections: Iterable[str] = DEFAULT_IGNORED) -> tuple[Update, ...]:
    """The updates of an issue, in the order of the document.

    `html_text` is sanitised. `ignore_sections` are globs on the headings of sections that give
    no updates: without emoji, with `’` as `'`; case doesn't count.
    """
    updates: list[Update] = []
    for part in _parts(html_text, [_plain(pattern) for pattern in ignore_sections]):
        if part.heading is None or part.why:
            continue
        stands = any(map(_stands, part.nodes))
        content = html.serialise(part.nodes).strip() + part.notes if stands else None
        if content is None and part.project is None:
            continue
        reporters, found = _reported(part)
        update = Update(
            heading_id=part.heading.id,
            section=part.section,
            project=part.project,
            reporters=reporters,
            position=len(updates),
            content=content,
            summary=found,
            image=html.first_image(part.nodes) if "<img" in (content or "") else None,
        )
        updates.append(update)
    return tuple(updates)


def outside(
    html_text: str, ignore_sections: Iterable[str] = DEFAULT_IGNORED
) -> tuple[Outside, ...]:
    """What of an issue `divide` puts in no update, in the order of the document."""
    found: list[Outside] = []
    position = 0
    parts = _parts(html_text, [_plain(pattern) for pattern in ignore_sections])
    for part, following in zip_longest(parts, parts[1:]):
        stands = any(map(_stands, part.nodes))
        if part.why is None and (stands or part.project):
            position += 1
            continue
        has_projects = following and following.project and following.section is part.section
        if (part.why and not stands) or (part.why is None and has_projects):
            continue
        people, begins = _reported(part)
        of = part.heading
        level, title, id = (of.level, of.title, of.id) if of else (0, None, None)
        why = part.why or "empty"
        found.append(Outside(why, level, title, id, people, position, begins or ""))
    return tuple(found)


def heading_ids(html_text: str) -> frozenset[str]:
    """The ids of the headings that divide an issue."""
    nodes = top(html_text)
    ids = _ids(nodes)
    return frozenset(ids[found.mem_id] for found in map(heading_in, nodes) if found)


def quoted(html_text: str) -> Iterator[tuple[list[Reporter], str, list[LexborNode]]]:
    """Quotes of HTML, sanitised or not: whom the line above names, that line, the nodes of all."""
    for part in _parts(html_text, ()):
        found: list[tuple[list[LexborNode], list[LexborNode]]] = []
        for inline, group in groupby(
            (each for each in part.nodes if not is_blank(each)), _is_inline
        ):
            nodes = list(group)
            for node in nodes:
                if node.tag != "blockquote":
                    found.append((nodes if inline else [node] if node.tag == "p" else [], []))
                elif found:
                    found[-1][1].append(node)
        title = part.heading.title if part.heading else ""
        for line, below in found:
            if line and below:
                runs = runs_of(line)
                yield attribution(runs, True, title)[0], tidied(runs), [*line, *below]


def strays(html_text: str, ignore_sections: Iterable[str] = DEFAULT_IGNORED) -> list[Stray]:
    """What of an issue isn't where its author may think it is, in the order of the document.

    Below a second `#` stands what is in no update, but for a project above the first section. A
    last word of plain text is meant to be in none, if its heading is one of farewell. A report
    below a smaller heading is part of a section, where that has no projects.
    """
    if not re.search("<h[1456]", html_text):
        return []
    nodes = top(html_text)
    ids = _ids(nodes)
    ignored = [_plain(pattern) for pattern in ignore_sections]
    blocks = [(heading_in(node) or node, node) for node in nodes if not is_blank(node)]
    has_sections = any(heading.tag == "h2" for heading, _ in blocks)
    found: list[Stray] = []
    # The heading that is in question, whether smaller ones are part of it, and what stands before.
    current: Stray | None = None
    is_over = in_section = is_second = has_begun = False
    last = max((at for at, (each, _) in enumerate(blocks) if each.tag in LEVELS), default=-1)
    for at, (heading, node) in enumerate(blocks):
        level = (LEVELS | _SMALLER).get(heading.tag or "", 0)
        if level == 0 or (is_over and level > 2):
            is_last_word = at > last and _is_farewell(current)
            is_lost = current is not None and current.level == 1 and not is_last_word
            if current and (level or node.tag == "blockquote" or is_lost):
                found += [] if current in found else [current]
        elif level < 4 or in_section:
            title = _heading(heading, ids).title
            is_ignored = level < 3 and is_issue([_plain(without_emoji(title))], ignored)
            is_doubtful = level > 3 or (level == 1 and is_second)
            current = Stray(level, title) if is_doubtful and not is_ignored else None
            is_over = current is not None and level == 1 and has_begun
            in_section = level > 3 or (level == 2 and not is_ignored)
            is_second = True
            has_begun = has_begun or level > 1 or not has_sections
    return found


def _is_farewell(stray: Stray | None) -> bool:
    return stray is not None and _FAREWELL.match(_plain(stray.title)) is not None


def _parts(html_text: str, ignored: Sequence[str]) -> list[_Part]:
    """The nodes above the first heading, and each heading with the nodes that stand below it."""
    nodes = top(html_text)
    ids = _ids(nodes)
    parts = [_Part(None, None, None, "above")]
    headings: list[LexborNode | None] = [None]
    section: Section | None = None
    why: Why | None = None
    for node in nodes:
        found = heading_in(node)
        if found is None:
            parts[-1].nodes.append(node)
            continue
        heading = _heading(found, ids)
        project: Project | None = None
        if heading.level == 1:
            has_begun = section is not None or any(part.why is None for part in parts)
            why = "below" if has_begun else None
        elif heading.level == 2:
            is_ignored = is_issue([_plain(without_emoji(heading.title))], ignored)
            why = "ignored" if is_ignored else None
            section = Section(section_slug(heading.title) or _token(heading.id), heading.title)
        else:
            slug = project_slug(heading.title) or _token(heading.id)
            project = Project(slug, heading.title, heading.url)
        headings.append(found)
        if heading.level == 1:
            # A project below it is an update, if no section has begun.
            parts.append(_Part(heading, None, None, "below" if len(parts) > 1 else "above"))
        else:
            parts.append(_Part(heading, section, project, why))
    if all(part.heading is None or part.heading.level == 1 for part in parts):
        # There is no heading that they could stand above.
        for part in parts[1:]:
            part.why = "below"
    below = [part.nodes for part in parts]
    notes = _footnotes.take(list(zip(headings, below, strict=True)), len(html_text))
    for part, text in zip(parts, notes, strict=True):
        part.notes = text
    return parts


def _token(id: str) -> str:
    """A heading's id as a slug; odd ones of foreign sources are no part of an address."""
    return id if _PLAIN_ID.fullmatch(id) else slugify(id) or "heading"


def _plain(text: str) -> str:
    return text.replace("’", "'")


def _stands(node: LexborNode) -> bool:
    """Whether there is anything to see: text, a picture, a video, a table."""
    if not node.is_element_node:
        return not is_blank(node)
    return bool(node.text().strip()) or node.css_first(_VISIBLE) is not None


def _ids(nodes: Sequence[LexborNode]) -> dict[int, str]:
    """The ids of all headings, by node; Zola counts those in quotes and lists too."""
    parent = nodes[0].parent if nodes else None
    headings = parent.css(_HEADINGS) if parent else []
    given = {heading.mem_id: (heading.id or "").strip() for heading in headings}
    ids = HeadingIds()
    for id in given.values():
        ids.reserve(id)
    return {
        heading.mem_id: given[heading.mem_id]
        or ids.take(tidied(without_permalink(runs_of([heading], alternatives=True), "")))
        for heading in headings
    }


def _heading(node: LexborNode, ids: dict[int, str]) -> _Heading:
    id = ids[node.mem_id]
    runs = without_permalink(runs_of([node]), id)
    title, url = title_of(runs)
    return _Heading((LEVELS | _SMALLER)[node.tag or ""], id, title or tidied(runs) or id, url, runs)


def _is_inline(node: LexborNode) -> bool:
    return not node.is_element_node or node.tag in _INLINE


def _blocks(nodes: Iterable[LexborNode]) -> Iterator[list[LexborNode]]:
    """Nodes one by one, but inline ones that follow each other together; blank ones left out."""
    for inline, group in groupby(nodes, _is_inline):
        found = list(group)
        blocks = [found] if inline else [[node] for node in found]
        yield from (block for block in blocks if any(map(_stands, block)))


def _reported(part: _Part) -> tuple[tuple[Reporter, ...], str | None]:
    """The persons named in a part's attributions, and its summary."""
    blocks = list(_blocks(part.nodes))
    people: list[Reporter] = []
    attributions: dict[int, bool] = {}
    for number, (block, following) in enumerate(zip_longest(blocks, blocks[1:])):
        if block[0].tag != "p" and not _is_inline(block[0]):
            continue
        quoted = following is not None and following[0].tag == "blockquote"
        title = part.heading.title if part.heading else ""
        persons, aside = attribution(runs_of(block), quoted, title)
        people.extend(persons)
        if persons or aside:
            attributions[number] = aside
    if not people and part.heading and blocks and blocks[0][0].tag == "blockquote":
        chains = chains_of(part.heading.runs)
        people = named(part.heading.runs, chains[0]) if chains else []
    return distinct(people), summary(blocks, attributions)
