"""Several archives as one site."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from feedserver.feeds import catalogue
from feedserver.feeds.index import Index
from feedserver.foreign import joining
from feedserver.formats import archive as archives
from feedserver.model import Archive, Entry, Site
from tests.samples import SITE, archive, post, update

OTHER = Site("Papers", "https://papers.example/", "Papers of a large town", "de")


def site(*entries: Entry, of: Site = SITE, **changes: object) -> Archive:
    feeds = catalogue.feeds(entries, of)
    found = replace(archive(entries, feeds), site=of)
    # Whatever fields a test names.
    return replace(found, **changes)  # type: ignore[arg-type]  # of every type


def moved(entry: Entry, title: str | None = None) -> Entry:
    """The same entry at the other site."""

    def there(address: str) -> str:
        return address.replace(SITE.url, OTHER.url)

    of = entry.update and replace(
        entry.update,
        issue=replace(
            entry.update.issue, id=there(entry.update.issue.id), url=there(entry.update.issue.url)
        ),
    )
    return replace(
        entry, id=there(entry.id), url=there(entry.url), update=of, title=title or entry.title
    )


def test_one_is_as_it_is() -> None:
    only = site(post("one"))
    assert joining.join([only]) is only


def test_the_first_names_the_site_and_has_what_stands_twice() -> None:
    first = site(post("one"), feed_limit=5)
    second = site(replace(post("one"), title="Other"), post("two"), of=OTHER, feed_limit=9)
    joined = joining.join([first, second])
    assert (joined.site, joined.feed_limit) == (SITE, 5)
    assert [entry.title for entry in joined.entries] == ["One", "Two"]


def test_numbers_are_no_ids_of_all_sources() -> None:
    """Many sites number their entries; an id that says whose it is counts once."""

    def numbered(of: Site) -> Archive:
        week = replace(post("week"), id="17")
        part = update(week, 0, project="fractal")
        return site(
            week, moved(part) if of is OTHER else part, replace(post("two"), id="urn:x:2"), of=of
        )

    joined = joining.join([numbered(SITE), numbered(OTHER)])
    ids = [entry.id for entry in joined.entries]
    assert len({*ids}) == len(ids) == 5
    assert {entry.update.issue.id for entry in joined.entries if entry.update} == {
        "17",
        f"{OTHER.url}#17",
    }
    assert {"17", f"{OTHER.url}#17", "urn:x:2"} < {*ids}


def test_of_several_sources_an_update_says_whose_it_is() -> None:
    week = post("week")
    bare = update(week, 1, project="cinny")
    first = site(week, update(week, 0, project="fractal"), replace(bare, summary=bare.title))
    joined = joining.join([first, site(post("two"), of=OTHER)])
    assert [(entry.title, entry.summary) for entry in joined.entries if "wo" not in entry.id] == [
        ("Week", "Text of a post."),
        ("clients-fractal, Week, Letters", "News of clients-fractal."),
        ("clients-cinny, Week, Letters", "clients-cinny, Week, Letters"),
    ]


def test_sections_projects_and_terms_of_one_slug_are_one() -> None:
    week, paper = post("week", tags=["News"], sections=["clients"]), post("paper", tags=["news"])
    paper = replace(moved(paper), published=paper.published, sections=("clients", "bots"))
    first = site(week, update(week, 0, project="fractal"))
    second = site(
        paper, update(paper, 0, project="fractal"), update(paper, 1, section="bots"), of=OTHER
    )
    joined = joining.join([first, second])
    index = Index(joined)
    for path in ("/section/clients/", "/project/fractal/", "/category/news/", "/updates/"):
        [feed] = [feed for feed in joined.feeds if feed.path == path]
        assert len(index.entries(feed)) >= 2, path
    titles = {feed.path: feed.title for feed in joined.feeds}
    assert titles["/section/clients/"] == "Clients, Letters"
    # It names the site that it is on now.
    assert titles["/section/bots/"] == "Bots, Letters"
    kinds = [feed.kind for feed in joined.feeds]
    assert kinds == sorted(
        kinds, key=["posts", "updates", "named", "section", "project", "term"].index
    )
    assert archives.parse(archives.serialise(joined)) == joined


def test_times_of_change_are_unique_over_all() -> None:
    entries = [post(name) for name in ("a", "b", "c")]
    joined = joining.join([site(*entries), site(*map(moved, entries), of=OTHER)])
    assert len({entry.modified for entry in joined.entries}) == 6
    assert {entry.published for entry in joined.entries} == {entries[0].published}


def test_nobody_puts_updates_into_the_issue_of_another() -> None:
    week = post("week", sections=["clients"])
    first = site(week, update(week, 0))
    second = site(update(week, 7, section="spam"), post("own"), of=OTHER)
    ids = [entry.id for entry in joining.join([first, second]).entries]
    assert not any("spam" in id for id in ids)
    assert len(ids) == 3


def test_redirects_are_joined_as_far_as_they_lead_to_feeds() -> None:
    week = post("week", sections=["clients"])
    first = site(week, update(week, 0), redirects={"/old/": "/blog/new/", "/x.xml": "/atom.xml"})
    second = site(
        post("two"),
        of=OTHER,
        redirects={
            "/x.xml": "/rss.xml",
            "/y.xml": "/atom.xml",
            "/page/": "/blog/other/",
            "/section/clients/": "/section/apps/",
            "/section/app/atom.xml": "/section/clients/atom.xml",
        },
    )
    assert joining.join([first, second]).redirects == {
        "/old/": "/blog/new/",
        "/x.xml": "/atom.xml",
        "/y.xml": "/atom.xml",
        "/section/app/atom.xml": "/section/clients/atom.xml",
    }


names = st.lists(st.sampled_from("abcdefg"), max_size=5, unique=True)


@given(st.lists(names, min_size=2, max_size=4))
def test_any_sites_can_be_joined(found: list[list[str]]) -> None:
    joined = joining.join([site(*(post(name) for name in each)) for each in found])
    ids = [entry.id for entry in joined.entries]
    assert len(ids) == len(set(ids))
    assert {id.split("/")[-2] for id in ids} == {name for each in found for name in each}
    times = [entry.modified for entry in joined.entries]
    assert len(times) == len(set(times))
    # Joined again it is the same.
    assert joining.join([joined, joined]) == joined
