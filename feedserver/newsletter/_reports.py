"""Reports: the persons whom attribution lines name, of which there are many kinds, and what is new.

What a line is told by are its links to Matrix users, where they stand, and the verbs behind them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import chain
from urllib.parse import unquote

from selectolax.lexbor import LexborNode

from feedserver.model import Reporter
from feedserver.newsletter import names
from feedserver.newsletter._inline import MATRIX, Run, tidied
from feedserver.text import summaries
from feedserver.text.html import serialise
from feedserver.text.slugs import project_slug, slug_of

Block = Sequence[LexborNode]

_HEADING = re.compile(r"<(h[1-6])\b[^>]*>.*?</\1>", re.DOTALL)
_WORD = re.compile(r"[^\s,:;.!?…–—-][^\s:;,!?…–—]*")
_USER_ID = re.compile(r"[^\s:]+:[^\s/]+")
_ADDRESS = re.compile(r"\S*://|www\.|[#!]\S+:|mailto:", re.IGNORECASE)
# "And" of the languages that newsletters are likely to have.
_AND = "and|et|e|y|i|und|sowie|en|og|och|ja|ve|a|és|oraz|și|и|та|και|و|和|及|與|と|및"
_JOINED = re.compile(rf"[,،、，]|(?:, ?)?(?:{_AND}|&|\+)|/", re.IGNORECASE)
# A link to a Matrix user that lacks the `@`; those to rooms begin with a sign.
_NEARLY_USER = re.compile(r"(?i)https?://(?:www\.)?matrix\.to/(?:#/*)?\w")
_PROJECT = re.compile(r"(?i)https?://(?:codeberg\.org|github\.com|gitlab\.[^/]+)/[^/]+/[^/]")
_VERSION = re.compile(r"(?<![0-9])[0-9]+\.[0-9]", re.IGNORECASE)
# Of a line, those before the one that names a person: they stand above the attribution.
_SENTENCES = re.compile(r"(?s).*(?:[.!?…][)\"”’]*\s|[。！？]|\n)")
_SOON = r"(?:\([^()]*\)\s*)?(?:(?:also|again|just|later|recently|then|[a-z]+ly)\s+)?"
_SPEECH = (
    r"(?:adds|announces|asks|explains|gives|informs|introduces|mentions|notes|offers|posts|presents"
    r"|replies|reports|says|shares|states|tells|writes|brought|gave|said|sent|spoke|told|wrote"
    r"|(?!based|fixed|landed|launched|merged|moved|released|shipped|updated)[a-z]+ed)\b"
)
_SPEAKS = re.compile(_SOON + _SPEECH, re.IGNORECASE)
_ACTS = re.compile(rf"{_SOON}(?::|{_SPEECH}|[a-z]+s\b)", re.IGNORECASE)


def attribution(runs: list[Run], quoted: bool, title: str) -> tuple[list[Reporter], bool]:
    """Whom a paragraph names as the reporter, and whether it does nothing else."""
    chains = chains_of(runs)
    if not chains:
        if quoted and (name := _other_person(runs, title)):
            return [Reporter(name)], len(runs) <= 2
        text = tidied(runs) if quoted else ""
        return [], text.endswith(":") and len(_WORD.findall(text)) <= 4
    chain = _speaking(runs, chains) if len(chains) > 1 else chains[0]
    begin = "".join(run.text for run in runs[: chain[0]])
    above = _SENTENCES.match(begin) if quoted else None
    before = _WORD.findall(begin[above.end() :] if above else begin)
    after = tidied(runs[chain[-1] + 1 :])
    alone = len(chains) == 1 and not any(run.href for run in runs[chain[-1] + 1 :])
    words = len(_WORD.findall(after))
    if quoted:
        return named(runs, chain), alone and len(before) <= 2 and words <= 8
    brief = alone and not before and words <= 3 and not after.endswith(("!", "?"))
    found = brief and (after.endswith(":") or _SPEAKS.match(after))
    return (named(runs, chain), True) if found else ([], False)


def chains_of(runs: Sequence[Run]) -> list[list[int]]:
    """The links to Matrix users, as indices; those joined by "and" or a comma together."""
    chains: list[list[int]] = []
    for index, run in enumerate(runs):
        if run.user is None:
            continue
        if chains and _JOINED.fullmatch(tidied(runs[chains[-1][-1] + 1 : index])):
            chains[-1].append(index)
        else:
            chains.append([index])
    return chains


def _speaking(runs: Sequence[Run], chains: Sequence[list[int]]) -> list[int]:
    """Who speaks: the first who begin the line or stand before a verb, and not those in "Ada’s"."""

    def rank(chain: Sequence[int]) -> int:
        after = tidied(runs[chain[-1] + 1 : chain[-1] + 2])
        begins = not tidied(runs[: min(chain[0], 2)])
        owns = after.startswith(("'", "’"))
        return 2 if owns else 0 if begins or _ACTS.match(after) else 1

    return min(chains, key=rank)


def named(runs: Sequence[Run], chain: Iterable[int]) -> list[Reporter]:
    people = []
    for index in chain:
        user = runs[index].user or ""
        name = " ".join(runs[index].text.split()).rstrip(" :,")
        if not name or _ADDRESS.match(name):
            name = user.partition(":")[0]
        if name:
            people.append(Reporter(name, f"@{user}" if _USER_ID.fullmatch(user) else None))
    return people


def _other_person(runs: Sequence[Run], title: str) -> str | None:
    """The name in an attribution whose link leads elsewhere than to Matrix."""
    runs = [run for run in runs if run.text.strip()]
    href = runs[0].href if runs else None
    is_room = href and MATRIX.match(href) and not _NEARLY_USER.match(unquote(href))
    if href is None or is_room or _PROJECT.match(href):
        return None
    name = " ".join(runs[0].text.split()).rstrip(" :,")
    named = name and not _ADDRESS.match(name) and not _VERSION.search(name)
    if not named or slug_of(name) == project_slug(title):
        return None
    after = tidied(runs[1:]) or runs[0].text.strip()[len(name) :]
    speaks = after.startswith((":", ",")) or _SPEAKS.match(after)
    short = after.endswith(":") or len(_WORD.findall(after)) <= 3
    return name if speaks and short else None


def distinct(people: Sequence[Reporter]) -> tuple[Reporter, ...]:
    """Each person once; of one name, one with an id stands for those without."""
    known = {person.name.casefold() for person in people if person.id}
    result: dict[str, Reporter] = {}
    for person in people:
        name = person.name.casefold()
        if person.id or name not in known:
            result.setdefault(person.id or name, person)
    return tuple(result.values())


def summary(blocks: Sequence[Block], attributions: Mapping[int, bool]) -> str | None:
    """The first sentences of the first report that has text; without such a one, of all text.

    `attributions` are the blocks that name a reporter, by index, and whether they say nothing else.
    """
    for line, report in _reports(blocks, attributions):
        # What is embedded is no text, whatever its link says.
        html = _html(chain.from_iterable(report))
        found = summaries.sanitised_summary(summaries.without_embedded(html))
        # Signs alone, such as an emoji, are no text.
        if found and re.search(r"\w", found):
            if attributions[line]:
                return found
            return summaries.sanitised_summary(_html(chain(blocks[line], *report)))
    rest = (block for n, block in enumerate(blocks) if not attributions.get(n))
    return summaries.sanitised_summary(_html(chain.from_iterable(rest)))


def _html(nodes: Iterable[LexborNode]) -> str:
    """The HTML of nodes, in which no heading ends in "(website)"."""

    def heading(found: re.Match[str]) -> str:
        name = names.without_links(found[0])
        return found[0] if name is None else f"<{found[1]}>{escape(name)}</{found[1]}>"

    return _HEADING.sub(heading, serialise(nodes))


def _reports(
    blocks: Sequence[Block], attributions: Mapping[int, bool]
) -> Iterator[tuple[int, Sequence[Block]]]:
    """Each attribution, and what is reported: the quote behind it, else all up to the next."""
    for line in attributions:
        end = start = line + 1
        quoted = end < len(blocks) and blocks[end][0].tag == "blockquote"
        while end < len(blocks) and end not in attributions:
            if quoted and blocks[end][0].tag != "blockquote":
                break
            end += 1
        yield line, blocks[start:end]
