"""Pictures that a script would show, put where it would: those of others' HTML are often lazy.

Lazy pictures have a placeholder, and the picture's address where only their script looks for it,
or in a `noscript` beside them, and each stands once. What is left empty without its picture goes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser, LexborNode

from feedserver.text import _emptied, urls

# What scripts and hosts that show pictures late have for src, srcset and a background.
SOURCES = (
    "data-src data-lazy-src data-original data-orig-src data-lazy data-actualsrc data-lazyload"
    " data-lazyload-src data-lazy-original data-original-src data-defer-src data-deferred data-echo"
    " data-cfsrc data-ezsrc data-opt-src data-breeze data-flickity-lazyload nitro-lazy-src"
    " data-flickity-lazyload-src data-wpfc-original-src data-pagespeed-lazy-src"
    " data-pagespeed-high-res-src data-hi-res-src data-hires-src data-high-res-src data-highres-src"
    " data-hi-res data-hires data-highres"
).split()
SETS = (
    "data-srcset data-lazy-srcset data-original-set data-lazyload-srcset data-ezsrcset"
    " data-original-srcset data-orig-srcset data-flickity-lazyload-srcset nitro-lazy-srcset"
    " data-wpfc-original-srcset"
).split()
BACKGROUNDS = (
    "data-bg data-bg-src data-bgset data-lazy-bg data-background data-background-image"
    " data-lazy-background nitro-lazy-bg"
).split()
# Not so data-lazy="true".
_ENDING = r"\.(?:avif|gif|jpe?g|png|svg|webp)"
# With spaces, which browsers take as they are, if it begins or ends as an address.
IS_ADDRESS = re.compile(
    rf"\s*+(?:[^\s./]*[./]\S+\s*|(?:https?:|\.{{0,2}}/)\S[^,]*|[^,?#]*{_ENDING}\s*)", re.I
)
_PLACEHOLDER = re.compile(
    r"lazy|placeholder|blank|spacer|transparent|pixel|1x1|loading", re.IGNORECASE
)
_PICTURE = re.compile(rf"[^?#]*{_ENDING}(?:[?#].*)?", re.I | re.S)
_SEVERAL = re.compile(rf",|{_ENDING}\s", re.I)
_ROOTED = re.compile(r"https?:|\.{0,2}/", re.IGNORECASE)
_LESSER = re.compile(r"blur|low|placeholder|preview|small|thumb")
_OF_STYLE = re.compile(r"\s*+url\(\s*+(?:([\"'])(.*?)\1\s*+\)|([^)]*)\)).*", re.DOTALL)
# A line or two on a picture; more is a text that has something behind it.
_MOST_ON_PICTURE = 300
# What says that a picture only stands in for another one: by its class, by its file's name, and by
# either of one that has the other's name.
_STANDS_IN = re.compile(r"blur|freeze|lazy|low[-_]?(?:qual|res)|lqip|placeholder", re.IGNORECASE)
_EAGER = re.compile(r"(?:no|not|skip|exclude)[-_]?lazy|lazy[-_ ]?load(?:ed|[-_]disabled)", re.I)
_FILE_STANDS_IN = re.compile(r"lqip|placeholder", re.IGNORECASE)
_MAY_STAND_IN = re.compile(rf"{_STANDS_IN.pattern}|preview|progressive|small|thumb|tiny", re.I)
# It may be a size too, but those of a series have one as well.
_NUMBER = re.compile(r"[-_]?\d+\Z")
_NEAR = 4
_FRAMES = frozenset("a div figure p picture span".split())
_TAG = re.compile("<[^<>]*>")
_SHOWN = "data-shown"


def show(parser: LexborHTMLParser, body: LexborNode, base: str) -> bool:
    """Put a document's pictures where they are seen; whether anything is changed.

    What `uncover` puts there is there already. Addresses are relative to `base`; what stands in a
    `noscript` is text in the document.
    """
    changes = [
        _show_backgrounds(parser, body, base),
        _without_doubles(body, base),
        _without_noscript(parser, body, base),
        _without_empty(body, base),
    ]
    return any(changes)


def uncover(body: LexborNode, base: str) -> bool:
    """Put the addresses that a script would into their place; whether anything is changed."""
    changed = False
    # What the sources of a picture offer to those that know its image only.
    offered: dict[int | None, str | None] = {}
    for node in body.css("img, source, video, audio, iframe, embed"):
        given = node.attributes
        source, several = _hidden(given, base), next(filter(None, map(given.get, SETS)), None)
        if several:
            node.attrs["srcset"] = several
        candidates = list(urls.candidates(several or "", base))
        parent = node.parent.mem_id if node.parent is not None else None
        if node.tag == "source":
            given_set = several or given.get("srcset") or ""
            offered[parent] = next(urls.candidates(given_set, base), offered.get(parent))
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
        poster = urls.fetched(given.get("data-poster"), base)
        if poster:
            node.attrs["poster"] = poster
        changed |= bool(source or several or poster)
    return changed


def _show_backgrounds(parser: LexborHTMLParser, body: LexborNode, base: str) -> bool:
    """Show the picture that a script would put behind an element, if that holds no other, and
    no more text than stands on a picture; or into one that holds nothing."""
    found = body.css(", ".join(f"[{name}]" for name in (*BACKGROUNDS, *SOURCES, *SETS)))
    full: set[int] = set()
    changed = False
    for node in reversed(found):
        if node.tag not in _emptied.PLACES or is_aside(node):
            continue
        if node.mem_id not in full:
            text = node.text().strip()
            address = _background(node, base) or (None if text else _content(node, base))
            has_picture = node.css_first(_emptied.SEEN) is not None
            if not (has_picture or text or address):
                changed = True
                _emptied.mark(node)
                node.decompose()
                continue
            if not has_picture and len(text) <= _MOST_ON_PICTURE:
                if address is None:
                    continue
                changed = True
                image = parser.create_node("img")
                image.attrs["src"] = address
                image.attrs[_SHOWN] = ""
                if (first := node.first_child) is not None:
                    first.insert_before(image)
                else:
                    node.insert_child(image)
        for parent in _emptied.parents(node):
            if parent.mem_id in full:
                break
            full.add(parent.mem_id)
    return changed


def _background(node: LexborNode, base: str) -> str | None:
    """The address of the picture that a script would put behind an element; not so `dark`."""
    written = next(filter(None, map(node.attributes.get, BACKGROUNDS)), "").strip()
    of_style = _OF_STYLE.fullmatch(written)
    if of_style:
        written = (of_style[2] or of_style[3] or "").strip()
    address = _first(written, base)
    is_address = of_style or _ROOTED.match(address) or _PICTURE.fullmatch(address)
    return address if address and is_address else None


def _content(node: LexborNode, base: str) -> str | None:
    """The address of the picture that a script would put into an element; not so a page or film."""
    written = filter(None, map(node.attributes.get, (*SOURCES, *SETS)))
    addresses = (_first(each.strip(), base) for each in written)
    return next(filter(_PICTURE.fullmatch, addresses), None)


def _first(written: str, base: str) -> str:
    """The one address that there is, which may have spaces, or the first of several."""
    if _PICTURE.fullmatch(written) and not _SEVERAL.search(written) and urls.fetched(written, base):
        return written
    return next(urls.candidates(written, base), "")


def _without_doubles(body: LexborNode, base: str) -> bool:
    """Take out what stood in for a picture until its script had fetched it."""
    changed = False
    for image in body.css(f"img[{_SHOWN}]"):
        meant = [image.attributes.get("src")]
        for other, _ in _near(image, base):
            if _SHOWN in other.attributes or not _stands_in(other, meant, base):
                continue
            if not _emptied.are_apart(other, image):
                _emptied.mark(other)
                other.decompose()
                changed = True
    return changed


def _stands_in(
    image: LexborNode, meant: Sequence[str | None], base: str, beside: LexborNode | None = None
) -> bool:
    """Whether a picture only stands in for one of others, or for what is right `beside` it.

    What may as well be a picture of its own stays: twice is better than never.
    """
    given = image.attributes
    address = urls.fetched(given.get("src"), base)
    if address is None:
        return True
    whole = [each for each in (urls.fetched(each, base) for each in meant) if each]
    if address in whole:
        return False
    said = _EAGER.sub("", f"{given.get('class') or ''} {given.get('id') or ''}")
    file, is_small = urls.file(address), _is_small(given)
    if any(urls.are_one_picture(address, each) for each in whole):
        if is_small or _MAY_STAND_IN.search(f"{said} {file}"):
            return True
        is_sham = beside is not None and file not in map(urls.file, whole)
    else:
        is_sham = is_small or bool(_STANDS_IN.search(said) or _FILE_STANDS_IN.search(file))
    return is_sham and beside is not None and not _emptied.are_apart(image, beside)


def _is_small(given: dict[str, str | None]) -> bool:
    sizes = [given.get("width") or "", given.get("height") or ""]
    return any(size.isdecimal() and int(size[:4]) <= 64 for size in sizes)


def _names(given: dict[str, str | None], base: str) -> set[str]:
    """The names of a picture's files less their numbers, or their addresses if they have none."""
    addresses = (given.get("src") or "", *urls.candidates(given.get("srcset") or "", base))
    names = {urls.picture(address) or address for address in addresses if address}
    return {_NUMBER.sub("", name) or name for name in names}


