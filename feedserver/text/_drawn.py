"""What generators leave to style sheets and scripts, as plain HTML: a feed reader has neither.

Content tabs become their contents, each below its label; line numbers go out of code; icons leave
their name, or nothing; headings have no links to themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape
from itertools import zip_longest
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser, LexborNode

from feedserver.text import _emptied
from feedserver.text.slugs import slugify

# One of these is in all that is looked for; to search for them is quicker than to make a tree.
_HINTS = ("lineno", "linenum", "line-num", "tablist", "user-select")
_CLASSES = re.compile(r"""class\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]*)""")
_CLASS_HINTS = (
    *("tabbed-set", "vp-code-group", "gutter", "giallo-ln", "hljs-ln", "blob-num", "twemoji"),
    *("fa-", "mdi-", "glyphicon", "octicon", "devicon", "iconify", "-icon"),
    *('"icon', "'icon", "=icon", ' icon"', '"bi ', '"ti ', '"la '),
    *('"ln', "'ln", "=ln", ' ln"', " ln'"),
)
_MOST = 500

# Pygments, Rouge, Chroma, Zola, Expressive Code, highlight.js, CodeRay, Prism, GitHub.
_NUMBERS = frozenset(
    "linenos lineno linenodiv linenumber linenumbers line-number line-numbers line-numbers-rows ln"
    " lnt gutter rouge-gutter giallo-ln hljs-ln-numbers hljs-ln-n blob-num"
    " react-syntax-highlighter-line-number".split()
)
_NUMBERED = frozenset("a b div i li span td th".split())
# Of styles that the generator writes out; what can't be selected isn't part of the code.
_UNSELECTED = re.compile(r"user-select:\s*none", re.IGNORECASE)
_CODE = frozenset("code pre".split())
_ROWS = frozenset("colgroup tbody td tfoot th thead tr".split())
_MARK = "data-without-numbers"

_ICON = re.compile(
    r"(?:fa[bdlrs]?|mdi|bi|ti|la[bs]?|glyphicon|icon|icons|iconify|twemoji|emoji)"
    r"|(?:fa|mdi|bi|ti|la|glyphicon|icon|octicon|devicon|material-icons|material-symbols)-.+"
    r"|.+-icons?"
)
_DRAWN = frozenset("b em i span".split())
_MEDIA = frozenset(
    "audio embed iframe img input lite-youtube object picture video youtube-player".split()
)
# Private use: fonts of icons have their pictures there.
_BLANK = re.compile(r"[\s\u200b-\u200d\ue000-\uf8ff\U000f0000-\U0010ffff]*")
_DIGITS = re.compile(r"[\s\d]*")

_HEADING = re.compile(r"(<h[1-6][^<>]*>)((?:(?!</?h[1-6]).)*+)(?=</h)", re.DOTALL)
_ANCHOR = re.compile(r"(?<!\s)\s*(<a [^<>]*>)((?:(?!</?a\b).)*+)</a>", re.DOTALL)
_ANCHORS = frozenset(
    "anchor anchor-link hash-link header-anchor headerlink permalink zola-anchor".split()
)
# Python-Markdown's link around a heading.
_IS_OWN = re.compile(r'\sclass="toclink"')
_CLASS = re.compile(r'\sclass="([^"]*)"')
_HREF = re.compile(r'\shref="([^"]*)"')
_ID = re.compile(r'\sid="([^"]*)"')
_TAG = re.compile(r"<[^<>]*>")
_WORD = re.compile(r"\w")
_SAYS = re.compile(r"[^\s\d!-/:-@\[-`{-~]")


def plain(html: str) -> str:
    """The HTML less what only a style sheet or a script makes sense of; itself without such."""
    classes = "".join(_CLASSES.findall(html))
    if not any(hint in html for hint in _HINTS) and not any(
        hint in classes for hint in _CLASS_HINTS
    ):
        return html
    parser = LexborHTMLParser(f"<!doctype html><body>{html}")
    body = parser.body
    assert body is not None
    is_changed = _take_out(list(body.traverse(include_text=True)))
    for table in reversed(body.css(f"table[{_MARK}]")):
        _unwrap_table(table)
    for tabs in reversed(body.css(".tabbed-set, .vp-code-group")):
        is_changed = _spread(parser, tabs) or is_changed
    # The panels of each are looked for around it, which takes the square of their number.
    for tabs in reversed(body.css("[role=tablist]")[:_MOST]):
        is_changed = _spread(parser, tabs) or is_changed
    # Another serialiser would write the same otherwise.
    return body.inner_html or "" if is_changed else html


def without_anchors(html: str, page: str) -> str:
    """Sanitised HTML whose headings have no links to themselves; `page` is where it stands.

    They are known by what generators call them, or by where they lead. One that has the heading's
    own text within it stays, even if a link in that text ends it, as the parser does.
    """
    page = page.partition("#")[0]
    return _HEADING.sub(lambda heading: _without_anchor(heading, page), html)


def _without_anchor(heading: re.Match[str], page: str) -> str:
    if "<a " not in heading[2]:
        return heading[0]
    id = _ID.search(heading[1])
    own = f"{page}#{unescape(id[1])}" if id else ""
    said = _said(heading[2])

    def kept(anchor: re.Match[str]) -> str:
        names, to = _CLASS.search(anchor[1]), _HREF.search(anchor[1])
        named = names is not None and not _ANCHORS.isdisjoint(names[1].split())
        if not named and (to is None or unquote(unescape(to[1])) != unquote(own)):
            return anchor[0]
        text = _TAG.sub("", anchor[2])
        begins = slugify(unescape(text)) if not _TAG.sub("", heading[2][: anchor.start()]) else ""
        is_own = (begins and id and id[1].startswith(begins)) or _IS_OWN.search(anchor[1])
        is_word = not is_own and said > _said(anchor[2])
        return "" if not _WORD.search(text) or is_word else anchor[0]

    return heading[1] + _ANCHOR.sub(kept, heading[2])


def _said(html: str) -> int:
    """How much a heading says, but for numbers and signs."""
    return sum(1 for _ in _SAYS.finditer(unescape(_TAG.sub("", html))))


def _take_out(nodes: list[LexborNode]) -> bool:
    """Take line numbers and icons out of a tree, whose nodes these are; whether there were any."""
    is_changed = False
    # What holds something else than a number, what holds anything at all, what stands in code.
    other: set[int] = set()
    full: set[int] = set()
    coded: set[int] = set()
    emptied: dict[int, LexborNode] = {}
    for node in nodes:
        above = node.parent
        if above is not None and (above.tag in _CODE or above.mem_id in coded):
            coded.add(node.mem_id)
    for node in reversed(nodes):
        text = node.text_content or "" if node.is_text_node else ""
        above = node.parent
        if (
            node.is_element_node
            and node.mem_id not in other
            and (_is_number(node, is_coded=node.mem_id in coded))
        ):
            _take_number(node)
            is_changed = True
            continue
        is_empty = node.is_element_node and node.mem_id not in full
        if is_empty and node.tag == "a" and node.mem_id in coded and not node.text():
            # It led to a line by its number, or was where such a link led.
            node.decompose()
            is_changed = True
            continue
        if is_empty and _is_icon(node):
            is_changed = True
            if _take_icon(node) and above is not None:
                other.add(above.mem_id)
                full.add(above.mem_id)
            elif above is not None and above.tag == "p":
                emptied[above.mem_id] = above
            continue
        if above is None or above.tag in ("svg", "title"):
            continue
        is_media = node.tag in _MEDIA
        if is_media or node.mem_id in full or not _BLANK.fullmatch(text):
            full.add(above.mem_id)
        if is_media or node.mem_id in other or not _DIGITS.fullmatch(text):
            other.add(above.mem_id)
    for paragraph in emptied.values():
        if not _emptied.holds(paragraph):
            paragraph.decompose()
    return is_changed


def _classes(node: LexborNode) -> set[str]:
    return set((node.attributes.get("class") or "").split())


def _is_number(node: LexborNode, *, is_coded: bool) -> bool:
    """Whether an element that has nothing but digits is a line's number, or holds those."""
    if node.tag not in _NUMBERED:
        return False
    attributes = node.attributes
    if not _NUMBERS.isdisjoint(_classes(node)) or "data-line-number" in attributes:
        return True
    if _UNSELECTED.search(attributes.get("style") or ""):
        return True
    # A cell beside that of the code; Zola's has no class, and its table is within the code.
    return (
        node.tag == "td"
        and node.prev is None
        and node.next is not None
        and ("lntd" in _classes(node) or is_coded or _is_beside_code(node))
    )


