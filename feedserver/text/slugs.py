"""Slugs as Zola makes them, slugs of sections and projects, and the ids of headings.

Zola transliterates with deunicode, where emoji become words; `anyascii` comes near it, and the
table below holds where deunicode 1.6.0 gives another word. Left out are scripts where the two
spell thousands of characters differently: rare ideographs, Hangul, those of India. No function
depends on the Unicode tables of the running Python.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from functools import lru_cache

from anyascii import anyascii

# A character or several, and the words that stand for each of them.
_WORDS = """
↔↕↖↗↘↙↩↪▪▫▶◀◻◼◽◾☀☹☺✳✴❇❓❔❕❗➕➖➗⭐🌟💲💵🟰〰☆✓✕✗✘♪♫ -
☂ umbrella,☃ snowman,☑ check box with check,☝ index pointing up,✋ hand,✌ victory,✔ check mark
✖ x,✝ latin cross,❤ red heart,ℹ information source,♀ female,♂ male,♨ hot springs,⛵ boat
⛹ basketballer,♡ white heart,♾ infinity
🌆 city sunset,🌔 moon,🍊 orange,🍳 fried egg,🏃 runner,🏄 surfer,🏊 swimmer,🏋 weightlifter
🏌 golfer,🏒 ice hockey,🏮 lantern,🏴 black flag,🐞 beetle,👍👎 +1,👞 shoe,👮 cop,👯 dancers
👰 bride with veil,👲 man with gua pi mao,👳 man with turban,💁 tipping hand person
💆 massage,💇 haircut,📝 memo,📧 email,📱 iphone,📸 camera flash,🔪 hocho,🕴 man in suit
🖕 fu,🖖 spock hand,🙁 slightly frowning face,🙄 roll eyes,🙅 no good,🙆 ok woman,🙇 bow
🙋 raising hand,🙍 frowning person,🙎 pouting face,🚗 car,🚣 rowboat,🚴 bicyclist
🚵 mountain bicyclist,🚶 walking,🛌 sleeping bed,🛑 stop sign,🛫 flight departure
🛬 flight arrival,🤑 money mouth face,🤒 face with thermometer,🤕 face with head bandage,🤗 hugs
🤙 call me hand,🤛 fist left,🤜 fist right,🤞 crossed fingers,🤠 cowboy hat face,🤡 clown face
🤦 facepalm,🤨 raised eyebrow,🤬 cursing face,🤭 hand over mouth,🤮 vomiting face
🤵 man in tuxedo,🤷 shrug,🤸 cartwheeling,🤹 juggling,🤺 fencer,🤼 wrestling,🤽 water polo
🤾 handball,🥀 wilted flower,🥂 clinking glasses,🥅 goal net,🥇 1st place medal
🥈 2nd place medal,🥉 3rd place medal,🥖 baguette bread,🥗 green salad,🥛 milk glass
🥝 kiwifruit,🥰 smiling face with three hearts,🥿 flat shoe,🦁 lion,🦊 fox face,🦏 rhinoceros
🦰 red hair,🦳 white hair,🧍 standing person,🧎 kneeling person,🧐 monocle face,🧖 sauna person
🧗 climbing,🧘 lotus position,🧴 lotion bottle,🩲 swim brief,🉐 ideograph advantage,🉑 accept
"""
# The same for letters, which are no words of their own.
_LETTERS = """
£ ps,§ ss,× x,¢ c/,¥ y=,Əəǝ @
ΗηήΉ e,ΥυύϋΰΎΫ u,Ββ b,Φφ ph,Χχ kh,Ξ ks
Ѐѐ ie,Ёё io,Ѓѓ gj,Ґґ g',Є e,Її yi,Ћћ tsh,Ќќ kj,Йй i,Ъъ ,Юю iu,Яя ia
しシ si,じジ zi,ちチ ti,ぢヂ di,つツっッ tu,づヅ du,ふフ hu,ゐヰ wi,ゑヱ we,をヲ wo,ゖヶ ke,・ ,
"""


def _table(text: str, end: str) -> dict[str, str]:
    entries = (entry.partition(" ") for line in text.split("\n") for entry in line.split(","))
    return {char: words + end for chars, _, words in entries for char in chars}


_OTHERWISE = _table(_WORDS, " ") | _table(_LETTERS, "")

_SLUG_WORD = re.compile("[a-z0-9]+")
# Accents that combine, joiners, variation selectors, skin tones, tags: they have no letters.
_VANISHING = re.compile(
    "[\u0080-\u009f\u00ad\u0300-\u036f\u200c-\u200f\u2060-\u2064\u20d0-\u20f0\u30fc"
    "\ufe00-\ufe0f\ufeff\U0001f3fb-\U0001f3ff\U000e0000-\U000e007f]"
)
_IDEOGRAPH = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
# Between letters, or after a digit, they leave no gap.
_JOINERS = re.compile("[\u200d\u20e3\ufe00-\ufe0f]")
# What makes a picture of the sign before.
_AS_PICTURE = ("\ufe0f", "\u20e3")
# What is shown as a picture, as of Unicode 16, and what colours it. Musical accidentals (C♯),
# circled digits, and ©, ®, ™ are text.
_EMOJI = re.compile(
    "[\u203c\u2049\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf"
    "\u23e9-\u23f3\u23f8-\u23fa\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u266c"
    "\u2670-\u2775\u2794-\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030"
    "\u303d\u3297\u3299\U0001f000-\U0001f0ff\U0001f170\U0001f171\U0001f17e"
    "\U0001f17f\U0001f18e\U0001f191-\U0001f19a\U0001f1e6-\U0001f1ff\U0001f201-\U0001f251"
    "\U0001f300-\U0001f6ff\U0001f780-\U0001f7ff\U0001f900-\U0001faff\U000e0020-\U000e007f]+"
)
_PICTURED = re.compile(f"{_EMOJI.pattern}|{_JOINERS.pattern}")
_DEPARTMENT = re.compile(r"(?:dept\.?|department)\s+of(?:\s+|$)", re.IGNORECASE)
# What a version may stand in: it goes on to the end of that, so that 2.0/OpenID is none.
_RUN = re.compile(r"(?<![^\W_])(?<![.+-])(?:[^\W_]|[.+-])++(?![^\s,;:)])")
# It begins where a word does: none is in r0.6.1, iOS17.4.1 or a.b.1.2.
_VERSION = re.compile(r"(?<![^\W_])(?<!\.)v?[0-9]+\.[0-9]", re.IGNORECASE)
# A version that another is joined to: 1.2/1.3, v1.2.0–v1.3.0.
_JOINED = re.compile(
    r"(?<![^\W_])(?<![.+-])v?[0-9]+\.[0-9](?:[^\W_]|[.+-])*+(?:_|[^\w\s.+-])++", re.IGNORECASE
)
BRACKETS = dict(zip("([{（［｛﹙「『【〔〖〈《⟨", ")]}）］｝﹚」』】〕〗〉》⟩", strict=True))
"""What opens a bracket, with what closes it."""
_FOR = re.compile(rf"[\s,;:)]*+(?=[{re.escape(''.join(BRACKETS))}]?for\s)", re.IGNORECASE)
_NEWS = frozenset("release released update updates version".split())
# With what the words for a link, or for a version, begin; arrows are among them.
_BEFORE_MORE = frozenset(" -–—:;,|/&·•") | set(BRACKETS) | set(map(chr, range(0x2190, 0x2200)))
# And with what a version does: those, and ≥, → and their like.
_BEFORE_VERSION = _BEFORE_MORE | frozenset("@_=<>~^\\") | set(map(chr, range(0x2190, 0x2300)))
_SIGNS = re.compile(r"(.)([+#]+)(?=(.)|$)", re.DOTALL)
_SIGN_WORDS = {"+": " plus ", "#": " sharp "}
# What NFKC makes + and # of.
_WIDE_SIGNS = str.maketrans("＋﹢⁺₊﬩＃﹟", "+++++##")
MATRIX_LIVE = "matrix-live"


@lru_cache(maxsize=4096)
def _ascii(char: str) -> str:
    if char.isascii():
        return char
    if char in _OTHERWISE:
        return _OTHERWISE[char]
    if _VANISHING.match(char):
        return ""
    letters: str = anyascii(char)
    if len(letters) > 2 and letters[0] == letters[-1] == ":":
        return f"{letters[1:-1]} "
    if _IDEOGRAPH.match(char):
        return f"{letters} "
    return letters or "-"


def slugify(text: str) -> str:
    """The slug that Zola gives a path, a term or a heading: `What’s new? 📱`, `what-s-new-iphone`.

    It may be empty.
    """
    if not text.isascii():
        text = "".join(map(_ascii, text))
    return "-".join(_SLUG_WORD.findall(text.lower()))


def slug_of(name: str) -> str:
    """The slug of a term, a section or a project: Zola's, but that of C++ is `c-plus-plus`.

    The signs `+` and `#` that directly follow a letter and end a word are words. It may be empty.
    """
    return slugify(_replaced(name, _SIGN_WORDS))


def without_signs(name: str) -> str:
    """The name less the signs that are words in its slug."""
    return _replaced(name, {"+": " ", "#": " "})


def _replaced(text: str, signs: Mapping[str, str]) -> str:
    if not text.isascii():
        text = _VANISHING.sub("", text).translate(_WIDE_SIGNS)
    if "+" not in text and "#" not in text:
        return text

    def words(found: re.Match[str]) -> str:
        before, run, behind = found.groups()
        if not _begins_word(before, digits=False) or (behind and _begins_word(behind)):
            return found[0]
        return before + "".join(map(signs.__getitem__, run))

    return _SIGNS.sub(words, text)


def _begins_word(char: str, *, digits: bool = True) -> bool:
    """Whether a character is a letter or a digit, and no emoji."""
    first = "" if _EMOJI.match(char) else _ascii(char)[:1]
    return first.isalpha() or (digits and first.isdigit())


def without_emoji(text: str) -> str:
    """The text less its emoji, with single spaces."""
    if not text.isascii():
        text = _EMOJI.sub(" ", _JOINERS.sub("", text))
    return " ".join(text.split())


def without_end(text: str, signs: Container[str] = _BEFORE_MORE) -> str:
    """The text less the emoji and the signs, dashes and opening brackets, that it ends in."""
    end = len(text)
    while end and (text[end - 1] in signs or _PICTURED.match(text[end - 1])):
        end -= 1
    return text[:end]


def ends_in_emoji(text: str) -> bool:
    """Whether the last thing in a text is a picture."""
    if text.endswith(_AS_PICTURE):
        # A digit and others are text without that.
        return True
    last = _JOINERS.sub("", text[-4:])[-1:]
    return bool(_EMOJI.fullmatch(last))


# A site has the same few again and again.
@lru_cache(maxsize=1000)
def section_title(heading: str) -> str:
    """What a section is about: `Clients` of "Dept of Clients 📱". It may be empty."""
    title = without_emoji(heading)
    department = _DEPARTMENT.match(title)
    return title[department.end() :] if department else title


def section_slug(heading: str) -> str:
    """The slug of a section, from its heading's text. It may be empty."""
    slug = slug_of(section_title(heading))
    return MATRIX_LIVE if slug.startswith(f"{MATRIX_LIVE}-") else slug


