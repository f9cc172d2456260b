"""Issues of every kind are divided as their readers would divide them."""

from __future__ import annotations

from collections.abc import Callable

import pyromark
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedserver.model import Reporter, Section
from feedserver.newsletter.issues import Update, divide, is_issue, outside, strays
from feedserver.text import html
from tests.conftest import DEEP, ends, examples, steps

BASE = "https://letters.example/blog/1/"
ADA = "https://matrix.to/#/@ada:letters.example"
BOB = "https://matrix.to/#/@bob:letters.example"
QUOTE = "<blockquote><p>News.</p></blockquote>"


def updates(markup: str) -> tuple[Update, ...]:
    return divide(html.sanitise(markup, BASE))


def from_markdown(text: str) -> tuple[Update, ...]:
    return updates(pyromark.html(text))


def names(found: tuple[Update, ...]) -> list[tuple[str | None, str | None]]:
    return [
        (
            update.section.slug if update.section else None,
            update.project.slug if update.project else None,
        )
        for update in found
    ]


def only(found: tuple[Update, ...]) -> Update:
    assert len(found) == 1
    return found[0]


def reporters(markup: str, heading: str = "Fractal") -> list[tuple[str, str | None]]:
    update = only(updates(f"<h3>{heading}</h3>{markup}"))
    return [(reporter.name, reporter.id) for reporter in update.reporters]


def project(heading: str) -> tuple[str, str, str | None]:
    found = only(updates(f"{heading}<p>News.</p>")).project
    assert found
    return found.slug, found.title, found.url


@pytest.mark.parametrize(
    ("values", "patterns", "expected"),
    [
        (["This Week in Matrix"], ["This Week in *"], True),
        (["General", "this week IN gnome"], ["Digest", "This Week in *"], True),
        (["In the news"], ["This Week in *"], False),
        (["Digest 4"], ["digest ?"], True),
        ([], ["*"], False),
        (["General"], [], False),
    ],
)
def test_an_issue_is_known_by_a_category(
    values: list[str], patterns: list[str], expected: bool
) -> None:
    assert is_issue(values, patterns) is expected


def test_sections_and_projects_are_updates_in_order() -> None:
    found = from_markdown(
        "## Dept of Clients 📱\n\nMany clients.\n\n### Fractal\n\nOne.\n\n### Nheko\n\nTwo.\n\n"
        "## Matrix Live\n\nThree.\n"
    )
    assert names(found) == [
        ("clients", None),
        ("clients", "fractal"),
        ("clients", "nheko"),
        ("matrix-live", None),
    ]
    assert [update.position for update in found] == [0, 1, 2, 3]
    assert [update.heading_id for update in found] == [
        "dept-of-clients-iphone",
        "fractal",
        "nheko",
        "matrix-live",
    ]
    assert [update.content for update in found] == [
        "<p>Many clients.</p>",
        "<p>One.</p>",
        "<p>Two.</p>",
        "<p>Three.</p>",
    ]
    assert found[0].section and found[0].section.title == "Dept of Clients 📱"


@pytest.mark.parametrize(
    "nothing",
    [
        "",
        " \n ",
        "<!-- more -->",
        '<span id="continue-reading"></span>',
        "<br>",
        "<hr>",
        "<p> </p>",
        "<p><br></p>",
        "&nbsp;",
    ],
)
def test_a_section_without_anything_of_its_own_is_no_update(nothing: str) -> None:
    found = updates(f"<h2>Clients</h2>{nothing}<h3>Fractal</h3><p>One.</p>")
    assert names(found) == [("clients", "fractal")]
    assert found[0].position == 0


@pytest.mark.parametrize(
    "something",
    [
        "Text",
        "<p>Text</p>",
        '<img src="a.png">',
        '<p><a href="b"><img src="a.png" alt=""></a></p>',
        '<video src="a.webm"></video>',
        '<iframe src="https://www.youtube.com/embed/9uwd35KhWsw"></iframe>',
        "<table><tr><td></td></tr></table>",
        '<a href="b">link</a>',
        "<ul><li>One</li></ul>",
        "<h4>More</h4>",
    ],
)
def test_a_section_with_anything_of_its_own_is_an_update(something: str) -> None:
    found = updates(f"<h2>Clients</h2>{something}<h3>Fractal</h3><p>One.</p>")
    assert names(found) == [("clients", None), ("clients", "fractal")]


def test_a_project_is_an_update_even_if_nothing_stands_there() -> None:
    update = only(updates("<h2>Clients</h2><h3>Fractal</h3>\n<br>"))
    assert update.project
    assert (update.content, update.summary, update.image) == (None, None, None)


def test_a_project_above_the_first_section_has_no_section() -> None:
    assert names(from_markdown("Hello.\n\n### Spec\n\nOne.\n\n## Clients\n\nTwo.\n")) == [
        (None, "spec"),
        ("clients", None),
    ]


def test_headings_in_quotes_and_lists_are_content() -> None:
    found = from_markdown(
        "## Spec\n\n> ## MSC Status\n>\n> ### New\n\n- ### Item\n\n### Fractal\n\n#### Deeper\n"
    )
    assert names(found) == [("spec", None), ("spec", "fractal")]
    assert "MSC Status" in (found[0].content or "")
    assert "Item" in (found[0].content or "")
    assert "Deeper" in (found[1].content or "")


