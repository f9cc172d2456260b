"""The rules for a JSON Feed (version 1.1): members, their types, and what all feeds share."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NoReturn

from feedserver.check._html import check_html
from feedserver.check.findings import (
    FEED,
    IS_EMPTY,
    NO_FEED,
    Finding,
    address_fault,
    bad_language,
    implausible,
    rfc3339,
    same_ids,
    self_link,
    stray_characters,
)

_VERSION = "https://jsonfeed.org/version/1.1"
_FORMER_VERSION = "https://jsonfeed.org/version/1"
_FEED_TYPES: dict[str, type] = {
    "version": str,
    "title": str,
    "home_page_url": str,
    "feed_url": str,
    "description": str,
    "user_comment": str,
    "next_url": str,
    "icon": str,
    "favicon": str,
    "authors": list,
    "language": str,
    "expired": bool,
    "hubs": list,
}
_ITEM_TYPES: dict[str, type] = {
    "id": str,
    "url": str,
    "external_url": str,
    "title": str,
    "content_html": str,
    "content_text": str,
    "summary": str,
    "image": str,
    "banner_image": str,
    "date_published": str,
    "date_modified": str,
    "authors": list,
    "tags": list,
    "language": str,
    "attachments": list,
}
_AUTHOR_TYPES: dict[str, type] = {"name": str, "url": str, "avatar": str}
_ATTACHMENT_TYPES: dict[str, type] = {"url": str, "mime_type": str, "title": str}
_NAMES = {str: "a text", list: "a list", bool: "true or false"}
_ADDRESSES = re.compile(r"(?:\w+_)?url|icon|favicon|image|banner_image|avatar")


def check_json(
    text: str, address: str | None, now: datetime | None, *, own: bool = False
) -> Iterator[Finding]:
    """Everything that a JSON Feed can break, rules on a single document only."""
    if text.startswith("\ufeff"):
        yield Finding(24, FEED, "begins with a byte order mark, which JSON hasn't")
    try:
        feed = json.loads(text.removeprefix("\ufeff"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        yield Finding(24, FEED, f"{NO_FEED}: it is not JSON: {error}")
        return
    if not isinstance(feed, dict):
        yield Finding(24, FEED, f"{NO_FEED}: it is JSON, and no object")
        return
    if not {"version", "items"} & feed.keys():
        yield Finding(24, FEED, f"{NO_FEED}: it has neither a version nor items")
        return
    if isinstance(feed.get("feeds"), list) and "items" not in feed:
        meant = "check one of them, or archive.json"
        yield Finding(24, FEED, f"{NO_FEED}: it is a catalogue of feeds; {meant}")
        return
    yield from _nulls(feed)
    former = not own and feed.get("version") == _FORMER_VERSION
    yield from () if former else _version(feed)
    yield from _members(feed, _FEED_TYPES, FEED)
    yield from _authors(feed, FEED, former)
    yield from _feed(feed, address)
    items = feed.get("items")
    if not isinstance(items, list):
        message = "items is not a list" if "items" in feed else "has no items"
        yield from () if _is_null(feed, "items") else [Finding(24, FEED, message)]
        return
    if not items:
        yield Finding(0, FEED, "has no entries")
        return
    objects = [item for item in items if isinstance(item, dict)]
    yield from same_ids(6, (str(each["id"]) for each in objects if "id" in each), "id", "items")
    for number, item in enumerate(items):
        where = f"item {number + 1}"
        if isinstance(item, dict) and any(item.values()):
            yield from _item(item, str(item.get("id") or where), now, own, former)
        elif isinstance(item, dict):
            yield Finding(0, where, IS_EMPTY)
        elif item is not None:
            yield Finding(27, where, "is not an object")


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def _nulls(feed: dict[str, Any]) -> Iterator[Finding]:
    """Rule 26: what isn't there is left out, and not null."""
    waiting: list[tuple[str, Any]] = [("", feed)]
    while waiting:
        path, value = waiting.pop()
        if value is None:
            yield Finding(26, FEED, f"{path} is null")
        elif isinstance(value, dict):
            waiting.extend((f"{path}.{key}".lstrip("."), part) for key, part in value.items())
        elif isinstance(value, list):
            waiting.extend((f"{path}[{index}]", part) for index, part in enumerate(value))


def _is_null(holder: dict[str, Any], *names: str) -> bool:
    """Whether one of these members is null, which is told already."""
    return any(holder.get(name, "") is None for name in names)


