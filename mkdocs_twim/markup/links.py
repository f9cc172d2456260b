"""The addresses in a page's HTML: internal links, root-relative addresses, pictures.

Each function takes HTML as a renderer wrote it and looks into its tags alone, so that code that
shows HTML stays as it is.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterator
from html import escape, unescape
from urllib.parse import unquote, urlsplit

from feedserver.feeds import catalogue
from feedserver.formats import archive
from feedserver.formats.formats import FORMATS

INTERNAL_IN_MARKDOWN = re.compile(
    r"(\]\(\s*<?|^\s{0,3}\[[^\]]+\]:\s*<?)"
    r"((?<=<)@/[^<>\n]+|(?<!<)@/(?:[^()\s<>]|\([^()\s<>]*\))+)",
    re.MULTILINE,
)
"""An internal link as Markdown writes it: what stands before its target, and the target."""

# A target with angle brackets around it, or without, and then with pairs of brackets in it.
_IN_MARKDOWN = re.compile(
    r"(?:\]\(\s*|^[ \t>]*\[[^\]\n]+\]:\s*)(?:<([^<>\n]+)>|((?:[^()\s<>]|\([^()\s]*\))+))",
    re.MULTILINE,
)
# Code between fences, or in a line.
_CODE = re.compile(
    r"^[ >]*(`{3,}|~{3,})[^\n]*\n.*?^[ >]*\1|(?<!`)(`+)(?!`)[^`\n]+\2(?!`)", re.S | re.M
)
_EMPTY = re.compile(r"\[[^\[\]\n]*\]\(\s*(?:<>\s*)?\)")
_HOST = re.compile(r"(?i)www\.|(?:[\w-]+\.)+(?:(?:com|net|org)(?![^/?#:])|[a-z]{2,}/)")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_MARKDOWN_FILE = re.compile(
    r"[^?#]+\.(?:md|markdown|mdown|mkdn?)(?:[?#].*)?", re.IGNORECASE | re.DOTALL
)
_TAG = re.compile(r"""<[a-zA-Z](?:[^<>=]++|=\s*+"[^"<]*+"|=\s*+'[^'<]*+'|=)*+>""")
_ATTRIBUTE = re.compile(
    r"""(?:(?<!\s)\s++|(?<=["'/]))([^\s"'<>/=]++)\s*+=\s*+"""
    r"""(?:"([^"]*+)"|'([^']*+)'|([^\s"'<>]++))"""
)
_ROOT = re.compile(r"""(\s(?:href|src|poster|action|data|cite)\s*=\s*["']?)/(?!/)""", re.IGNORECASE)
_SRCSET = re.compile(r"""(\ssrcset\s*=\s*)("[^"]*"|'[^']*')""", re.IGNORECASE)
_CANDIDATE = re.compile(r"""(["',]\s*)/(?!/)""")
_ANCHORED = re.compile(r"<[a-zA-Z][^<>]*\s(?:id|name)\s*=[^<>]*>", re.IGNORECASE)
_ANCHOR = re.compile(r"""\s(?:id|name)\s*=\s*(["'])(.*?)\1""", re.IGNORECASE)
_OWN_ID = re.compile(r"""\s(?:id|name)\s*=\s*(?:"[^"]*"|'[^']*')""", re.IGNORECASE)
_ENDING = re.compile(r"\.(?!html?$|md$)(?=[0-9]*[A-Za-z])[A-Za-z0-9]{2,5}$")
_FILE = re.compile(
    r"""\s(?:src|href|data|poster)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE
)
_OURS = frozenset((*FORMATS, catalogue.JSON, catalogue.OPML, archive.FILE))
_MEDIA = re.compile(r"<(?:audio|source|video)\s", re.IGNORECASE)
_SRC = re.compile(r"""\ssrc\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)


def resolve_internal(html: str, resolve: Callable[[str], str | None]) -> str:
    """Put addresses for `@/` links.

    A link that leads nowhere, for which `resolve` answers `None`, loses its address, so that
    neither page nor feed has a dead one.
    """

    def link(target: str) -> str | None:
        return _href(resolve(unescape(target))) if target.startswith("@/") else None

    return _relinked(html, link) if "@/" in html else html


def _relinked(html: str, link: Callable[[str], str | None]) -> str:
    """Put other attributes for those that lead somewhere; `link` gives `None` for what stays."""

    def attribute(match: re.Match[str]) -> str:
        found = link(_value(match)) if match[1].lower() == "href" else None
        return match[0] if found is None else found

    return _TAG.sub(lambda tag: _ATTRIBUTE.sub(attribute, tag[0]), html)


