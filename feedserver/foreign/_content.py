"""The HTML of others before it is sanitised: pictures that a script would show, links in a page,
and what is relative to an `xml:base` within it (https://www.w3.org/TR/xmlbase/, section 4).

Lazy pictures have a placeholder, and the picture's address where only their script looks for it,
or in a `noscript` beside them. What is left empty without its picture goes.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from feedserver.text import html, urls

# What scripts and hosts that show pictures late have for src, srcset and a background.
_SOURCES = (
    "data-src data-lazy-src data-original data-orig-src data-lazy data-actualsrc data-lazyload"
    " data-lazyload-src data-lazy-original data-original-src data-defer-src data-deferred data-echo"
    " data-cfsrc data-ezsrc data-opt-src data-breeze data-flickity-lazyload nitro-lazy-src"
    " data-flickity-lazyload-src data-wpfc-original-src data-pagespeed-lazy-src"
    " data-pagespeed-high-res-src"
).split()
_SETS = (
    "data-srcset data-lazy-srcset data-original-set data-lazyload-srcset data-ezsrcset"
    " data-original-srcset data-orig-srcset data-flickity-lazyload-srcset nitro-lazy-srcset"
    " data-wpfc-original-srcset"
).split()
_BACKGROUNDS = (
    "data-bg data-bg-src data-bgset data-lazy-bg data-background data-background-image"
    " data-lazy-background nitro-lazy-bg"
).split()
_NEEDED = re.compile(
    rf"(?:{'|'.join((*_SOURCES, *_SETS, *_BACKGROUNDS))}|data-poster)\s*=|<noscript\b"
    r"|<(?:img|source)\b"
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
_PICTURE = re.compile(r"[^?#]*\.(?:avif|gif|jpe?g|png|svg|webp)(?:[?#].*)?", re.I | re.S)
_LESSER = re.compile(r"blur|low|placeholder|preview|small|thumb")
_OF_STYLE = re.compile(r"\s*url\(\s*([\"']?)(.*?)\1\s*\).*", re.DOTALL)
# What has no end reaches to the end; a text that ends with the last `</noscript` has none of those.
_END = re.compile("</noscript", re.IGNORECASE)
_NOSCRIPT = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style)\b[^<>]*>.*?(?:</\1|\Z)"
    r"|(<noscript\b[^<>]*>)(.*?)(?=</noscript)",
    re.DOTALL | re.IGNORECASE,
)
_PLACES = frozenset("p a span figure picture div li em strong center section".split())
_EMPTIED = "data-emptied"
_SHOWN = "data-shown"
_SEEN = "img, video, audio, iframe, object, embed, table, hr, input, youtube-player, svg, math"


def prepare(text: str, base: str, page: str) -> str:
    """HTML in which pictures stand where a script would show them, ready to be sanitised.

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
        _uncover(body, base),
        _show_backgrounds(parser, body, base),
        _without_noscript(parser, body, base),
        _without_empty(body, base),
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
    # What the sources of a picture offer to those that know its image only.
    offered: dict[int | None, str | None] = {}
    for node in body.css("img, source, video, audio, iframe"):
        given = node.attributes
        source, several = _hidden(given, base), next(filter(None, map(given.get, _SETS)), None)
        if several:
            node.attrs["srcset"] = several
        candidates = list(_candidates(several or "", base))
        parent = node.parent.mem_id if node.parent is not None else None
        if node.tag == "source":
            given_set = several or given.get("srcset") or ""
            offered[parent] = next(_candidates(given_set, base), offered.get(parent))
        elif node.tag == "img" and source is None:
            if candidates and given.get("src") not in candidates:
                source = candidates[0]
            elif not candidates and _is_placeholder({"src": given.get("src")}, base):
                source = _named_otherwise(given, base) or offered.get(parent)
        if source:
            node.attrs["src"] = source
            node.attrs[_SHOWN] = ""
            if not several and _is_for_now(given, base):
                del node.attrs["srcset"]
        poster = _address(given.get("data-poster"), base)
        if poster:
            node.attrs["poster"] = poster
        changed |= bool(source or several or poster)
    return changed


