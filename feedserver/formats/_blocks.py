"""HTML as Matrix clients show it: one block after another, each in its quotes and lists.

What is left is what the Client-Server API v1.18 suggests that clients permit ("m.room.message
msgtypes": elements, attributes, schemes of links, depth). A message may end behind any block, so
blocks don't hold each other: each says what it stands in. Left out are pictures, for which a
message would have to upload files: they are links.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from selectolax.lexbor import LexborNode

from feedserver.text.words import Words

_PERMITTED = ("https:", "http:", "ftp:", "mailto:", "magnet:")
_PEOPLE = "https://matrix.to/"
_TEXT_ALONE = (
    "a abbr acronym audio bdi bdo big br cite data dfn font img input label mark q rp rt ruby small"
    " source span time track video wbr"
)
_INLINE: Mapping[str, str | None] = {
    **dict.fromkeys(_TEXT_ALONE.split()),
    **{name: name for name in "b code del em i s strong sub sup u".split()},
    **{"ins": "u", "kbd": "code", "samp": "code", "strike": "s", "tt": "code", "var": "i"},
}
"""What an inline element is called here; `None` where its text alone stays."""
_STRUCK = ("del", "s")
_HEADINGS = {**dict.fromkeys(("h1", "h2", "h3", "h4"), "h4"), "h5": "h5", "h6": "h6"}
"""Smaller than a client's largest: a message is no page."""
_MEDIA = {"audio": "message_audio", "img": "message_picture", "video": "message_video"}
_BOXES = {True: "☑", False: "☐"}
_MOST_CONTAINERS = 30
_MOST_INLINE = 20
"""With the parts of a table fewer than the 100 that are allowed."""
_SPACE = re.compile(r"\s+")
_LANGUAGE = re.compile(r"(?:^|\s)(language-[\w+#.-]+)")
_SENTENCE = re.compile(r"(?<![.!?…。！？])[.!?…。！？]++[\"'”’)\]»」』]*+(?=\s|$)")
_SHORTEST = 60
_LEADING_BREAKS = re.compile(r"^(?:\s*<br>)+")
_ENDING_BREAKS = re.compile(r"(?<!<br>)(?<!\s)(\s*+)(?:<br>\s*+)++$")
_NEW_LINE = "\n"