def _href(address: str | None) -> str:
    return "" if address is None else f' href="{escape(address)}"'


def _value(attribute: re.Match[str]) -> str:
    return attribute[2] or attribute[3] or attribute[4] or ""


def hrefs(html: str) -> tuple[str, ...]:
    """Where the links of HTML lead, decoded but for `%20` and the like; each once."""
    return tuple(dict.fromkeys(map(unescape, _hrefs(html, "a|area"))))


def _hrefs(html: str, tags: str = "") -> Iterator[str]:
    """Where the links of a text's HTML lead, as written; of `tags`, if they are named."""
    for tag in _TAG.finditer(html):
        if not tags or re.match(rf"<(?:{tags})[\s/]", tag[0], re.IGNORECASE):
            for match in _ATTRIBUTE.finditer(tag[0]):
                if match[1].lower() == "href" and _value(match):
                    yield _value(match)


def own_anchors(html: str, text: str) -> dict[str, str]:
    """The fragments of a text's links to itself (`[x](#part)`, HTML), and how each is written."""
    found = _targets(text).items()
    written = {to[1:]: target[1:] for to, target in found if to[:1] == "#" and to != "#"}
    if not written:
        return {}
    fragments = (_plain(target[1:]) for target in _hrefs(html) if target[0] == "#")
    return {fragment: written[fragment] for fragment in fragments if fragment in written}


def resolve_files(
    html: str, text: str, resolve: Callable[[str], str | None], *, told: str = ""
) -> str:
    """Put addresses for links to Markdown files that a text has, as Markdown or as HTML.

    `resolve` is told a link as it is written. One that leads nowhere loses its address. `told` is
    HTML whose links MkDocs has looked at: what it left as it is was told.
    """
    written = {to: target for to, target in _targets(text).items() if _is_file(to)}
    for given in _hrefs(told) if written else ():
        written.pop(_plain(given), None)

    def link(given: str) -> str | None:
        target = written.get(_plain(given))
        return None if target is None else _href(resolve(target))

    return _relinked(html, link) if written else html


def named_files(text: str) -> frozenset[str]:
    """The files that a text names, decoded: by its links, if they are relative, and as media.

    What begins with a slash may be another program's of the same host. Feeds are written behind
    all else, and are no files of the site.
    """
    links = (target for target in _targets(text) if target[:1] not in "/@")
    media = (
        _plain(next(filter(None, match.groups()), ""))
        for tag in _TAG.finditer(text)
        if _MEDIA.match(tag[0]) and (match := _SRC.search(tag[0]))
    )
    return frozenset(
        each
        for each in (*links, *media)
        if "://" not in each
        and _ENDING.search(path := re.split("[?#]", each)[0])
        and posixpath.basename(path) not in _OURS
    )


def named_pages(text: str) -> frozenset[str]:
    """The pages that a text links to by relative addresses, decoded."""
    return frozenset(
        each
        for each in _targets(text)
        if each[:1] not in "/@#?"
        and not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", each)
        and not _ENDING.search(re.split("[?#]", each)[0])
        and not _MARKDOWN_FILE.fullmatch(each)
    )


def empty(html: str, text: str) -> str | None:
    """The first link of a text that has no address, as it is written: `[x]()`."""
    found = _EMPTY.search(text) if re.search(r"""<a\s+href=(?:""|'')""", html) else None
    return found and found[0]


def elsewhere(target: str) -> str:
    """What to say of an address that likely lacks its beginning, such as `www.example.org`."""
    return "; an address of another site begins with https://" if _HOST.match(target) else ""


def _is_file(target: str) -> bool:
    """Whether a link leads to a Markdown file of the site."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    return not (parts.scheme or parts.netloc or target.startswith("@/")) and bool(
        _MARKDOWN_FILE.fullmatch(target)
    )


def _written(text: str) -> dict[str, str]:
    """The targets of a text's links, as HTML has them decoded; how each is written."""
    found = (match[1] or match[2] for match in _IN_MARKDOWN.finditer(text))
    return {_plain(_ESCAPED.sub(r"\1", target)): target for target in found}


def _targets(text: str) -> dict[str, str]:
    """The same of all links of a text, of those that it has in HTML too."""
    return _written(text) | {_plain(target): target for target in _hrefs(text, "a|area")}


def _plain(target: str) -> str:
    return unquote(unescape(target))


