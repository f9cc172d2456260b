"""The files that an entry encloses: its picture, and what is no picture."""

from __future__ import annotations

import re
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


def sorted_out(draft: Draft, base: str) -> tuple[Image | None, tuple[Attachment, ...]]:
    """The picture of an item, and the files that are none; addresses are relative to `base`."""
    found = dict.fromkeys(filter(None, (_file(each, base) for each in draft.attachments[:_MOST])))
    pictures = [file for file in found if (file.type or "").startswith("image/")]
    others = {file.url: file for file in reversed(found) if file not in pictures}
    image = next((Image(file.url, file.type, file.length) for file in pictures), None)
    if image is None and draft.image and (url := _web(draft.image.url, base)):
        image = Image(url, draft.image.type, draft.image.length)
    return image, tuple(reversed(others.values()))


def _file(given: Attachment, base: str) -> Attachment | None:
    url = _web(given.url, base)
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
