"""A feed of another site becomes an archive, by the code that makes the plugin's.

Its issues are divided, so that it has feeds of sections without knowing of them. What a feed may
lack, or have wrong, is made good here or left out, and told as a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from feedserver.check.findings import FEED, IS_EMPTY, NO_DATE, SAME_ID, Finding
from feedserver.errors import ForeignError
from feedserver.feeds.assembling import Rules, assemble
from feedserver.feeds.catalogue import NamedFeed
from feedserver.foreign import _content, _identity, _json, _xml, natives
from feedserver.foreign.drafts import Draft, DraftFeed, sorted_out
from feedserver.formats import archive as archives
from feedserver.formats import decoding
from feedserver.model import Archive, Entry, Origin, Person, Site
from feedserver.newsletter import entries, issues, wrappers
from feedserver.newsletter.entries import Post
from feedserver.newsletter.issues import DEFAULT_IGNORED, is_issue
from feedserver.newsletter.registry import EMPTY, Registry
from feedserver.text import html, urls
from feedserver.text.slugs import slugify

MAX_CONTENT = 4_500_000
"""How many characters an entry's HTML may have: no feed could hold it."""

_MAX_ENTRIES = 50_000
_MAX_UPDATES = 20_000
_MAX_TEXT = 1_000
_MAX_NAME = natives.MAX_NAME
_MAX_TERMS = 100
_UNTITLED = "Untitled"


@dataclass(frozen=True, slots=True)
class Options:
    """What a site's own settings would say: which entries are issues, and how its feeds are."""

    issues: tuple[str, ...] = ("This Week in *",)
    ignore_sections: tuple[str, ...] = DEFAULT_IGNORED
    registry: Registry = EMPTY
    feeds: tuple[NamedFeed, ...] = ()
    feed_limit: int = 20


@dataclass(frozen=True, slots=True)
class Reading:
    """An archive, and what is to be said of the document that it was read from.

    `complete` says that it was an archive, which has all that there is. Of a feed `order` are the
    ids of its posts as they stand in it, and `withdrawn` those that it says were deleted.
    """

    archive: Archive
    findings: tuple[Finding, ...] = ()
    complete: bool = False
    # They tell of the document, and not of what there is to be served.
    order: tuple[str, ...] = field(default=(), compare=False)
    withdrawn: tuple[str, ...] = field(default=(), compare=False)


@dataclass(slots=True)
class _Post:
    draft: Draft
    post: Post


@dataclass(slots=True)
class _Told:
    findings: list[Finding] = field(default_factory=list)

    def tell(self, where: str, message: str, rule: int = 0) -> None:
        shown = where if len(where) <= 120 else f"{where[:119]}…"
        self.findings.append(Finding(rule, html.one_line(shown), message))


def read(
    data: bytes,
    options: Options,
    address: str | None = None,
    content_type: str | None = None,
) -> Reading:
    """Read any document that the server takes: an archive, or a feed of any kind.

    `address` is where it was fetched from at last, and `content_type` as what.

    Raises:
        ArchiveError: it is an archive that can't be read.
        ForeignError: it is none, and no feed either.
    """
    start = data[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"{", b"[")):
        data = decoding.mend(data)
        if archives.is_archive(data):
            return clean(archives.parse(data))
        mixed = _json.read(data)
        return _reading(mixed.feed, mixed.entries, options, address)
    return _reading(_xml.read(data, address, content_type), (), options, address)


def clean(archive: Archive, known: set[int] | None = None) -> Reading:
    """An archive with its content sanitised again: nothing says who wrote it.

    `known` remembers what needed nothing, so that after a change only that is looked at.
    """
    told = _Told()
    known = set() if known is None else known
    site = natives.site(archive.site)
    found = tuple(_natives(archive.entries, site, told, known))
    feeds = tuple(
        replace(feed, title=natives.line(feed.title), description=natives.line(feed.description))
        for feed in archive.feeds
    )
    whole = replace(archive, site=site, feeds=feeds, entries=found)
    return Reading(whole, tuple(told.findings), complete=True)


