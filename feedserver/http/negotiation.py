"""What a client would rather have: a coding of the body, a feed or a page about it.

RFC 9110, sections 12.5.1 and 12.5.3. What can't be read in a header counts as not written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

IDENTITY = "identity"
CODINGS = ("br", "zstd", "gzip")
"""The codings that there are, the best first."""

FEED_TYPES = frozenset(
    {
        *("application/atom+xml", "application/rss+xml", "application/rdf+xml"),
        *("application/feed+json", "application/json"),
    }
)
_OF_DATA = re.compile(r"^(?:application|text)/.*(?:json|rss|xml)")
"""What a feed is by another name, such as application/x-rss+xml."""
_RANGES = ("application/*", "text/*", "*/*", "*")
"""What means feeds too; `*` is how Java writes `*/*`."""
_HTML = "text/html"
_XHTML = "application/xhtml+xml"
_WEIGHT = re.compile(
    r"[ \t]*q=(0(?:\.\d{0,3})?|\.\d{1,3}|1(?:\.0{0,3})?)[ \t]*", re.ASCII | re.IGNORECASE
)
_MAX_ITEMS = 100


def coding(header: str | None, *, small: bool = False) -> str | None:
    """The coding to answer in, by Accept-Encoding; `None` if the client refuses them all.

    A `small` body is sent as it is, unless that is refused. Among codings that are wanted alike
    the best is taken. `*` says what isn't refused, and not that the client can decode it.
    """
    weights = dict(_weighed(header or ""))
    weights.setdefault("gzip", weights.get("x-gzip", -1.0))
    rest = weights.get("*", -1.0)
    plain = weights.get(IDENTITY, rest)
    if plain != 0 and (small or header is None):
        return IDENTITY
    named = [(weights.get(name, -1.0), -rank, name) for rank, name in enumerate(CODINGS)]
    weight, _, best = max(named)
    # What isn't mentioned is there for want of anything better.
    if weight > 0 and weight >= weights.get(IDENTITY, 0.0):
        return best
    if plain != 0:
        return IDENTITY
    unnamed = [name for weight, _, name in named if weight < 0]
    if rest > 0 and unnamed:
        # The one that everybody has.
        return unnamed[-1]
    return None


def prefers_page(header: str) -> bool:
    """Whether a person asks, by Accept: XHTML is named, or types of which none is a feed's.

    Browsers name XHTML and no feed. Feed readers send `*/*` or nothing, or name feeds or XML; many
    of them, and what libraries send by themselves, name HTML beside. KDE's browsers name no XHTML,
    but put HTML above all other text.
    """
    weights = dict(_weighed(header))
    named = max(weights.get(name, 0.0) for name in FEED_TYPES)
    html, xhtml = weights.get(_HTML, 0.0), weights.get(_XHTML, 0.0)
    if xhtml > 0:
        return max(html, xhtml) > named
    ranges = {name for name in weights if "/" in name or name in _RANGES}
    taken = {name for name in ranges if weights[name] > 0}
    if any(name in FEED_TYPES or _OF_DATA.search(name) for name in taken):
        return False
    if 0 < weights.get("text/*", 0.0) < html:
        return True
    return bool(ranges) and taken.isdisjoint(_RANGES)


def _weighed(header: str) -> Iterator[tuple[str, float]]:
    for item in header.split(",")[:_MAX_ITEMS]:
        name, *parameters = item.split(";")
        weight = 1.0
        for parameter in parameters:
            if found := _WEIGHT.fullmatch(parameter):
                weight = float(found[1])
        if name.strip():
            yield name.strip().lower(), weight
