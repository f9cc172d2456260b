"""The files that an entry encloses: its picture, and what is no picture."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from feedserver.foreign.drafts import Draft
from feedserver.model import Attachment, Image
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
    return Attachment(url, kind or None, given.length, title or None)


def _web(address: str, base: str) -> str | None:
    found = urls.absolute(address, base) if len(address) <= _MAX_ADDRESS else None
    return found if found and found.startswith(("http://", "https://")) else None
