"""What `check` finds in a feed, and the questions that its modules share: is this an address, a
plausible date, a text without stray characters.

The numbers of rules are those of the project's list of what validators and feed readers refuse;
0 stands for what the project itself promises of a feed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from lxml import etree

NO_FEED = "is no JSON Feed, Atom or RSS"
"""What is said of a document of which nothing else can be said."""
NO_XML = f"{NO_FEED}: it is neither XML nor JSON"
"""The same of one that may yet be read as far as it goes."""
ILL_FORMED = "is no well-formed XML, and is read as far as it goes"
"""What is said of a document then."""
UNREADABLE = 24
"""The rule that a document breaks that can't be read."""
DATE = 8
"""The rule that a date breaks which is none."""
UNLIKELY_DATE = 9
"""The rule that a date in the future breaks."""
SAME_ID = 7
"""The rule that an id breaks which several entries have."""
NO_DATE = "has no date that can be read, and is left out"
"""What becomes of an entry whose date is none, or which has none."""
IS_EMPTY = "is empty"
"""What is said of an entry of which nothing else can be said."""

RULES = {
    0: "source",
    1: "self-link",
    2: "address",
    3: "links",
    4: "rss-author",
    5: "author",
    6: "guid",
    7: "id",
    8: "date",
    9: "unlikely-date",
    10: "same-date",
    11: "channel",
    12: "enclosure",
    13: "image",
    14: "order",
    15: "namespace",
    16: "told-twice",
    17: "escaping",
    18: "html",
    19: "unsafe-html",
    21: "style",
    22: "relative-address",
    23: "characters",
    24: "document",
    25: "content-type",
    26: "null",
    27: "json-feed",
}
"""What a rule is about, in a word."""
_EXACT = (0, 18, 24)
"""Rules of several kinds, whose messages say which."""

FEED = "feed"
"""Where a finding is that concerns no single entry."""

