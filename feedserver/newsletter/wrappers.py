"""What stands at the top level of an issue, what only wraps it, and the footnotes at its end.

The rest of this folder knows the contract's rule alone: a heading that stands in an element begins
nothing, unless that element is around all, or around the heading and its permalink. In issues of
others, `opened`, elements around sections and projects are looked through.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from urllib.parse import unquote

from selectolax.lexbor import LexborNode

from feedserver.newsletter._inline import LETTER, Run, note_mark
from feedserver.text import html

LEVELS = {"h1": 1, "h2": 2, "h3": 3}
_WRAPPERS = frozenset("article div main section".split())
_AROUND = _WRAPPERS | {"header"}
# What a parser opens anew in all that follows, if it wasn't closed.
_REOPENED = frozenset("a b big code em i s small strike strong tt u".split())
# What generators call footnotes, and the block of all: a word that begins so, or WordPress' own.
_OF_NOTES = re.compile(r"(?:^|\s)(?:wp-block-)?footnote")
_CLASSES = ('[class^="footnote"]', '[class*=" footnote"]', '[class*="wp-block-footnote"]')
_NOTES = ", ".join(f"{each}[id], {each} li[id]" for each in _CLASSES)
_MARKS = frozenset(("a", "span", "sup"))


def opened(html_text: str) -> str:
    """The HTML of an issue, less what only stands around its sections and projects.

    Others put each of them, or some together, into an element, of which a reader sees nothing.
    The one that all is in may stay.
    """
    nodes = _unwrapped(html.parse(html_text))
    around = _around(nodes)
    if not around:
        return html_text
    pieces: list[str] = []
    waiting: list[LexborNode | None] = [*reversed(nodes)]
    while waiting:
        node = waiting.pop()
        if node is None:
            pieces.append("\n")
        elif node.mem_id in around:
            # Its ends part words as blocks do.
            waiting += [None, *reversed(list(node.iter(include_text=True))), None]
        else:
            pieces.append(node.html or "")
    return "".join(pieces).strip()


def _around(nodes: list[LexborNode]) -> set[int]:
    """The elements among these nodes that stand around headings, and in nothing but such."""
    root = nodes[0].parent if nodes else None
    if root is None:
        return set()
    # Many headings may stand in one.
    holders = {of.mem_id: of for each in root.css("h2, h3") if (of := each.parent)}
    known = {root.mem_id: True}
    for holder in holders.values():
        node: LexborNode | None = holder.parent if heading_in(holder) else holder
        chain: list[LexborNode] = []
        while node is not None and node.tag in _AROUND | _REOPENED and node.mem_id not in known:
            chain.append(node)
            node = node.parent
        is_top = node is not None and known.get(node.mem_id, False)
        # Emphasis that wasn't closed is looked through anyway.
        if not is_top or any(each.tag in _AROUND for each in chain):
            known.update((each.mem_id, is_top) for each in chain)
    return {id for id, is_top in known.items() if is_top} - {root.mem_id}


def top(html_text: str) -> list[LexborNode]:
    """What stands at the top level of an issue, and in emphasis that a report didn't close."""
    nodes = _unwrapped(html.parse(html_text))
    while any(map(_is_unclosed, nodes)):
        pieces = ((node.inner_html if _is_unclosed(node) else node.html) or "" for node in nodes)
        nodes = _unwrapped(html.parse("".join(pieces)))
    return nodes


def _is_unclosed(node: LexborNode) -> bool:
    """Whether it is emphasis or a link that headings stand in."""
    return node.tag in _REOPENED and any(
        child.tag in LEVELS or _is_unclosed(child) for child in node.iter()
    )


def _unwrapped(nodes: list[LexborNode]) -> list[LexborNode]:
    """Look inside the one element that all is in."""
    while len(inside := [node for node in nodes if not is_blank(node)]) == 1:
        if inside[0].tag not in _WRAPPERS:
            break
        nodes = list(inside[0].iter(include_text=True))
    return nodes


def is_blank(node: LexborNode) -> bool:
    return not node.is_element_node and not (node.text_content or "").strip()


