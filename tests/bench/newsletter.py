"""A newsletter of any length, for measurements: the same text on every machine, and nobody's.

An issue has about 18 KB: eight sections with two projects each, quotes, lists, links and pictures.
Four of five headings of projects occur once, as in real newsletters, whose writers name a project
anew with each release; the fifth is that of one of some projects that come again and again.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

SECTIONS = (
    "Dept of Status 🌡️",
    "Dept of Clients 📱",
    "Dept of Servers 🏢",
    "Dept of Bridges 🌉",
    "Dept of SDKs and Frameworks 🧰",
    "Dept of Bots 🤖",
    "Dept of Ops 🛠",
    "Dept of Events and Talks 🗣️",
)
PROJECTS = 16
"""In an issue."""
NEWSLETTER = "This Week in the Harbour"
CATEGORIES = ("Releases", "Events", "Community", "Security", "Governance")
PICTURES = 24

# So that the longest newsletter ends before the day of any build.
_FIRST = date(2000, 1, 7)
_EVERY = timedelta(days=3)
_CONSONANTS = "bdfgklmnprstvz"
_SYLLABLES = tuple(consonant + vowel for consonant in _CONSONANTS for vowel in "aeiou")
_RETURNING = 61
_WORDS_OF_A_PARAGRAPH = (40, 70)


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue; the body is the same Markdown for every tool."""

    number: int
    title: str
    date: date
    author: str
    categories: tuple[str, ...]
    body: str

    @property
    def slug(self) -> str:
        return f"this-week-in-the-harbour-{self.number}"


def issues(count: int) -> Iterator[Issue]:
    """Yield the first `count` issues, oldest first."""
    for number in range(1, count + 1):
        yield _issue(number)


def day(number: int) -> date:
    """When an issue came out."""
    return _FIRST + number * _EVERY


def picture(number: int) -> bytes:
    """A small PNG of one colour, another for each number."""
    row = b"\x00" + bytes((number * 9 % 256, 128, 200)) * 40
    header = struct.pack(">IIBBBBB", 40, 20, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in (
            (b"IHDR", header),
            (b"IDAT", zlib.compress(row * 20)),
            (b"IEND", b""),
        )
    )


def authors() -> tuple[str, ...]:
    """The names of all who write issues."""
    return tuple(f"{_word(n * 37 + 5)} {_word(n * 91 + 400)}".title() for n in range(12))


def _issue(number: int) -> Issue:
    source = random.Random(f"issue {number}")
    on = day(number)
    categories: tuple[str, ...] = (NEWSLETTER,)
    if number % 4 == 0:
        categories += (CATEGORIES[number // 4 % len(CATEGORIES)],)
    return Issue(
        number=number,
        title=f"{NEWSLETTER} {on}",
        date=on,
        author=source.choice(authors()),
        categories=categories,
        body=_body(source, (number - 1) * PROJECTS),
    )


def _body(source: random.Random, first: int) -> str:
    """The text of the issue whose first project is number `first` of the whole newsletter."""
    parts = [_paragraph(source), "<!-- more -->"]
    each = PROJECTS // len(SECTIONS)
    for position, section in enumerate(SECTIONS):
        parts.append(f"## {section}")
        numbers = range(first + position * each, first + (position + 1) * each)
        parts += [part for number in numbers for part in _project(source, number)]
    parts += ["## That's all I know 🏁", _paragraph(source)]
    return "\n\n".join(parts) + "\n"


def _project(source: random.Random, number: int) -> Iterator[str]:
    name = _name(number)
    website = f"https://{_word(number)}.example/"
    yield f"### {name} ([website]({website}))" if number % 3 == 0 else f"### {name}"
    reporter = _word(source.randrange(3000))
    yield f"[{reporter}](https://matrix.to/#/@{reporter}:harbour.example) reports"
    quoted = [_paragraph(source, website), _list(source), _paragraph(source)]
    if number % 4 == 0:
        quoted.append(f"![{_sentence(source)}](/img/{number % PICTURES}.png)")
    if number % 2 == 0:
        quoted.append(_paragraph(source))
    yield "\n>\n".join("\n".join(f"> {line}" for line in text.split("\n")) for text in quoted)


def _name(number: int) -> str:
    """The heading of a project: every fifth is one that comes again."""
    if number % 5 == 0:
        return f"Port {_word(number // 5 % _RETURNING).title()}"
    return f"{_word(number % 977).title()} {_word(number).title()}"


def _word(number: int) -> str:
    """A word that can be spoken; another for each number."""
    word = ""
    while number or len(word) < 4:
        number, syllable = divmod(number, len(_SYLLABLES))
        word += _SYLLABLES[syllable]
    return word


def _paragraph(source: random.Random, link: str | None = None) -> str:
    words = [_word(source.randrange(5000)) for _ in range(source.randint(*_WORDS_OF_A_PARAGRAPH))]
    words[3] = f"**{words[3]}**"
    words[7] = f"`{words[7]}`"
    words[11] = f"[{words[11]}]({link or 'https://harbour.example/' + words[12]})"
    # Sentences of about a dozen words.
    for start in range(0, len(words), 12):
        words[start] = words[start].capitalize()
        words[min(start + 11, len(words) - 1)] += "."
    return " ".join(words)


def _list(source: random.Random) -> str:
    return "\n".join(f"* {_sentence(source)}" for _ in range(source.randint(3, 5)))


def _sentence(source: random.Random) -> str:
    words = [_word(source.randrange(5000)) for _ in range(source.randint(5, 9))]
    return " ".join(words).capitalize()