# What validators know, and by which prefix.
_NAMESPACES = {
    "http://a9.com/-/spec/opensearch/1.1/": "opensearch",
    "http://a9.com/-/spec/opensearchrss/1.0/": "opensearch10",
    "http://backend.userland.com/blogChannelModule": "blogChannel",
    "http://backend.userland.com/creativeCommonsRssModule": "creativeCommons",
    "http://base.google.com/ns/1.0": "g",
    "http://conversationsnetwork.org/rssNamespace-1.0/": "conversationsNetwork",
    "http://earth.google.com/kml/2.0": "kml20",
    "http://earth.google.com/kml/2.1": "kml21",
    "http://feedsync.org/2007/feedsync": "sx",
    "http://geourl.org/rss/module/": "geourl",
    "http://hacks.benhammersley.com/rss/streaming/": "str",
    "http://madskills.com/public/xml/rss/module/trackback/": "trackback",
    "http://media.tangent.org/rss/1.0/": "audio",
    "http://my.theinfo.org/changed/1.0/rss/": "cp",
    "http://openid.net/xmlns/1.0": "openid",
    "http://postneo.com/icbm": "icbm",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    **{
        f"http://purl.org/rss/1.0/modules/{name}/": prefix or name
        for name, prefix in {
            **dict.fromkeys("annotate company content email image search slash wiki".split(), ""),
            **{"aggregation": "ag", "event": "ev", "link": "l", "reference": "ref"},
            **{"richequiv": "reqv", "servicestatus": "ss", "subscription": "sub"},
            **{"syndication": "sy", "taxonomy": "taxo", "threading": "thr"},
        }.items()
    },
    "http://purl.org/syndication/history/1.0": "fh",
    "http://purl.org/syndication/thread/1.0": "thr",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://search.yahoo.com/mrss/": "media",
    "http://web.resource.org/cc/": "cc",
    "http://schemas.xmlsoap.org/soap/envelope/": "soap",
    "http://webns.net/mvcb/": "admin",
    "http://wellformedweb.org/CommentAPI/": "wfw",
    "http://www.bloglines.com/about/specs/fac-1.0": "access",
    "http://www.georss.org/georss": "georss",
    "http://www.google.com/schemas/play-podcasts/1.0": "googleplay",
    "http://www.itunes.com/DTDs/PodCast-1.0.dtd": "itunes",
    "http://www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "http://www.microsoft.com/schemas/rss/core/2005": "cf",
    "http://www.opengis.net/gml": "gml",
    "http://www.opengis.net/kml/2.2": "kml22",
    "http://www.opml.org/spec2": "opml",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://www.w3.org/1999/xhtml": "xhtml",
    "http://www.w3.org/1999/xlink": "xlink",
    "http://www.w3.org/2000/svg": "svg",
    "http://www.w3.org/2000/01/rdf-schema#": "rdfs",
    "http://www.w3.org/2003/01/geo/wgs84_pos#": "geo",
    "http://www.w3.org/2005/Atom": "atom",
    "http://www.w3.org/2007/app": "app",
    "http://xmlns.com/foaf/0.1/": "foaf",
    "urn:atom-extension:indexing": "indexing",
}
# Those that validators know to be in use, by whatever prefix.
_ANY_PREFIX = frozenset(
    (
        "http://schema.org/",
        "http://schemas.google.com/g/2005",
        "http://www.rawvoice.com/rawvoiceRssModule/",
        "http://www.w3.org/1998/Math/MathML",
        "https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md",
        "https://podcastindex.org/namespace/1.0",
        "https://schema.org/",
    )
)
_FIRST_YEAR = 1990
_URI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:(?://[A-Za-z0-9._~!$&'()*+,;=:@%\[\]-]*+)?"
    r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*"
    r"(?:#(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?"
)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_SEVERAL = re.compile(r"its \w+ stands at \d+ \w+")
_STRAY = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffd-\uffff]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: which rule it breaks, in which entry, and how."""

    rule: int
    where: str
    message: str

    def __str__(self) -> str:
        """One line for a person."""
        return " ".join(f"{self.where}: {self.message} ({RULES[self.rule]})".split())

    @property
    def cause(self) -> tuple[int, str]:
        """The same for what is wrong in the same way, at whatever value."""
        message = self.message
        return self.rule, message if self.rule in _EXACT else message.partition(": ")[0]

    @property
    def is_of_same_id(self) -> bool:
        """Whether it says that several entries have one id, and no more."""
        return _SEVERAL.fullmatch(self.message) is not None


def same_ids(rule: int, ids: Iterable[str], kind: str, entries: str) -> Iterator[Finding]:
    """Rules 6 and 7: an id belongs to one entry."""
    for name, count in Counter(ids).items():
        if name and count > 1:
            yield Finding(rule, name, f"its {kind} stands at {count} {entries}")


def address_fault(address: str) -> str | None:
    """What is wrong with an address that must be an absolute URI in ASCII, or `None`."""
    if not address:
        return "is empty"
    if not _URI.fullmatch(address):
        if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", address):
            return f"is not absolute: {address}"
        return f"is not a percent-encoded ASCII URI: {address}"
    try:
        parts = urlsplit(address)
        host = parts.hostname
        if parts.port == 0:
            return f"has the port 0: {address}"
    except ValueError:
        return f"is no valid URL: {address}"
    if parts.scheme in ("http", "https") and not host:
        return f"has no host: {address}"
    return None


def rfc3339(text: str) -> datetime | None:
    """The moment of an RFC 3339 timestamp with seconds and an offset, `None` if it is none."""
    if not _RFC3339.fullmatch(text):
        return None
    try:
        # Python knows no leap second.
        return datetime.fromisoformat(re.sub(r"^(.{17})60", r"\g<1>59", text))
    except ValueError:
        return None


def implausible(moment: datetime, where: str, now: datetime | None) -> Iterator[Finding]:
    """Rule 9: a date in the future (if `now` is known) or before 1990."""
    if moment.year < _FIRST_YEAR:
        yield Finding(9, where, f"a date before {_FIRST_YEAR}: {moment.isoformat()}")
    elif now is not None and moment > now:
        yield Finding(9, where, f"a date in the future: {moment.isoformat()}")


def stray_characters(text: str, where: str) -> Iterator[Finding]:
    """Rule 23: control characters, U+0080 to U+009F, U+FFFD."""
    if found := _STRAY.search(text):
        yield Finding(23, where, f"has the character U+{ord(found[0]):04X}")


def bad_language(tag: str) -> Iterator[Finding]:
    """Rule 11: a language is `en-GB`, not `en_GB`."""
    if not _LANGUAGE.fullmatch(tag):
        yield Finding(11, FEED, f"{tag!r} is no language tag such as en-GB")


def self_link(link: str | None, address: str | None) -> Iterator[Finding]:
    """Rule 1: a self link, absolute, and the address that the feed was fetched from."""
    if link is None:
        yield Finding(1, FEED, "has no self link")
    elif fault := address_fault(link):
        yield Finding(1, FEED, f"its self link {fault}")
    elif address is not None and link != address:
        yield Finding(1, FEED, f"its self link is {link}, but it was fetched from {address}")


def is_empty(entry: etree._Element) -> bool:
    """Whether an entry has neither text nor attributes, in whatever elements."""
    return not any(
        len(element.attrib) or (element.text or "").strip() or (element.tail or "").strip()
        for element in entry.iter()
    )


def unknown_namespaces(root: etree._Element) -> Iterator[Finding]:
    """Rule 15: known namespaces only, under their usual prefixes or none."""
    # Where each is declared: what an element knows of all that it stands in may be much.
    seen = {(prefix or None, name) for _, (prefix, name) in etree.iterwalk(root, ("start-ns",))}
    for prefix, name in sorted(seen, key=str):
        known = _NAMESPACES.get(name)
        if name in _ANY_PREFIX:
            continue
        if name and prefix != "xml" and (known is None or prefix not in (None, known)):
            yield Finding(15, FEED, f"the namespace {name} is not known as {prefix or 'default'}")