def _near(
    node: LexborNode, base: str, sides: Sequence[bool] = (False, True)
) -> list[tuple[LexborNode, bool]]:
    """The few pictures beside a node and what frames it, and whether none stands between.

    `sides` are where to look: before it (`False`) and behind it (`True`).
    """
    found: list[tuple[LexborNode, bool]] = []
    for _ in range(_NEAR):
        ends = [_look(node, forward, found, base) for forward in sides]
        parent = node.parent
        if parent is None or parent.tag not in _FRAMES or not all(ends):
            break
        node = parent
    return found


def _look(node: LexborNode, forward: bool, found: list[tuple[LexborNode, bool]], base: str) -> bool:
    """Add the pictures on one side of a node; whether there is nothing else on that side."""
    is_beside = True
    for _ in range(2 * _NEAR):
        following = node.next if forward else node.prev
        if following is None:
            return True
        node = following
        if _emptied.is_blank(node):
            continue
        images = [node] if node.tag == "img" else node.css("img") if node.tag in _FRAMES else []
        if len(images) != 1 or node.text().strip():
            return False
        found.append((images[0], is_beside))
        is_beside = is_beside and urls.fetched(images[0].attributes.get("src"), base) is None
    return False


def _without_noscript(parser: LexborHTMLParser, body: LexborNode, base: str) -> bool:
    """Put what stands in for a picture into its place, unless that has been found."""
    # One within another goes with it.
    asides = {node.mem_id for node in body.css("noscript noscript, noscript img")}
    nodes = [node for node in body.css("noscript") if node.mem_id not in asides]
    there = {
        urls.fetched(node.attributes.get("src"), base): node
        for node in (body.css("img") if nodes else ())
        if node.mem_id not in asides
    }
    put: set[int] = set()
    for node in nodes:
        pictures = list(filter(_is_meant, _pictures(node, base)))
        addresses = [urls.fetched(given.get("src"), base) for given in pictures]
        # What follows one with words may be another picture.
        sides = (False,) if _TAG.sub("", node.text() or "").strip() else (False, True)
        near = _near(node, base, sides) if pictures else []
        shown = next(
            (
                each
                for each, is_beside in near
                if is_beside
                and _SHOWN in each.attributes
                and not _names(each.attributes, base).isdisjoint(_names(pictures[0], base))
                and not _emptied.are_apart(each, node)
            ),
            None,
        )
        if shown is not None:
            # It is the same picture, maybe of another size.
            del shown.attrs[_SHOWN]
            _describe(shown, pictures[0])
            stood_in = 1 if _SHOWN not in pictures[0] else 0
            pictures, addresses = pictures[stood_in:], addresses[stood_in:]
        for other, is_beside in near if shown is None else ():
            if other.mem_id in put or _SHOWN in other.attributes:
                continue
            if _stands_in(other, addresses, base, node if is_beside else None):
                there.pop(urls.fetched(other.attributes.get("src"), base), None)
                _emptied.mark(other)
                other.decompose()
        for given, address in zip(pictures, addresses, strict=True):
            if address in there:
                _describe(there[address], given)
            else:
                image = there[address] = parser.create_node("img")
                for name, value in given.items():
                    if name != _SHOWN:
                        image.attrs[name] = value or ""
                node.insert_before(image)
                put.add(image.mem_id)
        _emptied.mark(node)
        node.decompose()
    return bool(nodes)


