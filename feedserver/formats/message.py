"""The content of a message that says in a room what an entry says, ready to be sent.

An `m.room.message` of the Client-Server API v1.18 ("Instant Messaging"), an `m.notice`, so that no
bot answers it and no telephone rings. The first line says what it is and leads there; an update's
report follows, or an issue's sections with their projects. What is too long ends behind a paragraph
or an item of a list, and leads to the rest.
"""

from __future__ import annotations

import html as entities
import json
import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from feedserver.formats._blocks import Block, Container, beginning, blocks, link, paragraph, write
from feedserver.model import Entry
from feedserver.newsletter import issues, names
from feedserver.newsletter.entries import fragment
from feedserver.text import html
from feedserver.text.slugs import section_slug
from feedserver.text.words import Words

MOST = 6_000
"""Bytes of a message in a feed, as JSON in UTF-8 without spaces."""
WHOLE = 23_000
"""Bytes of a whole update: as an edit, which has it twice, and encrypted, it still fits into an
event (65,536 bytes)."""

NAMES = ("title", "project", "section", "issue")
"""What a first line of one's own may have in braces."""

_BRACES = re.compile(r"{([a-z]+)}")
_LONGEST_TITLE = 300

Content = dict[str, str]


@dataclass(frozen=True, slots=True)
class Linked:
    """A section's or a project's title, and where it stands in the issue."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Part:
    """A section with its projects; `section` is `None` of those above the first."""

    section: Linked | None
    projects: tuple[Linked, ...]


def of_entry(
    entry: Entry, words: Words, limit: int = MOST, first_line: str | None = None
) -> Content | None:
    """The message of an entry; `None` where not even its first line fits into `limit` bytes.

    `first_line` is a text for the first line of an update, with the names of `NAMES` in braces.
    """
    if entry.update is None and entry.sections and (parts := _outline(entry)):
        return digest(Linked(entry.title, entry.url), parts, words, limit)
    said: list[Block] = []
    size = 0
    for block in blocks(html.parse(entry.content or ""), words):
        said.append(block)
        size += len(block.html.encode())
        if size > limit:
            break
    return _fitting(_first_line(entry, first_line), said, _rest(entry.url, words), limit)


def digest(issue: Linked, parts: Sequence[Part], words: Words, limit: int = MOST) -> Content | None:
    """The message of an issue: its sections with their projects, linked as long as that fits.

    `None` where not even its first line does.
    """
    first = paragraph(f"<strong>{_link(issue)}</strong>", f"{_short(issue.title)} ({issue.url})")
    rest = _rest(issue.url, words)
    total = sum(len(part.projects) for part in parts)

    def shown(linked: int, named: int) -> Content:
        end = [] if named == total else [rest]
        return _content([first, *_items(parts, linked, named), *end])

    if (linked := _most(total, lambda count: _fits(shown(count, total), limit))) is not None:
        return shown(linked, total)
    if (named := _most(total, lambda count: _fits(shown(0, count), limit))) is not None:
        return shown(0, named)
    return _fitting(first, _items(parts, 0, 0), rest, limit)


def _items(parts: Sequence[Part], linked: int, named: int) -> list[Block]:
    """A list of sections; of all projects the first `named` are there, the first `linked` links."""
    items = []
    for place, part in enumerate(parts, start=1):
        shown = part.projects[: max(named, 0)]
        section = [part.section] if part.section else []
        htmls = [
            _link(project)
            if index < linked
            else entities.escape(_short(project.title), quote=False)
            for index, project in enumerate(shown)
        ]
        markup = ": ".join(filter(None, [*map(_link, section), ", ".join(htmls)]))
        names = ", ".join(_short(project.title) for project in shown)
        plain = ": ".join(filter(None, [*(_short(each.title) for each in section), names]))
        linked, named = linked - len(part.projects), named - len(part.projects)
        if plain:
            items.append(Block((Container(0, "ul"), Container(place, "li")), markup, plain, plain))
    return items


def _outline(entry: Entry) -> list[Part]:
    """The sections of an issue with their projects, as its headings have them."""
    updates = issues.divide(entry.content or "")
    known = {update.section.slug for update in updates if update.section}
    # A registry gives sections other slugs; the heading alone doesn't say which is left out then.
    ignored = known - set(entry.sections) if known.issuperset(entry.sections) else set()
    base = entry.url.partition("#")[0]
    ids = {
        section_slug(html.text([heading])): heading.id
        for node in reversed(html.parse(entry.content or ""))
        for heading in reversed(node.css("h2"))
    }
    parts = []
    for section, group in groupby(updates, key=lambda update: update.section):
        if section and section.slug in ignored:
            continue
        found = [(update.project, f"{base}#{fragment(update.heading_id)}") for update in group]
        projects = tuple(Linked(project.title, url) for project, url in found if project)
        # A source whose headings have no ids is led into at the section's first project.
        id = section and ids.get(section.slug)
        url = f"{base}#{fragment(id)}" if id else found[0][1]
        parts.append(Part(Linked(section.title, url) if section else None, projects))
    return parts


def _first_line(entry: Entry, pattern: str | None) -> Block:
    update = entry.update
    if update is None or pattern is not None:
        it = Linked(entry.title if pattern is None else _filled(pattern, entry), entry.url)
        return paragraph(f"<strong>{_link(it)}</strong>", f"{_short(it.title)} ({it.url})")
    it, issue = (
        Linked(names.heading(update.section, update.project), entry.url),
        Linked(update.issue.title, update.issue.url),
    )
    return paragraph(
        f"<strong>{_link(it)}</strong>, {_link(issue)}",
        # The address is last, for a notification shows the beginning.
        f"{_short(it.title)}, {_short(issue.title)} ({it.url})",
    )


def _filled(pattern: str, entry: Entry) -> str:
    update = entry.update
    said = {
        "title": entry.title,
        "project": names.of_project(update.project) if update and update.project else "",
        "section": names.of_section(update.section) if update and update.section else "",
        "issue": update.issue.title if update else entry.title,
    }
    return " ".join(_BRACES.sub(lambda name: said.get(name[1], name[0]), pattern).split())


def _rest(url: str, words: Words) -> Block:
    said = words.text("message_rest")
    return paragraph(link(url, entities.escape(said, quote=False)), f"{said}: {url}")


def _fitting(first: Block, said: Sequence[Block], rest: Block, limit: int) -> Content | None:
    """As much of what is said as fits, with a link to the rest if that isn't all."""
    if _fits(whole := _content([first, *said]), limit):
        return whole

    def shown(count: int, *more: Block) -> Content:
        return _content([first, *said[:count], *more, rest])

    most = _most(len(said) - 1, lambda count: _fits(shown(count), limit))
    if most is None:
        return None
    count = most
    while count and said[count - 1].leads_to(said[count]):
        count -= 1
    if count:
        return shown(count)
    long = said[most]
    length = _most(
        len(long.text), lambda length: _fits(shown(most, beginning(long, length)), limit)
    )
    part = beginning(long, length or 0)
    return shown(most, part) if part.text else shown(0)


def _content(parts: Sequence[Block]) -> Content:
    markup, plain = write(parts)
    return {
        "msgtype": "m.notice",
        "body": plain,
        "format": "org.matrix.custom.html",
        "formatted_body": markup,
    }


def _fits(content: Content, limit: int) -> bool:
    written = json.dumps({"content": content}, ensure_ascii=False, separators=(",", ":"))
    return len(written.encode("utf-8", "replace")) <= limit


def _most(highest: int, fits: Callable[[int], bool]) -> int | None:
    """The largest number up to `highest` that fits, where nothing above one that doesn't does."""
    found = bisect_left(range(highest + 1), True, key=lambda count: not fits(count))
    return found - 1 if found else None


def _link(it: Linked) -> str:
    return link(it.url, entities.escape(_short(it.title), quote=False))


def _short(title: str) -> str:
    return title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 1]}…"