@dataclass(frozen=True, slots=True)
class Container:
    """A quote, a list, an item or a `details`, by its place in the text; `start` is of an `ol`."""

    place: int
    tag: str
    start: int = 1


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a heading, a table, code or a line: its HTML, and the same as plain text.

    `text` is what a person reads of it, in one line.
    """

    within: tuple[Container, ...]
    html: str
    plain: str
    text: str

    def leads_to(self, next: Block) -> bool:
        """Whether nobody would end here: a heading, and "somebody said:" or "somebody reports"."""
        quotes, quoted = (
            [each for each in block.within if each.tag == "blockquote"] for block in (self, next)
        )
        is_quoted = len(quoted) > len(quotes) and quoted[: len(quotes)] == quotes
        return is_quoted or self.html.startswith("<h") or self.text.endswith(":")


def blocks(nodes: Iterable[LexborNode], words: Words) -> Iterator[Block]:
    """The blocks of sanitised HTML with absolute addresses, in the order of the text."""
    return _Reader(words).read(nodes, ())


def write(parts: Sequence[Block]) -> tuple[str, str]:
    """The HTML of blocks, and the same as plain text."""
    return _html(parts), _plain(parts)


def paragraph(html: str, plain: str) -> Block:
    """A paragraph beside what an entry says."""
    return Block((), f"<p>{html}</p>", plain, plain)


def link(address: str, html: str) -> str:
    """A link around HTML, if clients follow links of this scheme."""
    if not address.startswith(_PERMITTED):
        return html
    return f'<a href="{entities.escape(address)}">{html}</a>'


def beginning(block: Block, length: int) -> Block:
    """The first lines of code, of other blocks the first sentences as bare text, or words.

    They are at most so many characters. Of a table, which would be a heap of words, it is nothing.
    """
    if block.html.startswith("<table"):
        return Block(block.within, "", "", "")
    if block.html.startswith("<pre"):
        said = block.plain[:length].rpartition("\n")[0] or block.plain[:length]
        opening = ">".join(block.html.split(">")[:2])
        html = f"{opening}>{entities.escape(said, quote=False)}\n</code></pre>"
        return Block(block.within, html, said, _one_line(said))
    said = block.text[:length]
    ends = [match.end() for match in _SENTENCE.finditer(block.text, 0, length)]
    if ends and ends[-1] > _SHORTEST:
        said = said[: ends[-1]]
    elif length < len(block.text) and block.text[length] != " ":
        said = said.rpartition(" ")[0] or said
    said = said.rstrip()
    return Block(block.within, f"<p>{entities.escape(said, quote=False)}</p>", said, said)


class _Reader:
    def __init__(self, words: Words) -> None:
        self._words = words
        self._places = 0

    def read(self, nodes: Iterable[LexborNode], within: tuple[Container, ...]) -> Iterator[Block]:
        for inline, group in groupby(nodes, _is_inline):
            if inline:
                # The text of an item needs no paragraph, which clients show with space around.
                yield from self._said(group, within, "" if _begins_item(within) else "p")
                continue
            for node in group:
                yield from self._block(node, within)

    def _block(self, node: LexborNode, within: tuple[Container, ...]) -> Iterator[Block]:
        tag = node.tag or ""
        children = node.iter(include_text=True)
        if tag == "hr":
            yield Block(within, "<hr>", "---", "")
        elif tag == "pre":
            yield from self._code(node, within)
        elif tag == "table":
            yield from self._table(node, within)
        elif tag in _HEADINGS:
            yield from self._said(children, within, _HEADINGS[tag])
        elif tag == "p":
            yield from self._said(children, within, "p")
        elif tag == "summary" and within and within[-1].tag == "details":
            yield from self._said(children, within, "summary")
        elif tag in ("blockquote", "details", "li", "ol", "ul") and len(within) < _MOST_CONTAINERS:
            yield from self.read(children, (*within, self._container(node, within)))
        else:
            yield from self.read(children, within)

    def _container(self, node: LexborNode, within: tuple[Container, ...]) -> Container:
        self._places += 1
        start = node.attributes.get("start") or ""
        number = int(start) if re.fullmatch(r"[0-9]{1,6}", start) else 1
        return Container(self._places, node.tag or "", number)

    def _said(
        self, nodes: Iterable[LexborNode], within: tuple[Container, ...], tag: str
    ) -> Iterator[Block]:
        html, plain, text = map(_tidied, self._inline(list(nodes)))
        html = _ENDING_BREAKS.sub(r"\1", _LEADING_BREAKS.sub("", html)).strip(" ")
        if text:
            yield Block(within, f"<{tag}>{html}</{tag}>" if tag else html, plain, text)

    def _inline(
        self, nodes: Iterable[LexborNode], depth: int = 0, within: LexborNode | None = None
    ) -> tuple[str, str, str]:
        """HTML, plain text with the addresses of links, and text alone; `within` is a link."""
        found = [self._piece(node, depth, within) for node in nodes]
        return (
            "".join(html for html, _, _ in found),
            "".join(plain for _, plain, _ in found),
            "".join(text for _, _, text in found),
        )

    def _piece(
        self, node: LexborNode, depth: int, within: LexborNode | None
    ) -> tuple[str, str, str]:
        if node.is_text_node:
            said = _SPACE.sub(" ", node.text_content or "")
            return entities.escape(said, quote=False), said, said
        tag = node.tag or ""
        if tag == "br":
            return "<br>", _NEW_LINE, " "
        if tag in _MEDIA:
            return self._medium(node, within)
        if tag == "input":
            box = _BOXES["checked" in node.attributes]
            return f"{box} ", f"{box} ", f"{box} "
        if tag == "a" and within is None and (address := node.attributes.get("href")):
            html, plain, text = self._inline(_children(node), depth + 1, node)
            html, plain = _LEADING_BREAKS.sub("", html), plain.lstrip(_NEW_LINE)
            return link(address, html), _with_address(plain, address), text
        html, plain, text = self._inline(_children(node), depth + 1, within)
        if not _is_inline(node):
            return f" {html} ", f" {plain} ", f" {text} "
        name = _INLINE.get(tag)
        if name in _STRUCK and plain.strip():
            # Without it plain text would say what was taken back.
            plain = f"~~{plain}~~"
        return (f"<{name}>{html}</{name}>" if name and depth < _MOST_INLINE else html), plain, text

    def _medium(self, node: LexborNode, within: LexborNode | None) -> tuple[str, str, str]:
        """A link to a picture, a video or a sound, with the words that stand for it.

        In a link that says something itself, a nameless one is an ornament.
        """
        attributes = node.attributes
        source = node.css_first("source[src]")
        address = attributes.get("src") or (source.attributes.get("src") if source else None) or ""
        known = attributes.get("alt") or attributes.get("title") or ""
        said = _SPACE.sub(" ", known).strip()
        if not said and within is not None and within.text().strip():
            return "", "", ""
        said = said or self._words.text(_MEDIA[node.tag or ""])
        label = entities.escape(said, quote=False)
        if within is not None or not address:
            return label, said, said
        return link(address, label), _with_address(said, address), said

    def _code(self, node: LexborNode, within: tuple[Container, ...]) -> Iterator[Block]:
        said = node.text().strip("\n")
        if not said.strip():
            return
        code = node.css_first("code")
        classes = " ".join(each.attributes.get("class") or "" for each in (code, node) if each)
        language = _LANGUAGE.search(classes)
        named = f' class="{language[1]}"' if language else ""
        escaped = entities.escape(said, quote=False)
        yield Block(within, f"<pre><code{named}>{escaped}\n</code></pre>", said, _one_line(said))

    def _table(self, node: LexborNode, within: tuple[Container, ...]) -> Iterator[Block]:
        rows: list[str] = []
        lines: list[str] = []
        texts: list[str] = []
        caption = ""
        if (named := node.css_first("caption")) is not None:
            html, plain, text = map(_tidied, self._inline(_children(named)))
            caption = f"<caption>{html}</caption>" if text else ""
            lines, texts = ([plain], [text]) if text else ([], [])
        for row in node.css("tr"):
            cells = [child for child in _children(row) if child.tag in ("td", "th")]
            said = [tuple(map(_tidied, self._inline(_children(cell)))) for cell in cells]
            rows.append(
                "".join(
                    f"<{cell.tag}>{html}</{cell.tag}>"
                    for cell, (html, _, _) in zip(cells, said, strict=True)
                )
            )
            lines.append(" | ".join(plain.replace("\n", " ") for _, plain, _ in said))
            texts += [text for _, _, text in said]
        if any(texts):
            html = "".join(f"<tr>{row}</tr>" for row in rows)
            text = _one_line(" ".join(texts))
            yield Block(
                within, f"<table>{caption}<tbody>{html}</tbody></table>", "\n".join(lines), text
            )


def _children(node: LexborNode) -> list[LexborNode]:
    return list(node.iter(include_text=True))


def _is_inline(node: LexborNode) -> bool:
    return not node.is_element_node or node.tag in _INLINE


def _begins_item(within: Sequence[Container]) -> bool:
    return bool(within) and within[-1].tag == "li"


def _tidied(said: str) -> str:
    """One space where there are several, none beside the ends of lines."""
    lines = (" ".join(line.split(" ")) for line in said.split(_NEW_LINE))
    return _NEW_LINE.join(re.sub(" +", " ", line).strip(" ") for line in lines).strip()


def _one_line(said: str) -> str:
    return _SPACE.sub(" ", said).strip()


def _with_address(said: str, address: str) -> str:
    """What a link says, with its address where that says more; a person's name says enough."""
    shown = said.strip()
    if not address.startswith(_PERMITTED) or address.startswith(_PEOPLE):
        return said
    if not shown or shown.rstrip("/") in (
        address.rstrip("/"),
        address.partition("://")[2].rstrip("/"),
    ):
        return address
    return f"{said} ({address})"


