"""What `feedserver check` looks at: every document of a site, of an archive, or one feed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from feedserver.check.check import check
from feedserver.check.findings import (
    DATE,
    FEED,
    ILL_FORMED,
    IS_EMPTY,
    NO_DATE,
    NO_FEED,
    NO_XML,
    SAME_ID,
    UNLIKELY_DATE,
    UNREADABLE,
    Finding,
)
from feedserver.check.jsonfeed import check_json
from feedserver.errors import ArchiveError, ForeignError
from feedserver.feeds import catalogue as catalogues
from feedserver.feeds import export
from feedserver.foreign import reading
from feedserver.formats import archive as archives
from feedserver.formats.formats import FORMATS
from feedserver.model import Archive
from feedserver.newsletter.issues import is_issue
from feedserver.settings.settings import Settings
from feedserver.sources.fetching import Fetcher, Validators
from feedserver.sources.sightings import Sightings
from feedserver.sources.source import Source, read_file
from feedserver.store import files

Result = tuple[str, tuple[Finding, ...]]
"""The name of a document, and what is wrong with it."""

_NOT_LOOKED_AT = "is read, but how it is written is not looked at"


def audit(source: Source, fetcher: Fetcher, now: datetime) -> Iterator[Result]:
    """Check all documents of a source; dates later than `now` are findings.

    Raises:
        SourceError: it can't be read.
    """
    if source.folder is not None:
        yield from _folder(source.folder, source.settings, now)
        return
    address = content_type = None
    if source.kind == "address":
        fetched = fetcher.fetch(source.name, Validators())
        data, address, content_type = fetched.body or b"", fetched.address, fetched.content_type
    else:
        data = source.load()
    try:
        archive = archives.parse(data)
    except ArchiveError:
        found = check(data, address=address, content_type=content_type, now=now)
        settling = replace(source, sightings=Sightings(lambda: now))
        yield source.name, _reading(settling, data, address, content_type, found)
    else:
        yield from _archive(archive, source.settings, now)


def _reading(
    source: Source,
    data: bytes,
    address: str | None,
    content_type: str | None,
    found: tuple[Finding, ...],
) -> tuple[Finding, ...]:
    """What is wrong with a feed, and with it as a source: what of it can't be taken, and why."""
    try:
        read = source.parse(data, address, content_type).findings
    except (ArchiveError, ForeignError) as error:
        if any(each.rule == UNREADABLE or each.message == "items is null" for each in found):
            return found
        message = str(error).removeprefix(f"{source.path or source.name}: ")
        return (*found, Finding(0, FEED, message))
    return _told(tuple(map(_as_read, found)), read)


def _as_read(finding: Finding) -> Finding:
    """What is said of a document that has been read as a feed, and so is one."""
    for no_feed, instead in ((NO_XML, ILL_FORMED), (NO_FEED, _NOT_LOOKED_AT)):
        if finding.message.startswith(no_feed):
            return replace(finding, message=instead + finding.message.removeprefix(no_feed))
    return finding