@pytest.mark.parametrize(
    "unclosed",
    ["> Look: <i>this", "> <b>New <em>and *good*", '> <a href="/x">here', "A <code>word", "- <u>a"],
)
def test_a_tag_that_is_not_closed_loses_no_headings(unclosed: str) -> None:
    found = from_markdown(
        f"## Spec\n\n{unclosed}\n\n### Heron\n\n[Ada]({ADA}) said:\n\n> News.\n\n"
        "## Bots\n\n> A bot.\n"
    )
    assert names(found) == [("spec", None), ("spec", "heron"), ("bots", None)]
    assert [reporter.name for reporter in found[1].reporters] == ["Ada"]
    assert "<blockquote>\n<p>A bot.</p>\n</blockquote>" == found[2].content


def test_a_tag_that_is_not_closed_in_an_element_around_all_loses_no_headings() -> None:
    found = updates("<div><h2>A</h2><p>Look: <i>this</p> <h3>B</h3><p>One.</p></div>")
    assert names(found) == [("a", None), ("a", "b")]


def test_what_is_emphasised_on_purpose_stays() -> None:
    assert only(updates("<h2>A</h2><b><p>One.</p></b>")).content == "<b><p>One.</p></b>"


def test_a_first_level_heading_ends_a_section() -> None:
    found = from_markdown(
        "# Title\n\n## One\n\nA.\n\n# Break\n\nB.\n\n### Project\n\nC.\n\n## Two\n\nD.\n\n### E\n"
    )
    assert names(found) == [("one", None), ("two", None), ("two", "e")]
    assert found[0].content == "<p>A.</p>"


def test_a_first_level_heading_ends_a_project_without_section() -> None:
    assert names(from_markdown("# A\n\n### B\n\nC.\n\n# D\n\n### E\n\nF.\n")) == [(None, "b")]


def test_a_first_level_heading_above_all_changes_nothing() -> None:
    assert names(from_markdown("# Title\n\n# Other\n\n### One\n\n## Two\n\nText.\n")) == [
        (None, "one"),
        ("two", None),
    ]


def test_ignored_sections_give_no_updates() -> None:
    text = "## One\n\nA.\n\n## That’s all I KNOW 🏁\n\nB.\n\n### Project\n\nC.\n\n## Two\n\nD.\n"
    found = from_markdown(text)
    assert names(found) == [("one", None), ("two", None)]
    assert [update.position for update in found] == [0, 1]
    assert len(divide(html.sanitise(pyromark.html(text), BASE), ())) == 4
    assert names(divide(html.sanitise(pyromark.html(text), BASE), ["that’s *", "O?e"])) == [
        ("two", None)
    ]


@pytest.mark.parametrize("wrapper", ["div", "article", "section", "main"])
def test_the_one_wrapper_of_everything_is_looked_into(wrapper: str) -> None:
    text = "<h2>Clients</h2><p>One.</p><h3>Fractal</h3><p>Two.</p>"
    wrapped = f" <{wrapper}>\n <div>{text} </div></{wrapper}> "
    assert names(updates(wrapped)) == [("clients", None), ("clients", "fractal")]
    assert not updates(f"<p>Hello.</p><{wrapper}>{text}</{wrapper}>")


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("<h3>Fractal</h3>", ("fractal", "Fractal", None)),
        ("<h3> <em>Fractal</em>\n<code>5</code> 🎉</h3>", ("fractal-5", "Fractal 5 🎉", None)),
        (
            '<h3>Commet (<a href="https://a.example">website</a>)</h3>',
            ("commet", "Commet", "https://a.example/"),
        ),
        (
            '<h3>Commet 🌠 ( <a href="/c"><b>our</b> page</a> ) 🎉</h3>',
            ("commet", "Commet", "https://letters.example/c"),
        ),
        (
            '<h3>GTK <a href="https://gtk.example/">↗</a></h3>',
            ("gtk", "GTK", "https://gtk.example/"),
        ),
        (
            '<h3><a href="https://a.example/">Fractal</a> </h3>',
            ("fractal", "Fractal", "https://a.example/"),
        ),
        (
            '<h3><a href="https://matrix.to/#/#ping:a.example">#ping:a.example</a></h3>',
            ("ping-a-example", "#ping:a.example", None),
        ),
        (
            f'<h3><a href="{ADA}">Ada</a> on <a href="/d">Dendrite</a></h3>',
            ("ada-on-dendrite", "Ada on Dendrite", None),
        ),
        (
            f'<h3><a href="{ADA}">Ada</a> <a href="/d">Dendrite</a></h3>',
            ("ada-dendrite", "Ada Dendrite", None),
        ),
        (
            '<h3>Heron <a href="https://a.example/">↗</a> 🐦</h3>',
            ("heron", "Heron", "https://a.example/"),
        ),
        (
            '<h3>Heron 🐦 <a href="https://a.example/">🔗 Website</a></h3>',
            ("heron", "Heron", "https://a.example/"),
        ),
        (
            '<h3>Heron [<a href="https://a.example/">→</a>] :bird:</h3>',
            ("heron", "Heron", "https://a.example/"),
        ),
        (
            '<h3>Heron → <a href="https://a.example/">link</a></h3>',
            ("heron", "Heron", "https://a.example/"),
        ),
        (
            '<h3>Heron – <a href="https://a.example/">website</a></h3>',
            ("heron", "Heron", "https://a.example/"),
        ),
        *(
            (
                f'<h3>Heron {pair[0]}<a href="https://a.example/">website</a>{pair[1]} 🐦</h3>',
                ("heron", "Heron", "https://a.example/"),
            )
            for pair in ("（）", "「」", "【】", "〔〕", "⟨⟩", "{}")
        ),
        (
            '<h3>Heron (<a href="https://matrix.to/#/#h:a.example">room</a>, '
            '<a href="https://a.example/">website</a>) 🐦</h3>',
            ("heron", "Heron", "https://a.example/"),
        ),
        (
            '<h3>Heron <a href="https://matrix.to/#/#h:a.example">room</a></h3>',
            ("heron", "Heron", "https://matrix.to/#/%23h:a.example"),
        ),
        (
            '<h3><a href="https://a.example/">Heron</a> 🐦</h3>',
            ("heron", "Heron 🐦", "https://a.example/"),
        ),
        (
            '<h3>Heron moves to <a href="https://a.example/">a new house</a></h3>',
            ("heron-moves-to-a-new-house", "Heron moves to a new house", None),
        ),
        (
            '<h3>C++ <a href="https://a.example/">↗</a></h3>',
            ("c-plus-plus", "C++", "https://a.example/"),
        ),
        ("<h3>Sable (beta)</h3>", ("sable-beta", "Sable (beta)", None)),
        (
            '<h3>Sable (a <a href="/f">fork</a>) of Cinny</h3>',
            ("sable-a-fork-of-cinny", "Sable (a fork) of Cinny", None),
        ),
        (
            '<h3>Sable (see <a href="/f">more</a>)</h3>',
            ("sable-see-more", "Sable (see more)", None),
        ),
    ],
)
def test_a_project_is_named_by_its_heading(
    heading: str, expected: tuple[str, str, str | None]
) -> None:
    assert project(heading) == expected


