"""An entry's HTML: sanitised, with absolute addresses; as a tree; as text.

What `sanitise` gives parses without an error (HTML Standard, section 13.2), holds only what every
feed reader takes, and is the same when sanitised again. `parse` holds it as lexbor nodes, so that
an issue can be divided and each part serialised, summarised and searched for a picture.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterable
from urllib.parse import parse_qs

import nh3
from selectolax.lexbor import LexborHTMLParser, LexborNode

from feedserver.text import _drawn, _emptied
from feedserver.text._nesting import BLOCK, nest
from feedserver.text.urls import BAD, SCHEMES, absolute

_INLINE = frozenset(
    "a abbr acronym audio b bdi bdo big br cite code data del dfn em i img input ins kbd label mark"
    " picture q rp rt ruby s samp small source span strike strong sub sup time track tt u var video"
    " wbr".split()
)
_TABLE = frozenset("caption col colgroup tbody td tfoot th thead tr".split())
_TAGS = {*_INLINE, *_TABLE, *BLOCK}
_DROPPED = set(
    "applet head iframe math mx-reply noembed noframes noscript script select style svg template"
    " textarea title youtube-player".split()
)
_ATTRIBUTES = {
    "*": {"align", "class", "dir", "id", "lang", "style", "title"},
    "a": {"href", "hreflang", "name", "type"},
    "audio": {"controls", "loop", "preload", "src"},
    "blockquote": {"cite"},
    "col": {"span", "width"},
    "colgroup": {"span"},
    "data": {"value"},
    "del": {"cite", "datetime"},
    "details": {"open"},
    "img": {"alt", "height", "longdesc", "sizes", "src", "srcset", "width"},
    "input": {"checked", "disabled", "type"},
    "ins": {"cite", "datetime"},
    "li": {"value"},
    "ol": {"reversed", "start", "type"},
    "q": {"cite"},
    "source": {"media", "sizes", "src", "srcset", "type"},
    "td": {"abbr", "colspan", "headers", "rowspan", "valign", "width"},
    "th": {"abbr", "colspan", "headers", "rowspan", "scope", "valign", "width"},
    "time": {"datetime"},
    "track": {"default", "kind", "label", "src", "srclang"},
    "video": {"controls", "height", "loop", "muted", "poster", "preload", "src", "width"},
}
_LINKS = {"cite", "href", "longdesc"}
_MEDIA = {"poster", "src"}

EMBEDDED = "twim-embedded"
"""The class of a link in the place of an embedded thing, by which summaries know it."""
_EMBED = re.compile(r"<(?:iframe|embed|object|youtube-player|lite-youtube)[\s/>]", re.IGNORECASE)
_INPUT = re.compile(r'<input(?![^>]* type="checkbox")[^>]*>')
_IMAGE = re.compile(r'<img(?![^>]* (?:src|srcset)=")[^>]*>')
_EMPTY_LINK = re.compile(
    r"<a [^<>]*>(?:\s|&nbsp;|</?(?:b|em|i|small|span|strong|sup)\b[^<>]*>)*+</a>"
)
_PRE = re.compile(r"<pre(?: [^>]*)?>\n+")
_STYLE = re.compile(
    r"(?:(?:background-)?color:\s*(?:\#[0-9a-f]{3,8}|[a-z]{3,20}|rgb\([\d, %]{5,20}\))"
    r"|(?:text|vertical)-align:\s*[a-z-]{3,12}|(?:width|height):\s*(?:auto|\d{1,4}(?:px|em|rem|%)))"
)
_DESCRIPTOR = re.compile(r"\d+(?:\.\d+)?[wxh](?:\s+\d+h)?", re.ASCII)
_CANDIDATE = re.compile(r"([^\s,]\S*+)(?:(?<=,)|([^,]*+))")

_BOUNDARY = re.compile(rf"</?(?:{'|'.join((*BLOCK, *_TABLE, 'br', 'summary'))})(?:\s[^>]*)?>")
_MARKUP = re.compile(r"<[^>]*>")
# What has no end goes to the end: to look for one from each beginning anew would take the square.
_UNSEEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style|template|noscript)\b[^<>]*>.*?(?:</\1>|\Z)", re.DOTALL
)
_OPENING = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
# What has no end tag, may do without, or ends where the next of its kind begins.
_UNCOUNTED = frozenset(
    "a area base br col dd dt embed hr img input li link meta option p param rp rt source tbody td"
    " tfoot th thead tr track wbr".split()
)
# A parser looks through all open elements at each tag: without a bound that takes hours.
_DEEPEST = 500
# What is open of these when a paragraph begins is opened anew within it.
_REPEATED = frozenset("b big code em font i nobr s small strike strong tt u".split())
_MOST_REPEATED = 20
_ROUNDS = 8


def sanitise(html: str, base: str) -> str:
    """Any HTML to the HTML of an entry: safe, free of parse errors, with absolute addresses.

    Embedded players become links; scripts, drawings and unknown elements go. `base` is the
    address of the page that the HTML stands on.
    """
    html = BAD.sub("", html.replace("\r\n", "\n"))
    if html.count("<") - html.count("</") > _DEEPEST:
        html = flattened(html)
    html = _plain(html)
    if _EMBED.search(html):
        html = BAD.sub("", _link_embeds(html, base))
    for _ in range(_ROUNDS):
        clean = _clean(html, base)
        tidy = _tidy(clean, base)
        if "&#" in html:
            tidy = BAD.sub("", tidy)
        if tidy == clean:
            return tidy
        html = tidy
    # Nothing is known that gets here; text is always right.
    return entities.escape(text(parse(html)), quote=False)


def without_anchors(html: str, page: str) -> str:
    """HTML whose headings have no links to themselves, as `sanitise` leaves them out.

    `page` is the address of the page, as the links have it.
    """
    return _drawn.without_anchors(html, page)


def without_empty_links(html: str, page: str) -> str:
    """Sanitised HTML less links that show nothing, such as those of icons; `page` is where it is.

    An issue is divided before: the link of a heading is its project's website.
    """
    if not _EMPTY_LINK.search(html):
        return html
    body = LexborHTMLParser(f"<!doctype html><body>{html}").body
    assert body is not None
    for link in body.css("a[href]"):
        if not (link.id or "name" in link.attributes or _emptied.holds(link)):
            _emptied.mark(link)
            link.decompose()
    _emptied.take_out(body)
    return sanitise(body.inner_html or "", page)


def flattened(html: str) -> str:
    """The HTML less the start tags that stand deeper than anyone writes."""
    pieces: list[str] = []
    depth = formatting = position = 0
    for match in _OPENING.finditer(html):
        name = match[2].lower()
        if name in _UNCOUNTED:
            continue
        if match[1]:
            depth = max(0, depth - 1)
            formatting = max(0, formatting - 1) if name in _REPEATED else formatting
        elif depth < _DEEPEST and (name not in _REPEATED or formatting < _MOST_REPEATED):
            depth += 1
            formatting += name in _REPEATED
        else:
            pieces.append(html[position : match.start()])
            position = html.find(">", match.end()) + 1 or len(html)
            if position == len(html):
                break
    return "".join([*pieces, html[position:]]) if pieces else html


def _plain(html: str) -> str:
    found = _drawn.plain(html)
    return html if found is html else BAD.sub("", found)


def _tidy(html: str, base: str) -> str:
    """Take out of a serialised tree what a parser or a reader would stumble over."""
    html = _plain(_IMAGE.sub("", _INPUT.sub("", html)))
    html = _PRE.sub(lambda match: match[0].rstrip("\n"), html)
    return _drawn.without_anchors(nest(html), base)


def _clean(html: str, base: str) -> str:
    ids: set[str] = set()

    def filtered(tag: str, name: str, value: str) -> str | None:
        if name in _LINKS:
            return absolute(value, base)
        if name in _MEDIA:
            return _medium(value, base)
        if name == "srcset":
            return _srcset(value, base)
        if name == "style":
            return _style(value)
        if name == "id":
            known = value in ids or not value
            ids.add(value)
            return None if known else BAD.sub("", value)
        if tag == "input" and name == "type":
            return "checkbox" if value.lower() == "checkbox" else None
        return value

    return nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags=_DROPPED,
        attributes=_ATTRIBUTES,
        attribute_filter=filtered,
        set_tag_attribute_values={"input": {"disabled": ""}},
        link_rel=None,
        url_schemes=SCHEMES,
    )


def _medium(address: str, base: str) -> str | None:
    found = absolute(address, base) if address.strip() else None
    return found if found and found.startswith("http") else None


def _srcset(value: str, base: str) -> str | None:
    candidates = []
    for address, descriptor in _CANDIDATE.findall(value):
        descriptor = descriptor.strip()
        found = _medium(address.rstrip(","), base)
        if found and (not descriptor or _DESCRIPTOR.fullmatch(descriptor)):
            candidates.append(f"{found} {descriptor}".strip())
    return ", ".join(candidates) or None


def _style(value: str) -> str | None:
    """The declarations of simple colour, alignment and size."""
    declarations = (part.strip().lower() for part in value.split(";"))
    return ";".join(part for part in declarations if _STYLE.fullmatch(part)) or None


def _link_embeds(html: str, base: str) -> str:
    """Put links in the place of embedded players and pages."""
    parser = LexborHTMLParser(f"<!doctype html><body>{html}")
    body = parser.body
    assert body is not None
    # From the last to the first, so that what is in an object comes before the object.
    for node in reversed(body.css("iframe, embed, object, youtube-player, lite-youtube")):
        address = embedded(node, base)
        if address is not None:
            for own in [each for each in node.iter() if _is_own_link(each, node)]:
                own.decompose()
            link = parser.create_node("a")
            link.attrs["href"] = address
            link.attrs["class"] = EMBEDDED
            label = (node.attributes.get("title") or "").strip()
            watch = "Watch the video" if address.startswith(_WATCH) else address
            link.insert_child(label or watch)
            if not _in_phrasing(node):
                paragraph = parser.create_node("p")
                paragraph.insert_child(link)
                link = paragraph
            node.insert_before(link)
        if node.tag in _VIDEOS or (node.tag == "object" and address is None):
            node.unwrap()
        else:
            node.decompose()
    return body.inner_html or ""


_WATCH = "https://www.youtube.com/"
_YOUTUBE = re.compile(
    r"https?://(?:www\.|m\.)?youtube(?:-nocookie)?\.com/(?:embed|v)/([\w-]+)[^?#]*(?:\?([^#]*))?.*"
)


def _is_own_link(link: LexborNode, node: LexborNode) -> bool:
    """Whether a link stands in a player for who runs no scripts, and leads to its video."""
    name = node.attributes.get("videoid") if node.tag == "lite-youtube" else None
    return bool(name) and link.tag == "a" and str(name) in (link.attributes.get("href") or "")


# Elements of scripts that show a video, and what names it there.
_VIDEOS = {"lite-youtube": "videoid", "youtube-player": "video-id"}


def embedded(node: LexborNode, base: str) -> str | None:
    """The address of what a node embeds; of a video, that of its page."""
    attributes = node.attributes
    if named := _VIDEOS.get(node.tag or ""):
        given = parse_qs(attributes.get("params") or "").get("start", [""])
        return _video(attributes.get(named) or "", attributes.get("start") or given[0])
    address = _medium(attributes.get("data" if node.tag == "object" else "src") or "", base)
    if address is None or not (video := _YOUTUBE.fullmatch(address)):
        return address
    query = {key: values[0] for key, values in parse_qs(video[2] or "").items()}
    if video[1] == "videoseries":
        return absolute(f"{_WATCH}playlist?list={query.get('list', '')}", base)
    return _video(video[1], query.get("start") or query.get("t") or "")


def _video(name: str, start: str) -> str | None:
    if not re.fullmatch(r"[\w-]+", name, re.ASCII):
        return None
    seconds = re.fullmatch(r"0*([1-9][0-9]{0,5})s?", start)
    return f"{_WATCH}watch?v={name}" + (f"&t={seconds[1]}s" if seconds else "")


def _in_phrasing(node: LexborNode) -> bool:
    """Whether a paragraph can't stand where this node is."""
    tags = set()
    while (parent := node.parent) is not None:
        tags.add(parent.tag)
        node = parent
    return not tags.isdisjoint(_PHRASING)