def lost(html_text: str, ignore_sections: Iterable[str]) -> Iterable[str]:
    """What is to be said of the sanitised HTML of an issue: which of it is in no update."""
    for stray in issues.strays(html_text, ignore_sections):
        if stray.level == 1:
            title = _short(stray.title, _MAX_NAME)
            yield f"what stands below '# {title}' is in no update; sections are ##"


def _natives(found: Iterable[Entry], site: Site, told: _Told, known: set[int]) -> Iterable[Entry]:
    for given in found:
        entry = natives.entry(given, site)
        if entry is None:
            told.tell(given.id, "has a slug or an id that can be none, and is left out")
        else:
            yield _cleaned(entry, told, known)


def _cleaned(entry: Entry, told: _Told, known: set[int]) -> Entry:
    if entry.content is None:
        return entry
    key = hash((entry.url, entry.content))
    if key in known:
        return entry
    if len(entry.content) > MAX_CONTENT:
        told.tell(entry.id, "its content is too long, and left out")
        return replace(entry, content=None)
    content = html.sanitise(entry.content, entry.url)
    if content == entry.content:
        known.add(key)
        return entry
    return replace(entry, content=content or None)


def _reading(
    feed: DraftFeed, native: Sequence[Entry], options: Options, address: str | None
) -> Reading:
    told = _Told(list(feed.findings))
    site = _site(feed, address)
    posts = _posts(feed, site, options, told)
    built = entries.build((each.post for each in posts), site, options.ignore_sections)
    _tell_of_summaries(posts, native, told)
    ours = tuple(_natives(native, site, told, set()))
    _tell_of_lost([each for each in posts if each.post.issue], ours, options, told)
    found = _within((*_divided(ours, site, options), *built), told)
    rules = Rules(options.registry, options.feeds, options.feed_limit)
    return Reading(
        assemble(_once(found, told), site, rules),
        tuple(told.findings),
        order=(*(entry.id for entry in native), *(each.post.id or "" for each in posts)),
        withdrawn=feed.withdrawn,
    )


def _divided(ours: Sequence[Entry], site: Site, options: Options) -> Iterable[Entry]:
    """Entries of ours, with the updates of issues of which the feed has the posts alone."""
    known = {entry.update.issue.id for entry in ours if entry.update}
    whole = [each for each in ours if _is_issue(each, options) and each.id not in known]
    texts = ((each.url, each.content or "") for each in whole)
    crowded = _identity.crowded(texts, site.url, options.ignore_sections)
    waiting = {each.id for each in whole}
    for entry in ours:
        if entry.update is None and entry.id in waiting:
            waiting.remove(entry.id)
            is_alone = _identity.page_of(entry.url) not in crowded
            yield from entries.divided(entry, options.ignore_sections, is_alone=is_alone)
        else:
            yield entry


def _is_issue(entry: Entry, options: Options) -> bool:
    return entry.update is None and is_issue((*entry.tags, entry.title), options.issues)


def _tell_of_lost(
    posts: Sequence[_Post], ours: Iterable[Entry], options: Options, told: _Told
) -> None:
    texts = [(each.draft.where, each.post.html, _is_whole(each)) for each in posts]
    texts += [(each.id, each.content or "", False) for each in ours if _is_issue(each, options)]
    for where, text, is_whole in texts:
        found = tuple(lost(text, options.ignore_sections))
        for message in found:
            told.tell(where, message)
        if is_whole and not found and not issues.divide(text, ()):
            told.tell(where, "gives no updates: nothing stands below a ## or ### at its top level")


def _is_whole(each: _Post) -> bool:
    """Whether it should give updates: it is no summary, and no update."""
    return bool(each.post.html) and not each.draft.is_brief and "#" not in each.post.permalink


