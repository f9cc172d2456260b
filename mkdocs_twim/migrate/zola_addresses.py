"""Old addresses of a Zola site: those of its terms, and pages and redirects that lead from them.

What Zola has stands in zola.md, §13: terms of all its pages, of those without a date too. Here
terms are those of the posts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import quote

from feedserver.feeds.export import redirect_file, redirect_page
from feedserver.formats.formats import FORMATS
from feedserver.text.slugs import slug_of, slugify
from mkdocs_twim.markup import addresses
from mkdocs_twim.migrate import zola_slugs
from mkdocs_twim.migrate.migration import Migration
from mkdocs_twim.migrate.zola_config import FILE, Taxonomy, ZolaConfig
from mkdocs_twim.migrate.zola_pages import Content

MOST_BYTES = 255
"""What the name of a file or a folder can have on most systems."""

_CONTROL = re.compile(r"[\0-\x1f\x7f-\x9f\u2028\u2029]")
# What stands in an address for something else, and what Windows has in no file's name.
_NO_ADDRESS = re.compile(rf'[#?%<>:"\\|*]|(?:^|/)\.\.?(?:/|$)|{_CONTROL.pattern}')


@dataclass(frozen=True, slots=True)
class Term:
    """A term by its folder in Zola, `old`; `new` is the one here, if a post has the term.

    `pages` and `new_pages` are how many its list has there and here, `has_feed` and `has_new_feed`
    whether a page of it has a date.
    """

    old: str
    new: str | None
    pages: int
    new_pages: int
    has_feed: bool
    has_new_feed: bool


def new_folder(taxonomy: str, term: str = "") -> str:
    """The folder of a taxonomy, or of a term of it, in the new site."""
    return "/" + "".join(f"{part}/" for part in (slugify(taxonomy), slug_of(term)) if part)


def old_folder(config: ZolaConfig, *names: str) -> str:
    """The folder that Zola gives a taxonomy, or a term of one."""
    parts = [config.taxonomy_root, *(zola_slugs.path(name, config.term_slugs) for name in names)]
    return re.sub("/+", "/", f"/{'/'.join(parts)}/")


def terms(
    taxonomy: Taxonomy, config: ZolaConfig, contents: Iterable[Content], posts: Iterable[Content]
) -> list[Term]:
    """The terms that a taxonomy has in Zola; `posts` are the contents that are posts now."""
    found: dict[str, list[Content]] = {}
    names: dict[str, set[str]] = {}
    for content in contents:
        if content.is_section or content.is_draft:
            continue
        # Zola lists a page once for each term of its that has the address.
        for name in _written(content, taxonomy.name):
            if zola_slugs.path(name, config.term_slugs):
                old = old_folder(config, taxonomy.name, name)
                found.setdefault(old, []).append(content)
                names.setdefault(old, set()).add(name)
    now = new_terms(taxonomy.name, posts)
    every = []
    for old in sorted(found):
        # Of several that are one in Zola, that which has its address.
        ours = sorted({new_folder(taxonomy.name, name) for name in names[old]} & now.keys())
        new = old if old in ours else ours[0] if ours else None
        mine = now[new] if new is not None else []
        every.append(
            Term(
                old,
                new,
                pages(found[old], taxonomy.paginate_by),
                pages(mine, taxonomy.paginate_by),
                any(content.meta.date for content in found[old]),
                any(content.meta.date for content in mine),
            )
        )
    return every


def new_terms(taxonomy: str, posts: Iterable[Content]) -> dict[str, list[Content]]:
    """The folders of a taxonomy's terms in the new site, each with its posts."""
    found: dict[str, list[Content]] = {}
    # One that has neither a page nor a date is nowhere.
    for content in (post for post in posts if post.meta.render or post.meta.date):
        names = filter(slug_of, terms_of(content, taxonomy)) if slugify(taxonomy) else ()
        for folder in {new_folder(taxonomy, name) for name in names}:
            found.setdefault(folder, []).append(content)
    return found


def terms_of(content: Content, taxonomy: str) -> tuple[str, ...]:
    """A post's terms, as the plugin reads them: its authors, where it has no terms of that name."""
    meta = content.meta
    authors = meta.authors if taxonomy == "author" else ()
    return meta.taxonomies.get(taxonomy, authors)


def pages(posts: Collection[Content], size: int) -> int:
    """How many pages a list has, at least one; posts without a page stand on none."""
    shown = sum(content.meta.render for content in posts)
    return max(1, -(-shown // size)) if size else 1


def _written(content: Content, taxonomy: str) -> list[str]:
    """A page's terms as they are written: Zola keeps spaces, and what no slug can be made of."""
    table = content.front.values.get("taxonomies")
    names = table.get(taxonomy) if isinstance(table, dict) else None
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


class Leads:
    """What leads from old addresses to new ones, where nothing else is: pages and redirects.

    Addresses are compared without case, as the build does. `redirects` are those of feeds.
    """

    def __init__(self, migration: Migration, base_url: str) -> None:
        self.redirects: dict[str, str] = {}
        self._migration = migration
        self._base_url = base_url
        self._told: set[str] = set()

    def keep(self, file: str) -> None:
        """Let nothing lead on from where the plugin, MkDocs or the theme has a file."""
        clash = self._migration.clash(file, "the plugin")
        owner = self._migration.owner(file)
        posts = (f"content/{post.file}" for post in self._migration.posts)
        # Other pages of the site's own may be where a list would be.
        if clash and (owner in posts or not owner.endswith(".md")):
            self._migration.by_hand.append(f"{clash.message}: give it another")

    def keep_feed(self, folder: str) -> None:
        for file in FORMATS:
            self.keep(f"{folder[1:]}{file}")

    def keep_list(self, folder: str, count: int, *, first: bool = True) -> None:
        """The same for the pages of a list, and what leads to the `first`, if there is that."""
        self.keep(addresses.file(folder))
        for number in range(1 if first else 2, count + 1):
            self.keep(addresses.file(f"{addresses.later(folder)}{number}/"))

    def alias(self, old: str, new: str, target: str) -> None:
        """Have a page that leads from a page's old address, or tell that it is gone."""
        file = redirect_file(old)
        if self._migration.clash(file, old):
            self.gone(old, new)
        else:
            self._migration.put(f"static/{file}", redirect_page(target).decode(), FILE)

    def page(self, old: str, new: str) -> None:
        """The same of the page of a list."""
        if old == new or old in self._told:
            return
        self._told.add(old)
        if self._is_free(old, addresses.file(old)):
            self.alias(old, new, self._base_url + addresses.url(new))
        else:
            self.gone(old, new)

    def feed(self, old: str, new: str | None) -> None:
        """Have a redirect from an old address of a feed to a new one, if there is any."""
        if old == new or old in self._told:
            return
        self._told.add(old)
        address = f"/{addresses.url(old)}"
        if new is not None and self._is_free(old, redirect_file(address)):
            self.redirects[address] = new
        else:
            self.gone(old, new)

    def gone(self, old: str, new: str | None = None) -> None:
        """Tell that an old address is gone, and where what it had is now."""
        told = _CONTROL.sub(lambda found: quote(found[0]), old)
        self._migration.gone.append(told if new is None else f"{told} (now {new})")

    def _is_free(self, address: str, file: str) -> bool:
        if _NO_ADDRESS.search(address):
            return False
        if any(len(part.encode()) > MOST_BYTES for part in file.split("/")):
            return False
        return self._migration.clash(file, address) is None
