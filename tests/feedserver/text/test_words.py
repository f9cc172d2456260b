"""The words of the server's pages: complete in each language, with its plural forms."""

from __future__ import annotations

import json
import re
from string import Formatter

import pytest
from babel import Locale
from markupsafe import Markup

from feedserver.text.words import FOLDER, Words

LANGUAGES = sorted(path.stem for path in FOLDER.glob("*.json"))


def _texts(language: str) -> dict[str, str | dict[str, str]]:
    texts: dict[str, str | dict[str, str]] = json.loads(
        (FOLDER / f"{language}.json").read_text("utf-8")
    )
    return texts


def _names(text: str | dict[str, str]) -> set[str]:
    """What is put into a text, or into any of its forms; but for the count, which may go."""
    forms = text.values() if isinstance(text, dict) else [text]
    return {name for form in forms for _, name, _, _ in Formatter().parse(form) if name} - {"count"}


def test_the_languages_are_those_of_the_plugin() -> None:
    assert LANGUAGES == ["ar", "de", "en", "fr"]


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
    package = FOLDER.parents[1]
    code = "".join(path.read_text("utf-8") for path in package.glob("*/*.html"))
    for name in ("pages.py", "templates.py"):
        code += (package / "pages" / name).read_text("utf-8")
    code += (package / "feeds" / "catalogue.py").read_text("utf-8")
    for name in ("message.py", "_blocks.py"):
        code += (package / "formats" / name).read_text("utf-8")
    known = set(_texts("en"))
    called = set(re.findall(r'\b(?:say|word)\("(\w+)"[,)]', code))
    assert called <= known
    families = set(re.findall(r'"(\w+_)"(?: if [^)]*?| ~)', code)) | {"without_", "only_"}
    for name in known:
        built = any(name.startswith(family) for family in families)
        assert built or f'"{name}"' in code, name


@pytest.mark.parametrize(
    ("language", "direction", "is_foreign"),
    [
        (None, "ltr", False),
        ("en-GB", "ltr", False),
        ("ar", "rtl", False),
        ("de-CH", "ltr", False),
        ("he", "rtl", True),
        ("sv", "ltr", True),
        ("x-x", "ltr", False),
    ],
)
def test_direction_and_words_of_a_site(
    language: str | None, direction: str, is_foreign: bool
) -> None:
    words = Words(language)
    assert (words.direction, words.is_foreign) == (direction, is_foreign)
    assert words.text("subscribe") == ("Subscribe" if is_foreign else words.raw("subscribe"))


def test_the_number_chooses_the_form() -> None:
    shown = [Words("ar").text("count_entries", count) for count in (0, 1, 2, 3, 11, 100)]
    assert shown == ["لا مدخلات", "مدخلة واحدة", "مدخلتان", "3 مدخلات", "11 مدخلة", "100 مدخلة"]


def test_values_are_escaped_but_for_html() -> None:
    words = Words("en")
    assert words.html("by", names="<b> & {names}") == "by &lt;b&gt; &amp; {names}"
    assert words.html("by", names=Markup("<i>A</i>")) == "by <i>A</i>"
    assert words.text("by", names="<b>") == "by <b>"
