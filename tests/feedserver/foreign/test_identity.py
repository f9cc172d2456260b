"""What entries of other sites are known by, and where they come from."""

from __future__ import annotations

import json

import pytest

from feedserver.foreign import reading
from feedserver.foreign.reading import Options
from feedserver.formats import jsonfeed
from feedserver.model import Origin, Person
from tests.conftest import ends
from tests.feedserver.foreign.test_reading import (
    atom,
    content,
    entry,
    feed,
    messages,
    one,
    read,
    rss,
)

HOME = "https://letters.example/news/"


def item(title: str, body: str = "", *, day: int = 3, text: str = "Text.") -> str:
    date = f"<pubDate>Tue, {day:02} Mar 2026 08:00:00 GMT</pubDate>"
    return f"<item><title>{title}</title>{date}<description>{text}</description>{body}</item>"


def ids(data: bytes) -> list[str]:
    found = [each.id for each in read(data).archive.entries]
    assert len(set(found)) == len(found)
    return found


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<guid>none</guid>",
        '<guid isPermaLink="false">0</guid>',
        "<link>https://letters.example/news</link>",
        "<link>https://letters.example/tide</link>",
        '<link>https://letters.example/tide</link><guid isPermaLink="false">x</guid>',
    ],
)
def test_entries_with_one_id_or_address_for_all_are_told_apart(body: str) -> None:
    items = [item("Ebb", body), item("Flood", body), item("Ebb", body, day=4)]
    found = ids(rss(*items))
    assert len(found) == 3
    # Neither the order nor what else is there changes an id.
    assert set(ids(rss(item("Slack", body, day=5), *reversed(items)))) > set(found)


def test_of_one_address_date_and_title_the_text_tells_apart() -> None:
    assert len(ids(rss(item("", text="High at six."), item("", text="Low at noon.")))) == 2
    assert len(ids(rss(item("Tide", text="High."), item("Tide", text="Low.")))) == 2


def test_what_stands_there_twice_counts_once() -> None:
    body = '<guid isPermaLink="false">t-1</guid>'
    found = read(rss(item("Tide", body), item("Tide", body)))
    assert [each.id for each in found.archive.entries] == ["t-1"]
    assert "t-1: stands twice in the feed, and counts once (id)" in messages(found)


def test_an_address_of_its_own_is_an_id() -> None:
    def body(number: int) -> str:
        link = f"<link>https://letters.example/tides#{number}</link>"
        return f'{link}<guid isPermaLink="false">N/A</guid>'

    found = read(rss(item("Ebb", body(1)), item("Flood", body(2))))
    assert sorted(each.id for each in found.archive.entries) == [
        "https://letters.example/tides#1",
        "https://letters.example/tides#2",
    ]
    assert messages(found)[0].startswith("N/A: is the id of 2 entries")


def test_entries_of_one_id_in_other_formats() -> None:
    assert len(ids(atom(entry(title="First"), entry(title="Second")))) == 2
    date = {"date_published": "2026-03-03T08:00:00Z"}
    assert len(ids(feed({"title": "A", **date}, {"title": "B", **date}))) == 2
    assert len(ids(feed({"id": "0", "title": "A", **date}, {"id": 0, "title": "B", **date}))) == 2


PAGE = "https://letters.example/tide/"
ATOM_BASE = ' xml:base="https://files.letters.example/x/"'


@pytest.mark.parametrize("id", ["17", "tide/17", "/tide/17", "?p=17", "#17", "post 17", "a:b"])
@pytest.mark.parametrize("base", ["", ATOM_BASE])
@pytest.mark.parametrize(
    "written",
    [
        "<guid>{}</guid>",
        "<GUID>{}</GUID>",
        '<guid isPermaLink="true">\n{}\n</guid>',
        '<guid isPermaLink="false">{}</guid>',
        "<guid><![CDATA[{}]]></guid>",
        '<a:id xmlns:a="http://www.w3.org/2005/Atom">{}</a:id>',
        "<id>{}</id>",
        "<id> <![CDATA[{}]]></id>",
    ],
)
def test_an_id_is_what_the_feed_says_wherever_it_was_read_from(
    id: str, base: str, written: str
) -> None:
    written = written.format(id)
    if written.startswith("<id>"):
        data = atom(entry(id=PAGE).replace(f"<id>{PAGE}</id>", written))
    else:
        data = rss(item("Tide", f"<link>{PAGE}</link>{written}"))
    data = data.replace(b"<rss ", f"<rss{base} ".encode())
    data = data.replace(b"<feed ", f"<feed{base} ".encode())
    for address in (None, "https://feeds.example/all.xml"):
        [found] = reading.read(data, Options(), address).archive.entries
        assert (found.id, found.url) == (id, PAGE)