@pytest.mark.parametrize(
    ("heading", "slug", "title"),
    [
        ("Tern {} ⚓ v3.1.0rc2", "tern", "Tern v3.1.0rc2"),
        ("Tern ({}) 3.1", "tern", "Tern 3.1"),
        ("Tern {}: v3.1 released", "tern", "Tern v3.1 released"),
        ("Tern 🐦 [{}] (v3.1)", "tern", "Tern (v3.1)"),
        ("Tern {} 3.1 for Web", "tern-for-web", "Tern 3.1 for Web"),
        ('Tern {} <a href="/notes">3.1</a>', "tern", "Tern 3.1"),
        ('Tern {} 3.1 <a href="/more">↗</a>', "tern", "Tern 3.1"),
    ],
)
@pytest.mark.parametrize("said", ["website", "↗", "🔗 link"])
def test_a_version_may_follow_the_trailing_link(
    said: str, heading: str, slug: str, title: str
) -> None:
    link = f'<a href="https://tern.example/">{said}</a>'
    expected = (slug, title, "https://tern.example/")
    assert project(f"<h3>{heading.format(link)}</h3>") == expected


def test_other_links_before_a_version_are_text() -> None:
    for text in ("Tern {} 3", "Tern {} on 3.1", "Tern 3.1 {} for Web"):
        link = '<a href="https://tern.example/">website</a>'
        assert "website" in project(f"<h3>{text.format(link)}</h3>")[1]
    # It is the name, where there is no other.
    link = '<a href="https://link.example/">Link</a>'
    assert project(f"<h3>{link} 3.1</h3>")[:2] == ("link", "Link 3.1")
    assert project("<h3>Tern <a href='/t'>harbour</a> 3.1</h3>")[1:] == ("Tern harbour 3.1", None)


def test_the_text_of_a_trailing_link_may_be_link() -> None:
    heading = '<h3>Heron <a href="https://a.example/">link</a></h3>'
    assert project(heading) == ("heron", "Heron", "https://a.example/")


def test_titles_of_sections_are_less_a_trailing_link() -> None:
    section = only(updates('<h2>Clients (<a href="/c">all</a>)</h2><p>One.</p>')).section
    assert section and (section.slug, section.title) == ("clients", "Clients")


@pytest.mark.parametrize(
    "heading",
    [
        '<h3 id="fractal"><a class="zola-anchor" href="#fractal">🔗</a>Fractal</h3>',
        '<h3 id="fractal">Fractal<a class="headerlink" href="#fractal">¶</a></h3>',
        '<h3 id="fractal">Fractal <a href="#fractal">#</a></h3>',
        '<h3 id="fractal"><a href="#fractal">Fractal</a></h3>',
        '<h3 id="fractal"><a href="#fractal"></a>Fractal <a href="#fractal">Permalink</a></h3>',
        '<h3><a class="anchor" id="user-content-fractal" href="#fractal"></a>Fractal</h3>',
        '<h3>Fractal <a href="#fractal">§</a></h3>',
        '<div><h3>Fractal</h3><a id="user-content-fractal" href="#fractal"></a></div>',
    ],
)
def test_links_of_a_heading_to_itself_are_no_text(heading: str) -> None:
    found = divide(html.sanitise(f"<h2>Clients</h2>{heading}<p>One.</p>", BASE))
    assert [update.heading_id for update in found] == ["fractal"]
    assert found[0].project
    assert (found[0].project.title, found[0].project.url) == ("Fractal", None)