def project_title(heading: str) -> str:
    """What a project is called, from its heading's text less a trailing link: without a version.

    It is the heading where nothing else is left.
    """
    title = without_emoji(heading)
    found = _without_versions(title)
    return heading if found == title else found or heading


def project_words(heading: str) -> str:
    """What of a heading tells which project it is: its text without versions and emoji."""
    return _without_news(_without_versions(without_emoji(heading)))


def project_slug(heading: str) -> str:
    """The slug of a project, from its heading's text less a trailing link. It may be empty.

    The same project in another version has the same slug.
    """
    words = slug_of(project_words(heading)).split("-")
    while words and words[-1] in _NEWS:
        words.pop()
    return "-".join(words)


def version_at(text: str) -> int | None:
    """Where the first version in a text begins, if there is one."""
    for run in _RUN.finditer(text):
        if found := _VERSION.search(text, run.start(), run.end()):
            return found.start()
    return None


def _without_versions(title: str) -> str:
    """A title up to its first version, and what begins with "for" behind that, likewise."""
    parts: list[str] = []
    at = 0
    for run in _RUN.finditer(title):
        version = _VERSION.search(title, run.start(), run.end())
        if version is None:
            continue
        parts.append(_without_news(title[at : _first_joined(title, at, version.start())]))
        behind = _FOR.match(title, run.end())
        if behind is None:
            break
        at = behind.end()
    else:
        parts.append(title[at:])
    found = " ".join(filter(None, parts))
    return _balanced(found) if len(parts) > 1 else found


