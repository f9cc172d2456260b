"""The HTML of others before it is sanitised: pictures and players that a script would show, links
in a page, and what is relative to an `xml:base` within it (https://www.w3.org/TR/xmlbase/,
section 4). And whether a text is such HTML.
"""

from __future__ import annotations

import html as entities
import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from feedserver.text import html, lazy, urls

_NEEDED = re.compile(
    rf"(?:{'|'.join((*lazy.SOURCES, *lazy.SETS, *lazy.BACKGROUNDS))}|data-poster)\s*=|<noscript\b"
    r"|<(?:amp-anim|amp-img|img|source)\b"
    r"|\shref\s*=\s*[\"']?#|\sxml:base\s*=",
    re.IGNORECASE,
)
_ADDRESSES = ("href", "src", "poster", "cite", "longdesc", "data", "data-poster", *lazy.SOURCES)
_MAX_BASE = 2_000
# What has no end reaches to the end; a text that ends with the last `</noscript` has none of those.
_END = re.compile("</noscript", re.IGNORECASE)
_NOSCRIPT = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style)\b[^<>]*>.*?(?:</\1|\Z)"
    r"|(<noscript\b[^<>]*>)(.*?)(?=</noscript)",
    re.DOTALL | re.IGNORECASE,
)
_BLOCKS = re.compile(r"<(?:h[1-6]|img|ul|ol|table|blockquote|pre|figure)\b|</p>.*<p\b", re.I | re.S)
_LONG = 1_000
_ANYWHERE = "https://localhost/"
_MEDIA = ("audio", "video")
_PLAYERS = (*_MEDIA, "embed", "iframe", "lite-youtube", "object", "youtube-player")
_PLAYER = re.compile(rf"<(?:{'|'.join(_PLAYERS)})\b", re.IGNORECASE)
_MARKUP = re.compile(r"<(?!/|(?:p|div|span)\b)")


def is_content(text: str) -> bool:
    """Whether what may be a summary is content: it is of several blocks, or long."""
    return len(text) > _LONG or _BLOCKS.search(text) is not None


def has_markup(text: str) -> bool:
    """Whether a text is HTML with links or other marks, which its plain text would lose."""
    start = text[: 2 * _LONG]
    shown = html.sanitise(prepare(start, _ANYWHERE, _ANYWHERE), _ANYWHERE) if "<" in start else ""
    return _MARKUP.search(shown) is not None


def paragraphs(text: str) -> str:
    """A plain text as HTML."""
    parts = (part for part in re.split(r"\n\s*\n", text) if part.strip())
    return "".join(f"<p>{entities.escape(part, quote=False)}</p>" for part in parts)


def prepare(text: str, base: str, page: str) -> str:
    """HTML with pictures and players where a script would show them, ready to be sanitised.

    Addresses are relative to `base`, but for fragments, which are of `page`.
    """
    if not _NEEDED.search(text):
        return text
    parser = LexborHTMLParser(f"<!doctype html><body>{html.flattened(_with_texts(text))}")
    body = parser.body
    if body is None:
        return text
    changes = [
        _resolve(body, base),
        _link(body, page),
        _show_accelerated(parser, body),
        lazy.uncover(body, base),
        _show_players(parser, body, base),
        lazy.show(parser, body, base),
    ]
    return (body.inner_html or "") if any(changes) else text


def _with_texts(text: str) -> str:
    """HTML whose `noscript` elements hold texts, as where scripts run.

    Read as elements, a paragraph in one would end the paragraph that it stands in.
    """
    ends = [match.end() for match in _END.finditer(text)]
    if not ends:
        return text

    def escaped(match: re.Match[str]) -> str:
        start, inner = match[2], match[3]
        if not start or "<" not in inner:
            return match[0]
        return start + entities.escape(inner)

    return _NOSCRIPT.sub(escaped, text[: ends[-1]]) + text[ends[-1] :]


