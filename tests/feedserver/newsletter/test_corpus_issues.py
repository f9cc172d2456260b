"""Real issues, divided as a person would: the values in tests/data/expected were read, not made.

Two of them are held back: nobody looks at them when the rules change, so that they measure what
comes of issues that nobody has seen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyromark
import pytest

from feedserver.newsletter.issues import Update, divide
from feedserver.text import html, urls
from feedserver.text.slugs import section_title
from tests.conftest import ROOT

pytestmark = pytest.mark.dependency

EXPECTED = sorted((ROOT / "tests/data/expected").glob("*.json"))
OPTIONS = (
    pyromark.Options.ENABLE_TABLES
    | pyromark.Options.ENABLE_FOOTNOTES
    | pyromark.Options.ENABLE_STRIKETHROUGH
    | pyromark.Options.ENABLE_TASKLISTS
    | pyromark.Options.ENABLE_HEADING_ATTRIBUTES
)

BASE = "https://example.org/post/"

Values = dict[str, Any]


def expected_of(path: Path) -> Values:
    values: Values = json.loads(path.read_text("utf-8"))
    return values


SEEN = [path for path in EXPECTED if not expected_of(path).get("held_back")]
HELD_BACK = [path for path in EXPECTED if path not in SEEN]


def updates_of(post: Path) -> tuple[Update, ...]:
    body = re.split(r"^\+\+\+\s*$", post.read_text("utf-8"), maxsplit=2, flags=re.MULTILINE)[2]
    body = re.sub(r"\{\{.*?\}\}", "<p>video</p>", body, flags=re.DOTALL)
    rendered = pyromark.html(body, options=OPTIONS)
    return divide(html.sanitise(rendered, BASE))


def reporters_of(update: Update) -> list[dict[str, str]]:
    return [
        {"name": reporter.name} | ({"id": reporter.id} if reporter.id else {})
        for reporter in update.reporters
    ]


def title_of(update: Update) -> str:
    section = section_title(update.section.title) if update.section else None
    if update.project is None:
        return section or ""
    return f"{update.project.title} ({section})" if section else update.project.title


def differences(update: Update, expected: Values) -> Iterator[str]:
    """What is wrong with an update, apart from its reporters."""
    text = html.text(html.parse(update.content or ""))
    found = {
        "id": update.heading_id,
        "title": title_of(update),
        "section": update.section.slug if update.section else None,
        "project": update.project.slug if update.project else None,
        "project_url": update.project.url if update.project else None,
    }
    for key, value in found.items():
        wanted = expected.get(key)
        if wanted and key == "project_url":
            wanted = urls.absolute(wanted, BASE)
        if value != wanted:
            yield f"{key} of {expected['id']}: {value!r}, not {wanted!r}"
    for key, fits in (("starts", text.startswith), ("ends", text.endswith)):
        words = " ".join(expected.get(key, "").split())
        if not fits(words):
            yield f"{expected['id']}: {text[:80]!r} … {text[-80:]!r} {key} not with {words!r}"


@pytest.mark.parametrize("path", SEEN, ids=lambda path: path.stem)
def test_every_update_of_an_issue_comes_out(path: Path, corpus: Path) -> None:
    expected = expected_of(path)
    updates = updates_of(corpus / expected["post"])
    assert [update.heading_id for update in updates] == [item["id"] for item in expected["updates"]]
    wrong = [
        difference
        for update, item in zip(updates, expected["updates"], strict=True)
        for difference in differences(update, item)
    ]
    assert not wrong
    assert [update.position for update in updates] == list(range(len(updates)))


@pytest.mark.parametrize("path", SEEN, ids=lambda path: path.stem)
def test_every_reporter_of_an_issue_is_named(path: Path, corpus: Path) -> None:
    expected = expected_of(path)
    found = {
        update.heading_id: reporters_of(update) for update in updates_of(corpus / expected["post"])
    }
    assert found == {item["id"]: item["reporters"] for item in expected["updates"]}


def test_unseen_issues_come_out_nearly_as_well(corpus: Path) -> None:
    updates = right = reporters = named = 0
    for path in HELD_BACK:
        expected = expected_of(path)
        found = {update.heading_id: update for update in updates_of(corpus / expected["post"])}
        wanted = {item["id"]: item for item in expected["updates"]}
        for id in found.keys() | wanted.keys():
            updates += 1
            reporters += len(wanted[id]["reporters"]) if id in wanted else 0
            if id not in wanted or id not in found:
                continue
            right += not list(differences(found[id], wanted[id]))
            known = wanted[id]["reporters"]
            guessed = reporters_of(found[id])
            named += sum(person in guessed for person in known)
            reporters += sum(person not in known for person in guessed)
    assert updates and reporters
    assert right / updates >= 0.98
    assert named / reporters >= 0.95
