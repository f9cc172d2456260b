"""What stands in the reports of an issue, which strangers have written, and may not be meant so.

A post's HTML stands on its page as it is. So what acts there is told where it is in a report, and
not where it is the maintainers' own; feeds have none of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import unescape

from selectolax.lexbor import LexborNode

from feedserver.newsletter import issues
from mkdocs_twim.errors import Doubt
from mkdocs_twim.posts.page import PostPage

# Two of them hold what a browser runs and a parser without scripts takes for text, or for nothing.
_ACTING = frozenset("base embed link meta noscript object script style template".split())
_BLANK = re.compile(r"[\x00-\x20]+")
# With it a quote would end, and what follows be no report.
_END = re.compile("(?i)</blockquote")
_QUOTED = re.compile(" {0,3}>")
_TAG = re.compile("<[^>]*>")
_PERSON = re.compile(r"matrix\.to/#/@[^\s)]*")
_ACCOUNT = re.compile(r"(?<![\w@/.])@[\w.=/+-]+:\w")
_SAYS = re.compile(r"(?i)\b(?:says|said|reports|reported|announces|announced):?$")
_WORD = re.compile(r"\w+")
_LINE = re.compile(r"^ {0,3}[^\s>#].*$", re.MULTILINE)
_TARGET = re.compile(r"(?<=\])\([^)]*\)")
_LONGEST = 80
"""Characters of a line that names nobody in plain text; what is longer is a sentence."""

_ACTS = "'{}' in a report acts on the page: write it in backticks, or take it away"


def slips(page: PostPage, html: str, text: str) -> Iterator[tuple[Doubt, bool]]:
    """What acts on the page, what is wrong with code, whom a line names in vain; if it is sure."""
    if "<blockquote" not in html:
        return
    ends = [each.start() for each in _END.finditer(text)]
    ends = [at for at in ends if _QUOTED.match(text, text.rfind("\n", 0, at) + 1)]
    # What stands in code is shown.
    if ends and len(ends) > len(_END.findall(unescape(_TAG.sub("", html)))):
        at = next((at for at in ends if text[at - 1] != "`"), ends[0])
        yield _at(page, _ACTS.format("</blockquote>"), at), True
    at = 0
    for people, line, nodes in issues.quoted(html):
        unlinked = None if people else _PERSON.search(line)
        id = unlinked[0] if unlinked else next((each.id for each in people if each.id), None)
        at = _above(text, id, at) if id else at
        is_plain = not people and not unlinked and _names_plainly(line, nodes)
        at = _written(text, line, at) if is_plain else at
        if unlinked or is_plain:
            message = f"'{line}' names no reporter: write [name](https://matrix.to/#/@id:server)"
            yield _at(page, message, at), False
        for shown in _acting(nodes) if people else ():
            is_frame = shown == "<iframe>"
            message = f"'{shown}' in a report shows a page of another site"
            message = message if is_frame else _ACTS.format(shown)
            pattern = re.compile(rf"(?<!`){re.escape(shown.rstrip('>'))}", re.IGNORECASE)
            written = pattern.search(text, at)
            yield _at(page, message, written.start() if written else at), not is_frame
        for code in _escaped(nodes) if people else ():
            message = f"'{code}' is code, and shows '&lt;' as it is: write '<'"
            yield _at(page, message, max(text.find(code, at), at)), False


def _above(text: str, id: str, at: int) -> int:
    """Where, from a position on, a line that isn't quoted names somebody; else that position."""
    found = text.find(id, at)
    while found >= 0 and _QUOTED.match(text, text.rfind("\n", 0, found) + 1):
        found = text.find(id, found + 1)
    return at if found < 0 else found + len(id)


def _names_plainly(line: str, nodes: Iterable[LexborNode]) -> bool:
    """Whether a line above a quote is short and seems to name somebody, without a link to them."""
    own = [node for node in nodes if node.tag != "blockquote"]
    is_short = len(line) <= _LONGEST and "\n" not in "".join(node.text() for node in own).strip()
    if not is_short or any("matrix.to/" in (node.html or "") for node in own):
        return False
    return bool(_ACCOUNT.search(line) or _SAYS.search(line))


def _written(text: str, line: str, at: int) -> int:
    """Where, from a position on, the line of these words begins; else that position."""
    words = _WORD.findall(line)
    for found in _LINE.finditer(text, at):
        if _WORD.findall(_TARGET.sub("", found[0])) == words:
            return found.start()
    return at


def _acting(nodes: Iterable[LexborNode]) -> list[str]:
    """What in a report is no text and no picture, as it begins; each once."""
    found: dict[str, None] = {}
    for each in (each for node in nodes for each in node.css("*")):
        if each.tag in _ACTING or each.tag == "iframe":
            found[f"<{each.tag}>"] = None
        for name, value in each.attributes.items():
            if re.match("on[a-z]|srcdoc$", name):
                found[f"{name}="] = None
            elif _BLANK.sub("", value or "").lower().startswith("javascript:"):
                found["javascript:"] = None
    return list(found)


def _escaped(nodes: Iterable[LexborNode]) -> Iterator[str]:
    """Lines of code in which a `<` was escaped, as hebbot's template does everywhere."""
    for code in (each for node in nodes for each in node.css("code")):
        yield from (line.strip() for line in code.text().split("\n") if "&lt;" in line)


def _at(page: PostPage, message: str, position: int) -> Doubt:
    front = page.source.front
    line = front.body_line + front.body.count("\n", 0, position)
    return Doubt("report", message, page.file.src_uri, line)