def _site(feed: DraftFeed, address: str | None) -> Site:
    """The site that a feed is of: its home page, else the host that it came from."""
    base = address or ""
    url = urls.absolute(feed.url or "", base) if feed.url else None
    if url is None or not url.startswith(("http://", "https://")):
        found = next((item.url for item in feed.items if _web(item.url, base)), None)
        url = urls.absolute("/", urls.absolute(address or found or "", base) or "")
    if url is None:
        raise ForeignError("neither the feed nor any of its entries has an address")
    parts = urlsplit(url)
    home = f"{parts.scheme}://{parts.netloc}{parts.path}"
    title = _short(feed.title, _MAX_TEXT) or parts.netloc
    return Site(
        title=title,
        url=home if home.endswith("/") else f"{home}/",
        description=_short(feed.description, _MAX_TEXT) or title,
        language=natives.language(feed.language),
    )


def _web(address: str | None, base: str) -> str | None:
    found = urls.absolute(address, base) if address and len(address) <= _MAX_TEXT * 2 else None
    return found if found and found.startswith(("http://", "https://")) else None


def _short(text: str | None, limit: int) -> str | None:
    words = html.one_line(text[: limit * 2]) if text else ""
    return (words if len(words) <= limit else f"{words[: limit - 1]}…") or None


def _posts(feed: DraftFeed, site: Site, options: Options, told: _Told) -> list[_Post]:
    """The items that can be entries, each with an id of its own, and none without a date."""
    if len(feed.items) > _MAX_ENTRIES:
        told.tell(FEED, f"has {len(feed.items):,} entries, of which {_MAX_ENTRIES:,} are read")
    known: set[tuple[str, ...]] = set()
    found = []
    for draft in feed.items[:_MAX_ENTRIES]:
        post = _post(draft, feed, site, options, told)
        if post is None:
            continue
        if _identity.same(post) in known:
            told.tell(draft.where, "stands twice in the feed, and counts once", SAME_ID)
            continue
        known.add(_identity.same(post))
        found.append(_Post(draft, post))
    posts = [each.post for each in found]
    for id, count in _identity.shared(posts).items():
        message = f"is the id of {count} entries: address, date and title tell them apart"
        told.tell(id, message, SAME_ID)
    texts = ((post.permalink, post.html) for post in posts if post.issue)
    crowded = _identity.crowded(texts, site.url, options.ignore_sections)
    for each, id in zip(found, _identity.identify(posts, site.url), strict=True):
        is_alone = _identity.page_of(each.post.permalink) not in crowded
        each.post = replace(each.post, id=id, is_alone=is_alone)
    return found


def _post(draft: Draft, feed: DraftFeed, site: Site, options: Options, told: _Told) -> Post | None:
    if draft == Draft(draft.where):
        told.tell(draft.where, f"{IS_EMPTY}, and is left out")
        return None
    if draft.published is None:
        told.tell(draft.where, NO_DATE)
        return None
    url = _web(draft.url, site.url) or _web(draft.id, "")
    if url is None and not (draft.title or draft.html or draft.description or draft.attachments):
        told.tell(draft.where, "has neither address nor title nor text, and is left out")
        return None
    if url is None:
        # A feed may have entries without, such as episodes that enclose a recording.
        if draft.url:
            told.tell(draft.where, "has no address that can be followed: it has the site's")
        url = site.url
    if draft.unread:
        kind = html.one_line(draft.unread[:100])
        told.tell(draft.where, f"its content is {kind}, which can't be shown, and left out")
    content = draft.html or ""
    if len(content) > MAX_CONTENT:
        told.tell(draft.where, "its content is too long, and left out")
        content = ""
    title = _short(draft.title, _MAX_TEXT)
    categories = tuple(_terms(draft.categories))
    # As in the feed, for readers know entries by it.
    id = urls.BAD.sub("", draft.id or "").strip()[: _MAX_TEXT * 2]
    base = (urls.absolute(draft.base, url) if draft.base else None) or url
    enclosed = sorted_out(draft, url)
    for address in enclosed.refused:
        told.tell(draft.where, f"encloses what can't be followed, and is left out: {address[:100]}")
    text = html.sanitise(_content.prepare(content, base, url), base) if content else ""
    is_one = is_issue((*categories, title or ""), options.issues)
    return Post(
        permalink=url,
        title=title or _first_words(draft) or _UNTITLED,
        date=draft.published,
        html=wrappers.opened(text) if is_one else text,
        issue=is_one,
        updated=draft.updated,
        authors=_people(draft.authors) or _people(feed.authors),
        categories=categories,
        image=enclosed.image,
        description=_short(draft.description, _MAX_TEXT),
        id=id or None,
        attachments=enclosed.attachments,
        origin=_origin(draft.origin),
    )


