"""The last good copy of what was fetched, with all that is needed to ask for a newer one.

A file for each address: a line of JSON, and the document behind it. So both are written at once.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from msgspec import Struct

from feedserver.errors import ArchiveError
from feedserver.formats import decoding
from feedserver.sources.fetching import Fetched, Validators
from feedserver.store import files

_VERSION = 1
_MOST = 10**10
"""More than is ever fetched."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A document, where it came from at last and as what, and what its server said of it."""

    body: bytes
    address: str
    content_type: str | None
    validators: Validators

    @classmethod
    def of(cls, fetched: Fetched, body: bytes) -> Copy:
        return cls(body, fetched.address, fetched.content_type, fetched.validators)


class _Head(Struct):
    version: int
    source: str
    address: decoding.Text
    digest: str = ""
    content_type: str = ""
    etag: str = ""
    modified: str = ""


def load(folder: Path, address: str) -> Copy | None:
    """The copy of an address; nothing if there is none, or none that can be read."""
    try:
        head, _, body = files.read(_file(folder, address), _MOST).partition(b"\n")
        found = decoding.typed(decoding.read(head), _Head)
        if found.version != _VERSION or found.source != address or found.digest != _digest(body):
            return None
        # What isn't there is empty, as it is where a server says nothing.
        validators = Validators(found.etag or None, found.modified or None)
        return Copy(body, found.address, found.content_type or None, validators)
    except (OSError, ArchiveError):
        return None


def save(folder: Path, address: str, copy: Copy) -> None:
    """Keep a copy in place of the one before.

    Raises:
        OSError: it can't be written.
    """
    values = {
        "version": _VERSION,
        "source": address,
        "address": copy.address,
        # Its server may say that it hasn't changed: then what is damaged here would stay.
        "digest": _digest(copy.body),
        "content_type": copy.content_type,
        "etag": copy.validators.etag,
        "modified": copy.validators.modified,
    }
    head = json.dumps({name: value for name, value in values.items() if value is not None})
    files.replace(_file(folder, address), head.encode() + b"\n" + copy.body)


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _file(folder: Path, address: str) -> Path:
    return folder / hashlib.sha256(address.encode()).hexdigest()
