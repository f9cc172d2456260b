"""The values that everything else passes on: a site, its entries, its feeds.

Times are aware datetimes of whole seconds, addresses are absolute and percent-encoded, unknown is
`None` (never an empty string), several is a tuple. Nothing here imports anything of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from urllib.parse import quote

Kind = Literal["post", "update"]
FeedKind = Literal["posts", "updates", "term", "section", "project", "named"]
TAXONOMIES = ("author", "category")
"""Those that each post has, whatever the site's settings: its authors, and its tags."""
Query = Mapping[str, tuple[str, ...]]
"""The contract's parameters, such as `{"section": ("clients",)}`; values are slugs."""


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """A picture; `type` is a media type and `length` its size in bytes, where they are known."""

    url: str
    type: str | None = None
    length: int | None = None


UNKNOWN_TYPE = "application/octet-stream"
"""What an attachment is called whose media type isn't known, where a format wants one."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to an entry and is no picture, such as a recording.

    `type` is a media type, `length` its size in bytes, `title` what it is called and `duration`
    how many seconds it plays, where they are known.
    """

    url: str
    type: str | None = None
    length: int | None = None
    title: str | None = None
    duration: int | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an entry of another site comes from: the site's title, its page, its feed.

    One of them is there.
    """

    title: str | None = None
    url: str | None = None
    feed: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A section of an issue; `title` is the heading without markup ("Dept of Clients 📱")."""

    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class Project:
    """A project; `title` is the heading without markup and trailing link, `url` that link."""

    slug: str
    title: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who is named in an attribution; `id` is a Matrix user id ("@anoa:example.org")."""

    name: str
    id: str | None = None

    @property
    def url(self) -> str | None:
        """The person's matrix.to address."""
        return None if self.id is None else f"https://matrix.to/#/{quote(self.id, safe='@:/')}"


@dataclass(frozen=True, slots=True)
class IssueRef:
    """The issue that an update belongs to: the id, address and title of its post."""

    id: str
    url: str
    title: str


@dataclass(frozen=True, slots=True)
class UpdateOf:
    """What makes an entry an update.

    `position` is its index among the issue's updates. Of `section` and `project` at least one
    is there.
    """

    issue: IssueRef
    section: Section | None
    project: Project | None
    reporters: tuple[Reporter, ...]
    position: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A post or an update, as a feed holds it.

    `content` is sanitised HTML with absolute addresses, or `None` if nothing stands there;
    `summary` is plain text and never empty. `authors` has at least one person. `tags` are the
    post's categories. `terms` holds the terms of taxonomies other than author and category.
    `sections` are the slugs of an issue's sections, in its order. An entry with `update` is an
    update, without it a post. `origin` is there if the site of the entry's source took it from
    another.
    """

    id: str
    url: str
    title: str
    published: datetime
    modified: datetime
    summary: str
    content: str | None
    authors: tuple[Person, ...]
    tags: tuple[str, ...] = ()
    image: Image | None = None
    sections: tuple[str, ...] = ()
    update: UpdateOf | None = None
    terms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    origin: Origin | None = None

    @property
    def kind(self) -> Kind:
        return "post" if self.update is None else "update"


class PackedEntry(Entry):
    """An entry whose content is held as bytes; as text, one emoji makes it four times as long.

    `clean` says that the content has no character that a feed can't hold.
    """

    __slots__ = ("clean", "utf8")
    utf8: bytes | None
    clean: bool

    @classmethod
    def of(cls, entry: Entry, utf8: bytes | None, *, clean: bool = False) -> PackedEntry:
        """An entry with this content instead of its own."""
        packed = cls(
            entry.id,
            entry.url,
            entry.title,
            entry.published,
            entry.modified,
            entry.summary,
            None,
            entry.authors,
            entry.tags,
            entry.image,
            entry.sections,
            entry.update,
            entry.terms,
            entry.attachments,
            entry.origin,
        )
        object.__setattr__(packed, "utf8", utf8)
        object.__setattr__(packed, "clean", clean)
        return packed

    @property
    def content(self) -> str | None:
        return None if self.utf8 is None else self.utf8.decode()

    @content.setter
    def content(self, content: str | None) -> None:
        # Entries are frozen; this is how their own __init__ sets what they have.
        object.__setattr__(self, "utf8", None if content is None else content.encode())
        object.__setattr__(self, "clean", False)


@dataclass(frozen=True, slots=True)
class Site:
    """A site; `url` ends in a slash, `language` is a tag of BCP 47 ("en", "pt-BR")."""

    title: str
    url: str
    description: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed of a site: which entries it has, and what it is called.

    `path` and `page` begin and end with a slash and are relative to the site: the folder of the
    feed's three files, and the page that a person reads ("/section/clients/").
    """

    path: str
    title: str
    description: str
    kind: FeedKind
    page: str
    query: Query = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Archive:
    """All of a site: every entry, every feed. `entries` is in the order of the archive's file.

    Where a site and its peers are one, `sources` has by an entry's id the slug of where it is from.
    """

    site: Site
    taxonomies: tuple[str, ...]
    feed_limit: int
    feeds: tuple[Feed, ...]
    redirects: Mapping[str, str]
    entries: tuple[Entry, ...]
    sources: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Channel:
    """One document to be written: a feed's head and the entries to stand in it, newest first.

    `home_url` is the page of the feed, `feed_url` the address that the document is fetched from.
    Where a feed comes in several documents, `first_url` is that of its first, and `next_url` leads
    to the one behind this. `last_change` stands in for the time of a document without entries.
    `messages` says whether entries come with what they say in a Matrix room, where a format has a
    place for it. `hub_url` is where changes of the document can be subscribed to (WebSub).
    """

    title: str
    description: str
    home_url: str
    feed_url: str
    site: Site
    entries: tuple[Entry, ...]
    first_url: str | None = None
    next_url: str | None = None
    last_change: datetime | None = None
    messages: bool = True
    hub_url: str | None = None

    @property
    def updated(self) -> datetime:
        times = [entry.modified for entry in self.entries]
        if not times and self.last_change:
            return self.last_change
        return max(times)
