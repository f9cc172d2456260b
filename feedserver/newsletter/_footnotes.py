"""Footnotes, which generators put at the end of a page: each update has those it refers to.

The HTML may be of Python-Markdown, CommonMark, GitHub, pandoc, WordPress or markdown-it.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from urllib.parse import unquote

from selectolax.lexbor import LexborNode

from feedserver.newsletter._inline import Run, note_mark

# What generators call footnotes, and the block of all: a word that begins so, or WordPress' own.
_OF_NOTES = re.compile(r"(?:^|\s)(?:wp-block-)?footnote")
_CLASSES = ('[class^="footnote"]', '[class*=" footnote"]', '[class*="wp-block-footnote"]')
_NOTES = ", ".join(f"{each}[id], {each} li[id]" for each in _CLASSES)
_MARKS = frozenset(("a", "span", "sup"))


def take(parts: Sequence[tuple[LexborNode | None, list[LexborNode]]], room: int) -> list[str]:
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
