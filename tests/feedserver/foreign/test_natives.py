"""Entries that claim to be ours: texts of one line, addresses that lead somewhere, slugs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from feedserver.foreign import natives, reading
from feedserver.formats import archive as archives
from feedserver.formats import jsonfeed
from feedserver.model import Person, Reporter
from tests.feedserver.foreign.test_reading import feed, messages, read
from tests.samples import SITE, archive, post, update

pytestmark = pytest.mark.dependency

ISSUE = post("week", sections=["clients"])
GOOD = update(ISSUE, 0, project="fractal")
AUTHOR = Person(SITE.title, SITE.url)


def _item(slug: str = "clients", **more: Any) -> dict[str, Any]:
    item = json.loads(json.dumps(jsonfeed.item(update(ISSUE, 1, section="x"))))
    item["_twim"]["section"]["slug"] = slug
    return {**item, **more}


def test_what_this_project_wrote_stays_the_same_object() -> None:
    for each in (ISSUE, GOOD):
        assert natives.entry(each, SITE) is each
    assert natives.site(SITE) == SITE


@pytest.mark.parametrize("slug", ["..", ".x", "a b", "a?b", "a/b", "a\\b", "a#b", "a" * 5000])
def test_an_update_whose_slug_is_none_is_left_out_and_the_rest_is_served(slug: str) -> None:
    good = json.loads(json.dumps(jsonfeed.item(GOOD)))
    found = read(feed(_item(slug), good))
    assert [each.id for each in found.archive.entries] == [GOOD.id]
    assert any("is left out" in each for each in messages(found))
    data = archives.serialise(replace(archive([ISSUE]), entries=(ISSUE, GOOD)))
    given = json.loads(data)
    given["items"].append(_item(slug))
    kept = reading.clean(archives.parse(json.dumps(given).encode()))
    assert [each.id for each in kept.archive.entries] == [ISSUE.id, GOOD.id]


def test_texts_are_of_one_line_and_addresses_lead_somewhere() -> None:
    item = _item(
        id="x\r\ny\0",
        title="line 1\nline 2\a",
        summary="a\n\nb\0c",
        authors=[{"name": "N", "url": "file:///etc/passwd"}, {"name": ""}],
        tags=["a\nb", "\0"],
    )
    item["_twim"]["reporters"] = [{"name": "A\nB", "id": "@a\0:b"}, {"name": "C"}]
    item["_twim"]["project"] = {"slug": "p", "title": "P\nQ", "url": "file:///etc/passwd"}
    [found] = read(feed(item)).archive.entries
    assert (found.id, found.title, found.summary) == ("x y", "line 1 line 2", "a bc")
    assert (found.authors, found.tags) == ((Person("N"),), ("a b",))
    assert found.update and found.update.project
    assert found.update.reporters == (Reporter("A B", "@a:b"), Reporter("C"))
    assert (found.update.project.title, found.update.project.url) == ("P Q", None)


def test_what_is_empty_or_too_long() -> None:
    assert natives.entry(replace(ISSUE, id="\0"), SITE) is None
    bare = replace(
        ISSUE, title="\n", summary="\0", authors=(Person(" "),), sections=("..", "a"), update=None
    )
    found = natives.entry(bare, SITE)
    assert found is not None
    assert (found.title, found.summary, found.sections) == ("Untitled", "Untitled", ("a",))
    assert found.authors == (AUTHOR,)
    assert len(natives.line("x" * 50_000)) == natives.MAX_TEXT


@pytest.mark.parametrize(
    ("tag", "language"),
    [("pt_BR", "pt-BR"), ("en", "en"), ('xx-">', None), ("e", None), ("", None), (None, None)],
)
def test_a_language_is_a_tag_of_one(tag: str | None, language: str | None) -> None:
    assert natives.language(tag) == language
    assert natives.site(replace(SITE, language=tag)).language == language