def _version(feed: dict[str, Any]) -> Iterator[Finding]:
    """Rule 27: version 1.1."""
    if feed.get("version") != _VERSION and not _is_null(feed, "version"):
        yield Finding(27, FEED, f"its version is {feed.get('version')!r}, not {_VERSION}")


def _members(holder: dict[str, Any], types: dict[str, type], where: str) -> Iterator[Finding]:
    """Rules 27 and 2: members are of their types, and addresses are absolute."""
    for name, value in holder.items():
        expected = types.get(name)
        if expected is None or value is None:
            continue
        if not isinstance(value, expected):
            yield Finding(27, where, f"{name} is not {_NAMES[expected]}")
        elif isinstance(value, str):
            yield from stray_characters(value, where)
            # The self link has a rule of its own.
            if (
                _ADDRESSES.fullmatch(name)
                and name != "feed_url"
                and (fault := address_fault(value))
            ):
                yield Finding(2, where, f"{name} {fault}")


def _authors(holder: dict[str, Any], where: str, former: bool) -> Iterator[Finding]:
    """Rule 27: `authors`, a list of objects, and not `author`."""
    if "author" in holder and not former:
        yield Finding(27, where, "author was replaced by authors in version 1.1")
    authors = holder.get("authors")
    for author in authors if isinstance(authors, list) else ():
        if not isinstance(author, dict):
            yield from _other(author, where, "an author is not an object")
            continue
        yield from _members(author, _AUTHOR_TYPES, where)
        is_named = any(author.get(name) for name in _AUTHOR_TYPES)
        if not is_named and not _is_null(author, *_AUTHOR_TYPES):
            yield Finding(5, where, "an author has neither name nor address")


def _feed(feed: dict[str, Any], address: str | None) -> Iterator[Finding]:
    """Rules 1 and 11: the feed's own link, its title and language."""
    link = feed.get("feed_url")
    if not _is_null(feed, "feed_url"):
        yield from self_link(link if isinstance(link, str) else None, address)
    if not str(feed.get("title") or "").strip() and not _is_null(feed, "title"):
        yield Finding(11, FEED, "has no title")
    if isinstance(language := feed.get("language"), str):
        yield from bad_language(language)


def _other(value: object, where: str, message: str) -> Iterator[Finding]:
    """Rule 27: a value of a list is of another type than it should be."""
    if value is not None:
        yield Finding(27, where, message)


def _item(
    item: dict[str, Any], where: str, now: datetime | None, own: bool, former: bool
) -> Iterator[Finding]:
    if not (isinstance(item.get("id"), str) and item["id"]) and not _is_null(item, "id"):
        yield Finding(27, where, "has no id that is a text")
    if own and not item.get("url") and not _is_null(item, "url"):
        yield Finding(2, where, "has no url")
    yield from _members({**item, "id": None}, _ITEM_TYPES, where)
    yield from _authors(item, where, former)
    yield from _lists(item, where)
    texts = "content_html", "content_text"
    if not any(item.get(name) for name in texts) and not _is_null(item, *texts):
        yield Finding(27, where, "has neither content_html nor content_text")
    for name in ("date_published", "date_modified"):
        yield from _date(item.get(name), name, where, now)
    if own and "date_published" not in item:
        yield Finding(8, where, "has no date")
    if isinstance(content := item.get("content_html"), str):
        yield from check_html(content, where)


def _lists(item: dict[str, Any], where: str) -> Iterator[Finding]:
    """Rule 27: what stands in tags and attachments."""
    tags, attachments = item.get("tags"), item.get("attachments")
    for tag in tags if isinstance(tags, list) else ():
        if not isinstance(tag, str):
            yield from _other(tag, where, "a tag is not a text")
    for attachment in attachments if isinstance(attachments, list) else ():
        if not isinstance(attachment, dict):
            yield from _other(attachment, where, "an attachment is not an object")
            continue
        yield from _members(attachment, _ATTACHMENT_TYPES, where)
        if not {"url", "mime_type"} <= attachment.keys():
            yield Finding(27, where, "an attachment has no url or no mime_type")


def _date(value: object, name: str, where: str, now: datetime | None) -> Iterator[Finding]:
    """Rules 8 and 9."""
    if not isinstance(value, str):
        return
    if moment := rfc3339(value):
        yield from implausible(moment, where, now)
    else:
        yield Finding(8, where, f"{name} is no RFC 3339 date: {value}")
