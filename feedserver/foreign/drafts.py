"""A feed of another site as it stands there, whatever its format: nothing in it is checked yet.

`_xml` and `_json` make it, and `reading` makes an archive of it. The files that an item encloses
are sorted out here: its picture, and what is no picture.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from feedserver.check.findings import Finding
from feedserver.model import Attachment, Image, Origin, Person
from feedserver.text import html, urls

_MOST = 100
_MAX_ADDRESS = 2_000
_MAX_TITLE = 200
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")
# What systems know of media types differs.
_TYPES = {
    **{"aac": "audio/aac", "flac": "audio/flac", "m4a": "audio/mp4", "m4b": "audio/mp4"},
    **{"mp3": "audio/mpeg", "oga": "audio/ogg", "ogg": "audio/ogg", "opus": "audio/ogg"},
    **{"wav": "audio/wav", "weba": "audio/webm"},
    **{"m4v": "video/mp4", "mov": "video/quicktime", "mp4": "video/mp4", "webm": "video/webm"},
    **{"epub": "application/epub+zip", "pdf": "application/pdf", "zip": "application/zip"},
    **{"avif": "image/avif", "gif": "image/gif", "jpeg": "image/jpeg", "jpg": "image/jpeg"},
    **{"png": "image/png", "svg": "image/svg+xml", "webp": "image/webp"},
}


@dataclass(frozen=True, slots=True)
class Draft:
    """An item of a feed; what it hasn't is `None`.

    `where` names it in findings. `html` is its content and `description` its summary in plain
    text. Addresses in it are relative to `base`, if the feed names one. `is_brief` says that its
    content is no more than a summary would be, and `unread` is the type of content that can't be
    shown. `attachments` are all files that it encloses, of which some may be pictures.
    """

    where: str
    id: str | None = None
    url: str | None = None
    base: str | None = None
    title: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    html: str | None = None
    is_brief: bool = False
    unread: str | None = None
    description: str | None = None
    authors: tuple[Person, ...] = ()
    categories: tuple[str, ...] = ()
    image: Image | None = None
    attachments: tuple[Attachment, ...] = ()
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class DraftFeed:
    """A feed's head, its items, and what is to be said of reading it.

    `withdrawn` are the ids of items that it says were deleted.
    """

    title: str | None
    url: str | None
    description: str | None
    language: str | None
    authors: tuple[Person, ...]
    items: tuple[Draft, ...]
    findings: tuple[Finding, ...] = ()
    withdrawn: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Files:
    """What an item encloses: its picture, what is none, and addresses that nobody can follow."""

    image: Image | None
    attachments: tuple[Attachment, ...]
    refused: tuple[str, ...]


def sorted_out(draft: Draft, base: str) -> Files:
    """The files of an item, whose addresses are relative to `base`.

    What is fetched otherwise than from the web, such as `magnet:`, is an attachment too: the
    content gets a link to it.
    """
    given = draft.attachments[:_MOST]
    read = [_file(each, base) for each in given]
    found = dict.fromkeys(filter(None, read))
    pictures = [
        file for file in found if (file.type or "").startswith("image/") and _web(file.url, base)
    ]
    others: dict[str, Attachment] = {}
    for file in found:
        if file not in pictures:
            others.setdefault(file.url, file)
    image = next((Image(file.url, file.type, file.length) for file in pictures), None)
    if image is None and draft.image and (url := _web(draft.image.url, base)):
        image = Image(url, draft.image.type, draft.image.length)
    refused = (each.url for each, file in zip(given, read, strict=True) if file is None)
    return Files(image, tuple(others.values()), tuple(dict.fromkeys(refused)))


def is_picture(address: str, kind: str | None, medium: str | None) -> bool:
    """Whether what Media RSS names is a picture: what says nothing else, as most of them do."""
    if medium:
        return medium == "image"
    path = address.partition("#")[0].partition("?")[0]
    known = _TYPES.get(path.rpartition(".")[2].lower())
    return (kind or known or "image/").startswith("image/")


def _file(given: Attachment, base: str) -> Attachment | None:
    url = urls.absolute(given.url, base) if len(given.url) <= _MAX_ADDRESS else None
    if url is None:
        return None
    kind = (given.type or "").partition(";")[0].strip().lower()
    if not _TYPE.fullmatch(kind) or kind == "application/octet-stream":
        kind = _TYPES.get(urlsplit(url).path.rpartition(".")[2].lower(), "")
    title = html.one_line((given.title or "")[:_MAX_TITLE])
    return Attachment(url, kind or None, given.length, title or None, given.duration)


def _web(address: str, base: str) -> str | None:
    found = urls.absolute(address, base) if len(address) <= _MAX_ADDRESS else None
    return found if found and found.startswith(("http://", "https://")) else None