def test_a_link_to_another_heading_is_a_link() -> None:
    slug, title, url = project('<h3 id="fractal">Fractal (<a href="#nheko">see Nheko</a>)</h3>')
    assert (slug, title, url) == ("fractal", "Fractal", f"{BASE}#nheko")


@pytest.mark.parametrize(
    "mark",
    [
        '<sup class="footnote-reference"><a href="#1">1</a></sup>',
        '<sup id="fnref:1"><a class="footnote-ref" href="#fn:1">1</a></sup>',
        '<sup><a href="/blog/1/#user-content-fn-tide" id="fnref">[12]</a></sup>',
        '<a href="#fn1" class="footnote-ref" id="fnref1" role="doc-noteref"><sup>1</sup></a>',
    ],
)
def test_references_to_footnotes_are_no_part_of_a_name(mark: str) -> None:
    site = '<a href="https://quux.example/">🕊️</a>'
    assert project(f"<h3>Quux{mark} {site}</h3>") == ("quux", "Quux", "https://quux.example/")
    assert project(f'<h3><a href="https://quux.example/">Quux</a>{mark}</h3>') == (
        *("quux", "Quux"),
        "https://quux.example/",
    )
    found = only(updates(f"<h2>Dept of Clients{mark}</h2><p>News.</p>"))
    assert found.section == Section("clients", "Dept of Clients")
    assert found.heading_id == "dept-of-clients"
    # What else is raised, or leads on, is.
    assert project(f"<h3>Quux<sup>2</sup>{mark}</h3>")[1] == "Quux2"
    assert project('<h3>Quux <a href="#part">2</a></h3>')[1] == "Quux 2"


def test_headings_without_ids_get_those_of_zola() -> None:
    found = updates(
        '<h2>Synapse</h2><p>A</p><h3 id="x">Synapse</h3><blockquote><h4>Synapse</h4></blockquote>'
        '<h3>Synapse (<a href="/s">website</a>)</h3><h3>Synapse</h3><h3>…</h3>'
        '<h3 id="synapse-3">S</h3>'
        '<h3><img src="l.png" alt="The logo"></h3>'
    )
    assert [update.heading_id for update in found] == [
        "synapse",
        "x",
        "synapse-website",
        "synapse-2",
        "heading",
        "synapse-3",
        "the-logo",
    ]


@pytest.mark.parametrize(
    ("heading", "slug", "title"),
    [
        ("<h3>🎉</h3>", "tada", "🎉"),
        ('<h3 id="party">🎉</h3>', "party", "🎉"),
        ('<h3 id="_1">…</h3>', "_1", "…"),
        ('<h3 id="../é/x y">…</h3>', "e-x-y", "…"),
        ('<h3 id="…">…</h3>', "heading", "…"),
        ("<h3>0.42.0 is out</h3>", "0-42-0-is-out", "0.42.0 is out"),
        ('<h3>(<a href="/c">website</a>)</h3>', "website", "(website)"),
        ("<h3></h3>", "heading", "heading"),
    ],
)
def test_an_empty_slug_is_the_id(heading: str, slug: str, title: str) -> None:
    assert project(heading)[:2] == (slug, title)
    section = only(
        updates(heading.replace("h3>", "h2>").replace("<h3", "<h2") + "<p>A</p>")
    ).section
    assert section
    if title != "0.42.0 is out":
        assert section.slug == slug


ATTRIBUTIONS = [
    '<p><a href="{ada}">Ada</a> said:</p>{quote}',
    '<p><a href="{ada}">Ada</a> says</p>{quote}',
    '<p><a href="{ada}">Ada</a> reported the latest\nupdates since last week:</p>{quote}',
    '<p>PLUS <a href="{ada}">Ada</a> said:</p>{quote}',
    '<p>Thanks! <b><a href="{ada}">[<i>Ada</i>\n]</a></b> wrote:</p>\n\n{quote}',
    '<p>In <a href="{ada}">Ada</a>’s words</p>{quote}',
    '<a href="{ada}">Ada</a> <i>enunciated:</i>{quote}',
    '<p><a href="https://github.com/ada">Ada L.</a>, alias <a href="{ada}">Ada</a>:</p>{quote}',
    '<p><a href="{bob}">Bob</a>’s bridge is old; <a href="{ada}">Ada</a> said:</p>{quote}',
    '<p>Thanks to <a href="{bob}">Bob</a>, here <a href="{ada}">Ada</a> tells all:</p>{quote}',
    '<p><a href="{ada}">Ada</a>: wow</p><p><a href="{ada}">Ada</a> says</p>{quote}',
    '<p><a href="{ada}">Ada</a> writes:</p><ul><li>One</li></ul>',
    '<p><a href="{ada}">Ada</a> says</p><p>News.</p>',
    '<p><a href="{ada}">Ada</a>:</p><p>News.</p>',
    '<p><a href="{ada}">Ada</a> told us</p><p><img src="a.png"></p>',
    '<p><a href="{ada}">Ada</a> said:</p><span id="continue-reading"></span>{quote}',
    '<p><a href="{ada}">Ada</a> said:</p>{quote}<p><a href="{ada}">A. L.</a> adds:</p>{quote}',
    '<p><a href="{ada}">Ada</a> said:</p>{quote}<p>Ask <a href="{bob}">Bob</a> for more.</p>',
    '<p><a href="{ada}">Ada</a> said:</p>{quote}<p>And quite soon after:</p>{quote}',
    '<p><a href="/ada">Ada</a>:</p>{quote}<p><a href="{ada}">ada</a> says</p>{quote}',
]


