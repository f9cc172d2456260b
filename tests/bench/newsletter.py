"""A newsletter of any length, for measurements: the same text on every machine, and nobody's.

It has the shape of a real one, of which 24 issues in a row were counted: 417 updates, 21 sections,
101 projects, 60 of them once. An issue has about 18 KB and 17 updates. New projects come as n^0.6;
two projects are in every issue, and which of the others comes again is as in a Pitman-Yor process:
the likelier, the more often it has come. After every third issue stands a post of another kind.
"""

from __future__ import annotations

import random
import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby

from tests.bench.corpus import Post

NEWSLETTER = "This Week in the Harbour"
CATEGORIES = ("Releases", "Events", "Community", "Security", "Governance")
PICTURES = 24
CONSTANT = (0, 1)
"""The projects that every issue has."""
SECTIONS = {
    "Dept of Status 🌡️": 2,
    "Dept of Charts 📜": 2,
    "Dept of Servers 🏢": 14,
    "Dept of Moorings ⚓": 3,
    "Dept of Bridges 🌉": 9,
    "Dept of Clients 📱": 26,
    "Dept of Locks and Keys 🔐": 1,
    "Dept of SDKs and Frameworks 🧰": 12,
    "Dept of Signals 📞": 1,
    "Dept of Widgets 🧩": 1,
    "Dept of Bots 🤖": 5,
    "Dept of Ops 🛠": 4,
    "Dept of Services 🚀": 2,
    "Dept of Events and Talks 🗣️": 4,
    "Dept of Interesting Projects 🛰️": 4,
    "Dept of Guides 🧭": 1,
    "Dept of Rooms 🚪": 1,
    "Dept of Games 🎲": 1,
    "Dept of Measurements 📏": 1,
    "Dept of Languages 🌍": 1,
    "Dept of Research 🔬": 1,
    "Dept of Jobs 💰️": 1,
}
"""The sections, and how many of a hundred projects or so each has."""

# So that the longest newsletter ends before the day of any build.
_FIRST = datetime(2000, 1, 7, 12, tzinfo=UTC)
_EVERY = timedelta(days=3)
_UPDATES = (13, 21)
_OTHERS_AFTER = 3
_KNOWN_AFTER_ONE = 15.5
_GROWTH = 0.6
# Above the growth, so that of a hundred projects sixty come once.
_DISCOUNT = 0.75
_VERSIONS = ("{} {}.{}.{}", "{} v{}.{}", "{} {}.{}.{} released")
_CONSONANTS = "bdfgklmnprstvz"
_SYLLABLES = tuple(consonant + vowel for consonant in _CONSONANTS for vowel in "aeiou")
_WORDS_OF_A_PARAGRAPH = (38, 66)
# Neighbours in number, which come up together, are not neighbours in section.
_STEP = 41
_USUAL = tuple(position for position, share in enumerate(SECTIONS.values()) for _ in range(share))


def posts(count: int) -> Iterator[Post]:
    """Yield the first `count` issues, oldest first, and what stands between them."""
    for number, issue in enumerate(issues(count), 1):
        yield issue
        if number % _OTHERS_AFTER == 0 and number < count:
            yield _other(number)


def issues(count: int) -> Iterator[Post]:
    """Yield the first `count` issues, oldest first."""
    for number, numbers in enumerate(projects(count), 1):
        yield _issue(number, numbers)


def projects(count: int) -> Iterator[tuple[int, ...]]:
    """The numbers of the projects that the first `count` issues have updates of."""
    known = len(CONSTANT)
    times: Counter[int] = Counter()
    # Each as often as it has come.
    past: list[int] = []
    for number in range(1, count + 1):
        source = random.Random(f"projects {number}")
        after = round(_KNOWN_AFTER_ONE * number**_GROWTH)
        found = {*CONSTANT, *range(known, after)}
        wanted = min(source.randint(*_UPDATES), after)
        while len(found) < wanted:
            project = source.choice(past)
            if source.random() > _DISCOUNT / times[project]:
                found.add(project)
        known = after
        came = sorted(found.difference(CONSTANT))
        times.update(came)
        past += came
        yield tuple(sorted(found, key=lambda project: (section(project), project)))


