"""What entries are known by: the id that a feed gives them, unless it is not theirs alone.

Feeds have entries without an id, or one id or one link for all of them. Then address, date and
title tell entries apart, and where these are the same, the text does. Issues of one address have
updates that are told apart by the ids of the issues. And what authors are known by: their names.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from feedserver.foreign._document import LONGEST_NAME
from feedserver.newsletter import issues
from feedserver.newsletter.entries import Post
from feedserver.text import html

_MAIL = r"(?:mailto:)?[^\s@<>()\[\],;]+@[^\s@<>()\[\],;]+"
_MAIL_AND_NAME = re.compile(rf"<?{_MAIL}>?\s*\((.*)\)|<{_MAIL}>\s*(.+)")
_NAME_AND_ADDRESS = re.compile(r"(.*?)\s*(?:<[^<>]*>|\((?:[^()]*@[^()]*|\w+://[^()]*)\))")
_SEVERAL = re.compile(
    r"(?<=[)>])\s*(?:[,;]|(?:&|and\b)(?=[^,;&]*@))\s*"
    rf"|(?:\s*[,;]\s*|\s+(?:&|and)\s+)(?={_MAIL}|<{_MAIL}>\s*[^\s,;])"
)
_QUOTED = re.compile(r'"([^"]+)"')


def shared(posts: Sequence[Post]) -> dict[str, int]:
    """The ids that more than one entry has, and how many have each."""
    return {id: count for id, count in _counted(posts).items() if count > 1}


def identify(posts: Sequence[Post], home: str) -> list[str]:
    """An id for each post of a feed whose site's page is `home`; no two have the same.

    No post stands there twice.
    """
    ids = _counted(posts)
    addresses = Counter(post.permalink for post in posts)
    faces = Counter(map(_face, posts))
    found = []
    for post in posts:
        if post.id and ids[post.id] == 1:
            found.append(post.id)
        elif _is_own(post, home) and addresses[post.permalink] == 1 and not ids[post.permalink]:
            found.append(post.permalink)
        else:
            face = _face(post) if faces[_face(post)] == 1 else (*_face(post), *_text(post))
            digest = hashlib.sha256("\0".join(face).encode("utf-8", "replace")).hexdigest()
            found.append(f"{post.permalink.partition('#')[0]}#entry-{digest[:12]}")
    return found


def crowded(
    found: Iterable[tuple[str, str]], home: str, ignore_sections: Sequence[str]
) -> set[str]:
    """The pages of more than one issue, of which address and HTML are given.

    That of the site, `home`, is one if there is but one issue in the feed: the next will have it,
    too. An update has its issue's page and category, and nothing in it to be divided.
    """
    pages: dict[str, list[str]] = {}
    for address, text in found:
        pages.setdefault(page_of(address), []).append(text)
    several = {
        page
        for page, texts in pages.items()
        if len(texts) > 1 and sum(bool(issues.divide(text, ignore_sections)) for text in texts) > 1
    }
    return {*several, home, home.rstrip("/")}


def page_of(address: str) -> str:
    """An address less its fragment."""
    return address.partition("#")[0]


def same(post: Post) -> tuple[str, ...]:
    """What makes two items of a feed one entry, if it is the same in both."""
    return (post.id or "", *_face(post), *_text(post))


def names(written: str) -> Iterator[str]:
    """The names in what stands for one author: some write several there.

    What is too long for some names is cut.
    """
    for part in _SEVERAL.split(html.one_line(written[:LONGEST_NAME])):
        match = _MAIL_AND_NAME.fullmatch(part) or _NAME_AND_ADDRESS.fullmatch(part)
        named = (match and (match[1] or match[match.lastindex or 1])) or part
        first, _, rest = named.partition(")")
        if match and "(" in rest and "(" not in first:
            # Of `a@b.example (Ada) (she)`.
            named = f"{first}{rest})"
        quoted = _QUOTED.fullmatch(named)
        if name := html.one_line(quoted[1] if quoted else named):
            yield name


def _counted(posts: Sequence[Post]) -> Counter[str]:
    return Counter(post.id for post in posts if post.id)


def _is_own(post: Post, home: str) -> bool:
    """Whether an address is an entry's own, which the site's home page is not.

    Not by whether others have it: what is known by it must be, when the others have left the feed.
    """
    return page_of(post.permalink).rstrip("/") != home.rstrip("/") or "#" in post.permalink


def _face(post: Post) -> tuple[str, str, str]:
    return (post.permalink, str(post.date.timestamp()), post.title)


def _text(post: Post) -> tuple[str, str]:
    return (post.html, post.description or "")
