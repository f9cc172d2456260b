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

from selectolax.lexbor import LexborNode

from feedserver.model import Project, Reporter, Section
from feedserver.newsletter._inline import (
    LETTER,
    MATRIX,
    Run,
    runs_of,
    tidied,
    title_of,
    without_permalink,
)
from feedserver.newsletter._summary import summary
from feedserver.text import html
from feedserver.text.slugs import (
    HeadingIds,
    project_slug,
    section_slug,
    slug_of,
    slugify,
    without_emoji,
)

DEFAULT_IGNORED = ("That's all I know*",)

_LEVELS = {"h1": 1, "h2": 2, "h3": 3}
_SMALLER = {"h4": 4, "h5": 5, "h6": 6}
_HEADINGS = "h1, h2, h3, h4, h5, h6"
_WRAPPERS = frozenset("article div main section".split())
_INLINE = frozenset(
    "a abbr b bdi bdo big br cite code del dfn em i ins kbd mark q s samp small span strong sub sup"
    " time tt u var".split()
)
_VISIBLE = "audio, img, input, object, picture, table, video"

_WORD = re.compile(r"[^\s,:;.!?…–—-][^\s:;,!?…–—]*")
_PLAIN_ID = re.compile(r"[\w-][\w.-]*", re.ASCII)
_USER_ID = re.compile(r"[^\s:]+:[^\s/]+")
_ADDRESS = re.compile(r"\S*://|www\.|[#!]\S+:|mailto:", re.IGNORECASE)
_JOINED = re.compile(r",|(?:, ?)?(?:and|&|\+)|/", re.IGNORECASE)
_PROJECT = re.compile(r"(?i)https?://(?:codeberg\.org|github\.com|gitlab\.[^/]+)/[^/]+/[^/]")
_VERSION = re.compile(r"(?<![0-9])[0-9]+\.[0-9]", re.IGNORECASE)
_SOON = r"(?:\([^()]*\)\s*)?(?:(?:also|again|just|later|recently|then|[a-z]+ly)\s+)?"
_SPEECH = (
    r"(?:adds|announces|asks|explains|gives|informs|introduces|mentions|notes|offers|posts|presents"
    r"|replies|reports|says|shares|states|tells|writes|brought|gave|said|sent|spoke|told|wrote"
    r"|(?!based|fixed|landed|launched|merged|moved|released|shipped|updated)[a-z]+ed)\b"
)
# How a heading begins that only ends an issue.
_FAREWELL = re.compile(
    r"\W*(?:(?:and |so |well,? )*that(?:'s| is| was) (?:all|it)\b|the end\b|(?:good)?bye\b"
    r"|farewell\b|see (?:you|ya)\b|so long\b|un?till? (?:next|then|we)\b"
    r"|next (?:issue|month|time|week)\b|(?:many )?thanks?\b"
    r"|have a (?:good|great|lovely|nice)\b|closing\b|outro\b)",
    re.IGNORECASE,
)
_SPEAKS = re.compile(_SOON + _SPEECH, re.IGNORECASE)
_ACTS = re.compile(rf"{_SOON}(?::|{_SPEECH}|[a-z]+s\b)", re.IGNORECASE)


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
    heading: _Heading
    section: Section | None
    project: Project | None
    nodes: list[LexborNode] = field(default_factory=list)


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
        content = html.serialise(part.nodes).strip() if any(map(_stands, part.nodes)) else None
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


