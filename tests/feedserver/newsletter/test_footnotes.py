"""Footnotes of an issue, which generators put at the end of its page: each update has its own."""

from __future__ import annotations

from functools import partial

import pytest

from feedserver.newsletter.issues import divide, outside
from feedserver.text import html
from tests.conftest import steps

BASE = "https://letters.example/3/"
PYTHON_MARKDOWN = (
    '<sup id="fnref:{0}"><a class="footnote-ref" href="#fn:{0}">{0}</a></sup>',
    '<div class="footnote"><hr><ol>{}</ol></div>',
    '<li id="fn:{0}"><p>{1}&nbsp;<a class="footnote-backref" href="#fnref:{0}">↩</a></p></li>',
)
COMMONMARK = (
    '<sup class="footnote-reference"><a href="#{0}">{0}</a></sup>',
    "{}",
    '<div class="footnote-definition" id="{0}"><sup class="footnote-definition-label">{0}</sup>'
    "<p>{1}</p></div>",
)
GITHUB = (
    '<sup><a href="#user-content-fn-{0}" id="user-content-fnref-{0}">{0}</a></sup>',
    '<section class="footnotes"><h2 class="sr-only">Footnotes</h2><ol>{}</ol></section>',
    '<li id="user-content-fn-{0}"><p>{1} <a href="#user-content-fnref-{0}">↩</a></p></li>',
)
PANDOC = (
    '<a href="#fn{0}" class="footnote-ref" id="fnref{0}"><sup>{0}</sup></a>',
    '<section class="footnotes"><hr><ol>{}</ol></section>',
    '<li id="fn{0}"><p>{1}<a href="#fnref{0}" class="footnote-back">↩︎</a></p></li>',
)
GENERATORS = [PYTHON_MARKDOWN, COMMONMARK, GITHUB, PANDOC]
NOTES = ("Tides turn.", "Boats float.", "Gulls cry.", "Nobody asks.")
Form = tuple[str, str, str]


def contents(text: str) -> dict[str, str]:
    whole = html.sanitise(text, BASE)
    found = {update.heading_id: update.content or "" for update in divide(whole)}
    for content in found.values():
        assert html.sanitise(content, BASE) == content
    return found


def said(text: str, notes: tuple[str, ...] = NOTES) -> dict[str, list[str]]:
    """Which notes the content of each update has, in their order."""
    found = contents(text)
    return {
        id: sorted((note for note in notes if note in content), key=content.index)
        for id, content in found.items()
    }


def block(form: Form, *notes: str) -> str:
    rows = (form[2].format(number, note) for number, note in enumerate(notes or NOTES, 1))
    return form[1].format("".join(rows))


@pytest.mark.parametrize("form", GENERATORS)
def test_an_update_has_the_notes_that_it_refers_to(form: Form) -> None:
    one, two, three = (form[0].format(number) for number in (1, 2, 3))
    text = (
        f"<h2>Clients</h2><h3>Fractal</h3><blockquote><p>Fast{two}, and{one} so{two}.</p>"
        f"</blockquote><h3>Heron</h3><p>None.</p><h3>Tern{one}</h3><p>Its name has one.</p>"
        f"<h2>Bots</h2><p>Loud{three}.</p>"
    )
    assert said(text + block(form)) == {
        "fractal": ["Boats float.", "Tides turn."],
        "heron": [],
        "tern": ["Tides turn."],
        # What nothing refers to stays where it is.
        "bots": ["Gulls cry.", "Nobody asks."] if form == COMMONMARK else [*NOTES[3:], NOTES[2]],
    }
    # Each once, and not what was around them all.
    found = contents(text + block(form, *NOTES[:3]))
    assert found["heron"] == "<p>None.</p>"
    assert [found["fractal"].count(note) for note in NOTES] == [1, 1, 0, 0]
    assert not {"<hr>", "Footnotes"} & set("".join(found.values()).replace("<", " <").split())
    # The number before a note is the one that leads to it.
    assert form == COMMONMARK or '<ol start="2"><li' in found["fractal"]


@pytest.mark.parametrize("form", GENERATORS)
def test_notes_below_a_last_word_belong_to_those_above(form: Form) -> None:
    mark, notes = form[0].format(1), block(form, NOTES[0])
    for end in ("<h2>That's all I know</h2><p>Bye.</p>", "<h1>Bye</h1>"):
        text = f"<h2>Clients</h2><p>Fast{mark}.</p>{end}{notes}"
        assert said(text) == {"clients": ["Tides turn."]}
    # Nothing of it is lost, and nothing is to be told.
    assert not outside(html.sanitise(text, BASE))


def test_notes_of_notes_come_along() -> None:
    refer = PYTHON_MARKDOWN[0].format
    notes = block(PYTHON_MARKDOWN, f"Tides turn{refer(2)}.", f"Boats float{refer(1)}.")
    found = said(f"<h3>A</h3><p>Fast{refer(1)}.</p><h3>B</h3><p>B.</p>{notes}", ("Tides", "Boats"))
    assert found == {"a": ["Tides", "Boats"], "b": []}


def test_a_note_in_its_own_update_stays_there() -> None:
    refer, _, note = COMMONMARK
    own = f"<p>Fast{refer.format(1)}.</p>{note.format(1, NOTES[0])}<p>More.</p>"
    assert contents(f"<h3>A</h3>{own}<h3>B</h3><p>So{refer.format(1)}.</p>") == {
        "a": html.sanitise(own, BASE),
        "b": html.sanitise(f"<p>So{refer.format(1)}.</p>{note.format(1, NOTES[0])}", BASE),
    }


def test_what_a_raised_number_leads_to_may_be_no_note() -> None:
    rest = '</a></sup></p><h3 id="b">B</h3><p>Rows:</p><ol><li id="row">Row.</li></ol></div>'
    for id in ("b", "nowhere", "row"):
        text = f'<div class="has-footnotes"><h3>A</h3><p>Area<sup>2</sup>, <sup><a href="#{id}">2'
        assert [content.count("Row.") for content in contents(text + rest).values()] == [0, 1]
    # An element around the whole issue that is called so stays, in any case.
    assert contents(text.replace("has-", "") + rest)["b"].startswith("<p>Rows:</p>")


def test_hostile_notes_take_linear_time_and_room() -> None:
    refer = PYTHON_MARKDOWN[0].format

    def chained(number: int) -> str:
        """Each note leads to the next, and so to all that follow."""
        parts = "".join(f"<h3>P</h3><p>x{refer(each)}</p>" for each in range(1, number))
        return parts + block(PYTHON_MARKDOWN, *map(refer, range(2, number + 1)))

    text = chained(100)
    assert sum(len(each.content or "") for each in divide(text)) < 3 * len(text)
    small, large = (steps(partial(divide, chained(number))) for number in (100, 400))
    assert large < 5 * small