@pytest.mark.parametrize("markup", ATTRIBUTIONS)
def test_a_reporter_is_who_the_attribution_names(markup: str) -> None:
    found = reporters(markup.format(ada=ADA, bob=BOB, quote=QUOTE))
    assert [(name.strip("[ ]").lower(), id) for name, id in found] == [
        ("ada", "@ada:letters.example")
    ]


@pytest.mark.parametrize(
    ("between", "count"),
    [
        *((",", 2), (" and ", 2), (", and ", 2), (" &amp; ", 2), ("/", 2), (" + ", 2)),
        *((" und ", 2), (", et ", 2), (" y ", 2), (" och ", 2), (" و", 2), ("和", 2), ("、", 2)),
        *((" with ", 1), (" für ", 1)),
    ],
)
def test_persons_that_are_joined_report_together(between: str, count: int) -> None:
    people = reporters(
        f'<p><a href="{ADA}">Ada</a>{between}<a href="{BOB}">Bob</a> said:</p>{QUOTE}'
    )
    assert [name for name, _ in people] == ["Ada", "Bob"][:count]


@pytest.mark.parametrize(
    ("address", "id"),
    [
        ("http://matrix.to/#/@ada:a.example", "@ada:a.example"),
        ("https://matrix.to/#/@ada:a.example?via=a.example&via=b", "@ada:a.example"),
        ("https://matrix.to/#/%40ada%3Aa.example", "@ada:a.example"),
        ("https://matrix.to/#/@ada=20l/x:a.example:8448", "@ada=20l/x:a.example:8448"),
        ("https://matrix.to/#/@ada:a.example/", "@ada:a.example"),
        ("matrix:u/ada:a.example?action=chat", "@ada:a.example"),
        ("https://matrix.to/#/@ada", None),
    ],
)
def test_the_id_is_in_the_link(address: str, id: str | None) -> None:
    assert reporters(f'<p><a href="{address}">Ada</a> says</p>{QUOTE}') == [("Ada", id)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Aine [etke.cc]", "Aine [etke.cc]"),
        (" strawberry🍓\n(it/pup) 🏳️‍⚧️ ", "strawberry🍓 (it/pup) 🏳️‍⚧️"),
        ("Ada:", "Ada"),
        ('<img src="a.png" alt="">', "ada"),
        ("https://matrix.to/#/@ada:letters.example", "ada"),
        ("@ada:letters.example", "@ada:letters.example"),
    ],
)
def test_a_reporter_has_the_name_that_stands_there(text: str, name: str) -> None:
    assert reporters(f'<p><a href="{ADA}">{text}</a> says</p>{QUOTE}') == [
        (name, "@ada:letters.example")
    ]


@pytest.mark.parametrize(
    "markup",
    [
        '<p><a href="https://ada.example/">Ada</a>:</p>{quote}',
        '<p><a href="https://ada.example/">Ada:</a></p>{quote}',
        '<p><a href="https://github.com/ada">Ada</a> says</p>{quote}',
        '<p><a href="https://github.com/ada">Ada</a>, never enough of her, tells us:</p>{quote}',
        '<p><a href="https://ada.example/">Ada</a> announced:</p>{quote}',
        '<p><a href="https://matrix.to/#/ada:letters.example">Ada</a> says</p>{quote}',
    ],
)
def test_a_person_may_be_linked_elsewhere(markup: str) -> None:
    assert reporters(markup.format(quote=QUOTE)) == [("Ada", None)]