def _describe(image: LexborNode, given: dict[str, str | None]) -> None:
    """Let a picture say what the same one of a `noscript` says, if it says nothing."""
    if (alt := given.get("alt")) and not image.attributes.get("alt"):
        image.attrs["alt"] = alt


def is_aside(node: LexborNode) -> bool:
    """Whether a node stands in a `noscript`."""
    return any(parent.tag == "noscript" for parent in _emptied.parents(node))


def _pictures(noscript: LexborNode, base: str) -> list[dict[str, str | None]]:
    """The attributes of the pictures in an element; some have its markup as text."""
    found = noscript.css("img")
    text = noscript.text() or ""
    inner: LexborNode | None = None
    if not found and "<img" in text:
        parser = LexborHTMLParser(f"<!doctype html><body>{text}")
        inner = parser.body
        if inner is not None:
            uncover(inner, base)
    return [dict(image.attributes) for image in (inner.css("img") if inner else found)]


def _without_empty(body: LexborNode, base: str) -> bool:
    """Take out pictures that nothing shows, and what is empty without them."""
    changed = False
    for node in body.css("picture > source, img"):
        several = node.attributes.get("srcset") or ""
        source = node.attributes.get("src") if node.tag == "img" else None
        if next(urls.candidates(several, base), None) or urls.fetched(source, base):
            continue
        _emptied.mark(node)
        node.decompose()
        changed = True
    _emptied.take_out(body)
    return changed


def _hidden(given: dict[str, str | None], base: str) -> str | None:
    """The address that a script would put in, as it is written."""
    found = (given.get(name) for name in SOURCES)
    written = (each for each in found if each and IS_ADDRESS.fullmatch(each))
    return next((each for each in written if urls.fetched(each, base)), None)


def _is_for_now(given: dict[str, str | None], base: str) -> bool:
    """Whether the `srcset` of a lazy picture has nothing but its placeholder."""
    candidates = list(urls.candidates(given.get("srcset") or "", base))
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
        and IS_ADDRESS.fullmatch(value)
        and urls.fetched(value, base)
        and not _LESSER.search(name)
    ]
    return found[0] if found else None


def _is_placeholder(given: dict[str, str | None], base: str) -> bool:
    named = f"{given.get('src') or ''} {given.get('class') or ''}"
    return urls.fetched(given.get("src"), base) is None or _PLACEHOLDER.search(named) is not None


def _is_meant(given: dict[str, str | None]) -> bool:
    """Whether a picture is to be seen; others count visitors."""
    sizes = {given.get("width"), given.get("height")}
    return sizes.isdisjoint({"0", "1"}) and "none" not in (given.get("style") or "")