def _show_backgrounds(parser: LexborHTMLParser, body: LexborNode, base: str) -> bool:
    """Show the picture that a script would put behind an element, if that holds nothing else."""
    found = body.css(", ".join(f"[{name}]" for name in _BACKGROUNDS))
    full: set[int] = set()
    changed = False
    for node in reversed(found):
        if node.tag not in _PLACES or _is_aside(node):
            continue
        if node.mem_id not in full and not _holds(node):
            changed = True
            written = next(filter(None, map(node.attributes.get, _BACKGROUNDS)), "")
            match = _OF_STYLE.fullmatch(written)
            address = next(_candidates(match[2] if match else written, base), None)
            if address is None:
                _mark(node)
                node.decompose()
                continue
            image = parser.create_node("img")
            image.attrs["src"] = address
            node.insert_child(image)
        for parent in _parents(node):
            if parent.mem_id in full:
                break
            full.add(parent.mem_id)
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
        pictures = list(filter(_is_meant, _pictures(node, base)))
        addresses = [_address(given.get("src"), base) for given in pictures]
        missing = not there.issuperset(addresses)
        before = _before(node)
        if before is not None and _SHOWN in before.attributes:
            # It is the same picture, maybe of another size.
            del before.attrs[_SHOWN]
            stood_in = 1 if pictures and _SHOWN not in pictures[0] else 0
            pictures, addresses = pictures[stood_in:], addresses[stood_in:]
        elif missing and before is not None and _is_placeholder(before.attributes, base):
            before.decompose()
        for given, address in zip(pictures, addresses, strict=True):
            if address not in there:
                there.add(address)
                image = parser.create_node("img")
                for name, value in given.items():
                    if name != _SHOWN:
                        image.attrs[name] = value or ""
                node.insert_before(image)
        _mark(node)
        node.decompose()
    return bool(nodes)


def _is_aside(node: LexborNode) -> bool:
    return any(parent.tag == "noscript" for parent in _parents(node))


def _pictures(noscript: LexborNode, base: str) -> list[dict[str, str | None]]:
    """The attributes of the pictures in an element; some have its markup as text."""
    found = noscript.css("img")
    text = noscript.text() or ""
    inner: LexborNode | None = None
    if not found and "<img" in text:
        parser = LexborHTMLParser(f"<!doctype html><body>{text}")
        inner = parser.body
        if inner is not None:
            _uncover(inner, base)
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
        if place.mem_id in full or _holds(place):
            # What this stands in isn't empty, either.
            if place.parent is not None:
                full.add(place.parent.mem_id)
        else:
            place.decompose()
    return changed


def _holds(node: LexborNode) -> bool:
    """Whether there is anything to see in a node."""
    return bool(node.text().strip()) or node.css_first(_SEEN) is not None


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


def _is_for_now(given: dict[str, str | None], base: str) -> bool:
    """Whether the `srcset` of a lazy picture has nothing but its placeholder."""
    candidates = list(_candidates(given.get("srcset") or "", base))
    return "srcset" in given and all(
        each == given.get("src") or _PLACEHOLDER.search(each) for each in candidates
    )


def _named_otherwise(given: dict[str, str | None], base: str) -> str | None:
    """The address of a picture in an attribute that no script is known for."""
    found = [
        value
        for name, value in given.items()
        if value
        and name.startswith("data-")
        and (_PICTURE.fullmatch(value) or name.startswith("data-src-"))
        and _IS_ADDRESS.fullmatch(value)
        and _address(value, base)
        and not _LESSER.search(name)
    ]
    return found[0] if found else None


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
    found = (each.rstrip(",") for each in _CANDIDATE.findall(several))
    return (each for each in found if _address(each, base))
