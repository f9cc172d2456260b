"""Sections and projects with their history."""

from __future__ import annotations

from dataclasses import replace

from feedserver.model import Entry, Project, Section
from feedserver.newsletter import topics
from tests.samples import post, update


def _named(entry: Entry, section: str | None, project: str | None, url: str | None = None) -> Entry:
    assert entry.update
    of = replace(
        entry.update,
        section=Section("clients", section) if section else None,
        project=Project("fractal", project, url) if project else None,
    )
    return replace(entry, update=of)


def test_the_newest_heading_names_a_topic_and_every_update_is_in_its_history() -> None:
    old, new = post("old"), post("new", days=7)
    entries = [
        _named(update(old, 0), "Dept of Clients 📱", "Fractal 1.0", "https://old.example/"),
        _named(update(new, 0), "Department of Apps", "Fractal 2.0"),
        _named(update(new, 1), "Dept of Clients", None),
    ]
    [section] = topics.sections(entries)
    assert (section.slug, section.title) == ("clients", "Apps")
    assert [entry.id for entry in section.updates] == [entries[n].id for n in (1, 2, 0)]
    assert [issue.title for issue in section.issues] == ["New", "Old"]
    [project] = topics.projects(entries)
    assert project.title == "Fractal"
    # The newest heading that has a link.
    assert project.website == "https://old.example/"


def test_a_heading_of_nothing_but_signs_is_named_by_itself() -> None:
    [section] = topics.sections([_named(update(post("a"), 0), "Dept of", None)])
    assert section.title == "Dept of"
    assert topics.projects([_named(update(post("a"), 0), "Dept of", None)]) == ()
    assert section.website is None


def test_posts_have_no_topics() -> None:
    assert topics.sections([post("a", sections=["clients"])]) == ()
