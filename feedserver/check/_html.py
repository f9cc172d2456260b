"""The rules for the HTML of an entry (18 to 23), tried with html5lib, a parser that nothing else
here uses: so a fault of the sanitiser is seen, whatever it believes of itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from feedserver.check._parsing import MOST_ATTRIBUTES, BeyondError, parse
from feedserver.check.findings import Finding, address_fault, stray_characters

_FORBIDDEN = frozenset("iframe script style object embed link meta base param mx-reply".split())
_KNOWN = frozenset(
    "a abbr acronym address area article aside audio b bdi bdo big blockquote br button canvas"
    " caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl dt"
    " em fieldset figcaption figure font footer form h1 h2 h3 h4 h5 h6 header hgroup hr i img input"
    " ins kbd label legend li main map mark menu meter nav nobr noscript ol optgroup option output"
    " p picture pre progress q rp rt ruby s samp section select small source span strike strong sub"
    " summary sup table tbody td template textarea tfoot th thead time tr track tt u ul var video"
    " wbr".split()
)
_ADDRESSES = frozenset("action background cite data href longdesc poster src usemap".split())
_UNSAFE = re.compile(r"\s*(?:javascript|vbscript|data):", re.IGNORECASE)
_PROPERTIES = (
    r"(?:background-)?color|text-align|vertical-align|width|height|font-weight|font-style"
    r"|text-decoration|direction|white-space"
)
_STYLE = re.compile(
    rf"\s*+(?:(?:{_PROPERTIES})\s*+:\s*+(?:\#[0-9a-f]++|[a-z-]++|(?:\d++(?:\.\d++)?|\.\d++)"
    r"(?:[a-z]++|%)?|rgb\([\d\s,%]++\))\s*+(?:;\s*+|$))*+",
    re.IGNORECASE,
)
_XHTML = "{http://www.w3.org/1999/xhtml}"
_RELATIVE = 22
_SVG_OR_MATH = re.compile(r"\{http://www\.w3\.org/(?:2000/svg|1998/Math/MathML)\}")


def check_html(html: str, where: str) -> Iterator[Finding]:
    """Rules 18 to 23 for a piece of HTML; of the parse errors only the first."""
    yield from stray_characters(html, where)
    try:
        root, fault = parse(html)
    except BeyondError as error:
        yield Finding(18, where, f"its HTML is looked at no further: {error}")
        return
    if fault:
        yield Finding(18, where, f"its HTML is wrong: {fault}")
    waiting: list[tuple[Any, bool]] = [(root, False)]
    nested = False
    while waiting:
        element, in_link = waiting.pop()
        if not isinstance(element.tag, str):
            continue
        nested |= in_link and element.tag == "a"
        yield from _element(element.tag, where)
        for name, value in element.attrib.items():
            yield from _attribute(element.tag, str(name), value, where)
        in_link = in_link or element.tag == "a"
        waiting.extend((child, in_link) for child in reversed(element))
    if nested:
        yield Finding(18, where, "has a link in a link")


def check_xhtml(parent: Any, where: str) -> Iterator[Finding]:
    """Rules 19 and 21 for the XHTML in an element of XML, whose addresses may have a base."""
    for element in parent.iterdescendants(f"{_XHTML}*"):
        tag = element.tag.removeprefix(_XHTML)
        yield from _element(tag, where)
        if len(element.attrib) > MOST_ATTRIBUTES:
            # Looking at each takes the square of their number.
            yield Finding(18, where, f"<{tag}> has more than {MOST_ATTRIBUTES} attributes")
            continue
        for name, value in element.attrib.items():
            for finding in _attribute(tag, str(name), value, where):
                if finding.rule != _RELATIVE:
                    yield finding


def _element(tag: str, where: str) -> Iterator[Finding]:
    """Rule 19: elements that feed readers refuse."""
    if foreign := _SVG_OR_MATH.match(tag):
        if tag[foreign.end() :] in ("svg", "math"):
            yield Finding(19, where, f"has an inline <{tag[foreign.end() :]}>")
    elif tag in _FORBIDDEN or "-" in tag:
        yield Finding(19, where, f"has a <{tag}>")
    elif tag not in _KNOWN and tag != "DOCUMENT_FRAGMENT":
        yield Finding(19, where, f"<{tag}> is no element of HTML")


def _attribute(tag: str, name: str, value: str, where: str) -> Iterator[Finding]:
    """Rules 19, 21 and 22: handlers of events, styles, addresses."""
    if name.startswith("on"):
        yield Finding(19, where, f"<{tag}> has the attribute {name}")
    elif name == "style":
        if not _STYLE.fullmatch(value):
            yield Finding(21, where, f"<{tag}> has a style that is not simple: {value}")
    elif name == "srcset":
        for candidate in re.split(r",\s+|,$", value.strip()):
            if parts := candidate.split():
                yield from _address(tag, name, parts[0], where)
    elif name in _ADDRESSES:
        yield from _address(tag, name, value, where)


def _address(tag: str, name: str, value: str, where: str) -> Iterator[Finding]:
    if _UNSAFE.match(value):
        yield Finding(19, where, f"<{tag}> has a script or data as {name}")
    elif fault := address_fault(value):
        yield Finding(22, where, f"the {name} of <{tag}> {fault}")