@pytest.mark.parametrize(
    "markup",
    [
        "{quote}",
        "<p>Ada said:</p>{quote}",
        '<p>and <a href="/lib">libQMatrixClient</a> 0.3:</p>{quote}',
        '<p>For <a href="/s">Synapse 0.31.1</a></p>{quote}',
        '<p><a href="/s">Synapse 0.31.1</a>:</p>{quote}',
        '<p><a href="/s">Synapse</a> is out:</p>{quote}',
        '<p><a href="https://fractal.example/">Fractal</a>:</p>{quote}',
        '<p><a href="https://github.com/matrix-org/dendrite">Dendrite</a>:</p>{quote}',
        '<p><a href="https://matrix.to/#/#dendrite:a.example">Dendrite</a> says:</p>{quote}',
        '<p><a href="https://matrix.to/#/%23dendrite:a.example">Dendrite</a> says:</p>{quote}',
        '<p><a href="https://matrix.to/#/!dendrite:a.example">Dendrite</a> says:</p>{quote}',
        '<p><a href="https://matrix.to/">Matrix</a> says:</p>{quote}',
        '<p><a href="https://a.example/">https://a.example/</a>:</p>{quote}',
        '<p><a href="https://ada.example/">Ada</a> said a lot about it today</p>{quote}',
        '<p><a href="https://ada.example/">Ada</a></p>{quote}',
        '<p><a href="https://ada.example/">Ada</a> says</p><p>News.</p>',
        '<p>Last week we linked to <a href="{ada}">Ada</a>’s blog.</p><p>News.</p>',
        '<p><a href="{ada}">Ada</a> has begun work on a client, see below:</p><p>News.</p>',
        '<p><a href="{ada}">Ada</a> rocks the house!</p><p>News.</p>',
        '<p><a href="{ada}">Ada</a></p><p>News.</p>',
        '<ul><li><a href="{ada}">Ada</a> said:</li></ul>{quote}',
        '<blockquote><p><a href="{ada}">Ada</a> said:</p>{quote}</blockquote>',
    ],
)
def test_nobody_is_named(markup: str) -> None:
    assert reporters(markup.format(ada=ADA, quote=QUOTE)) == []


def test_a_heading_may_name_the_reporter() -> None:
    heading = f'<a href="{ADA}">Ada</a> on Dendrite'
    assert reporters(QUOTE, heading) == [("Ada", "@ada:letters.example")]
    assert reporters(f"<p>News:</p>{QUOTE}", heading) == []
    assert reporters(f'<p><a href="{BOB}">Bob</a> said:</p>{QUOTE}', heading) == [
        ("Bob", "@bob:letters.example")
    ]


def test_reporters_stand_once_and_in_order() -> None:
    first = f'<p><a href="{BOB}">Bob</a> and <a href="{ADA}">Ada</a> said:</p>{QUOTE}'
    update = only(updates(f"<h3>Fractal</h3>{first}{first}"))
    assert update.reporters == (
        Reporter("Bob", "@bob:letters.example"),
        Reporter("Ada", "@ada:letters.example"),
    )


@pytest.mark.parametrize(
    ("markup", "summary"),
    [
        ('<p><a href="{ada}">Ada</a> said:</p>{quote}', "News."),
        ('<p><a href="{ada}">Ada</a> says</p><p>Text.</p>', "Text."),
        ('<p>PLUS <a href="{ada}">Ada</a>, <a href="{bob}">Bob</a> said:</p>{quote}', "News."),
        ("<p>Ada said:</p>{quote}", "News."),
        ('<p>A client.</p><p><a href="{ada}">Ada</a> says</p>{quote}', "News."),
        ("<p>A client.</p><p>Ada said:</p>{quote}<p>From the editor.</p>", "News."),
        (
            '<p>A client.</p><p><a href="{ada}">Ada</a> says</p><p>Text.</p><p>More.</p>',
            "Text. More.",
        ),
        (
            '<p><a href="{ada}">Ada</a> says</p><blockquote><p><img src="/a.png"></p></blockquote>'
            '<p><a href="{bob}">Bob</a> says</p>{quote}',
            "News.",
        ),
        (
            '<p><a href="{ada}">Ada</a> says</p><blockquote><p>\U0001f389</p></blockquote>'
            '<p><a href="{bob}">Bob</a> says</p>{quote}',
            "News.",
        ),
        (
            '<p><a href="{ada}">Ada</a> says</p>{quote}'
            '<p><a href="{bob}">Bob</a> says</p><blockquote><p>Other.</p></blockquote>',
            "News.",
        ),
        (
            '<p>A client.</p><p><a href="{ada}">Ada</a> says</p>'
            '<blockquote><p><a href="https://www.youtube.com/watch?v=x">Watch</a></p></blockquote>',
            "A client.",
        ),
        ('<p><a href="{ada}">Ada</a> says</p>{quote}{quote}', "News. News."),
        ("<p>A client.</p>{quote}", "A client. News."),
        (
            '<p><a href="{ada}">Ada</a> says</p><blockquote>'
            '<h1>Gull &amp; Co (<a href="https://gull.example">website</a>)</h1>'
            '<p>It flew.</p><h4><a href="/b">Boats</a> sail</h4></blockquote>',
            "Gull & Co. It flew. Boats sail",
        ),
        (
            '<p>A client.</p><blockquote><h2>Gull <a href="/">↗</a></h2><p>It flew.</p>'
            "</blockquote>",
            "A client. Gull. It flew.",
        ),
        (
            '<p><a href="{ada}">Ada</a> announced <a href="/v1">v1</a>:</p>'
            '<blockquote><h2>Gull [<a href="/">room</a>]</h2><p>It flew.</p></blockquote>',
            "Ada announced v1: Gull. It flew.",
        ),
        (
            '<p><a href="{ada}">Ada</a> announced <a href="/v1">v1</a>:</p>{quote}',
            "Ada announced v1: News.",
        ),
        ('<p><a href="{ada}">Ada</a> said:</p>', None),
        ("<p>Ada said:</p><p>Text.</p>", "Ada said: Text."),
    ],
)
def test_a_summary_begins_with_the_report(markup: str, summary: str | None) -> None:
    text = markup.format(ada=ADA, bob=BOB, quote=QUOTE)
    assert only(updates(f"<h3>Fractal</h3>{text}")).summary == summary