def heading_in(node: LexborNode) -> LexborNode | None:
    """The heading that a node is, or wraps together with its permalink, as GitHub does."""
    if node.tag in LEVELS:
        return node
    children = node.iter(include_text=True) if node.tag in _WRAPPERS else ()
    inside = [child for child in children if not is_blank(child)]
    rest = [child for child in inside if child.tag != "a" or LETTER.search(child.text())]
    return rest[0] if len(rest) == 1 and rest[0].tag in LEVELS else None


def take_notes(parts: Sequence[tuple[LexborNode | None, list[LexborNode]]], room: int) -> list[str]:
    """Give each part of an issue, a heading and what stands below, the footnotes it refers to.

    Generators put all of a page at its end. What a part refers to is taken out of the others, and
    comes back as HTML to stand at its own end, no more than `room` characters for all parts: many
    may refer to one that is long. What nothing refers to stays.
    """
    marks = [list(_note_marks([*([of] if of else []), *below])) for of, below in parts]
    if not any(marks):
        return [""] * len(parts)
    # The notes by their ids, and the part that each stands in.
    notes: dict[str, tuple[LexborNode, int]] = {}
    for number, (_, below) in enumerate(parts):
        for note in (note for node in below for note in node.css(_NOTES)):
            if note.tag not in _MARKS:
                notes.setdefault(note.id or "", (note, number))
    ids = {note.mem_id: id for id, (note, _) in notes.items()}
    # Where a part refers to, and where a note does.
    by_part: list[list[Run]] = [[] for _ in parts]
    by_note: dict[str, list[Run]] = {id: [] for id in notes}
    for own, found in zip(by_part, marks, strict=True):
        for node, mark in found:
            holder = next((ids[each.mem_id] for each in _upwards(node) if each.mem_id in ids), None)
            (own if holder is None else by_note[holder]).append(mark)
    given: list[str] = []
    used, staying = set[str](), set[str]()
    for number, waiting in enumerate(by_part):
        mine: dict[str, str] = {}
        for mark in waiting:
            id = unquote((mark.href or "").partition("#")[2])
            if id not in notes or id in mine or room < 0:
                continue
            note, owner = notes[id]
            text = note.html or ""
            if (room := room - len(text)) < 0:
                continue
            if note.tag == "li":
                # Alone it would begin with 1 again.
                start = mark.text.strip("[]")
                text = f'<div class="footnote"><ol start="{start}">{text}</ol></div>'
            elif owner == number:
                staying.add(id)
                text = ""
            mine[id] = text
            waiting += by_note[id]
        used.update(mine)
        given.append("".join(mine.values()))
    _take_out([notes[id][0] for id in used - staying], [below for _, below in parts])
    return given


def _note_marks(nodes: Iterable[LexborNode]) -> Iterator[tuple[LexborNode, Run]]:
    for node in nodes:
        for each in node.css("sup") if node.is_element_node else ():
            is_inside = each.parent is not None and each.parent.tag == "a"
            if mark := note_mark(each.parent if is_inside and each.parent else each):
                yield each, mark


def _upwards(node: LexborNode) -> Iterator[LexborNode]:
    above: LexborNode | None = node
    while above is not None:
        yield above
        above = above.parent


def _take_out(notes: Sequence[LexborNode], parts: Sequence[list[LexborNode]]) -> None:
    """Take notes out of parts, and the blocks that have none then."""
    gone = {note.mem_id: note for note in notes}
    tops = {node.mem_id for below in parts for node in below}
    lists = {of.mem_id: of for note in notes if note.tag == "li" and (of := note.parent)}
    for holder in lists.values():
        if all(each.mem_id in gone for each in holder.iter()):
            block = _block(holder, tops)
            gone[block.mem_id] = block
    for below in parts:
        below[:] = [node for node in below if node.mem_id not in gone]
    # What stands in another goes with it.
    outer = [
        node
        for node in gone.values()
        if node.parent is None or not any(each.mem_id in gone for each in _upwards(node.parent))
    ]
    for node in outer:
        node.decompose()


def _block(notes: LexborNode, tops: Container[int]) -> LexborNode:
    """What a list of notes stands in, by its class; else the list itself."""
    for node in _upwards(notes):
        if node.tag != "ol" and _OF_NOTES.search(node.attributes.get("class") or ""):
            return node
        if node.mem_id in tops:
            break
    return notes