def strays(html_text: str, ignore_sections: Iterable[str] = DEFAULT_IGNORED) -> list[Stray]:
    """What of an issue isn't where its author may think it is, in the order of the document.

    Below a `#` that ends a section stands what is in no update. A last word of plain text is meant
    to be in none, if the issue has `##` and its heading is one of farewell. A report below a
    smaller heading is part of a section, where that has no projects.
    """
    if not re.search("<h[1456]", html_text):
        return []
    nodes = _unwrapped(html.parse(html_text))
    ids = _ids(nodes)
    ignored = [_plain(pattern) for pattern in ignore_sections]
    blocks = [(_heading_in(node) or node, node) for node in nodes if not _is_blank(node)]
    has_sections = any(heading.tag == "h2" for heading, _ in blocks)
    found: list[Stray] = []
    # The heading that is in question, and what has begun before it.
    current: Stray | None = None
    in_section = has_begun = False
    last = max((at for at, (each, _) in enumerate(blocks) if each.tag in _LEVELS), default=-1)
    for at, (heading, node) in enumerate(blocks):
        level = (_LEVELS | _SMALLER).get(heading.tag or "", 0)
        is_lost = current is not None and current.level == 1
        if level == 0 or (is_lost and level > 2):
            is_last_word = has_sections and at > last and _is_farewell(current)
            if current and (level or node.tag == "blockquote" or (is_lost and not is_last_word)):
                found += [] if current in found else [current]
        elif level < 4 or in_section:
            title = _heading(heading, ids).title
            is_ignored = level < 3 and is_issue([_plain(without_emoji(title))], ignored)
            is_doubtful = level > 3 or (level == 1 and has_begun)
            current = Stray(level, title) if is_doubtful and not is_ignored else None
            in_section = level > 3 or (level == 2 and not is_ignored)
            has_begun = has_begun or level > 1 or not has_sections
    return found


def _is_farewell(stray: Stray | None) -> bool:
    return stray is not None and _FAREWELL.match(_plain(stray.title)) is not None


def _parts(html_text: str, ignored: Sequence[str]) -> list[_Part]:
    """Each section and project with the nodes that stand below it, ignored sections apart."""
    nodes = _unwrapped(html.parse(html_text))
    ids = _ids(nodes)
    parts: list[_Part] = []
    section: Section | None = None
    current: _Part | None = None
    outside = False
    for node in nodes:
        found = _heading_in(node)
        if found is None:
            if current:
                current.nodes.append(node)
            continue
        heading = _heading(found, ids)
        current = None
        if heading.level == 1:
            outside = outside or section is not None or bool(parts)
        elif heading.level == 2:
            outside = is_issue([_plain(without_emoji(heading.title))], ignored)
            section = Section(section_slug(heading.title) or _token(heading.id), heading.title)
            current = None if outside else _Part(heading, section, None)
        elif not outside:
            slug = project_slug(heading.title) or _token(heading.id)
            current = _Part(heading, section, Project(slug, heading.title, heading.url))
        if current:
            parts.append(current)
    return parts


def _token(id: str) -> str:
    """A heading's id as a slug; odd ones of foreign sources are no part of an address."""
    return id if _PLAIN_ID.fullmatch(id) else slugify(id) or "heading"


def _plain(text: str) -> str:
    return text.replace("’", "'")


def _unwrapped(nodes: list[LexborNode]) -> list[LexborNode]:
    """Look inside the one element that all is in."""
    while len(inside := [node for node in nodes if not _is_blank(node)]) == 1:
        if inside[0].tag not in _WRAPPERS:
            break
        nodes = list(inside[0].iter(include_text=True))
    return nodes


def _is_blank(node: LexborNode) -> bool:
    return not node.is_element_node and not (node.text_content or "").strip()


def _stands(node: LexborNode) -> bool:
    """Whether there is anything to see: text, a picture, a video, a table."""
    if not node.is_element_node:
        return not _is_blank(node)
    return bool(node.text().strip()) or node.css_first(_VISIBLE) is not None


def _heading_in(node: LexborNode) -> LexborNode | None:
    """The heading that a node is, or wraps together with its permalink, as GitHub does."""
    if node.tag in _LEVELS:
        return node
    children = node.iter(include_text=True) if node.tag in _WRAPPERS else ()
    inside = [child for child in children if not _is_blank(child)]
    rest = [child for child in inside if child.tag != "a" or LETTER.search(child.text())]
    return rest[0] if len(rest) == 1 and rest[0].tag in _LEVELS else None


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
    return _Heading(
        (_LEVELS | _SMALLER)[node.tag or ""], id, title or tidied(runs) or id, url, runs
    )


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
        named, aside = _attribution(runs_of(block), quoted, part.heading.title)
        people.extend(named)
        if named or aside:
            attributions[number] = aside
    if not people and blocks and blocks[0][0].tag == "blockquote":
        chains = _chains(part.heading.runs)
        people = _named(part.heading.runs, chains[0]) if chains else []
    return _distinct(people), summary(blocks, attributions)