def test_an_id_that_is_the_only_address_leads_there() -> None:
    for data in (rss(item("Tide", "<guid>/tide/17</guid>")), atom(RELATIVE)):
        [found] = reading.read(data, Options()).archive.entries
        assert (found.id, found.url) == ("/tide/17", "https://letters.example/tide/17")
    data = rss(item("Tide", "<guid>tide/17</guid>"))
    [found] = reading.read(data, Options(), f"{HOME}rss.xml").archive.entries
    assert (found.id, found.url) == ("tide/17", f"{HOME}tide/17")
    based = data.replace(b"<item>", f"<item{ATOM_BASE}>".encode())
    assert one(based).url == "https://files.letters.example/x/tide/17"


RELATIVE = (
    "<entry><id>/tide/17</id><title>Tide</title><updated>2026-03-03T08:00:00Z</updated></entry>"
)


def test_a_tombstone_names_an_id_as_the_feed_says_it() -> None:
    name = "http://purl.org/atompub/tombstones/1.0"
    deleted = f'<at:deleted-entry xmlns:at="{name}" ref="17" when="2026-04-01T00:00:00Z"/>'
    data = atom(entry(id="17").replace('href="17"', f'href="{PAGE}"'), deleted)
    for address in (None, "https://feeds.example/all.xml"):
        found = reading.read(data, Options(), address)
        assert (found.archive.entries, found.withdrawn) == ((), ("17",))


def week(number: int, link: str) -> str:
    text = f"&lt;h2>Boats&lt;/h2>&lt;p>Launched: {number}.&lt;/p>"
    guid = f'<guid isPermaLink="false">week-{number}</guid>'
    return item(f"This Week in Tides {number}", f"{link}{guid}", day=number, text=text)


def updates(data: bytes) -> dict[str, str | None]:
    found = read(data)
    assert messages(found) == []
    return {each.id: each.content for each in found.archive.entries if each.update}


@pytest.mark.parametrize(
    "link",
    [
        "",
        "<link>https://letters.example/news</link>",
        "<link>https://letters.example/all</link>",
        "<link>https://letters.example/all#{}</link>",
    ],
)
def test_issues_of_one_address_are_all_divided(link: str) -> None:
    weeks = [week(number, link.format(number)) for number in (3, 4, 5)]
    found = updates(rss(*weeks))
    texts = [f"<p>Launched: {number}.</p>" for number in (3, 4, 5)]
    assert sorted(filter(None, found.values())) == texts
    page = "https://letters.example/all" if "all" in link else HOME.rstrip("/" if link else "")
    assert all(id.startswith(f"{page}#boats-") for id in found)
    # Neither the order nor another issue changes an id.
    assert updates(rss(*reversed(weeks))) == found
    assert updates(rss(*weeks[1:])).items() < found.items()
    # Nor does it to be read from a feed of ours.
    posts = [jsonfeed.item(each) for each in read(rss(*weeks)).archive.entries if not each.update]
    authors = [{"name": "Letters", "url": HOME}]
    again = {**HEAD, "authors": authors, "items": posts}
    assert updates(json.dumps(again).encode()) == found


def test_an_issue_at_the_site_s_own_address_leaves_room_for_the_next() -> None:
    first, second = (updates(rss(week(number, ""))) for number in (3, 4))
    assert len(first) == len(second) == 1
    assert first.keys() != second.keys()


