"""The HTML of others before it is sanitised: pictures that a script would show, links in a page,
and what is relative to an `xml:base` within it (https://www.w3.org/TR/xmlbase/, section 4).

Lazy pictures have a placeholder, and the picture's address where only their script looks for it,
or in a `noscript` beside them. What is left empty without its picture goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from feedserver.text import html, urls

_SOURCES = "data-src data-lazy-src data-original data-orig-src data-lazy data-actualsrc".split()
_SETS = "data-srcset data-lazy-srcset data-original-set".split()
_NEEDED = re.compile(
    rf"(?:{'|'.join((*_SOURCES, *_SETS))}|data-poster)\s*=|<noscript\b|<(?:img|source)\b"
    r"|\shref\s*=\s*[\"']?#|\sxml:base\s*=",
    re.IGNORECASE,
)
_ADDRESSES = ("href", "src", "poster", "cite", "longdesc", "data", "data-poster", *_SOURCES)
_MAX_BASE = 2_000
# Not so data-lazy="true".
_IS_ADDRESS = re.compile(r"\s*[^\s./]*[./]\S+\s*")
_CANDIDATE = re.compile(r"([^\s,]\S*+)(?:(?<=,)|[^,]*+)")
_PLACEHOLDER = re.compile(
    r"lazy|placeholder|blank|spacer|transparent|pixel|1x1|loading", re.IGNORECASE
)
_PLACES = frozenset("p a span figure picture div li em strong center".split())
_EMPTIED = "data-emptied"
_SEEN = "img, video, audio, iframe, object, embed, table, hr, input, youtube-player, svg, math"


def prepare(text: str, base: str, page: str) -> str:
    """HTML in which pictures stand where a script would show them, ready to be sanitised.

    Addresses are relative to `base`, but for fragments, which are of `page`.
    """
    if not _NEEDED.search(text):
        return text
    parser = LexborHTMLParser(f"<!doctype html><body>{html.flattened(text)}")
    body = parser.body
    if body is None:
        return text
    changes = [
        _resolve(body, base),
        _link(body, page),
        _uncover(body, base),
        _without_noscript(parser, body, base),
        _without_empty(body, base),
    ]
    return (body.inner_html or "") if any(changes) else text


def _resolve(body: LexborNode, base: str) -> bool:
    """Put in full what is relative to the `xml:base` of an element that it stands in."""
    if not body.css(r"[xml\:base]"):
        return False
    waiting = [(body, base)]
    while waiting:
        node, within = waiting.pop()
        own = node.attributes.get("xml:base") or ""
        found = (_address(own, within) if len(own) <= _MAX_BASE else None) or within
        if found != base:
            _put_in_full(node, found)
        waiting.extend((child, found) for child in node.iter())
    return True


def _put_in_full(node: LexborNode, base: str) -> None:
    for name, value in node.attributes.items():
        if not value or value.lstrip().startswith("#"):
            continue
        if name in ("srcset", *_SETS):
            node.attrs[name] = _CANDIDATE.sub(
                lambda match: _full(match[1], base) + match[0][len(match[1]) :], value
            )
        elif name in _ADDRESSES and not (name in _SOURCES and not _IS_ADDRESS.fullmatch(value)):
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


def _uncover(body: LexborNode, base: str) -> bool:
    """Put the addresses that a script would into the place where it would."""
    changed = False
    for node in body.css("img, source, video, audio, iframe"):
        given = node.attributes
        source, several = _hidden(given, base), next(filter(None, map(given.get, _SETS)), None)
        if several:
            node.attrs["srcset"] = several
            if node.tag == "img" and source is None and not _is_real(node, base):
                source = next(_candidates(several, base), None)
        if source:
            node.attrs["src"] = source
        poster = _address(given.get("data-poster"), base)
        if poster:
            node.attrs["poster"] = poster
        changed |= bool(source or several or poster)
    return changed


def _without_noscript(parser: LexborHTMLParser, body: LexborNode, base: str) -> bool:
    """Put what stands in for a picture into its place, unless that has been found."""
    # One within another goes with it.
    nodes = [node for node in body.css("noscript") if not _is_aside(node)]
    there = {
        _address(node.attributes.get("src"), base)
        for node in (body.css("img") if nodes else ())
        if not _is_aside(node)
    }
    for node in nodes:
        pictures = list(filter(_is_meant, _pictures(node)))
        addresses = [_address(given.get("src"), base) for given in pictures]
        missing = not there.issuperset(addresses)
        before = _before(node)
        if missing and before is not None and _is_placeholder(before.attributes, base):
            before.decompose()
        for given, address in zip(pictures, addresses, strict=True):
            if address not in there:
                there.add(address)
                image = parser.create_node("img")
                for name, value in given.items():
                    image.attrs[name] = value or ""
                node.insert_before(image)
        _mark(node)
        node.decompose()
    return bool(nodes)


def _is_aside(node: LexborNode) -> bool:
    return any(parent.tag == "noscript" for parent in _parents(node))


def _pictures(noscript: LexborNode) -> list[dict[str, str | None]]:
    """The attributes of the pictures in an element; some have its markup as text."""
    found = noscript.css("img")
    text = noscript.text() or ""
    inner: LexborNode | None = None
    if not found and "<img" in text:
        parser = LexborHTMLParser(f"<!doctype html><body>{text}")
        inner = parser.body
    return [dict(image.attributes) for image in (inner.css("img") if inner else found)]


def _before(node: LexborNode) -> LexborNode | None:
    """The picture right before a node."""
    before = node.prev
    if before is not None and before.is_text_node and not (before.text_content or "").strip():
        before = before.prev
    return before if before is not None and before.tag == "img" else None


def _without_empty(body: LexborNode, base: str) -> bool:
    """Take out pictures that nothing shows, and what is empty without them."""
    changed = False
    for node in body.css("picture > source, img"):
        several = node.attributes.get("srcset") or ""
        if next(_candidates(several, base), None) or (node.tag == "img" and _is_real(node, base)):
            continue
        _mark(node)
        node.decompose()
        changed = True
    full: set[int] = set()
    for place in reversed(body.css(f"[{_EMPTIED}]")):
        if place.mem_id in full or place.text().strip() or place.css_first(_SEEN) is not None:
            # What this stands in isn't empty, either.
            if place.parent is not None:
                full.add(place.parent.mem_id)
        else:
            place.decompose()
    return changed


def _mark(node: LexborNode) -> None:
    """Mark what a node stands in, which may be empty once it is gone."""
    for parent in _parents(node):
        if parent.tag not in _PLACES or _EMPTIED in parent.attributes:
            return
        parent.attrs[_EMPTIED] = ""


def _parents(node: LexborNode) -> Iterator[LexborNode]:
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def _hidden(given: dict[str, str | None], base: str) -> str | None:
    """The address that a script would put in, as it is written."""
    found = (given.get(name) for name in _SOURCES)
    return next(
        (each for each in found if each and _IS_ADDRESS.fullmatch(each) and _address(each, base)),
        None,
    )


def _is_placeholder(given: dict[str, str | None], base: str) -> bool:
    named = f"{given.get('src') or ''} {given.get('class') or ''}"
    return _address(given.get("src"), base) is None or _PLACEHOLDER.search(named) is not None


def _is_meant(given: dict[str, str | None]) -> bool:
    """Whether a picture is to be seen; others count visitors."""
    sizes = {given.get("width"), given.get("height")}
    return sizes.isdisjoint({"0", "1"}) and "none" not in (given.get("style") or "")


def _is_real(node: LexborNode, base: str) -> bool:
    return _address(node.attributes.get("src"), base) is not None


def _address(address: str | None, base: str) -> str | None:
    """The address of a picture in full, if it is one that a reader can fetch."""
    if not address or not address.strip() or address.lstrip().startswith("#"):
        return None
    found = urls.absolute(address, base)
    return found if found and found.startswith("http") else None


def _candidates(several: str, base: str) -> Iterator[str]:
    """The addresses in a `srcset` that a reader can fetch."""
    return (each for each in _CANDIDATE.findall(several) if _address(each.rstrip(","), base))
