"""A feed of another site as it stands there, whatever its format: nothing in it is checked yet.

`_xml` and `_json` make it, and `reading` makes an archive of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from feedserver.check.findings import Finding
from feedserver.model import Attachment, Image, Origin, Person


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