def test_an_issue_with_its_updates_beside_it_has_the_ids_of_one_that_is_alone() -> None:
    page = "https://letters.example/week/3/"
    beside = week(4, f"<link>{page}#dogs</link>").replace("&lt;h2>Boats&lt;/h2>", "")
    found = updates(rss(week(3, f"<link>{page}</link>"), beside))
    assert list(found) == [f"{page}#boats"]


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("ida@harbour.museum (Ida)", ["Ida"]),
        ("ida.o+news@log.harbour.photography (Ida Ö.)", ["Ida Ö."]),
        ("mailto:ida@harbour.example (Ida)", ["Ida"]),
        ("Ida &lt;ida@harbour.social&gt;", ["Ida"]),
        ("Ida (ida@harbour.social)", ["Ida"]),
        ("ida&#64;harbour.social (Ida)", ["Ida"]),
        ("ida@harbour.social (Ida (the elder))", ["Ida (the elder)"]),
        ("Ida (the elder)", ["Ida (the elder)"]),
        ("ida@harbour.social (Ida\n  Owl)", ["Ida Owl"]),
        ("Ida\n  Owl &lt;ida@harbour.social&gt;", ["Ida Owl"]),
        ("ida@harbour.social (Ida) (she)", ["Ida (she)"]),
        ("ida@harbour.social (Ida) &amp; bo@harbour.social (Bo)", ["Ida", "Bo"]),
        ("ida@harbour.social (Ida) and bo@harbour.social (Bo)", ["Ida", "Bo"]),
        ("ida@harbour.social &amp; bo@harbour.social", ["ida@harbour.social", "bo@harbour.social"]),
        ("Ida &lt;ida@harbour.social&gt; and Bo &lt;bo@harbour.social&gt;", ["Ida", "Bo"]),
        ("Ida (ida@harbour.social), Bo and Cy", ["Ida", "Bo and Cy"]),
        ("Ida &amp; Bo", ["Ida & Bo"]),
        ("Ida (the elder) and Bo", ["Ida (the elder) and Bo"]),
        ("r&amp;d@harbour.social (Owls)", ["Owls"]),
        ("ida@harbour.social (Ida), bo@harbour.social (Bo)", ["Ida", "Bo"]),
        ("<![CDATA[Ida <ida@harbour.social>]]>", ["Ida"]),
        ("Ida", ["Ida"]),
    ],
)
def test_of_an_author_with_an_address_of_mail_the_name(written: str, names: list[str]) -> None:
    for tag in ("author", "dc:creator"):
        found = one(rss(item("Tide", f"<{tag}>{written}</{tag}>")))
        assert [person.name for person in found.authors] == names


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("ida@harbour.software (Ida)", ["Ida"]),
        ("Ida <ida@harbour.software>", ["Ida"]),
        ("<ida@harbour.software> Ida", ["Ida"]),
        ("ida@harbour.social (Ida), bo@harbour.social (Bo)", ["Ida", "Bo"]),
        ("Ida (the elder)", ["Ida (the elder)"]),
        ("ida@harbour.software", ["ida@harbour.software"]),
    ],
)
def test_an_author_of_json_is_called_by_the_name(written: str, names: list[str]) -> None:
    date = {"id": "a", "title": "A", "date_published": "2026-01-02T03:04:05Z"}
    for author in ({"authors": [{"name": written}]}, {"author": {"name": written}}):
        for data in (feed({**date, **author}), feed(date, **author)):
            assert [person.name for person in one(data).authors] == names


def test_what_has_no_end_as_a_name_is_cut_in_every_format() -> None:
    name = ")and" * 200_000
    date = {"id": "a", "title": "A", "date_published": "2026-01-02T03:04:05Z"}
    with ends():
        for data in (
            feed(date | {"authors": [{"name": name}]}),
            rss(item("Tide", f"<author>{name}</author>")),
        ):
            assert sum(len(person.name) for person in one(data).authors) <= 500


SOURCE = """<source><title>Bo's log</title><link rel="alternate" href="https://bo.example/"/>
<link rel="self" href="https://bo.example/atom.xml"/><author><name>Bo</name>
<uri>https://bo.example/about</uri></author></source>"""


def test_the_source_of_an_entry_gives_its_author_and_is_told() -> None:
    found = one(atom(entry(content(ISSUE) + SOURCE)))
    assert found.authors == (Person("Bo", "https://bo.example/about"),)
    assert found.origin == Origin("Bo's log", "https://bo.example/", "https://bo.example/atom.xml")
    assert jsonfeed.item(found, is_whole=False)["_twim"] == {
        "kind": "post",
        "source": {
            "title": "Bo's log",
            "url": "https://bo.example/",
            "feed": "https://bo.example/atom.xml",
        },
    }
    own = one(atom(entry(f"{SOURCE}<author><name>Cy</name></author>")))
    assert own.authors == (Person("Cy"),)
    # Who has no author gets the feed's.
    bare = one(atom(entry("<source><title>Bo's log</title></source>")))
    assert (bare.authors, bare.origin) == ((Person("The Editors"),), Origin("Bo's log"))


def test_an_author_of_a_source_has_its_base() -> None:
    based = SOURCE.replace("<source>", '<source xml:base="https://bo.example/log/">')
    found = one(atom(entry(based.replace("https://bo.example/about", "about"))))
    assert found.authors == (Person("Bo", "https://bo.example/log/about"),)
    found = one(atom(entry(SOURCE.replace("https://bo.example/about", "about"))))
    assert found.authors == (Person("Bo", "https://bo.example/about"),)


ISSUE = "<h2>Boats</h2><p>Launched.</p>"


def test_updates_have_the_source_of_their_issue() -> None:
    found = read(atom(entry(content(ISSUE) + SOURCE, title="This Week in Boats")))
    assert len(found.archive.entries) == 2
    assert {each.origin and each.origin.title for each in found.archive.entries} == {"Bo's log"}


def test_the_source_of_rss() -> None:
    body = '<source url="https://bo.example/rss">Bo&apos;s log</source>'
    assert one(rss(item("Tide", body))).origin == Origin("Bo's log", None, "https://bo.example/rss")


def test_a_source_survives_being_read_again() -> None:
    found = one(atom(entry(SOURCE)))
    again = reading.read(json.dumps({**HEAD, "items": [jsonfeed.item(found)]}).encode(), Options())
    assert again.archive.entries == (found,)


HEAD = {"version": "https://jsonfeed.org/version/1.1", "home_page_url": HOME}