def below(html: str, site_path: str, *, but_own: bool = False) -> str:
    """Make root-relative addresses work where the site lives below a path ("/news/").

    With `but_own`, those that begin with that path stay as they are.
    """
    if site_path == "/":
        return html
    own = re.compile(rf"""{re.escape(site_path[:-1])}(?=[/?#"'\s>])""")

    def root(match: re.Match[str]) -> str:
        is_own = but_own and own.match(match.string, match.end() - 1)
        return match[0] if is_own else match[1] + site_path

    def srcset(match: re.Match[str]) -> str:
        return match[1] + _CANDIDATE.sub(root, match[2])

    def tag(match: re.Match[str]) -> str:
        return _SRCSET.sub(srcset, _ROOT.sub(root, match[0]))

    return _TAG.sub(tag, html)


def nearer(html: str, site_url: str, root: str) -> str:
    """Make absolute addresses of the site relative to a page, from which `root` leads to the site.

    Ids go, for what stands on its own page with them would stand here beside others.
    """
    absolute = re.compile(rf"""(["',]\s*){re.escape(site_url)}""")

    def tag(match: re.Match[str]) -> str:
        return absolute.sub(rf"\g<1>{root}", _OWN_ID.sub("", match[0]))

    return _TAG.sub(tag, html)


def pictures(html: str) -> tuple[str, ...]:
    """The addresses of the pictures in `img` tags, each once."""
    found = [
        unescape(next(group for group in match.groups() if group is not None)).strip()
        for tag in _TAG.finditer(html)
        if tag[0][1:4].lower() == "img" and (match := _SRC.search(tag[0]))
    ]
    return tuple(dict.fromkeys(address for address in found if address))


def files(html: str) -> tuple[str, ...]:
    """The addresses of files in all tags, each once: of media, and links to what has an ending."""
    found = [
        unescape(next(group for group in match.groups() if group is not None)).strip()
        for tag in _TAG.finditer(html)
        for match in _FILE.finditer(tag[0])
    ]
    return tuple(
        dict.fromkeys(address for address in found if _ENDING.search(re.split("[?#]", address)[0]))
    )


def anchors(html: str) -> tuple[str, ...]:
    """The ids and names of elements, to which a link may lead."""
    return tuple(
        unescape(match[2]) for tag in _ANCHORED.finditer(html) for match in _ANCHOR.finditer(tag[0])
    )


def leads(fragment: str, present: Collection[str] | None) -> bool:
    """Whether a link's fragment is an id or name of its page; `top` is that of any (Z12.3).

    `present` are those of the page; `None` if they aren't known, and then nothing is said.
    """
    return present is None or not {fragment, unquote(fragment)}.isdisjoint({*present, "top"})


def local(address: str, site_url: str) -> str:
    """The address of something on the site, root-relative; that of anything else as it is."""
    return f"/{address.removeprefix(site_url)}" if address.startswith(site_url) else address


def is_missing(address: str, page: str, files: Collection[str]) -> bool:
    """Whether an address names a file of the site that isn't there.

    `page` is the page's address ("/blog/x/"), `files` the site's files, relative to its root.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if parts.scheme or parts.netloc or not parts.path:
        return False
    path = unquote(parts.path)
    return posixpath.normpath(posixpath.join(page, path)).lstrip("/") not in files


def as_written(text: str, address: str) -> str:
    """An address as a text has it: a renderer may have percent-encoded it."""
    decoded = unquote(address)
    return decoded if address not in text and decoded in text else address


def place(address: str, page: str) -> str | None:
    """What a relative address names, below the site's root; `None` if it is beside the site."""
    try:
        path = unquote(urlsplit(address).path)
    except ValueError:
        return None
    path = posixpath.normpath(posixpath.join(page.lstrip("/"), path))
    return None if path.startswith("..") else path.removeprefix(".")


def line_of(text: str, address: str) -> int | None:
    """The first line (from 1) of a text that has an address, however it is escaped there.

    The same path at the end of a longer address ("https://other.example/img/a.png") is another.
    """
    spellings = [re.escape(each) for each in (address, unquote(address), escape(address))]
    # First where it is a link's or a picture's: a name may stand in the text as well, or in code.
    linked = (r"""(?:(?<=[(<"'=])|(?<=\]: ))""", r"""(?=[)>"'\s])""")
    shown = _CODE.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), text)
    for within, (before, after) in (
        (shown, linked),
        (text, linked),
        (text, (r"(?<![\w.:/-])", "")),
    ):
        for spelling in spellings:
            if found := re.search(f"{before}{spelling}{after}", within):
                return text.count("\n", 0, found.start()) + 1
    return None
