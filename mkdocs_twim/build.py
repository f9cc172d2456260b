"""One build put together, when every page is rendered: its feeds, its lists and their pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain

from jinja2 import Environment
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files

from feedserver.newsletter.dividing import Division
from feedserver.newsletter.registry import Registry
from mkdocs_twim import checks
from mkdocs_twim.collection import Collection
from mkdocs_twim.config import TwimConfig
from mkdocs_twim.errors import TwimError
from mkdocs_twim.lists import listings
from mkdocs_twim.lists.frames import Frames
from mkdocs_twim.lists.pages import GeneratedPages
from mkdocs_twim.markup.pictures import Gallery
from mkdocs_twim.output import feeds
from mkdocs_twim.output.feeds import SiteFeeds
from mkdocs_twim.posts import outlines
from mkdocs_twim.posts.outlines import Outline
from mkdocs_twim.posts.pagecalls import PageCalls
from mkdocs_twim.posts.postviews import Views
from mkdocs_twim.shortcodes.entryviews import OwnEntries
from mkdocs_twim.shortcodes.feedcalls import FeedCalls
from mkdocs_twim.templating.parts import Parts
from mkdocs_twim.templating.server import Server
from mkdocs_twim.templating.words import Words


@dataclass(frozen=True, slots=True)
class Build:
    """What a build has when its pages are rendered; `goes_on` if another may follow it.

    `divides` is whether it is to be told how issues are divided.
    """

    options: TwimConfig
    config: MkDocsConfig
    files: Files
    env: Environment
    collection: Collection
    page_calls: PageCalls
    generated: GeneratedPages
    registry: Registry
    division: Division
    words: Words
    server: Server | None
    goes_on: bool
    divides: bool


@dataclass(frozen=True, slots=True)
class Gathered:
    """What it all holds: the feeds, what stands in lists, the feeds that pages call; its faults.

    `outlines` says how issues are divided, by their files, if that is wanted.
    """

    feeds: SiteFeeds
    frames: Frames
    feed_calls: FeedCalls
    problems: list[TwimError]
    outlines: Mapping[str, Outline]


def gather(build: Build) -> Gathered:
    """Put together all that is known when every page is rendered.

    Raises:
        TwimError: what can't be told together with the rest.
    """
    collection, generated, files = build.collection, build.generated, build.files
    gallery = Gallery(files, str(build.config.site_url))
    site_feeds = _feeds(build, gallery)
    collection.link_neighbours()
    people = collection.authors(gallery, files)
    make = Views(gallery, files, people)
    views = collection.views(site_feeds.index, make)
    generated.introduce(collection.intros)
    layout = listings.Layout(
        collection.lists(views, generated.blog_title, build.options.paginate_by),
        {name: each.paginate_by for name, each in build.options.taxonomies.items()},
        generated.home,
        build.words,
        build.server,
    )
    found = tuple(
        listings.build(
            [view for view in views.values() if view.date],
            [view for view in views.values() if not view.date],
            collection.terms(),
            site_feeds.index,
            layout,
            collection.pageless,
            build.registry,
            people,
        )
    )
    collection.problems += generated.complete(found, files, build.config)
    # Of lists it is known now which headings they have.
    collection.warn(feeds.future(collection.pages, datetime.now(UTC)), build.options)
    build.page_calls.warn_of_anchors()
    first_pages = generated.first_pages(found)
    site_feeds = replace(site_feeds.with_redirects(first_pages), server=build.server)
    generated.adopt(collection.pages)
    default = collection.default_image(build.options.default_image, gallery, files)
    views |= collection.drafts(make)
    found_outlines = (
        outlines.of(collection.pages, site_feeds.index, build.options) if build.divides else {}
    )
    for page in collection.pages:
        # It is in the entries by now; all that a build keeps is there at once.
        page.feed_html = None
    env, theme, index, registry = build.env, build.config.theme, site_feeds.index, build.registry
    site_url = str(build.config.site_url)
    parts = Parts(env, words=build.words, site_url=site_url, theme=theme.name)
    frames = Frames(env, theme, index, views, generated, default, registry, parts, found_outlines)
    own = OwnEntries(index, views, gallery, registry, collection.pageless)
    feed_calls = _feed_calls(build, own)
    collection.problems += feed_calls.problems
    collection.problems += checks.unusable_templates(collection.pages, env)
    collection.check_addresses(
        files,
        site_feeds,
        generated,
        templates=set(theme.static_templates),
        feed_redirects=build.options.feed_redirects,
        first_pages=first_pages,
    )
    return Gathered(site_feeds, frames, feed_calls, collection.problems, found_outlines)


def _feeds(build: Build, gallery: Gallery) -> SiteFeeds:
    """The feeds of all posts; what is to be said of them is told."""
    collection = build.collection
    found = feeds.collect(
        collection.pages,
        gallery,
        build.registry,
        lambda page: build.division.entries(page.file.src_uri),
        build.options,
        build.config,
        {old: new for old, new, _ in collection.redirects()},
        collection.terms(),
        build.files,
    )
    build.division.end(goes_on=build.goes_on)
    feeds.tell(found, build.registry, build.options, is_cut=collection.is_cut)
    return found


def _feed_calls(build: Build, own: OwnEntries) -> FeedCalls:
    """The feeds that pages call, looked up."""
    shop, is_cut = build.collection.workshop, build.collection.is_cut
    called = chain(build.page_calls.found, build.collection.calls())
    return FeedCalls(called, shop.library, own, shop.peers, build.words, is_cut)