def _is_beside_code(cell: LexborNode) -> bool:
    """Whether the cell has held numbers in a block of code, and the next has the code."""
    other = cell.next
    return other is not None and bool(cell.css("pre")) and bool(other.css("pre"))


def _is_in_code(node: LexborNode) -> bool:
    above = node.parent
    while above is not None and above.tag not in _CODE:
        above = above.parent
    return above is not None


def _take_number(node: LexborNode) -> None:
    if node.tag in ("td", "th"):
        table = node.parent
        while table is not None and table.tag != "table":
            table = table.parent
        if table is not None:
            table.attrs[_MARK] = ""
    node.decompose()


def _unwrap_table(table: LexborNode) -> None:
    """Leave the code of a table that had the numbers beside it, and the title above it."""
    is_in_code = _is_in_code(table)
    if not is_in_code and not table.css("pre"):
        return
    for row in table.css("tr") if is_in_code else ():
        if not (row.text(deep=True) or "").endswith("\n"):
            row.insert_after("\n")
    for part in reversed([node for node in table.traverse() if node.tag in _ROWS]):
        part.unwrap()
    table.unwrap()


def _is_icon(node: LexborNode) -> bool:
    return (
        node.tag in _DRAWN
        and "id" not in node.attributes
        and any(_ICON.fullmatch(name) for name in _classes(node))
    )


