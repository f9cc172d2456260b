"""Tokens: what stands for a shortcode's call while Markdown and other plugins work on a text.

A token is one word of private-use characters, which CommonMark and Python-Markdown pass on. In the
HTML its output takes its place: instead of the paragraph, if it is alone in one, or all in it are
blocks; as a block that divides it, amid other text; escaped in code, comments and attributes, and
so shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from urllib.parse import quote, unquote

# The last rows of the last plane: fonts with icons use the lower planes' private characters.
_FIRST, _LAST = "\U0010ff00", "\U0010ff01"
_DIGITS = "".join(chr(0x10FF10 + digit) for digit in range(10))
_TO_DIGITS = str.maketrans("0123456789", _DIGITS)

PLACE = "\U0010ff02"
"""What our own HTML may have to be known by, for no author's text has it."""

TOKEN = re.compile(f"{_FIRST}[{_DIGITS}]+{_LAST}")

# In an address CommonMark has encoded it; Pygments takes each character for an error, and wraps it.
_QUOTED_FIRST = quote(_FIRST)
_QUOTED = re.compile(f"{_QUOTED_FIRST}(?:{quote(_DIGITS[0])[:-1]}[0-9])+{quote(_LAST)}", re.I)
_SPAN = re.compile(r"</?span[^<>]*>")
_SPANS = rf"(?:{_SPAN.pattern})*"
_TORN = re.compile(f"{_FIRST}(?:{_SPANS}[{_DIGITS}])+{_SPANS}{_LAST}")
_ALONE = re.compile(rf"<p(?:\s[^<>]*)?>\s*({TOKEN.pattern})\s*</p>")
_ROW = re.compile(rf"<p(?:\s[^<>]*)?>((?:\s|<br ?/?>|{TOKEN.pattern})+)</p>")
_PART = re.compile(
    r"(?P<comment><!--.*?(?:-->|\Z))"
    r"|(?P<tag><(?P<close>/?)(?P<name>[A-Za-z][^\s/<>]*)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*+>)"
    rf"|(?P<token>{TOKEN.pattern})",
    re.DOTALL,
)
_BLOCK = re.compile(
    r"\s*</?(?:address|article|aside|blockquote|details|dialog|div|dl|fieldset|figure|footer|form"
    r"|h[1-6]|header|hr|main|menu|nav|ol|p|pre|search|section|table|ul)[\s/>]",
    re.IGNORECASE,
)
_LITERAL = frozenset({"code", "pre", "script", "style", "textarea", "title"})
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source"}
    | {"track", "wbr"}
)


def make(number: int) -> str:
    return f"{_FIRST}{str(number).translate(_TO_DIGITS)}{_LAST}"


def cleaned(text: str) -> str:
    """A text in which no token can be, nor a place: what begins them becomes U+FFFD."""
    return text.replace(_FIRST, "\ufffd").replace(PLACE, "\ufffd")


Output = Callable[[str], str | None]
"""What takes a token's place; `None` leaves it as it is."""


def fill(html: str, output: Output, literal: Output | None = None) -> str:
    """Replace the tokens in HTML; in code, comments and attributes by `literal`, if it is given."""

    def alone(paragraph: re.Match[str]) -> str:
        found = output(paragraph[1])
        return paragraph[1] if found is None else found

    def row(paragraph: re.Match[str]) -> str:
        """Blocks need no paragraph; anything else that stands in one stays there."""
        found = TOKEN.findall(paragraph[1])
        blocks = found and all(_BLOCK.match(output(token) or "") for token in found)
        return "\n".join(found) if blocks else paragraph[0]

    amid_text = _ALONE.sub("", html)
    if _FIRST not in amid_text and _QUOTED_FIRST not in amid_text:
        # The usual case: there are none, or each is alone in its paragraph.
        return _ALONE.sub(alone, html)
    html = _TORN.sub(_mended, html)
    html = _ROW.sub(row, _ALONE.sub(r"\1", html))
    return _Filler(output, literal or output).filled(html)


def _mended(torn: re.Match[str]) -> str:
    tags = _SPAN.findall(torn[0])
    depth = sum(-1 if tag.startswith("</") else 1 for tag in tags)
    return _SPAN.sub("", torn[0]) + ("".join(tags) if depth else "")


class _Filler:
    """Goes through HTML once, and knows which elements it is in."""

    def __init__(self, output: Output, literal: Output) -> None:
        self._output = output
        self._shown = literal
        self._pieces: list[str] = []
        self._literal = ""
        # Where the open paragraph's tag is among the pieces, and how deep in it we are.
        self._paragraph: int | None = None
        self._depth = 0
        # A block has ended a paragraph, which goes on if anything more of it comes.
        self._divided = False

    def filled(self, html: str) -> str:
        at = 0
        for part in _PART.finditer(html):
            self._push(html[at : part.start()])
            at = part.end()
            if part["token"]:
                self._token(part[0])
            elif part["tag"]:
                self._tag(part[0], part["name"].lower(), closing=bool(part["close"]))
            else:
                self._push(self._escaped(part[0]))
        self._push(html[at:])
        return "".join(self._pieces)

    def _push(self, piece: str) -> None:
        if self._divided and piece and not piece.isspace():
            self._divided = False
            self._open("\n<p>")
        self._pieces.append(piece)

    def _open(self, tag: str) -> None:
        self._paragraph, self._depth = len(self._pieces), 0
        self._pieces.append(tag)

    def _token(self, token: str) -> None:
        output = self._shown(token) if self._literal else self._output(token)
        if output is None:
            self._push(token)
        elif self._literal:
            self._push(escape(output))
        elif not _BLOCK.match(output) or not (self._divided or self._in_paragraph()):
            self._push(output)
        else:
            self._divide()
            self._pieces.append(output)

    def _in_paragraph(self) -> bool:
        return self._paragraph is not None and self._depth == 0

    def _divide(self) -> None:
        """End the paragraph; if there is nothing in it yet, it has never been."""
        if self._paragraph is not None:
            if not "".join(self._pieces[self._paragraph + 1 :]).strip():
                del self._pieces[self._paragraph :]
            else:
                self._pieces.append("</p>\n")
        self._paragraph, self._divided = None, True

    def _tag(self, tag: str, name: str, *, closing: bool) -> None:
        if name == "p" and closing and self._divided:
            self._divided = False
            return
        if self._literal:
            # A paragraph's end closes `code` that its author forgot to.
            if closing and (name == self._literal or (name, self._literal) == ("p", "code")):
                self._literal = ""
        elif not closing and name in _LITERAL:
            self._literal = name
        if name == "p" and not closing:
            self._divided = False
            self._open(self._escaped(tag))
            return
        if _BLOCK.match(tag):
            self._paragraph, self._divided = None, False
        # Before the depth is counted: it can open a paragraph anew.
        self._push(self._escaped(tag))
        if name not in _VOID and not tag.endswith("/>"):
            self._depth += -1 if closing else 1

    def _escaped(self, markup: str) -> str:
        """A tag or comment with the tokens in it filled as text."""

        def output(match: re.Match[str]) -> str:
            found = self._shown(unquote(match[0]))
            return match[0] if found is None else escape(found.strip())

        return _QUOTED.sub(output, TOKEN.sub(output, markup))
