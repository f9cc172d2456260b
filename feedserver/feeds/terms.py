"""What entries are sorted by: their terms, sections and projects, and the slugs of these.

Names with signs, such as C++, would have another slug without the words for these (`c`). Where
nothing else has that, it leads to theirs: the address of a page and its feeds, and filters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping

from feedserver.model import Entry, Site
from feedserver.newsletter import names
from feedserver.newsletter.registry import SLUGS
from feedserver.text.slugs import MATRIX_LIVE, project_words, section_title, slug_of, without_signs

_WORDS: Mapping[str, Callable[[str], str]] = {"section": section_title, "project": project_words}


def terms_of(entry: Entry, site: Site) -> dict[str, tuple[str, ...]]:
    """The terms of an entry by taxonomy."""
    authors = tuple(person.name for person in names.authors(entry, site))
    return {"author": authors, "category": entry.tags, **entry.terms}


def names_of(entries: Iterable[Entry], site: Site) -> dict[str, set[tuple[str, str]]]:
    """By parameter ("category"): the slugs of entries, each with a name that has it."""
    found: dict[str, set[tuple[str, str]]] = {"section": set(), "project": set()}
    for entry in entries:
        if entry.update is None:
            for parameter, terms in terms_of(entry, site).items():
                found.setdefault(parameter, set()).update((slug_of(term), term) for term in terms)
            continue
        of = entry.update
        if of.section:
            found["section"].add((of.section.slug, of.section.title))
        if of.project:
            found["project"].add((of.project.slug, of.project.title))
    return found


def former_slugs(
    pairs_of: Mapping[str, Iterable[tuple[str, str]]],
) -> dict[str, dict[str, tuple[str, ...]]]:
    """By parameter: each slug without words for signs, and those that have it with them.

    `pairs_of` is as `names_of` gives it.
    """
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for parameter, pairs in pairs_of.items():
        plain = _slugs(parameter)
        pairs = sorted(pairs)
        taken = {"", *(slug for slug, _ in pairs)}
        for slug, name in pairs:
            bare = without_signs(name)
            if bare != name and (old := plain(bare)) not in taken:
                former = found.setdefault(parameter, {})
                former[old] = tuple(dict.fromkeys((*former.get(old, ()), slug)))
    return found


def joined(pairs_of: Mapping[str, Iterable[tuple[str, str]]]) -> Iterator[str]:
    """What to say of names that have one slug, and differ in more than upper and lower case."""
    for parameter, pairs in pairs_of.items():
        words, slug_for = _WORDS.get(parameter, str), _slugs(parameter)
        found: dict[str, dict[str, str]] = {}
        for _, name in sorted(pairs):
            said = unicodedata.normalize("NFC", " ".join(words(name).split()))
            if slug := slug_for(name):
                found.setdefault(slug, {}).setdefault(said.casefold(), said)
        for slug, spellings in sorted(found.items()):
            first, *others = spellings.values()
            if others and (parameter, slug) != ("section", MATRIX_LIVE):
                also = " and ".join(f"'{other}'" for other in others)
                yield f"the {parameter} '{first}' is {also} too: they have one slug, {slug}"


def _slugs(parameter: str) -> Callable[[str], str]:
    return next((make for kind, make in SLUGS.items() if kind == parameter), slug_of)
