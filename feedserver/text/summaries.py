"""The first sentences of HTML, in plain text: what is said, and not what stands around it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from selectolax.lexbor import LexborNode

from feedserver.text.html import EMBEDDED, sanitised_text, serialise
from feedserver.text.slugs import ends_in_emoji, without_emoji

_LINK = r"(?:(?!</?a\b).)*</a>\s*</p>"
_ASIDE = re.compile(
    r"<(h[1-6]|table|pre)\b[^>]*>.*?</\1>|<(/?)blockquote\b"
    # A link that says nothing but an address.
    r'|<p>\s*<a\b[^>]*\shref="(?:https?://)?([^"]*?)/?"[^>]*>'
    r"\s*(?:https?://[^<\s]*|\3/?)\s*</a>\s*</p>"
    # A row of links: "website | repo".
    r"|<p>[^\w<]*(?:<a\b[^>]*>[^<]*</a>[^\w<]*){2,}</p>",
    re.DOTALL,
)
# What is to be watched or looked at, with the words that say so.
_PLAYER = re.compile(
    r"<(audio|video)\b[^>]*>.*?</\1>"
    rf'|<p>\s*<a\b(?:[^>]*\shref="https://www\.youtube\.com/[^>]*>|[^>]*>\s*<img\b){_LINK}',
    re.DOTALL,
)
_EMBEDDED = re.compile(rf'<a\b[^>]*\sclass="{EMBEDDED}"[^>]*>[^<]*</a>')
# As CommonMark and Python-Markdown have them, and whoever else numbers links to notes.
_NOTE_MARK = re.compile(
    r'<sup\b[^>]*>\s*<a\b[^>]*\shref="[^"]*#[^"]*"[^>]*>\s*\[?\d+\]?\s*</a>\s*</sup>'
)
_NOTE = re.compile(r'<div\b[^>]*\sclass="footnote(?:-definition)?"[^>]*>.*?</div>', re.DOTALL)
_WHOLE = re.compile(r"<(/?)(h[1-6]|table|pre)\b")
# Full stops and question marks of scripts that have spaces between sentences.
_END = r".!?…\u0589\u061f\u06d4\u0964\u0965\u104a\u104b\u1362\u17d4\u17d5"
# One class of characters comes first, so that a search passes over all others quickly.
_SENTENCE = re.compile(
    rf"[{_END}。！？](?:(?<=[{_END}])[{_END}]*[\"'”’“‘)\]»«›‹]*(?=\s+[^a-z\s])|(?<=[。！？])[。！？]*[」』]?)"
)
_SAID = re.compile(
    r"</(?:blockquote|caption|dd|div|dt|figcaption|h[1-6]|li|ol|p|pre|summary|tr|ul)>"
    # A text before one of these is one that nothing stands around.
    r"|<(?:blockquote|details|div|dl|figure|h[1-6]|ol|p|pre|table|ul)(?:\s[^>]*)?>"
)
_PICTURE = re.compile(r'<img(?:\s(?:[^<>"]|"[^"]*")*)?>')
_ALT = re.compile(r'\salt="([^"]+)"')
_DRAWN = re.compile(r'\sclass="[^"]*emoji')
# Terminal_Punctuation of the Unicode Character Database (PropList.txt), but for scripts of old, and
# what else has no stop behind it. A bracket of Chinese or Japanese has none, whatever is in it.
_STOPS = (
    r"!,.:;?\u037e\u0387\u0589\u05c3\u060c\u061b\u061d-\u061f\u06d4\u0700-\u070a\u070c\u07f8\u07f9"
    r"\u0830-\u083e\u085e\u0964\u0965\u0e5a\u0e5b\u0f08\u0f0d-\u0f12\u104a\u104b\u1361-\u1368\u166e"
    r"\u1735\u1736\u17d4-\u17d6\u17da\u1802-\u1805\u1808\u1809\u1944\u1945\u1aa8-\u1aab"
    r"\u1b5a\u1b5b\u1b5d-\u1b5f\u1b7d\u1b7e\u1c3b-\u1c3f\u1c7e\u1c7f\u203c\u203d\u2047-\u2049"
    r"\u3001\u3002\ua4fe\ua4ff\ua60d-\ua60f\ua6f3-\ua6f7\ua876\ua877\ua8ce\ua8cf\ua92f\ua9c7-\ua9c9"
    r"\uaa5d-\uaa5f\uaadf\uaaf0\uaaf1\uabeb\ufe50-\ufe52\ufe54-\ufe57\uff01\uff0c\uff0e\uff1a\uff1b"
    r"\uff1f\uff61\uff64…–—"
)
_STOP = re.compile(
    rf"(?:[{_STOPS}][\"'”’“‘)\]»«›‹]*|[\u3009\u300b\u300d\u300f\u3011\u3015\u3017\u3019\u301b）］｝｣])$"
)
# An emoji in letters.
_EMOTICON = re.compile(r"[:;=]['’]?-?[()\[\]DPpoO/\\|*3]++|</?3++|\^[_-]?\^|\\?[oO]/|-_+-|T_+T")
# Letters of Chinese and Japanese, which have a full stop of their own.
_EASTERN = re.compile("[\u3005\u3006\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_SHORTEST = 60


def summary(nodes: Iterable[LexborNode], limit: int = 300) -> str | None:
    """The first sentences of nodes, as `sanitised_summary` gives them."""
    return sanitised_summary(serialise(nodes), limit)


def sanitised_summary(html: str, limit: int = 300) -> str | None:
    """The first sentences, up to `limit` characters; `None` if there is no text.

    Tables, code blocks, headings but for those in quotes, links in the place of what was embedded,
    paragraphs of an address or of a row of links count only where there is nothing else; players,
    footnotes and the marks of these never. Without an end of a sentence beyond some sixty
    characters it ends at a word, with an ellipsis.
    """
    if len(words := _beginning(html, limit)) <= limit:
        return words or None
    ends = [match.end() for match in _SENTENCE.finditer(words, 0, limit + 2)]
    if ends := [end for end in ends if _SHORTEST < end <= limit]:
        return words[: ends[-1]]
    head = words[: limit - 1]
    if words[limit - 1] != " ":
        head = head.rpartition(" ")[0] or head
    head = head.rstrip(" ,;:–—-")
    return head + (" …" if head.endswith((".", "!", "?", "…")) else "…")


def _beginning(html: str, limit: int) -> str:
    """What counts for a summary; of a long text not all, but more than the limit."""
    html = _PLAYER.sub(" ", _NOTE.sub(" ", without_note_marks(html)))
    html = _PICTURE.sub(_emoji, html)
    return _counted(without_embedded(html), limit) or _sentences(html)


def _counted(html: str, limit: int) -> str:
    cut = limit
    while (cut := html.find("<p>", 3 * cut)) > 0:
        words = _sentences(_prose(html[:cut]))
        # The last word may yet get a full stop, and what is open here may not count.
        if words.rfind(" ") > limit + 1 and not _is_open(html[:cut]):
            return words
    return _sentences(_prose(html)) or _sentences(html)


def _is_open(html: str) -> bool:
    """Whether the beginning of a text ends in an element that counts as a whole, or not at all."""
    ends = {name: end for end, name in _WHOLE.findall(html)}
    return "" in ends.values()


def _emoji(picture: re.Match[str]) -> str:
    """The emoji that a picture is drawn for, as Material does it; else the picture."""
    alt = _ALT.search(picture[0])
    if alt and (_DRAWN.search(picture[0]) or not without_emoji(alt[1])):
        return alt[1]
    return picture[0]


def _prose(html: str) -> str:
    """What counts for a summary if there is anything that does."""
    depth = 0

    def kept(aside: re.Match[str]) -> str:
        nonlocal depth
        if aside[2] is not None:
            depth += -1 if aside[2] else 1
            return aside[0]
        return aside[0] if depth and (aside[1] or "").startswith("h") else " "

    return _ASIDE.sub(kept, html)


def without_embedded(html: str) -> str:
    """Sanitised HTML less the links in the place of what was embedded."""
    return _EMBEDDED.sub("", html)


def without_note_marks(html: str) -> str:
    """Sanitised HTML less the numbers that lead to footnotes."""
    return _NOTE_MARK.sub("", html)


def _sentences(html: str) -> str:
    """What a person reads, in one line; a paragraph or an item that has no full stop gets one."""
    # No text holds a NUL, for HTML has none.
    pieces = map(str.strip, sanitised_text(_SAID.sub(" \0 ", html)).split("\0"))
    said = [piece for piece in pieces if piece]
    return " ".join([*map(_stopped, said[:-1]), *said[-1:]])


def _stopped(sentence: str) -> str:
    """A paragraph's text; neither two signs nor an address or an emoji with a sign at its end."""
    word = sentence.rpartition(" ")[2]
    if _STOP.search(word) or "://" in word or ends_in_emoji(word) or _EMOTICON.fullmatch(word):
        return sentence
    return sentence + ("。" if _EASTERN.match(word[-1]) else ".")
