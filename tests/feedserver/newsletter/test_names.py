"""What entries are called, by whom they are, and what is said of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from feedserver.model import Entry, FeedKind, Person, Project, Section
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


@pytest.mark.parametrize(
    ("section", "project", "title"),
    [
        ("Dept of Clients 📱", "Fractal", "Fractal (Clients), 2020-11-06"),
        ("Department of SDKs 🧰", "Trixnity 5.2.0 🎉", "Trixnity 5.2.0 (SDKs), 2020-11-06"),
        ("Dept of Clients 📱", None, "Clients, 2020-11-06"),
        ("Dept of 📱", None, "Dept of 📱, 2020-11-06"),
        (None, "Matrix Spec", "Matrix Spec, 2020-11-06"),
        (None, "🦉", "🦉, 2020-11-06"),
        ("Bots", "", "slug (Bots), 2020-11-06"),
    ],
)
def test_an_update_is_titled_by_what_it_is_about_and_its_day(
    section: str | None, project: str | None, title: str
) -> None:
    above = None if section is None else Section("slug", section)
    own = None if project is None else Project("slug", project)
    # It is the seventh elsewhere.
    date = datetime(2020, 11, 6, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert names.title(above, own, date) == title


def test_an_update_is_by_its_reporters_else_by_the_authors_and_never_by_the_site() -> None:
    assert [person.name for person in names.people(OF_PROJECT, SITE)] == ["Bo"]
    assert [person.name for person in names.people(WEEK, SITE)] == ["Ada"]
    assert names.people(replace(WEEK, authors=(Person(SITE.title, SITE.url),)), SITE) == ()


def test_a_summary_that_says_no_more_than_the_title_is_none() -> None:
    assert names.summary(WEEK) == names.summary(WEEK, "Another") == WEEK.summary
    assert names.summary(WEEK, WEEK.summary) is None
    assert names.summary(replace(WEEK, summary=WEEK.title)) is None