def _balanced(text: str) -> str:
    """The text less what closes a bracket that went with a version."""
    found, closing = "", list[str]()
    for char in text:
        if char in BRACKETS:
            closing.append(BRACKETS[char])
        elif closing and char == closing[-1]:
            closing.pop()
        elif char in BRACKETS.values():
            continue
        found += char
    return found


def _first_joined(title: str, at: int, version: int) -> int:
    """Where the first of the versions begins that are joined to the one that begins there."""
    start = end = at
    for joined in _JOINED.finditer(title, at, version):
        if joined.start() != end:
            start = joined.start()
        end = joined.end()
    return start if end == version else version


def _without_news(title: str) -> str:
    """What stands before a version, less words such as "release" that end it."""
    words = title.split()
    while words:
        word = without_end(words[-1], _BEFORE_VERSION)
        if any(map(_begins_word, word)) and word.casefold() not in _NEWS:
            return " ".join([*words[:-1], word])
        words.pop()
    return ""


class HeadingIds:
    """The ids of a page's headings: Zola's, with `-1`, `-2` for equal ones.

    Reserve the ids that are given before taking any.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def reserve(self, id: str) -> None:
        self._taken.add(id)

    def take(self, text: str) -> str:
        """The id of a heading with this text; `heading` for a text without any letters."""
        slug = slugify(text) or "heading"
        found = slug
        number = self._next.get(slug, 0)
        while found in self._taken:
            number += 1
            found = f"{slug}-{number}"
        self._next[slug] = number
        self._taken.add(found)
        return found