def _told(found: tuple[Finding, ...], read: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """What is wrong with a feed, and with it as a source.

    What is said of an id by both stands as the source says it, and so does that an entry is empty:
    that tells what becomes of them. A date, and where XML is broken, stand as they are found; what
    becomes of the entry is said with its date.
    """
    undated = {_place(each) for each in read if each.message == NO_DATE}
    found = tuple(
        _left_out(each) if each.rule == DATE and _place(each) in undated else each for each in found
    )
    undated &= {_place(each) for each in found if each.rule == DATE}
    same = {_place(each) for each in read if each.rule == SAME_ID}
    empty = {_place(each) for each in read if each.message.startswith(IS_EMPTY)}
    unlikely = [each for each in found if each.rule == UNLIKELY_DATE]
    # An entry without an id is called otherwise by each; what is said of it begins alike.
    dates = {each.where for each in unlikely} | {each.message for each in unlikely}
    is_ill_formed = any(each.message.startswith(ILL_FORMED) for each in found)
    return (
        *(
            each
            for each in found
            if not (each.is_of_same_id and _place(each) in same)
            and not (each.message == IS_EMPTY and _place(each) in empty)
        ),
        *(
            each
            for each in read
            if not (
                each.rule == UNLIKELY_DATE
                and not dates.isdisjoint((each.where, each.message.partition(";")[0]))
            )
            and not (is_ill_formed and each.message.startswith(ILL_FORMED))
            and not (each.message == NO_DATE and _place(each) in undated)
        ),
    )


def _left_out(finding: Finding) -> Finding:
    """What is said of a date for which an entry is left out: another cause than one that isn't."""
    what, colon, written = finding.message.partition(": ")
    return replace(finding, message=f"{what}, and the entry is left out{colon}{written}")


def _place(finding: Finding) -> str:
    # A source shows the beginning alone of what is long.
    return " ".join(finding.where[:100].split())


def _folder(folder: Path, settings: Settings, now: datetime) -> Iterator[Result]:
    """The files of a built site's feeds as they lie there; each must be what the archive gives."""
    try:
        archive = archives.parse(read_file(folder / archives.FILE, settings))
    except ArchiveError as error:
        yield archives.FILE, (Finding(0, FEED, str(error)),)
        return
    base = _base(folder, settings) or archive.site.url
    for name, data in export.files(archive, base, _hub(folder, archive, settings)):
        try:
            written = files.read(folder / name, settings.archive_bytes)
        except FileNotFoundError:
            yield name, (Finding(0, FEED, "belongs to the site, and isn't there"),)
            continue
        except OSError as error:
            yield name, (Finding(0, FEED, f"can't be read: {error.strerror}"),)
            continue
        found = _document(archive, name, written, settings, now, base)
        # A site may have lines of its own in that one.
        if data != written and name != "_redirects":
            found += (Finding(0, FEED, "differs from what the archive gives"),)
        yield name, found


def _base(folder: Path, settings: Settings) -> str | None:
    """Where the feeds of a folder are fetched from, if that isn't the site: its catalogue says."""
    try:
        catalogue = json.loads(files.read(folder / catalogues.JSON, settings.archive_bytes))
        feed = catalogue["feeds"][0]
        ending = f"{feed['path']}{next(iter(FORMATS))}"
        address = str(feed["formats"][next(iter(FORMATS.values())).key])
    except (OSError, ValueError, LookupError, TypeError):
        return None
    is_base = address.startswith(("http://", "https://")) and address.endswith(ending)
    return f"{address.removesuffix(ending)}/" if is_base else None


def _hub(folder: Path, archive: Archive, settings: Settings) -> str | None:
    """The hub that the feeds of a folder name, of which the archive knows nothing: the first's."""
    try:
        name = f"{archive.feeds[0].path[1:]}feed.json"
        hub = json.loads(files.read(folder / name, settings.archive_bytes))["hubs"][0]["url"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return hub if isinstance(hub, str) else None


def _archive(archive: Archive, settings: Settings, now: datetime) -> Iterator[Result]:
    for name, data in export.files(archive, archive.site.url):
        yield name, _document(archive, name, data, settings, now, archive.site.url)


def _document(
    archive: Archive, name: str, data: bytes, settings: Settings, now: datetime, base: str
) -> tuple[Finding, ...]:
    """The rules for a feed that is fetched from below `base`, and for the archive but its size."""
    if name == archives.FILE:
        found = check_json(data.decode(), archive.site.url + name, now, own=True)
        return (*found, *_lost(archive, settings))
    # At an old address lies a copy, which says where the feed is now.
    copies = {export.redirect_file(old): new[1:] for old, new in archive.redirects.items()}
    name = copies.get(name, name)
    if name.rpartition("/")[2] not in FORMATS or data.startswith(b"<!doctype"):
        return ()
    return check(data, address=base + name, now=now, own=True)


def _lost(archive: Archive, settings: Settings) -> Iterator[Finding]:
    """What of the issues of a site is in no update."""
    divided = {entry.update.issue.id for entry in archive.entries if entry.update}
    for entry in archive.entries:
        if entry.update is None and (entry.id in divided or is_issue(entry.tags, settings.issues)):
            for message in reading.lost(entry.content or "", settings.ignore_sections):
                yield Finding(0, entry.id, message)