def _first_words(draft: Draft) -> str | None:
    """What stands in for a title where a feed has none, as those of short messages do."""
    text = draft.description or html.plain(
        html.sanitise((draft.html or "")[:2000], "https://localhost/")
    )
    words = text.split()
    return " ".join(words[:12]) + ("…" if len(words) > 12 else "") if words else None


def _terms(names: Iterable[str]) -> Iterable[str]:
    tidied = (html.one_line(name) for name in names if len(name) <= _MAX_NAME)
    return tuple(dict.fromkeys(name for name in tidied if slugify(name)))[:_MAX_TERMS]


def _people(people: Iterable[Person]) -> tuple[Person, ...]:
    tidied = (Person(_short(each.name, _MAX_NAME) or "", each.url) for each in people)
    named = (Person(each.name, _web(each.url, "")) for each in tidied if each.name)
    return tuple(dict.fromkeys(named))[:_MAX_TERMS]


def _origin(origin: Origin | None) -> Origin | None:
    if origin is None:
        return None
    title = _short(origin.title, _MAX_TEXT)
    found = Origin(title, _web(origin.url, ""), _web(origin.feed, ""))
    return None if found == Origin() else found


def _within(found: Sequence[Entry], told: _Told) -> tuple[Entry, ...]:
    """Entries whose issue is divided within reason, and whose sections have names of one."""
    counts: dict[str, int] = {}
    for entry in found:
        if entry.update:
            counts[entry.update.issue.id] = counts.get(entry.update.issue.id, 0) + 1
    kept = []
    for entry in found:
        of = entry.update
        if of is None:
            if counts.get(entry.id, 0) > _MAX_UPDATES:
                told.tell(entry.id, f"has more than {_MAX_UPDATES:,} headings, and isn't divided")
                entry = replace(entry, sections=())
            elif any(len(slug) > _MAX_NAME for slug in entry.sections):
                short = tuple(slug for slug in entry.sections if len(slug) <= _MAX_NAME)
                entry = replace(entry, sections=short)
        elif counts[of.issue.id] > _MAX_UPDATES:
            continue
        elif max(len(topic.slug) for topic in (of.section, of.project) if topic) > _MAX_NAME:
            told.tell(of.issue.id, "a heading is too long: what stands below it is no update")
            continue
        kept.append(entry)
    return tuple(kept)


def _tell_of_summaries(posts: Sequence[_Post], native: Sequence[Entry], told: _Told) -> None:
    """Say of a feed, or of an issue in it, that there is nothing in it to be divided."""
    briefs = (each for each in posts if each.draft.is_brief or not each.draft.html)
    # An update below whose heading nothing stands is no summary of one.
    bare = [each for each in briefs if "#" not in each.post.permalink]
    if bare and len(bare) == len(posts) and not native:
        told.tell(FEED, "carries only summaries: there are no updates to be had of it")
        return
    for each in bare:
        if each.post.issue:
            told.tell(each.draft.where, "carries only a summary: it gives no updates")


def _once(found: Iterable[Entry], told: _Told) -> tuple[Entry, ...]:
    """Each id once; the first has it."""
    known: dict[str, Entry] = {}
    for entry in found:
        if known.setdefault(entry.id, entry) is not entry:
            told.tell(entry.id, "its id stands twice in the feed: the first counts", SAME_ID)
    return tuple(known.values())