def _attribution(runs: list[Run], quoted: bool, title: str) -> tuple[list[Reporter], bool]:
    """Whom a paragraph names as the reporter, and whether it does nothing else."""
    chains = _chains(runs)
    if not chains:
        if quoted and (name := _other_person(runs, title)):
            return [Reporter(name)], len(runs) <= 2
        text = tidied(runs) if quoted else ""
        return [], text.endswith(":") and len(_WORD.findall(text)) <= 4
    chain = _speaking(runs, chains) if len(chains) > 1 else chains[0]
    before = _WORD.findall(tidied(runs[: chain[0]]))
    after = tidied(runs[chain[-1] + 1 :])
    alone = len(chains) == 1 and not any(run.href for run in runs[chain[-1] + 1 :])
    words = len(_WORD.findall(after))
    if quoted:
        return _named(runs, chain), alone and len(before) <= 2 and words <= 8
    brief = alone and not before and words <= 3 and not after.endswith(("!", "?"))
    found = brief and (after.endswith(":") or _SPEAKS.match(after))
    return (_named(runs, chain), True) if found else ([], False)


def _chains(runs: Sequence[Run]) -> list[list[int]]:
    """The links to Matrix users, as indices; those joined by "and" or a comma together."""
    chains: list[list[int]] = []
    for index, run in enumerate(runs):
        if run.user is None:
            continue
        if chains and _JOINED.fullmatch(tidied(runs[chains[-1][-1] + 1 : index])):
            chains[-1].append(index)
        else:
            chains.append([index])
    return chains


def _speaking(runs: Sequence[Run], chains: Sequence[list[int]]) -> list[int]:
    """Who speaks: the first who begin the line or stand before a verb, and not those in "Ada’s"."""

    def rank(chain: Sequence[int]) -> int:
        after = tidied(runs[chain[-1] + 1 : chain[-1] + 2])
        begins = not tidied(runs[: min(chain[0], 2)])
        owns = after.startswith(("'", "’"))
        return 2 if owns else 0 if begins or _ACTS.match(after) else 1

    return min(chains, key=rank)


def _named(runs: Sequence[Run], chain: Iterable[int]) -> list[Reporter]:
    people = []
    for index in chain:
        user = runs[index].user or ""
        name = " ".join(runs[index].text.split()).rstrip(" :,")
        if not name or _ADDRESS.match(name):
            name = user.partition(":")[0]
        if name:
            people.append(Reporter(name, f"@{user}" if _USER_ID.fullmatch(user) else None))
    return people


def _other_person(runs: Sequence[Run], title: str) -> str | None:
    """The name in an attribution whose link leads elsewhere than to Matrix."""
    runs = [run for run in runs if run.text.strip()]
    href = runs[0].href if runs else None
    if href is None or MATRIX.match(href) or _PROJECT.match(href):
        return None
    name = " ".join(runs[0].text.split()).rstrip(" :,")
    named = name and not _ADDRESS.match(name) and not _VERSION.search(name)
    if not named or slug_of(name) == project_slug(title):
        return None
    after = tidied(runs[1:]) or runs[0].text.strip()[len(name) :]
    speaks = after.startswith((":", ",")) or _SPEAKS.match(after)
    short = after.endswith(":") or len(_WORD.findall(after)) <= 3
    return name if speaks and short else None


def _distinct(people: Sequence[Reporter]) -> tuple[Reporter, ...]:
    """Each person once; of one name, one with an id stands for those without."""
    known = {person.name.casefold() for person in people if person.id}
    result: dict[str, Reporter] = {}
    for person in people:
        name = person.name.casefold()
        if person.id or name not in known:
            result.setdefault(person.id or name, person)
    return tuple(result.values())
