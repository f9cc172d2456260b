"""The words of our pages: complete in each language, with its plural forms."""

from __future__ import annotations

import json
import re
from pathlib import Path
from string import Formatter

import pytest
from babel import Locale
from markupsafe import Markup

import mkdocs_twim
from mkdocs_twim.templating.words import Words

pytestmark = pytest.mark.dependency

PACKAGE = Path(mkdocs_twim.__file__).parent
LANGUAGES = sorted(path.stem for path in (PACKAGE / "translations").glob("*.json"))


def _texts(language: str) -> dict[str, str | dict[str, str]]:
    path = PACKAGE / "translations" / f"{language}.json"
    texts: dict[str, str | dict[str, str]] = json.loads(path.read_text("utf-8"))
    return texts


def _names(text: str | dict[str, str]) -> set[str]:
    """What is put into a text, or into any of its forms; but for the count, which may go."""
    forms = text.values() if isinstance(text, dict) else [text]
    return {name for form in forms for _, name, _, _ in Formatter().parse(form) if name} - {"count"}


def test_there_are_catalogues() -> None:
    assert {"ar", "de", "en", "fr"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_all_words_and_their_values(language: str) -> None:
    english, texts = _texts("en"), _texts(language)
    assert texts.keys() == english.keys()
    for name, text in texts.items():
        assert _names(text) == _names(english[name]), name
        if isinstance(text, dict):
            # The form "many" of French is of millions.
            wanted = Locale.parse(language).plural_form.tags | {"other"}
            assert wanted - {"many" if language == "fr" else ""} <= text.keys(), name


def test_every_word_is_used_and_every_used_word_is_there() -> None:
    sources = [*PACKAGE.rglob("*.py"), *PACKAGE.glob("templates/**/*.html")]
    code = "".join(path.read_text("utf-8") for path in sources)
    called = set(re.findall(r'(?:\b(?:twim_)?word|\bwords\.text)\("(\w+)"', code))
    known = set(_texts("en"))
    assert {name for name in called if not name.startswith("count_")} <= known
    # Sections and projects are called by their kind.
    kinds = {"count_sections", "count_projects"}
    assert {name for name in known - kinds if f'"{name}"' not in code} == set()


@pytest.mark.parametrize(
    ("language", "count", "shown"),
    [
        ("en", 1, "1 post"),
        ("en", 0, "0 posts"),
        ("de", 1, "1 Beitrag"),
        ("de", 5, "5 Beiträge"),
        ("fr", 0, "0 article"),
        ("fr", 2, "2 articles"),
        ("fr", 1_000_000, "1000000 articles"),
        ("ar", 0, "لا تدوينات"),
        ("ar", 2, "تدوينتان"),
        ("ar", 3, "3 تدوينات"),
        ("ar", 11, "11 تدوينة"),
        ("ar", 100, "100 تدوينة"),
    ],
)
def test_the_number_chooses_the_form(language: str, count: int, shown: str) -> None:
    assert Words(language).text("count_posts", count) == shown


@pytest.mark.parametrize("language", [None, "en", "tlh", "x-x", "../en", "sv"])
def test_languages_without_a_catalogue_have_english_words(language: str | None) -> None:
    assert Words(language).text("subscribe") == "Subscribe"


def test_dates_keep_their_language_where_the_words_are_english() -> None:
    assert Words("sv").locale.language == "sv"


def test_regions_have_the_words_of_their_language() -> None:
    assert Words("de-CH").text("subscribe") == Words("de").text("subscribe") == "Abonnieren"


def test_values_are_escaped_but_for_html() -> None:
    words = Words("en")
    assert words.html("by", names="<b> & {names}") == "by &lt;b&gt; &amp; {names}"
    assert words.html("by", names=Markup("<i>A</i>")) == "by <i>A</i>"
    assert words.text("by", names="<b>") == "by <b>"
