"""Posts become entries: sanitised, divided, titled, dated.

The rules of the contract's "Identity and order" stand here: ids are permalinks, an update's date
is its issue's plus its position, and no two posts, and no two updates, are modified in one second.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from html import escape
from urllib.parse import quote, unquote, urlsplit

from feedserver.model import (
    Attachment,
    Entry,
    Image,
    IssueRef,
    Origin,
    Person,
    Site,
    UpdateOf,
)
from feedserver.newsletter import issues, names
from feedserver.newsletter.order import SECOND, arrange
from feedserver.text import html, summaries, urls

MORE = '<span id="continue-reading">'
"""What Zola, and we, put for the mark `<!-- more -->`: above it stands a post's summary."""

# Escapes that an id has stay, in whichever case: browsers look for it as it is first.
_NO_FRAGMENT = re.compile(r"[^\w!$&'()*+,./:;=?@~%-]|%(?![0-9A-Fa-f]{2})", re.ASCII)

_WEB = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class Post:
    """A post as a site has it.

    `html` is its content, not yet sanitised; addresses in it are relative to `permalink`.
    `description` is a plain text of its author's. `issue` tells whether it is divided. `id` is
    the permalink unless another is given, as feeds of other sites do; in those several issues may
    have one address, which `is_alone` denies.
    """

    permalink: str
    title: str
    date: datetime
    html: str
    issue: bool
    updated: datetime | None = None
    authors: tuple[Person, ...] = ()
    categories: tuple[str, ...] = ()
    terms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    image: Image | None = None
    description: str | None = None
    id: str | None = None
    attachments: tuple[Attachment, ...] = ()
    origin: Origin | None = None
    is_alone: bool = True


def build(posts: Iterable[Post], site: Site, ignore_sections: Sequence[str]) -> tuple[Entry, ...]:
    """Make the entries of a site: its posts, newest first, each followed by its updates."""
    return arrange(entry for post in posts for entry in of_post(post, site, ignore_sections))


def of_post(post: Post, site: Site, ignore_sections: Sequence[str]) -> list[Entry]:
    """Make the entries of a post: its own, then those of its updates."""
    content = html.sanitise(post.html, post.permalink)
    title = html.one_line(post.title)
    entry = Entry(
        id=post.id or post.permalink,
        url=post.permalink,
        title=title,
        published=post.date,
        modified=max(post.date, post.updated or post.date),
        summary=html.one_line(post.description or "") or _summary(content) or title,
        content=content or None,
        authors=post.authors or (Person(site.title, site.url),),
        tags=post.categories,
        image=post.image,
        terms=post.terms,
        # Others have a link in the content alone: no reader fetches them.
        attachments=tuple(each for each in post.attachments if each.url.startswith(_WEB)),
        origin=post.origin,
    )
    found = divided(entry, ignore_sections, is_alone=post.is_alone) if post.issue else [entry]
    if links := _links(post.attachments, content):
        # Not before it was divided: they belong to none of the updates.
        text = content or f"<p>{escape(entry.summary, quote=False)}</p>"
        found[0] = replace(found[0], content=html.sanitise(text + links, post.permalink))
    return [
        replace(each, content=html.without_empty_links(each.content, post.permalink) or None)
        if each.content
        else each
        for each in found
    ]


def divided(issue: Entry, ignore_sections: Sequence[str], *, is_alone: bool = True) -> list[Entry]:
    """The entry of an issue, which is told its sections, and those of its updates.

    If it isn't alone at its address, its id tells its updates from those of the others.
    """
    updates = issues.divide(issue.content or "", ignore_sections)
    sections = dict.fromkeys(update.section.slug for update in updates if update.section)
    issue = replace(issue, sections=tuple(sections) or issue.sections)
    mark = "" if is_alone else f"-{hashlib.sha256(issue.id.encode()).hexdigest()[:12]}"
    return [issue, *(_update_entry(update, issue, mark) for update in updates)]


def _links(attachments: Iterable[Attachment], content: str) -> str:
    """Links to the files to which the content has none."""
    return "".join(
        f'<p><a href="{escape(each.url)}">{escape(_label(each))}</a></p>'
        for each in attachments
        if f'"{each.url.replace("&", "&amp;")}"' not in content
    )


def _label(attachment: Attachment) -> str:
    path = urlsplit(attachment.url).path
    return attachment.title or unquote(path.rpartition("/")[2]) or attachment.url


def opening(content: str) -> str | None:
    """What stands above the mark "more" in an entry's HTML; `None` if there is no mark, or nothing.

    The mark may stand within a quote or a list, which is closed then.
    """
    above, mark, _ = content.partition(MORE)
    return html.serialise(html.parse(above)).strip() or None if mark else None


def _summary(content: str) -> str | None:
    """The first sentences above the mark "more", or of all if nothing stands there."""
    above = opening(content)
    return (above and summaries.sanitised_summary(above)) or summaries.sanitised_summary(content)


def _update_entry(update: issues.Update, issue: Entry, mark: str) -> Entry:
    title = names.title(update.section, update.project, issue.published)
    people = tuple(Person(reporter.name, reporter.url) for reporter in update.reporters)
    image = urls.absolute(update.image, issue.url) if update.image else None
    address = f"{issue.url.partition('#')[0]}#{fragment(update.heading_id)}"
    return Entry(
        id=f"{address}{mark}",
        url=address,
        title=title,
        published=issue.published + update.position * SECOND,
        modified=issue.modified + update.position * SECOND,
        summary=update.summary or title,
        content=update.content,
        authors=people or issue.authors,
        tags=issue.tags,
        image=Image(image) if image else None,
        update=UpdateOf(
            issue=IssueRef(issue.id, issue.url, issue.title),
            section=update.section,
            project=update.project,
            reporters=update.reporters,
            position=update.position,
        ),
        origin=issue.origin,
    )


def fragment(id: str) -> str:
    """A heading's id as it may stand in an address."""
    return _NO_FRAGMENT.sub(lambda found: quote(found[0]), id)