def _resolve(body: LexborNode, base: str) -> bool:
    """Put in full what is relative to the `xml:base` of an element that it stands in."""
    if not body.css(r"[xml\:base]"):
        return False
    waiting = [(body, base)]
    while waiting:
        node, within = waiting.pop()
        own = node.attributes.get("xml:base") or ""
        found = (urls.fetched(own, within) if len(own) <= _MAX_BASE else None) or within
        if found != base:
            _put_in_full(node, found)
        waiting.extend((child, found) for child in node.iter())
    return True


def _put_in_full(node: LexborNode, base: str) -> None:
    for name, value in node.attributes.items():
        if not value or value.lstrip().startswith("#"):
            continue
        if name in ("srcset", *lazy.SETS):
            node.attrs[name] = urls.CANDIDATE.sub(
                lambda match: _full(match[1], base) + match[0][len(match[1]) :], value
            )
        elif name in _ADDRESSES and not (
            name in lazy.SOURCES and not lazy.IS_ADDRESS.fullmatch(value)
        ):
            node.attrs[name] = _full(value, base)


def _full(address: str, base: str) -> str:
    """An address in full; as it is written if it is none. A comma at its end ends it in a set."""
    bare = address.rstrip(",")
    return (urls.absolute(bare, base) or bare) + address[len(bare) :]


def _link(body: LexborNode, page: str) -> bool:
    links = body.css('a[href^="#"]')
    for link in links:
        link.attrs["href"] = page.partition("#")[0] + (link.attributes.get("href") or "")
    return bool(links)


def _show_accelerated(parser: LexborHTMLParser, body: LexborNode) -> bool:
    """Put pictures in the place of those of AMP, without what they show until then or instead."""
    nodes = body.css("amp-img, amp-anim")
    for node in nodes:
        if node.parent is not None and node.parent.tag in ("amp-img", "amp-anim"):
            given = node.attributes
            if "placeholder" in given or "fallback" in given:
                continue
        image = parser.create_node("img")
        for name, value in node.attributes.items():
            image.attrs[name] = value or ""
        node.insert_before(image)
    # One that has no end tag holds what follows.
    for node in reversed(nodes):
        node.unwrap()
    return bool(nodes)


def _show_players(parser: LexborHTMLParser, body: LexborNode, base: str) -> bool:
    """Put a player that stands in a `noscript` before it, unless it has been found."""
    nodes = [node for node in body.css("noscript") if not lazy.is_aside(node)]
    players = body.css(", ".join(_PLAYERS)) if nodes else []
    there = {_played(node, base) for node in players if not lazy.is_aside(node)}
    changed = False
    for noscript in nodes:
        for node in _players_in(noscript, base):
            address = _played(node, base)
            if address is None or address in there:
                continue
            there.add(address)
            # What is no file becomes a link, whatever it was.
            player = parser.create_node(node.tag if node.tag in _MEDIA else "iframe")
            for name in ("controls", "poster", "title"):
                if name in node.attributes:
                    player.attrs[name] = node.attributes[name] or ""
            player.attrs["src"] = address
            noscript.insert_before(player)
            changed = True
    return changed


def _players_in(noscript: LexborNode, base: str) -> list[LexborNode]:
    """The players in an element; some have its markup as text."""
    text = noscript.text() or ""
    if not _PLAYER.search(text):
        return noscript.css(", ".join(_PLAYERS))
    inner = LexborHTMLParser(f"<!doctype html><body>{html.flattened(text)}").body
    if inner is None:
        return []
    lazy.uncover(inner, base)
    return inner.css(", ".join(_PLAYERS))


def _played(node: LexborNode, base: str) -> str | None:
    """The address of what a node plays."""
    if node.tag not in _MEDIA:
        return html.embedded(node, base)
    files = (urls.fetched(each.attributes.get("src"), base) for each in (node, *node.css("source")))
    return next(filter(None, files), None)
