"""A site and its peers together: nobody takes what is another's, and nothing stands twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from feedserver.feeds import catalogue
from feedserver.feeds.index import Index
from feedserver.foreign import network
from feedserver.foreign.network import Member, host_of
from feedserver.model import Archive, Entry, Origin, Site
from tests.feedserver.foreign.test_joining import OTHER, moved, site
from tests.samples import SITE, post, update

PAPERS = "papers.example"
THIRD = Site("Notes", "https://notes.example/", "Notes", "en")


def member(*entries: Entry, of: Site = OTHER, **changes: Any) -> Member:
    host = host_of(of.url) or ""
    found = Member(site(*entries, of=of), of.url, f"{of.url}feed.json", frozenset([host]))
    return replace(found, **changes)


def joined(*members: Member, own: Archive | None = None) -> Archive:
    return network.join([own or site(post("mine"))], members)


def ids(found: Archive) -> set[str]:
    return {entry.id for entry in found.entries}


def sources(found: Archive, title: str) -> list[str]:
    """The titles of the sources of the entries with a title; "" is the site itself."""
    entries = [entry for entry in found.entries if entry.title.startswith(title)]
    return [entry.origin.title or "" if entry.origin else "" for entry in entries]


def tagged(name: str, id: str = "tag:owl.example,2026:1", of: Site = OTHER) -> Entry:
    entry = post(name)
    return replace(entry, id=id, url=entry.url.replace(SITE.url, of.url))


def test_a_peer_s_entries_stand_beside_the_site_s_with_their_source() -> None:
    week = post("week", sections=["clients"])
    own = site(week, update(week, 0, project="fractal"))
    other = post("other", days=1, sections=["clients"])
    theirs = [moved(other), moved(update(other, 0, project="cinny"))]
    found = joined(member(*theirs), own=own)
    origin = Origin("Papers", "https://papers.example/", "https://papers.example/feed.json")
    assert [entry.origin for entry in found.entries] == [origin, origin, None, None]
    assert {entry.id for entry in theirs} < ids(found)
    assert [entry.published for entry in found.entries[:2]] == [each.published for each in theirs]
    # An update says whose it is, the site's own too.
    assert [entry.title for entry in found.entries] == [
        "Other",
        "clients-cinny, Other, Papers",
        "Week",
        "clients-fractal, Week, Letters",
    ]
    assert [feed.path for feed in Index(found).feeds] == [
        "/network/",
        "/network/updates/",
        "/network/section/clients/",
        "/network/project/cinny/",
        "/network/project/fractal/",
    ]
    assert {*found.sources.values()} == {"letters", "papers"}


def test_the_settings_name_a_peer() -> None:
    found = joined(member(moved(post("other")), title="Owls & co."))
    assert sources(found, "Other") == ["Owls & co."] and "owls-co" in found.sources.values()


def test_sources_of_one_name_are_told_from_each_other() -> None:
    alike = member(moved(post("other")), title=SITE.title)
    second = member(tagged("third", of=THIRD), of=THIRD, title=f"{SITE.title}!")
    found = joined(alike, second)
    slugs = {entry.title: found.sources[entry.id] for entry in found.entries}
    assert slugs == {"Mine": "letters", "Other": "letters-2", "Third": "letters-3"}
    found = joined(member(moved(post("other")), title=f"{SITE.title} 2"), second)
    assert {*found.sources.values()} == {"letters", "letters-2", "letters-3"}


def test_what_is_taken_is_chosen_by_the_slugs_that_it_has_here() -> None:
    first = post("first", sections=["apps", "bots"], tags=["News"])
    second = post("second", days=1, sections=["bots"], tags=["Weather"])
    theirs = [
        *(first, update(first, 0, section="apps"), update(first, 1, section="bots")),
        *(second, update(second, 0, section="bots", project="old-name")),
    ]
    of = [moved(entry) for entry in theirs]

    def titles(**changes: Any) -> list[str]:
        found = joined(member(*of, **changes), own=site(post("mine", days=-9)))
        return [entry.title.partition(",")[0] for entry in found.entries if entry.origin]

    maps: dict[str, Any] = {"sections": {"apps": "clients"}, "projects": {"old-name": "new-name"}}
    assert titles() == ["Second", "bots-old-name", "First", "apps", "bots"]
    assert titles(query={"section": ("clients",)}, **maps) == ["First", "apps"]
    assert titles(query={"section": ("apps",)}, **maps) == []
    assert titles(query={"not_section": ("bots",)}) == ["apps"]
    assert titles(query={"project": ("new-name",)}, **maps) == ["Second", "bots-old-name"]
    assert titles(query={"category": ("news",)}) == ["First", "apps", "bots"]
    assert titles(query={"not_category": ("news",)}) == ["Second", "bots-old-name"]
    found = joined(member(*of, **maps))
    assert "clients" in next(each for each in found.entries if each.title == "First").sections


def test_a_peer_has_no_more_feeds_than_is_bearable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "MOST_TOPICS", 3)
    week = post("week", days=-30)
    theirs = [post(f"other{number}", days=-number) for number in range(4)]
    updates = [
        update(each, 0, section=f"s{number}", project=f"p{number}")
        for number, each in enumerate(theirs)
    ]
    again = update(theirs[3], 1, section="s0", project="p0")
    flood = member(*map(moved, (*theirs, *updates, again)))
    found = joined(flood, own=site(week, update(week, 0, project="fractal")))
    # Those of the newest stand, with all of theirs; other peers and the site have their own.
    assert [feed.path for feed in Index(found).feeds if feed.kind in ("section", "project")] == [
        "/network/section/clients/",
        "/network/section/s0/",
        "/network/project/fractal/",
        "/network/project/p0/",
    ]
    assert len([entry for entry in found.entries if entry.origin and entry.update]) == 2
    assert {each.url for each in map(moved, theirs)} < {entry.url for entry in found.entries}


def test_the_site_names_a_section_and_then_who_comes_first() -> None:
    week, theirs = post("week"), post("other", days=9)
    loud = update(theirs, 0)
    assert loud.update and loud.update.section
    of = replace(loud.update, section=replace(loud.update.section, title="Dept of SPAM"))
    found = joined(member(moved(replace(loud, update=of))), own=site(week, update(week, 0)))
    [title] = [feed.title for feed in found.feeds if feed.path == "/network/section/clients/"]
    assert title == "Clients, Network of Letters"


def test_nobody_takes_an_entry_of_the_site() -> None:
    week = post("week")
    own = site(week, update(week, 0))
    forged = [replace(entry, title="Forged") for entry in own.entries]
    found = joined(member(*forged, moved(post("other"))), own=own)
    assert sources(found, "Forged") == [] and sources(found, "Week") == [""]


def test_nobody_takes_an_entry_of_another_peer_whoever_comes_first() -> None:
    real = moved(post("real"))
    forged = replace(real, title="Forged")
    for members in (
        [member(forged, of=THIRD), member(real)],
        [member(real), member(forged, of=THIRD)],
    ):
        found = joined(*members)
        assert sources(found, "Forged") == [] and sources(found, "Real") == ["Papers"]


def test_what_a_planet_has_gives_way_when_its_owner_comes() -> None:
    real = moved(post("real"))
    planet = member(real, of=THIRD)
    assert sources(joined(planet), "Real") == ["Notes"]
    assert sources(joined(planet, member(moved(post("else")))), "Real") == ["Notes"]
    assert sources(joined(planet, member(real)), "Real") == ["Papers"]


def test_the_site_itself_gives_way_to_the_owner_of_what_it_collects() -> None:
    real = moved(post("real"))
    own = site(post("mine"), real)
    assert sources(joined(member(moved(post("else"))), own=own), "Real") == [""]
    assert sources(joined(member(real), own=own), "Real") == ["Papers"]


def test_of_two_that_own_nothing_of_it_the_first_has_an_entry() -> None:
    stray = replace(post("stray"), id="https://else.example/1", url="https://else.example/1")
    second = member(replace(stray, title="Stray 2"), of=THIRD)
    assert sources(joined(member(stray), second), "Stray") == ["Papers"]
    assert sources(joined(second, member(stray)), "Stray") == ["Notes"]


def test_hosts_of_the_settings_are_a_peer_s_own() -> None:
    real = replace(post("real"), id="https://old.example/1", url="https://old.example/1")
    forged = member(replace(real, title="Forged"), of=THIRD)
    owner = member(real, hosts=frozenset([PAPERS, "old.example"]))
    assert sources(joined(forged, owner), "Real") == ["Papers"]


def test_an_id_without_a_host_counts_only_with_its_source() -> None:
    first, second = tagged("one"), tagged("two", of=THIRD)
    found = joined(member(first), member(second, of=THIRD))
    assert ids(found) == {
        "https://letters.example/blog/mine/",
        "tag:owl.example,2026:1",
        "https://notes.example/#tag%3Aowl.example%2C2026%3A1",
    }
    assert sources(found, "One") == ["Papers"] and sources(found, "Two") == ["Notes"]
    # Once more it is the same.
    assert ids(joined(member(first), member(second, of=THIRD))) == ids(found)


def test_what_an_id_without_a_host_becomes_is_nobody_else_s() -> None:
    tag, given = "tag:owl.example,2026:1", "https://papers.example/#tag%3Aowl.example%2C2026%3A1"
    bait = tagged("bait", of=THIRD)
    forged = replace(moved(post("forged")), id=given, url=f"{THIRD.url}forged/")
    for members in (
        [member(bait, forged, of=THIRD), member(tagged("real"))],
        [member(tagged("real")), member(bait, forged, of=THIRD)],
        # Not even if it is at the same host.
        [member(bait, forged, of=THIRD, hosts=frozenset([PAPERS])), member(tagged("real"))],
    ):
        found = joined(*members)
        assert sources(found, "Real") == ["Papers"] and sources(found, "Forged") == []
        assert {entry.id for entry in found.entries if entry.title == "Real"} <= {tag, given}
    # Nor are its updates.
    within = replace(update(forged, 0), id=f"{given}/0")
    found = joined(member(bait, within, of=THIRD), member(tagged("real")))
    assert f"{given}/0" not in ids(found) and sources(found, "Real") == ["Papers"]
    # Of what nobody has it is an id like others.
    other = replace(forged, id="https://papers.example/#1", title="Other")
    assert sources(joined(member(other, of=THIRD), member()), "Other") == ["Notes"]


def test_updates_of_an_issue_without_a_host_go_with_it() -> None:
    def issue(name: str, of: Site) -> tuple[Entry, Entry]:
        found = tagged(name, of=of)
        return found, update(found, 0)

    found = joined(member(*issue("one", OTHER)), member(*issue("two", THIRD), of=THIRD))
    for entry in found.entries:
        if entry.update:
            [own] = [each for each in found.entries if each.id == entry.update.issue.id]
            assert own.origin == entry.origin
    assert len(ids(found)) == 5


def test_a_copy_without_a_host_gives_way_to_the_page_s_owner() -> None:
    copy = tagged("copy")
    real = replace(moved(post("copy")), id="urn:uuid:1", title="Real")
    planet = member(copy, of=THIRD)
    assert sources(joined(planet), "Copy") == ["Notes"]
    found = joined(planet, member(real))
    assert sources(found, "Copy") == [] and sources(found, "Real") == ["Papers"]


def test_nobody_puts_updates_into_the_issue_of_another() -> None:
    week = moved(post("week"))
    forged = replace(update(week, 7, section="spam"), id="https://notes.example/1")
    found = joined(member(forged, of=THIRD), member(week))
    assert "https://notes.example/1" not in ids(found)
    # Nor, in an issue of its own, one that is known as another's.
    own_issue = replace(post("x"), id="https://notes.example/x", url="https://notes.example/x")
    real = update(week, 0)
    stolen = replace(update(own_issue, 0), id=real.id, title="Forged")
    found = joined(member(own_issue, stolen, of=THIRD), member(week, real))
    assert sources(found, "Forged") == []


def test_an_id_stands_once_whatever_a_peer_has() -> None:
    twice = [moved(post("one")), replace(moved(post("one")), title="Again")]
    found = joined(member(*twice), member(tagged("a"), tagged("b"), of=THIRD))
    assert len([entry.id for entry in found.entries]) == len(ids(found)) == 3
    # What a peer calls another's is its own word alone.
    lying = replace(moved(post("y")), origin=Origin("Letters", SITE.url))
    assert sources(joined(member(lying)), "Y") == ["Papers"]


def test_hosts_have_their_ports() -> None:
    assert host_of("https://A.example:443/x") == host_of("http://a.example") == "a.example"
    assert host_of("http://127.0.0.1:8001/") == "127.0.0.1:8001"
    assert host_of("https://[::1]:8/") == "[::1]:8"
    for other in ("tag:a.example,2026:1", "urn:x", "https://", "https://[", "http://a:b/", ""):
        assert host_of(other) is None


def test_the_catalogue_leads_to_pages_of_the_server() -> None:
    found = joined(member(moved(post("other"))))
    feed = Index(found).feed_at("/network/")
    assert feed
    here = "https://feeds.example/"
    assert catalogue.page_address(SITE.url, feed, here) == f"{here}network/"