def _take_icon(node: LexborNode) -> bool:
    """Put an icon's name in its place, or nothing; whether it has one."""
    attributes = node.attributes
    above = node.parent
    name = attributes.get("aria-label") or attributes.get("title") or ""
    if not name and above is not None and above.tag == "a" and not (above.text() or "").strip():
        name = above.attributes.get("aria-label") or above.attributes.get("title") or ""
    if name and attributes.get("aria-hidden") != "true":
        node.insert_before(name)
    node.decompose()
    return bool(name)


def _spread(parser: LexborHTMLParser, tabs: LexborNode) -> bool:
    """Put the label of each tab before its content; whether there are any."""
    if "tabbed-set" in _classes(tabs):
        labels = _children(tabs, "label") or _children(_child(tabs, "tabbed-labels"), "label")
        blocks = [part for part in _children(tabs, "div") if "tabbed-content" in _classes(part)]
        if blocks and any("tabbed-block" in _classes(part) for part in _children(blocks[0], "div")):
            blocks = _children(blocks[0], "div")
    elif "vp-code-group" in _classes(tabs):
        labels = _children(_child(tabs, "tabs"), "label")
        blocks = _children(_child(tabs, "blocks"), "div")
    else:
        labels, blocks = tabs.css("[role=tab]"), _panels(tabs)
    if not blocks or not labels:
        return False
    for label, block in zip_longest(labels, blocks):
        words = " ".join((label.text() or "").split()) if label is not None else ""
        if words:
            heading, strong = parser.create_node("p"), parser.create_node("strong")
            strong.insert_child(words)
            heading.insert_child(strong)
            if block is None:
                blocks[-1].insert_after(heading)
            elif block.tag == "pre":
                block.insert_before(heading)
            elif (first := block.child) is not None:
                first.insert_before(heading)
            else:
                block.insert_child(heading)
    for node in (tabs, *blocks, *_children(tabs, "div")):
        if "class" in node.attributes:
            del node.attrs["class"]
    is_list = tabs.attributes.get("role") == "tablist"
    holder = tabs if is_list else labels[0].parent
    for node in (*labels, *tabs.css("input[type=radio]")):
        node.decompose()
    # In older ones the labels stand between the contents.
    if holder is not None and (is_list or holder != tabs) and not (holder.text() or "").strip():
        holder.decompose()
    return True


def _panels(tabs: LexborNode) -> list[LexborNode]:
    """The panels of a list of tabs, which stand near by."""
    above = tabs.parent
    for _ in range(3):
        if above is None or above.tag == "body":
            break
        if panels := above.css("[role=tabpanel]"):
            return panels
        above = above.parent
    return []


def _child(node: LexborNode, name: str) -> LexborNode | None:
    return next((part for part in _children(node, "div") if name in _classes(part)), None)


def _children(node: LexborNode | None, tag: str) -> list[LexborNode]:
    children: Iterable[LexborNode] = node.iter() if node is not None else ()
    return [part for part in children if part.tag == tag]
