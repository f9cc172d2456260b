"""What `[slugify]` of Zola's config.toml makes of paths, terms and headings, by its `slugs.rs`.

The plugin knows the default, `on`, alone: posts get a `path`, headings an id that is written out,
and old addresses of terms lead to the new.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, cast

import pyromark

from feedserver.text.slugs import slugify
from mkdocs_twim.markup.commonmark import OPTIONS, Renderer

_UNSAFE = re.compile(r'[<>:"/\\|?*]')
_LONE_RETURN = re.compile(r"\r(?!\n)")
_SPACE = re.compile(r"[ \t\n\f\r]")


def path(text: str, strategy: str) -> str:
    """The part of an address that a name or a term gives."""
    if strategy == "safe":
        return _UNSAFE.sub("", text.rstrip(" ."))
    return text if strategy == "off" else slugify(text)


def with_ids(text: str, body: str, strategy: str) -> tuple[str, list[tuple[str, str]]]:
    """A post's text with Zola's ids written behind its headings, and the ids that can't be kept.

    `body` is the end of the text, below its front matter, with LF line ends. What can't be kept is
    told with what stands in its place.
    """
    if strategy == "on":
        return text, []
    headings = _headings(body)
    wanted = _ids(headings)
    written = {place for place, heading in enumerate(headings) if heading.id != wanted[place]}
    while True:
        lines = _LONE_RETURN.sub("\n", text).split("\n")
        above = len(lines) - body.count("\n") - 1
        for place in written:
            number = above + headings[place].line
            end = "\r" if lines[number].endswith("\r") else ""
            lines[number] = f"{lines[number].rstrip()} {{#{wanted[place]}}}{end}"
        found = _headings("\n".join(line.rstrip("\r") for line in lines[above:]))
        # Not every id can be written, nor behind every heading: one of two lines, for one.
        wrong = {
            place
            for place in written
            if len(found) != len(headings) or found[place].id != wanted[place]
        }
        if not wrong:
            break
        written -= wrong
    pairs = zip(wanted, (heading.id for heading in found), strict=True)
    return "\n".join(lines), [(old, new) for old, new in pairs if old != new]


@dataclass(frozen=True, slots=True)
class _Heading:
    """A heading, the line that it begins on, from 0, and whether its author gave it an id."""

    title: str
    id: str
    line: int
    is_given: bool


def _headings(body: str) -> list[_Heading]:
    places = []
    utf8 = body.encode()
    for event, place in pyromark.events_with_range(body, options=OPTIONS):
        start = event.get("Start") if isinstance(event, dict) else None
        heading = cast("dict[str, Any]", start).get("Heading") if isinstance(start, dict) else None
        if heading is not None:
            places.append((utf8.count(b"\n", 0, place["start"]), heading["id"] is not None))
    return [
        _Heading(heading.title, heading.id, line, is_given)
        for heading, (line, is_given) in zip(Renderer().render(body).headings, places, strict=True)
    ]


def _ids(headings: list[_Heading]) -> list[str]:
    """The ids that Zola gives: a heading's words with `_` between them, and a number for equals."""
    taken = {heading.id for heading in headings if heading.is_given}
    found = []
    for heading in headings:
        name = id = heading.id if heading.is_given else _SPACE.sub("_", heading.title)
        number = 0
        while id in taken and not heading.is_given:
            number += 1
            id = f"{name}-{number}"
        taken.add(id)
        found.append(id)
    return found