_PHRASING = _INLINE | {"p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "summary"}


def parse(html: str) -> list[LexborNode]:
    """The fragment's top-level nodes: elements, and text.

    Blank text is left out beside blocks, where it has no meaning.
    """
    body = LexborHTMLParser(f"<!doctype html><body>{html}").body
    assert body is not None
    nodes = [node for node in body.iter(include_text=True) if not node.is_comment_node]
    return [
        node
        for index, node in enumerate(nodes)
        if not node.is_text_node
        or (node.text_content or "").strip()
        or (
            0 < index < len(nodes) - 1
            and nodes[index - 1].tag not in BLOCK
            and nodes[index + 1].tag not in BLOCK
        )
    ]


def serialise(nodes: Iterable[LexborNode]) -> str:
    return "".join(node.html or "" for node in nodes)


def text(nodes: Iterable[LexborNode]) -> str:
    """What a person reads, in one line: a space at block boundaries and `<br>`, else none added."""
    return sanitised_text(serialise(nodes))


def sanitised_text(html: str) -> str:
    """What a person reads of sanitised HTML, as `text` gives it, without making a tree."""
    html = _MARKUP.sub("", _BOUNDARY.sub(" ", _UNSEEN.sub("", html)))
    return " ".join(entities.unescape(html).split())


def plain(html_text: str) -> str:
    """One line of plain text of a snippet of HTML, such as a title."""
    if "<" in html_text or "&" in html_text:
        html_text = text(parse(html_text))
    return one_line(html_text)


def one_line(plain_text: str) -> str:
    """Plain text without line breaks and control characters."""
    return " ".join(BAD.sub("", plain_text).split())


def first_image(nodes: Iterable[LexborNode]) -> str | None:
    """The address of the first picture, but for those of one pixel, which count visitors."""
    for node in nodes:
        for image in node.css("img") if node.is_element_node else ():
            attributes = image.attributes
            if "1" not in (attributes.get("width"), attributes.get("height")):
                if address := attributes.get("src"):
                    return address
    return None