def section(project: int) -> int:
    """The position of the section that a project is in, the same in each issue."""
    return _USUAL[project * _STEP % len(_USUAL)]


def name(project: int) -> str:
    """What a project is called, without version; no other is."""
    word = _word(project + 1000).title()
    return word if project % 2 else f"{word} {_word(project % 31 + 200).title()}"


def day(number: int) -> datetime:
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
    """The names of all who write posts."""
    return tuple(f"{_word(n * 37 + 5)} {_word(n * 91 + 400)}".title() for n in range(12))


def _issue(number: int, numbers: tuple[int, ...]) -> Post:
    source = random.Random(f"issue {number}")
    on = day(number)
    categories: tuple[str, ...] = (NEWSLETTER,)
    if number % 4 == 0:
        categories += (CATEGORIES[number // 4 % len(CATEGORIES)],)
    return Post(
        path=f"this-week-in-the-harbour-{number}.md",
        title=f"{NEWSLETTER} {on.date()}",
        date=on,
        authors=(source.choice(authors()),),
        categories=categories,
        body=_body(source, numbers),
    )


def _other(number: int) -> Post:
    """The post after an issue: three parts of plain text, about 3 KB."""
    source = random.Random(f"post {number}")
    parts = [_paragraph(source), _paragraph(source), "<!-- more -->"]
    for _ in range(3):
        parts += [f"## {_sentence(source)}", _paragraph(source), _list(source), _paragraph(source)]
    return Post(
        path=f"of-the-harbour-{number}.md",
        title=_sentence(source),
        date=day(number) + timedelta(days=1),
        authors=(source.choice(authors()),),
        categories=(source.choice(CATEGORIES),),
        body="\n\n".join(parts) + "\n",
    )


def _body(source: random.Random, numbers: tuple[int, ...]) -> str:
    parts = [_paragraph(source), "<!-- more -->"]
    titles = tuple(SECTIONS)
    for position, within in groupby(numbers, section):
        parts.append(f"## {titles[position]}")
        parts += [part for project in within for part in _update(source, project)]
    parts += ["## That's all I know 🏁", _paragraph(source)]
    return "\n\n".join(parts) + "\n"


def _update(source: random.Random, project: int) -> Iterator[str]:
    """What an issue has of a project; its description is the same each time, where it stands."""
    website = f"https://{_word(project + 1000)}.example/"
    yield _heading(source, project, website)
    own = random.Random(f"project {project}")
    described = own.random() < 0.8
    if described:
        yield f"{_sentence(own)} {_sentence(own).lower()}."
    reporter = _word(own.randrange(3000) if source.random() < 0.8 else source.randrange(3000))
    yield f"[{reporter}](https://matrix.to/#/@{reporter}:harbour.example) reports"
    quoted = [_paragraph(source, website), _list(source)]
    if source.random() < 0.6:
        quoted.append(_paragraph(source))
    if source.random() < 0.2:
        quoted.append(f"![{_sentence(source)}](/img/{source.randrange(PICTURES)}.png)")
    if source.random() < 0.6:
        quoted.append(_paragraph(source))
    yield "\n>\n".join("\n".join(f"> {line}" for line in text.split("\n")) for text in quoted)


def _heading(source: random.Random, project: int, website: str) -> str:
    """A third of headings have a version, and a third a website."""
    title = name(project)
    if source.random() < 1 / 3:
        version = source.choice(_VERSIONS)
        title = version.format(title, *(source.randrange(20) for _ in range(3)))
    return f"### {title} ([website]({website}))" if project % 3 == 0 else f"### {title}"


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
