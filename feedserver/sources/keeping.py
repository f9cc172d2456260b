"""The last good copy of what was fetched, with all that is needed to ask for a newer one.

A file for each address: a line of JSON, and the document behind it. So both are written at once.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from feedserver.errors import ArchiveError
from feedserver.formats.members import Members, parse
from feedserver.sources.fetching import Fetched, Validators

_VERSION = 1


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


def load(folder: Path, address: str) -> Copy | None:
    """The copy of an address; nothing if there is none, or none that can be read."""
    try:
        head, _, body = _file(folder, address).read_bytes().partition(b"\n")
        found = parse(head)
        if found.number("version", 100) != _VERSION or found.text("source") != address:
            return None
        return Copy(body, found.text("address"), _optional(found, "content_type"), _known(found))
    except (FileNotFoundError, ArchiveError):
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
        "content_type": copy.content_type,
        "etag": copy.validators.etag,
        "modified": copy.validators.modified,
    }
    head = json.dumps({name: value for name, value in values.items() if value is not None})
    replace_file(_file(folder, address), head.encode() + b"\n" + copy.body)


def replace_file(path: Path, data: bytes) -> None:
    """Write a file so that nobody ever sees half of it.

    Raises:
        OSError: it can't be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.write_bytes(data)
    os.replace(unfinished, path)


def _file(folder: Path, address: str) -> Path:
    return folder / hashlib.sha256(address.encode()).hexdigest()


def _known(found: Members) -> Validators:
    return Validators(_optional(found, "etag"), _optional(found, "modified"))


def _optional(found: Members, name: str) -> str | None:
    return found.loose_text(name) if found.has(name) else None