def _html(parts: Sequence[Block]) -> str:
    pieces: list[str] = []
    opened: tuple[Container, ...] = ()
    for block in (*parts, None):
        within = block.within if block else ()
        shared = _shared(opened, within)
        pieces += [f"</{container.tag}>" for container in reversed(opened[shared:])]
        for container in within[shared:]:
            numbered = container.tag == "ol" and container.start != 1
            pieces.append(f'<ol start="{container.start}">' if numbered else f"<{container.tag}>")
        opened = within
        pieces.append(block.html if block else "")
    return "".join(pieces)


def _plain(parts: Sequence[Block]) -> str:
    lines: list[str] = []
    before: Block | None = None
    numbers: dict[int, int] = {}
    for block in parts:
        shared = _shared(before.within, block.within) if before else 0
        marks = [""] * len(block.within)
        rests = [""] * len(block.within)
        for index, container in enumerate(block.within):
            if container.tag == "blockquote":
                marks[index] = rests[index] = "> "
            elif container.tag == "li":
                mark = "- "
                parent = block.within[index - 1] if index else None
                if parent and parent.tag == "ol":
                    if index >= shared:
                        numbers[parent.place] = numbers.get(parent.place, parent.start - 1) + 1
                    mark = f"{numbers[parent.place]}. "
                marks[index] = mark if index >= shared else " " * len(mark)
                rests[index] = " " * len(mark)
        first, rest = "".join(marks), "".join(rests)
        if before and not (_in_list(before) and _in_list(block) and shared):
            lines.append("".join(rests[:shared]).rstrip())
        said = block.plain.split("\n")
        lines += [f"{first}{said[0]}".rstrip(), *(f"{rest}{line}".rstrip() for line in said[1:])]
        before = block
    return "\n".join(lines)


def _in_list(block: Block) -> bool:
    return any(container.tag == "li" for container in block.within)


def _shared(one: Sequence[Container], other: Sequence[Container]) -> int:
    """How many containers two blocks stand in together."""
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    return count
