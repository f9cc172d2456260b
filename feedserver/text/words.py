"""The words of pages in the language of a site.

A folder has a catalogue for each language, by its tag. A word is a text with names in braces for
what is put into it; one that counts has a text for each of the plural forms that CLDR gives to the
language. A language without a catalogue gets English words, and dates of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from babel import Locale
from babel.core import UnknownLocaleError
from markupsafe import Markup, escape

FALLBACK = "en"
FOLDER = Path(__file__).parent / "translations"
"""The catalogues of the server's own pages."""

_NAME = re.compile(r"{(\w+)}")

Text = str | Mapping[str, str]


class Words:
    """The catalogue of one language in a folder; `locale` is that of dates."""

    def __init__(self, language: str | None, folder: Path = FOLDER) -> None:
        self.locale = _locale(language)
        found = (folder / f"{self.locale.language}.json").is_file()
        self.language = self.locale.language if found else FALLBACK
        self._texts = _catalogue(folder, self.language)
        self._plural = Locale.parse(self.language).plural_form

    @property
    def is_foreign(self) -> bool:
        """Whether the words are in another language than the site."""
        return self.language != self.locale.language

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        """How the site's language is written."""
        return "rtl" if self.locale.text_direction == "rtl" else "ltr"

    def raw(self, name: str) -> Text:
        """A word as the catalogue has it, for a script that chooses the form itself."""
        return self._texts[name]

    def text(self, name: str, /, count: int | None = None, **values: object) -> str:
        """A word as plain text; `count` chooses the plural form, and is shown as it is."""
        return self._chosen(name, count).format(count=count, **values)

    def html(self, name: str, /, count: int | None = None, **values: object) -> Markup:
        """A word as HTML: values are escaped, but for those that are HTML already."""
        parts = _parts(self._chosen(name, count))
        if len(parts) == 1:
            return parts[0]
        values["count"] = count
        shown = (escape(values[str(part)]) if n % 2 else part for n, part in enumerate(parts))
        return Markup("").join(shown)

    def _chosen(self, name: str, count: int | None) -> str:
        text = self._texts[name]
        if isinstance(text, str):
            return text
        assert count is not None, f"the word {name} counts"
        return text.get(self._plural(count), text["other"])


def counted(count: int, one: str, more: str | None = None) -> str:
    """A number with what it counts, in English: what the commands say is in no other language."""
    return f"{count:,} {one if count == 1 else more or f'{one}s'}"


@cache
def _parts(text: str) -> tuple[Markup, ...]:
    """A text as HTML, and each second time the name of what is put into it."""
    return tuple(map(escape, _NAME.split(text)))


@cache
def _catalogue(folder: Path, language: str) -> Mapping[str, Text]:
    texts: Mapping[str, Text] = json.loads((folder / f"{language}.json").read_text("utf-8"))
    return texts


def _locale(language: str | None) -> Locale:
    try:
        return Locale.parse((language or FALLBACK).replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(FALLBACK)