@pytest.mark.parametrize(
    "player",
    [
        '<iframe src="https://films.example/video/1"></iframe>',
        '<iframe src="https://films.example/video/1" title="My talk"></iframe>',
        '<iframe src="https://songs.example/track"></iframe>\n\n<iframe src="/map.html"></iframe>',
        '<object data="https://songs.example/1.swf"></object>',
        '<embed src="https://songs.example/1.swf" title="My song">',
        '<div><iframe data-x src="https://films.example/w/1" allowfullscreen></iframe></div>',
    ],
)
def test_a_report_of_what_is_embedded_alone_has_no_text(player: str) -> None:
    quote = "".join(f"> {line}\n" for line in player.split("\n"))
    ada, bob = f"[Ada]({ADA}) says\n\n{quote}\n", f"[Bob]({BOB}) says\n\n> Real news by Bob.\n"
    assert only(from_markdown(f"### A\n\nStanding.\n\n{ada}{bob}")).summary == "Real news by Bob."
    assert only(from_markdown(f"### A\n\nStanding.\n\n{ada}")).summary == "Standing."
    assert only(from_markdown(f"### A\n\n{ada}")).summary
    both = from_markdown(f"### A\n\n{ada.rstrip()}\n>\n> News by Ada.\n\n{bob}")
    assert only(both).summary == "News by Ada."


def test_the_first_picture_is_the_image() -> None:
    found = from_markdown("## A\n\n![](x.png)\n\n### B\n\n> ![](/y.png) ![](z.png)\n\n### C\n\nD\n")
    assert [update.image for update in found] == [
        f"{BASE}x.png",
        "https://letters.example/y.png",
        None,
    ]


def test_text_between_links_at_the_top_keeps_its_spaces() -> None:
    update = only(updates("<div><h2>A</h2><a href=/b>b</a> <a href=/c>c</a></div>"))
    assert html.text(html.parse(update.content or "")) == "b c"


def test_nothing_comes_of_nothing() -> None:
    assert divide("") == ()
    assert updates("<p>Only text</p>") == ()


INLINE = st.sampled_from(
    [
        "Fractal",
        "*News* 📱",
        "`code`",
        "[Ada](https://matrix.to/#/@ada:a.example) said:",
        "Commet ([website](https://a.example))",
        "![alt](x.png)",
        "<b>raw</b> &amp; 1.0.2",
        "[x](#x) and [y](y)",
        "…",
    ]
)
LINES = st.tuples(
    st.sampled_from(["## ", "### ", "#### ", "> ", "> ## ", "- ", "1. ", "    ", "", "* ### "]),
    INLINE,
    st.sampled_from(["\n", "\n\n", "\n---\n"]),
).map("".join)


@given(st.text() | st.lists(LINES | st.just("# Title\n\n"), max_size=12).map("".join))
@settings(max_examples=examples(150))
def test_any_markdown_divides(text: str) -> None:
    for position, update in enumerate(from_markdown(text)):
        assert update.position == position
        assert update.heading_id
        assert update.section or update.project
        assert update.content != ""
        assert all(reporter.name for reporter in update.reporters)
        for named in (update.section, update.project):
            assert named is None or (named.slug and named.title)


def words(markup: str) -> list[str]:
    return html.text(html.parse(markup)).split()


@given(st.lists(LINES, max_size=15).map("".join))
@settings(max_examples=examples(150))
def test_the_text_of_the_updates_is_the_text_of_the_issue(text: str) -> None:
    content = html.sanitise(pyromark.html(text), BASE)
    expected: list[str] = []
    begun = False
    for node in html.parse(content):
        if node.tag in ("h2", "h3"):
            begun = True
        elif begun:
            expected += html.text([node]).split()
    found = [word for update in divide(content, ()) for word in words(update.content or "")]
    assert found == expected


@given(st.text(alphabet="<>/ahpdivh23 =\"'blockquote#@:\n", max_size=200))
@settings(max_examples=examples(150))
def test_any_html_divides(text: str) -> None:
    updates(text)


@pytest.mark.parametrize(
    "make",
    [
        lambda n: "<h3>Synapse</h3><p>News.</p>" * n,
        lambda n: "<h2>Dept of 🎉</h2>" * n,
        lambda n: "<h2>A</h2>" + "<blockquote>" * 2 * n + "deep",
        lambda n: "<div>" * 2 * n + "<h2>A</h2><p>text",
        lambda n: "<h2>" + "<em>" * 2 * n + "A</h2><p>text",
        lambda n: f'<h3>A</h3><p><a href="{ADA}">A</a>' + f', <a href="{BOB}">B</a>' * n + QUOTE,
        lambda n: f'<h3>A</h3><p><a href="{ADA}">Ada</a> with ' * n + QUOTE,
        lambda n: f'<h3>A</h3><p><a href="{ADA}">Ada</a>' + " " * 10 * n + "<b>x</b>" + QUOTE,
        lambda n: "<h3>A</h3><p>" + "1" * 10 * n + QUOTE,
        lambda n: '<h3>A</h3><p><a href="/x">' + "1" * 10 * n + "</a>:</p>" + QUOTE,
    ],
    ids=range(10),
)
def test_hostile_html_takes_linear_time(make: Callable[[int], str]) -> None:
    few, more = (html.sanitise(make(number), BASE) for number in (300, 1500))
    assert steps(lambda: divide(more)) < 6 * steps(lambda: divide(few))
    # And nothing that isn't Python's is slow with what is long.
    content = html.sanitise(make(10_000 if DEEP else 3_000), BASE)
    with ends():
        divide(content)


