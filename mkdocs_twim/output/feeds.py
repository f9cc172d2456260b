"""What a site's pages hold becomes the archive, its files, and the links to feeds on the pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import Files
from mkdocs.utils import get_relative_url

from feedserver.errors import CatalogueError, RegistryError
from feedserver.feeds import catalogue, export
from feedserver.feeds.index import Index
from feedserver.feeds.terms import joined, names_of
from feedserver.formats.formats import FORMATS
from feedserver.model import TAXONOMIES, Archive, Entry, Feed, Image, Person, Site
from feedserver.newsletter import entries, order, registry
from feedserver.newsletter.issues import is_issue
from feedserver.newsletter.merges import Merge, merge
from feedserver.newsletter.registry import Registry
from feedserver.text.clean import packed
from feedserver.text.slugs import slug_of, slugify
from mkdocs_twim import errors
from mkdocs_twim.config import NamedFeedConfig, TwimConfig
from mkdocs_twim.errors import Doubt, OptionError, of_option
from mkdocs_twim.markup import addresses
from mkdocs_twim.markup.pictures import Gallery, Picture
from mkdocs_twim.posts.page import PostPage
from mkdocs_twim.templating.server import Server

log = get_plugin_logger("twim")

_OLD_ADDRESS = re.compile(r"(?:/(?!\.\.?(?:/|$))[A-Za-z0-9._~%+@!$&'()*,;=-]+)+/?")


@dataclass(frozen=True, slots=True)
class SiteFeeds:
    """The archive of a site, and what its pages and files need to know of its feeds.

    `merges` is what the registry has joined; `server` is where feeds can be had to be embedded.
    """

    archive: Archive
    index: Index
    by_page: Mapping[str, tuple[Feed, ...]]
    merges: tuple[Merge, ...]
    server: Server | None = None

    def own(self, page_url: str, first: str = "") -> tuple[Feed, ...]:
        """The feeds of a page; `page_url` is relative to the site.

        `first` is the address of the first page of its list, if it is a later one.
        """
        return self.by_page.get(first or f"/{page_url}", ())

    def head(self, page_url: str | None, own: Sequence[Feed]) -> str:
        """The links to feeds for the head of a page that has feeds of its own.

        Every page has the feed of all posts; the pages of a feed have that feed before it, for
        readers take the first. `rel` is the one word "alternate", as
        https://www.rssboard.org/rss-autodiscovery has it: several compare the whole of it.

        A page without an address is shown at any: its links are those of `site_url`.
        """
        root = (feed for feed in self.index.feeds[:1] if feed.kind == "posts" and feed not in own)
        links = "".join(
            _alternates(feed, lambda path: self._href(path, page_url)) for feed in (*own, *root)
        )
        if own and self.server:
            links += self.server.discovery(catalogue.page_address(self.archive.site.url, own[0]))
        return links

    def _href(self, path: str, page_url: str | None) -> str:
        if page_url is None:
            return urlsplit(self.archive.site.url).path + path
        return get_relative_url(path, page_url)

    def with_redirects(self, redirects: Mapping[str, str]) -> SiteFeeds:
        """The same, with more redirects; what the site itself says of an address counts."""
        both = {**redirects, **self.archive.redirects}
        return replace(self, archive=replace(self.archive, redirects=both))

    def told(self) -> Iterator[str]:
        """What was joined, by the registry or because it has one slug."""
        yield from (str(merged) for merged in self.merges if merged.updates)
        yield from joined(names_of(self.archive.entries, self.archive.site))

    def paths(self) -> Iterator[tuple[str, str]]:
        """Each feed's files, relative to the site, and what to call it in an error."""
        for feed in self.index.feeds:
            for file in FORMATS:
                yield feed.path[1:] + file, f"the feed '{feed.title}'"
        for old, new in catalogue.redirects(self.merges).items():
            yield export.redirect_file(old), f"the alias {old} of {new}"


