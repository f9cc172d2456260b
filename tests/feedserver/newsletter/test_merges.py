"""Histories that are one, whatever their headings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from feedserver.feeds import catalogue
from feedserver.feeds.index import Index
from feedserver.model import Entry, Project
from feedserver.newsletter import registry, topics
from feedserver.newsletter.merges import Merge, merge
from feedserver.newsletter.registry import EMPTY, Aliases, Registry
from tests.samples import SITE, archive, post, update

TOML = b"""
[[sections]]
title = "Dept of Servers"
order = 1
[[sections]]
title = "Dept of Clients"
description = "*All* clients."
website = "https://clients.example/"
order = 2
[[projects]]
name = "element-web"
title = "Element Web/Desktop"
description = "Secure."
website = "https://element.example/"
aliases = ["Riot", "Vector"]
"""


def _registry(aliases: Aliases | None = None) -> Registry:
    return registry.read(TOML, "hebbot.toml", aliases)


def _entries() -> tuple[Entry, ...]:
    new = post("new", days=7, sections=["clients", "apps"])
    old = post("old", sections=["apps", "bots"])
    linked = update(old, 1, section="apps", project="riot")
    assert linked.update
    project = Project("riot", "Riot 0.9", "https://riot.example/")
    return (
        new,
        update(new, 0, section="clients", project="element-web"),
        update(new, 1, section="apps", project=None),
        old,
        update(old, 0, section="bots", project="hydrogen"),
        replace(linked, update=replace(linked.update, project=project)),
    )


def test_slugs_change_and_nothing_else() -> None:
    before = _entries()
    after, _ = merge(before, _registry({"section": {"clients": ["apps"]}}))
    assert [entry.sections for entry in after if not entry.update] == [
        ("clients",),
        ("clients", "bots"),
    ]
    of = [entry.update for entry in after if entry.update]
    assert [each.section and each.section.slug for each in of] == [
        "clients",
        "clients",
        "bots",
        "clients",
    ]
    projects = [each.project for each in of if each.project]
    assert projects == [
        Project("element-web-desktop", "Element-web", "https://element.example/"),
        Project("hydrogen", "Hydrogen"),
        # A heading's own link stays.
        Project("element-web-desktop", "Riot 0.9", "https://riot.example/"),
    ]
    for one, other in zip(before, after, strict=True):
        for name in ("id", "url", "title", "published", "modified", "content", "summary"):
            assert getattr(one, name) == getattr(other, name)
        if one.update and other.update and one.update.section and other.update.section:
            assert one.update.section.title == other.update.section.title


def test_what_was_joined_is_told_in_order() -> None:
    _, merges = merge(_entries(), _registry({"section": {"clients": ["apps"]}}))
    assert merges == (
        Merge("project", "element-web", "element-web-desktop", "Element-web", 1),
        Merge("project", "riot", "element-web-desktop", "Riot 0.9", 1),
        Merge("project", "vector", "element-web-desktop", "vector", 0),
        Merge("section", "apps", "clients", "Dept of Apps", 2),
    )
    assert str(merges[1]) == (
        "the project 'Riot 0.9' (1 update) is at /project/element-web-desktop/, "
        "where /project/riot/ leads"
    )
    assert "(2 updates)" in str(merges[3])


def test_aliases_of_what_never_was_lead_nowhere() -> None:
    _, merges = merge((), _registry())
    assert merges == ()


def test_without_a_registry_all_stays() -> None:
    assert merge(_entries(), EMPTY) == (_entries(), ())


def test_the_page_and_each_feed_lead_on() -> None:
    found = catalogue.redirects([Merge("project", "riot", "element", "Riot", 1)])
    assert found == {
        "/project/riot/": "/project/element/",
        "/project/riot/atom.xml": "/project/element/atom.xml",
        "/project/riot/rss.xml": "/project/element/rss.xml",
        "/project/riot/feed.json": "/project/element/feed.json",
    }


def test_the_registry_names_orders_and_describes_topics() -> None:
    known = _registry({"section": {"clients": ["apps"]}})
    entries, _ = merge(_entries(), known)
    clients, bots = topics.sections(entries, known)
    assert (clients.title, clients.description) == ("Clients", "All clients.")
    assert clients.website == "https://clients.example/"
    # It isn't registered, and so comes last.
    assert (bots.slug, bots.website, bots.description) == ("bots", None, None)
    element, hydrogen = topics.projects(entries, known)
    assert (element.title, element.description) == ("Element Web/Desktop", "Secure.")
    # The newest heading's would be that of the registry anyway, the older one leads elsewhere.
    assert element.website == "https://element.example/"
    assert len(element.updates) == 2
    assert (hydrogen.title, hydrogen.website) == ("Hydrogen", None)


def test_the_websites_of_the_registry_come_before_those_of_headings() -> None:
    entries, _ = merge(_entries()[3:], _registry())
    element, _ = topics.projects(entries, _registry())
    assert element.website == "https://element.example/"


@pytest.mark.parametrize("slug", ["riot", "element-web"])
def test_one_feed_has_all_of_the_history(slug: str) -> None:
    known = _registry()
    entries, _ = merge(_entries(), known)
    feeds = catalogue.feeds(entries, SITE, registry=known)
    index = Index(archive(entries, feeds))
    assert index.feed_at(f"/project/{slug}/") is None
    feed = index.feed_at("/project/element-web-desktop/")
    assert feed and (feed.title, feed.description) == ("Element Web/Desktop, Letters", "Secure.")
    assert len(index.entries(feed)) == 2
    paths = [feed.path for feed in feeds if feed.kind == "section"]
    assert paths == ["/section/clients/", "/section/apps/", "/section/bots/"]


def _linked(heading: str, slug: str, url: str) -> tuple[Entry, ...]:
    entry = update(post("new"), 0, project=slug)
    assert entry.update
    project = Project(slug, heading, url)
    return (replace(entry, update=replace(entry.update, project=project)),)


@pytest.mark.parametrize(
    ("slug", "url", "now"),
    [
        ("the-new-app", "http://www.element.example", "element-web-desktop"),
        ("element-web-nightly", "https://element.example/#top", "element-web-desktop"),
        # Its words name another, or nothing leads to the website of one.
        ("nimbus", "https://element.example/", "nimbus"),
        ("nimbus-in-element-web", "https://element.example/", "nimbus-in-element-web"),
        ("the-new-app", "https://element.example/news/", "the-new-app"),
    ],
)
def test_a_heading_that_leads_to_the_website_of_a_project_is_its(
    slug: str, url: str, now: str
) -> None:
    known = registry.read(TOML + b'[[projects]]\ntitle = "Nimbus"\n', "hebbot.toml")
    [entry], merges = merge(_linked("A heading", slug, url), known)
    assert entry.update and entry.update.project
    assert (entry.update.project.slug, entry.update.project.url) == (now, url)
    assert [(each.old, each.new) for each in merges if each.updates] == (
        [] if slug == now else [(slug, now)]
    )


def test_a_website_of_two_projects_tells_of_neither() -> None:
    known = registry.read(
        b'''[[projects]]\ntitle = "A"\nwebsite = "https://x.example"
[[projects]]\ntitle = "B"\nwebsite = "https://x.example/"''',
        "hebbot.toml",
    )
    _, merges = merge(_linked("The app", "the-app", "https://x.example/"), known)
    assert merges == ()