def _strays(text: str, *ignored: str) -> list[tuple[int, str]]:
    return [(found.level, found.title) for found in strays(pyromark.html(text), ignored)]


@pytest.mark.parametrize(
    "above",
    [
        "A lid for pots, of many years.\n",
        "A lid for pots, of many years\n",
        "A lid. It covers pots! ",
        "盖子。",
        "“A lid.” ",
    ],
)
def test_what_stands_above_an_attribution_in_its_paragraph_is_no_news(above: str) -> None:
    line = "[Bo](https://matrix.to/#/@bo:p.example) says"
    [found] = from_markdown(f"### Lid\n\n{above}{line}\n\n> It fits in week 2.\n")
    assert found.summary == "It fits in week 2."
    assert [person.name for person in found.reporters] == ["Bo"]
    # A sentence that names a person is part of the news.
    [found] = from_markdown(f"### Lid\n\n{above}This was fixed by {line}\n\n> It fits.\n")
    assert found.summary and "This was fixed by Bo says" in found.summary


def test_what_stands_below_a_second_heading_of_the_first_level_is_told() -> None:
    text = "# Boats\n\n### Heron\n\nA.\n\n# Weather\n\n> B.\n\n# It’s high\n\nC.\n"
    assert _strays(text) == [(1, "Weather"), (1, "It’s high")]
    assert _strays(text, "It's*") == [(1, "Weather")]
    # A farewell needs no ## above it.
    assert _strays(text.replace("It’s high", "That’s it")) == [(1, "Weather")]
    assert _strays("# Boats\n\nA.\n\n# Weather\n\nB.\n") == [(1, "Weather")]


def test_a_second_heading_of_the_first_level_is_told_above_the_first_section_too() -> None:
    text = "# Boats\n\n> A.\n\n# Weather\n\n> B.\n\n## That's all\n\nBye.\n"
    assert _strays(text) == [(1, "Weather")]
    content = pyromark.html(text)
    found = [(each.why, each.title) for each in outside(content)]
    assert found == [("above", "Boats"), ("below", "Weather")]
    # A project below it is an update, and so isn't told.
    projects = "# Boats\n\n# Weather\n\n### Heron\n\n> A.\n\n## Tides\n\n> B.\n"
    assert _strays(projects) == []
    assert [update.project for update in divide(pyromark.html(projects))] != [None, None]
    assert _strays(projects.replace("# Weather\n", "# Weather\n\nCalm.\n")) == [(1, "Weather")]


@pytest.mark.parametrize("end", ["", "\n# Tides\n\nHigh.\n", "\n# See you\n\nNext week.\n"])
def test_plain_text_below_it_is_told_where_projects_have_the_second_level(end: str) -> None:
    text = f"# Boats\n\n## Heron\n\nA.\n\n# Weather\n\n- Calm.\n{end}"
    told = [(1, "Weather"), *([(1, "Tides")] if "Tides" in end else [])]
    assert _strays(text) == told
    assert _strays(text, "weather", "TIDES") == []
    assert _strays(text.replace("- Calm.\n", "")) == told[1:]


def test_a_farewell_below_a_heading_of_the_first_level_is_not_told() -> None:
    text = "# This week\n\n## Boats\n\nA.\n\n# See you\n\nNext week.\n"
    assert _strays(text) == []
    assert _strays(text + "\n### Heron\n\nB.\n\n> C.\n") == [(1, "See you")]
    # It is one only at the end.
    assert _strays(text + "\n## Tides\n\nHigh.\n") == [(1, "See you")]
    for farewell in ("That’s all for this week!", "👋 Bye", "Thanks to all", "The end"):
        assert _strays(f"## Boats\n\nA.\n\n# {farewell}\n\nNext week.\n\nStay dry.\n") == []
    assert _strays("## Boats\n\n> # A heading that Dan wrote\n>\n> B.\n") == []


def test_a_report_below_a_small_heading_of_a_section_without_projects_is_told() -> None:
    report = f"[Ada]({ADA}) says\n\n> News.\n\n"
    assert _strays(f"## Boats\n\n#### Heron\n\n{report}") == [(4, "Heron")]
    assert _strays(f"## Boats\n\n##### Heron\n\n{report}#### Pike\n\nText.\n") == [(5, "Heron")]
    assert _strays(f"## Boats\n\n### Heron\n\n#### Fixes\n\n{report}") == []
    assert _strays(f"## Boats\n\n{report}") == []