def collect(
    pages: Sequence[PostPage],
    gallery: Gallery,
    known: Registry,
    entries_of: Callable[[PostPage], Sequence[Entry]],
    options: TwimConfig,
    config: MkDocsConfig,
    moved: Mapping[str, str],
    terms: Mapping[str, Mapping[str, str]],
    files: Files,
) -> SiteFeeds:
    """Make the archive of a site from its rendered posts; `moved` has new addresses by old ones.

    `entries_of` gives what `divide` makes of a post that has a date. `terms` are all of the site,
    those that no feed has too.

    Raises:
        OptionError: a taxonomy, a named feed or a redirect can't be.
    """
    site = site_of(config)
    blog = addresses.blog(options.blog_dir)
    shown = [page for page in pages if is_in_feeds(page)]
    built = order.arrange(
        entry for page in shown for entry in _with_picture(entries_of(page), page.picture(gallery))
    )
    merged, merges = merge(built, known)
    # Those that were changed since are no longer.
    found = tuple(map(packed, merged))
    with_feed = [name for name, taxonomy in options.taxonomies.items() if taxonomy.feed]
    try:
        # Those without feeds have pages all the same.
        catalogue.check_names([*map(slugify, options.taxonomies), *map(slugify, options.feeds)])
        feeds = catalogue.feeds(
            found,
            site,
            page=f"/{addresses.url(blog)}",
            taxonomies=with_feed,
            named=[_named(name, feed, known) for name, feed in options.feeds.items()],
            registry=known,
        )
    except CatalogueError as error:
        raise OptionError(f"mkdocs.yml: twim: {error}") from error
    aliases = {f"/{addresses.url(old)}": f"/{addresses.url(new)}" for old, new in moved.items()}
    archive = Archive(
        site=site,
        taxonomies=tuple(options.taxonomies),
        feed_limit=options.feed_limit,
        feeds=feeds,
        redirects={
            **_former(found, site, feeds, terms, files),
            **catalogue.redirects(merges),
            **aliases,
            **options.feed_redirects,
        },
        entries=found,
    )
    index = Index(archive)
    _check_redirects(
        options.feed_redirects,
        index,
        any(page.is_left_out or page.workshop.broken for page in pages),
    )
    # A feed that has no entry isn't listed.
    by_page: dict[str, tuple[Feed, ...]] = {}
    for feed in index.feeds:
        by_page[feed.page] = (*by_page.get(feed.page, ()), feed)
    return SiteFeeds(replace(archive, feeds=index.feeds), index, by_page, merges)


def _former(
    found: Sequence[Entry],
    site: Site,
    feeds: Sequence[Feed],
    terms: Mapping[str, Mapping[str, str]],
    files: Files,
) -> dict[str, str]:
    """The addresses without words for signs, and where they lead, but for those of other files."""
    of_entries = names_of(found, site)
    names = {str(kind): of_entries[kind] for kind in registry.SLUGS}
    for taxonomy, slugs in terms.items():
        names[taxonomy] = {*of_entries.get(taxonomy, ()), *slugs.items()}
    taken = {file.dest_uri.lower() for file in files}
    former = catalogue.former(names, feeds)
    return {old: new for old, new in former.items() if export.redirect_file(old) not in taken}


def known_topics(options: TwimConfig, config: MkDocsConfig) -> Registry:
    """What the options say of sections and projects.

    Raises:
        OptionError: the registry can't be read, or an alias belongs to two.
    """
    path = options.registry
    aliases: registry.Aliases = {
        "section": options.aliases.section,
        "project": options.aliases.project,
    }
    try:
        return registry.read(
            Path(path).read_bytes() if path else None,
            _shown(path, config) if path else "",
            aliases,
            "mkdocs.yml: twim: aliases",
        )
    except RegistryError as error:
        raise OptionError(error.message, path=error.path, line=error.line) from error
    except OSError as error:
        raise OptionError(f"mkdocs.yml: twim: registry: {error}") from error


def tell(site_feeds: SiteFeeds, known: Registry, options: TwimConfig, *, is_cut: bool) -> None:
    """Say what was joined, and what the options name for nothing.

    `is_cut` is whether posts are left out, which may have what is named.
    """
    for message in site_feeds.told():
        log.info(message)
    for doubt in () if is_cut else _unused(options, site_feeds.index, known):
        errors.tell(log, doubt)


def _unused(options: TwimConfig, index: Index, known: Registry) -> Iterator[Doubt]:
    """Warnings of what the options name and nothing has: values of named feeds, and topics."""
    for name, feed in options.feeds.items():
        for parameter, values in _query(feed):
            of = parameter.removeprefix("not_")
            for value in values:
                if not index.posts.having({of: (_slug(parameter, value, known),)}):
                    message = f"no post has the {of} '{value}'{_meant(value, of, index)}"
                    yield of_option(f"feeds: {name}: {parameter}: {message}")
    for kind, make in registry.SLUGS.items():
        for title in options.aliases[kind]:
            if not index.feed_at(f"/{kind}/{known.slug(kind, make(title))}/"):
                message = f"there is no {kind} '{title}'{_meant(title, kind, index)}"
                yield of_option(f"aliases: {kind}: {message}")


