"""What entries are called, by whom they are, and what is said of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from feedserver.model import Entry, FeedKind, Person, Section
from feedserver.newsletter import names
from tests.samples import SITE, post, update

WEEK = post("week")
OF_PROJECT = update(WEEK, 0, project="fractal")
OF_SECTION = update(WEEK, 1)
ALONE = update(WEEK, 2, section=None, project="fractal")


@pytest.mark.parametrize(
    ("entry", "kind", "title", "about"),
    [
        (WEEK, "posts", "Week", None),
        (OF_PROJECT, "updates", "Fractal", "Clients"),
        (OF_PROJECT, "section", "Fractal", None),
        (OF_PROJECT, "project", "Week", "Clients"),
        (OF_SECTION, "updates", "Clients", None),
        (OF_SECTION, "section", "Week", None),
        (ALONE, "updates", "Fractal", None),
        (ALONE, "project", "Week", None),
        (OF_PROJECT, None, "Fractal", "Clients"),
    ],
)
def test_a_feed_needs_no_second_name(
    entry: Entry, kind: FeedKind | None, title: str, about: str | None
) -> None:
    shown = names.shown(entry, kind)
    assert shown.title == title
    assert (names.of_section(shown.about) if shown.about else None) == about


@pytest.mark.parametrize(
    ("title", "name"),
    [("Dept of Clients 📱", "Clients"), ("Dept of 📱", "Dept of 📱"), ("", "clients")],
)
def test_a_section_has_a_name_in_any_case(title: str, name: str) -> None:
    assert names.of_section(Section("clients", title)) == name


def test_an_update_is_by_its_reporters_else_by_the_authors_and_never_by_the_site() -> None:
    assert [person.name for person in names.people(OF_PROJECT, SITE)] == ["Bo"]
    assert [person.name for person in names.people(WEEK, SITE)] == ["Ada"]
    assert names.people(replace(WEEK, authors=(Person(SITE.title, SITE.url),)), SITE) == ()


def test_a_summary_that_says_no_more_than_the_title_is_none() -> None:
    assert names.summary(WEEK) == names.summary(WEEK, "Another") == WEEK.summary
    assert names.summary(WEEK, WEEK.summary) is None
    assert names.summary(replace(WEEK, summary=WEEK.title)) is None
