"""What stands at the top level of an issue, and what only wraps it.

The rest of this folder knows the contract's rule alone: a heading that stands in an element begins
nothing, unless that element is around all, or around the heading and its permalink. In issues of
others, `opened`, elements around sections and projects are looked through.
"""

from __future__ import annotations

from selectolax.lexbor import LexborNode

from feedserver.newsletter._inline import LETTER
from feedserver.text import html

LEVELS = {"h1": 1, "h2": 2, "h3": 3}
_WRAPPERS = frozenset("article div main section".split())
_AROUND = _WRAPPERS | {"header"}
# What a parser opens anew in all that follows, if it wasn't closed.
_REOPENED = frozenset("a b big code em i s small strike strong tt u".split())


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