def _meant(value: str, parameter: str, index: Index) -> str:
    """Which of the slugs that have feeds is near, for the end of a message."""
    known = [slug for feed in index.feeds for slug in feed.query.get(parameter, ())]
    near = get_close_matches(slug_of(value), known, n=1)
    return f"; is '{near[0]}' meant?" if near else ""


def site_of(config: MkDocsConfig) -> Site:
    """The site that mkdocs.yml describes."""
    language = config.theme.get("language") or config.theme.get("locale")
    return Site(
        title=config.site_name,
        url=str(config.site_url),
        description=config.site_description or config.site_name,
        # As a tag of BCP 47, where locales are written "pt_BR".
        language=str(language).replace("_", "-") if language else None,
    )


def is_in_feeds(page: PostPage) -> bool:
    """Whether a post stands in feeds: it has a date, is no draft, and is rendered."""
    meta = page.source.meta
    return meta.date is not None and not meta.draft and not page.is_left_out


def future(pages: Iterable[PostPage], now: datetime) -> list[PostPage]:
    """The posts whose date is yet to come."""
    return [page for page in pages if page.source.meta.date and page.source.meta.date > now]


def _with_picture(made: Sequence[Entry], picture: Picture | None) -> Sequence[Entry]:
    """The entries of a post, with its picture; what that is is known when all is rendered."""
    if picture is None:
        return made
    image = Image(picture.url, picture.type, picture.length)
    return (replace(made[0], image=image), *made[1:])


def post_of(page: PostPage, options: TwimConfig) -> entries.Post:
    """A post that stands in feeds, as entries are made of it, but for its picture."""
    meta = page.source.meta
    assert meta.date is not None
    categories = page.terms.get("category", ())
    authors = page.terms.get("author") or meta.authors
    return entries.Post(
        permalink=page.permalink,
        title=page.heading,
        date=meta.date,
        html=page.feed_html or "",
        issue=is_issue(categories, options.issues),
        updated=meta.updated,
        authors=tuple(_person(page, name) for name in authors),
        categories=categories,
        terms={name: terms for name, terms in meta.taxonomies.items() if name not in TAXONOMIES},
        description=meta.description,
    )


def _shown(path: str, config: MkDocsConfig) -> str:
    """A file as messages have it: relative to the folder of mkdocs.yml."""
    folder = Path(config.config_file_path or "").parent
    file = Path(path)
    return (file.relative_to(folder) if file.is_relative_to(folder) else file).as_posix()


def _person(page: PostPage, name: str) -> Person:
    """An author, with the address that the file of authors may have."""
    known = page.workshop.authors.called(name)
    url = page.workshop.absolute(known.url, "/") if known and known.url else None
    return Person(name, url)


def _named(name: str, feed: NamedFeedConfig, known: Registry) -> catalogue.NamedFeed:
    query = {
        parameter: tuple(_slug(parameter, value, known) for value in values)
        for parameter, values in _query(feed)
    }
    return catalogue.NamedFeed(slugify(name), feed.title, feed.description, query)


def _query(feed: NamedFeedConfig) -> Iterator[tuple[str, list[str]]]:
    """The parameters of a named feed, as they are written."""
    for parameter, values in feed.items():
        if isinstance(values, list) and values:
            yield parameter, values


def _slug(parameter: str, value: str, known: Registry) -> str:
    """A value of a parameter; of a section or project that was joined to another, the other's."""
    slug = slug_of(value)
    kinds = (kind for kind in registry.SLUGS if parameter.removeprefix("not_") == kind)
    return next((known.slug(kind, slug) for kind in kinds), slug)


def _check_redirects(redirects: Mapping[str, str], index: Index, is_cut: bool) -> None:
    present = {feed.path + file for feed in index.feeds for file in FORMATS}
    for old, new in redirects.items():
        place = f"mkdocs.yml: twim: feed_redirects: {old}"
        if not _OLD_ADDRESS.fullmatch(old):
            raise OptionError(f"{place}: expected an address such as /blog/feed/")
        if new not in present and not is_cut:
            raise OptionError(f"{place}: there is no feed at {new}")


def _alternates(feed: Feed, href: Callable[[str], str]) -> str:
    tags = ""
    for file, form in FORMATS.items():
        to = escape(href(feed.path[1:] + file))
        title = escape(feed.title)
        tags += f'<link rel="alternate" type="{form.media_type}" title="{title}" href="{to}">\n'
    return tags
