"""Hubs of others: which of them a document names, and what they are asked (WebSub, 4 and 5.1).

Headers come before what stands in the document, which is read as far as its first entry: a feed's
own links stand above it. A page's links count in its head alone, for below it anybody's may stand.
JSON Feed has members for both. Hubs are asked by `POST`, which they may hand on to others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin

import msgspec
from lxml import etree

from feedserver.errors import FetchError
from feedserver.network import looking
from feedserver.sources.client import Client, Limits, Request
from feedserver.text.urls import absolute

LIMITS = Limits(timeout=20.0, size=100_000, redirects=5)
_HANDED_ON = {307, 308}
_HOPS = 3
_SHOWN = 200

_MOST = 3
"""How many hubs are taken from a document."""
_READ = 262_144
_HEADER = 8_000
_LINK = re.compile(r'<([^<>]*)>([^,<>"]*+(?:"[^"]*"[^,<>"]*+)*+)')
_PARAMETER = re.compile(r';\s*([\w*-]+)\s*=\s*(?:"([^"]*)"|([^\s;,"]+))', re.ASCII)
_ATOM = "{http://www.w3.org/2005/Atom}link"
_ENTRIES = ("entry", "item")

_Found = Iterable[tuple[str, str]]
"""Relations, in lower case, and addresses."""


@dataclass(frozen=True, slots=True)
class Advert:
    """The hubs of a document, the best first, and the topic that it is there."""

    hubs: tuple[str, ...]
    topic: str


def find(address: str, links: str | None, body: bytes, content_type: str | None) -> Advert | None:
    """What a document at an address, with its headers Link and Content-Type, says of its hub.

    `None` if it names none.
    """
    header = list(_in_header(links or ""))
    found = header
    if not any(relation == "hub" for relation, _ in header):
        found = list(_in_body(body, content_type or ""))
    hubs = list(dict.fromkeys(_absolute(found, "hub", address)))[:_MOST]
    if not hubs:
        return None
    topics = [*_absolute(header, "self", address), *_absolute(found, "self", address)]
    # What is asked and what is told there is nobody else's to see.
    hubs.sort(key=lambda hub: not hub.startswith("https:"))
    return Advert(tuple(hubs), topics[0] if topics else address)


def _absolute(found: _Found, relation: str, base: str) -> Iterator[str]:
    for each, written in found:
        address = absolute(written, base) if each == relation else None
        if address and address.startswith(("http://", "https://")):
            yield address.partition("#")[0]


def _in_header(text: str) -> Iterator[tuple[str, str]]:
    """The links of a header (RFC 8288, section 3), of which several may have been joined."""
    for link in _LINK.finditer(text[:_HEADER]):
        for name, quoted, bare in _PARAMETER.findall(link[2]):
            if name.lower() == "rel":
                yield from ((each.lower(), link[1].strip()) for each in (quoted or bare).split())
                break


def _in_body(body: bytes, content_type: str) -> Iterator[tuple[str, str]]:
    body = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    start = body[:20].lower()
    if start.startswith(b"{"):
        return _in_json(body)
    if "html" in content_type or start.startswith((b"<!doctype html", b"<html")):
        return _in_page(body)
    return _in_xml(body[:_READ])


class _Hub(msgspec.Struct):
    type: str = ""
    url: str = ""


class _Feed(msgspec.Struct):
    feed_url: str = ""
    hubs: list[_Hub] = []


def _in_json(body: bytes) -> Iterator[tuple[str, str]]:
    try:
        read = msgspec.json.decode(body, type=_Feed)
    except msgspec.MsgspecError:
        return
    yield "self", read.feed_url
    for hub in read.hubs:
        if hub.type.lower() == "websub":
            yield "hub", hub.url


def _in_page(body: bytes) -> Iterator[tuple[str, str]]:
    for link in looking.links(body):
        for relation in link.get("rel", "").split():
            yield relation.lower(), link.get("href", "")


def _in_xml(body: bytes) -> Iterator[tuple[str, str]]:
    parser = etree.XMLPullParser(
        events=("start",), resolve_entities=False, no_network=True, recover=True
    )
    try:
        parser.feed(body)
    except etree.XMLSyntaxError:
        return
    for _, element in parser.read_events():
        if not isinstance(element, etree._Element) or not isinstance(element.tag, str):
            continue
        if etree.QName(element).localname in _ENTRIES:
            return
        if element.tag == _ATOM:
            yield element.get("rel", "alternate").lower(), element.get("href", "")


def ask(client: Client, hub: str, fields: Mapping[str, str]) -> None:
    """Ask a hub for something.

    Raises:
        FetchError: it can't be reached, or doesn't take it.
    """
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    content = urlencode(fields).encode()
    address = hub
    for _ in range(_HOPS):
        with client.ask(Request(address, "POST", form, content)) as answer:
            location = answer.header("Location")
            if answer.status in _HANDED_ON and location:
                address = urljoin(answer.address, location)
                continue
            if 200 <= answer.status < 300:
                return
            said = answer.read().decode("utf-8", "replace").split("\n")[0].strip()[:_SHOWN]
            message = f"it answers {answer.status} {answer.reason}".strip()
            message = f"{message}: {said!a}" if said else message
            raise FetchError(message, answer.retry_after)
    raise FetchError(f"{hub}: it leads from hub to hub")


def publish(client: Client, hub: str, topic: str) -> None:
    """Tell a hub that a topic has changed. Raises as `ask` does.

    The recommendation leaves open how; this is what PubSubHubbub 0.4 and all hubs have.
    """
    ask(client, hub, {"hub.mode": "publish", "hub.url": topic, "hub.topic": topic})
