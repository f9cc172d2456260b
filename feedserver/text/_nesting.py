"""Nesting of HTML elements: what may stand in what, so that a parser builds the same tree again.

A sanitiser unwraps elements that it doesn't know, and what was inside may not be where it then is:
a paragraph in a paragraph, a link in a link, a cell without a table. `nest` takes the tags out
that an HTML parser (HTML Standard, 13.2.6) would find fault with.
"""

from __future__ import annotations

import re

HEADINGS = frozenset("h1 h2 h3 h4 h5 h6".split())
BLOCK = HEADINGS | frozenset(
    "address article aside blockquote center dd details div dl dt figcaption figure footer header"
    " hgroup hr li main nav ol p pre section summary table ul".split()
)
"""What ends an open paragraph."""

_DEPTH = 100
_VOID = frozenset("br col hr img input source track wbr".split())
_ROWS = frozenset({"tr"})
_CHILDREN = {
    "table": frozenset("caption colgroup tbody tfoot thead".split()),
    "tbody": _ROWS,
    "thead": _ROWS,
    "tfoot": _ROWS,
    "tr": frozenset({"td", "th"}),
    "colgroup": frozenset({"col"}),
}
_PARTS = frozenset().union(*_CHILDREN.values())
_NEAREST = {
    "li": (frozenset({"li"}), frozenset("ol ul td th".split())),
    "dd": (frozenset({"dd", "dt"}), frozenset("dl td th".split())),
    "dt": (frozenset({"dd", "dt"}), frozenset("dl td th".split())),
}
_FORMATTING = frozenset("b big code em i s small strike strong tt u".split())
# Parsers remember three open elements of a kind, and mistake the end of a fourth for another's.
_SAME = 3
_RULED = HEADINGS | _FORMATTING | {"a", "rt", "rp", *_NEAREST}
_TAG = re.compile(r"(</?([a-z0-9]+)[^>]*>)")


def nest(html: str) -> str:
    """Take out the tags of misplaced elements, and text between a table's parts.

    `html` is what a parser's tree was written as: every element is closed, and `<` stands only
    before tags. Where a block is in a paragraph, the paragraph's tags go, else those of the inner
    element. What comes out may need another round.
    """
    # Text, tag, name, text, tag, name, and so on; what is taken out becomes empty.
    pieces = _TAG.split(html)
    stack: list[tuple[str, int]] = []
    path: list[str] = []
    for index, tag, name in zip(range(1, len(pieces), 3), pieces[1::3], pieces[2::3], strict=True):
        if path and path[-1] in _CHILDREN and pieces[index - 1].strip():
            pieces[index - 1] = ""
        if tag[1] == "/":
            if pieces[stack.pop()[1]]:
                path.pop()
            else:
                pieces[index] = ""
            continue
        if name in BLOCK and "p" in path:
            for open_, start in stack:
                if open_ == "p":
                    pieces[start] = ""
            path = [open_ for open_ in path if open_ != "p"]
        kept = _may_stand(name, path)
        if not kept:
            pieces[index] = ""
        if name not in _VOID:
            stack.append((name, index))
            if kept:
                path.append(name)
    del pieces[2::3]
    return "".join(pieces)


def _may_stand(name: str, path: list[str]) -> bool:
    """Whether an element may stand below these open ones (outermost first)."""
    parent = path[-1] if path else ""
    if parent in _CHILDREN:
        return name in _CHILDREN[parent]
    if len(path) >= _DEPTH or name in _PARTS:
        return False
    if name not in _RULED:
        return True
    if name in _FORMATTING:
        return path.count(name) < _SAME
    if name == "a":
        return "a" not in path
    if name in HEADINGS:
        return HEADINGS.isdisjoint(path)
    if name in ("rt", "rp"):
        return parent == "ruby"
    closes, shields = _NEAREST[name]
    nearest = next((open_ for open_ in reversed(path) if open_ in closes or open_ in shields), "")
    return nearest not in closes
