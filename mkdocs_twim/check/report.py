"""What a check has found, as lines for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import get_args

from feedserver.model import Reporter
from mkdocs_twim.check.findings import Finding, Level, Post, Result
from mkdocs_twim.posts.outlines import Astray, Outline, Part, SectionPart

_WHY = {
    "above": "above the first heading",
    "below": "below a '#'",
    "ignored": "ignore_sections leaves it out",
    "empty": "nothing stands there",
}


def text(result: Result) -> Iterator[str]:
    """Lines: the findings, how the posts that were named are divided, and what it comes to."""
    yield from map(str, result.findings)
    for post in result.posts if result.named else ():
        yield from _lines(post)
    counts = ((result.count(level), level) for level in get_args(Level))
    found = ", ".join(_counted(count, level) for count, level in counts if count)
    yield f"checked {_counted(len(result.posts), 'post')}: {found or 'nothing'} found"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _lines(post: Post) -> Iterator[str]:
    """A post, and below it its sections and projects by their lines."""
    outline = post.outline
    if post.title is None:
        return
    titled = f"{post.path}: {post.title}" + (" (draft: in no build)" if post.draft else "")
    if outline is None:
        yield f"{titled}: no issue, so it isn't divided"
        return
    yield f"{titled}: {_counted(outline.updates, 'update')}"
    lines = [*_parts(outline), *map(_astray, outline.outside)]
    yield from (f"{line:6} {said}" for line, said in sorted(lines, key=lambda each: each[0]))


def _parts(outline: Outline) -> Iterator[tuple[int, str]]:
    for section in outline.sections:
        if section.title is not None:
            own = f": {_names(section.own.reporters)}" if section.own else ""
            yield section.line, f"{section.title}{own}"
        for project in section.projects:
            indent = "" if section.title is None else "  "
            alone = "" if section.title is not None else " (in no section)"
            yield project.line, f"{indent}{project.title}{alone}: {_names(project.reporters)}"


def _astray(astray: Astray) -> tuple[int, str]:
    of = astray.of
    what = f"'{'#' * of.level} {of.title}'" if of.title is not None else "the text"
    people = f"; {_names(of.reporters)}" if of.reporters else ""
    return astray.line, f"in no update: {what}: {_WHY[of.why]}{people}"


def _names(reporters: Iterable[Reporter]) -> str:
    names = (f"{each.name} ({each.id})" if each.id else each.name for each in reporters)
    return ", ".join(names) or "no reporter"


def as_json(result: Result) -> str:
    """The same as one document, with how each issue is divided; what there isn't is left out."""
    document = {
        "version": 1,
        "findings": [_finding(each) for each in result.findings],
        "posts": [_post(each) for each in result.posts],
        "counts": {
            "posts": len(result.posts),
            **{f"{level}s": result.count(level) for level in get_args(Level)},
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def _finding(finding: Finding) -> dict[str, object]:
    column = {"column": finding.column} if finding.column else {}
    return {
        "path": finding.path,
        "line": finding.line,
        **column,
        "level": finding.level,
        "rule": finding.rule,
        "message": finding.message,
    }


def _post(post: Post) -> dict[str, object]:
    found: dict[str, object] = {"path": post.path}
    if post.title is not None:
        found |= {"title": post.title, "url": post.address, "draft": post.draft}
        found["issue"] = post.outline is not None
    if outline := post.outline:
        found["updates"] = outline.updates
        found["sections"] = [_section(each) for each in outline.sections]
        found["in_no_update"] = [_outside(each) for each in outline.outside]
    return found


def _section(section: SectionPart) -> dict[str, object]:
    found: dict[str, object] = {}
    if section.title is not None:
        found = {"title": section.title, "slug": section.slug, "line": section.line}
    if section.own:
        found["reporters"] = _people(section.own.reporters)
    return {**found, "projects": [_project(each) for each in section.projects]}


def _project(part: Part) -> dict[str, object]:
    people = _people(part.reporters)
    return {"title": part.title, "slug": part.slug, "line": part.line, "reporters": people}


def _outside(astray: Astray) -> dict[str, object]:
    of = astray.of
    title = {} if of.title is None else {"title": of.title}
    text = {"text": of.opening} if of.opening else {}
    people = {"reporters": _people(of.reporters)}
    return {"why": of.why, "line": astray.line, **title, **text, **people}


def _people(reporters: Iterable[Reporter]) -> list[dict[str, str]]:
    return [{"name": each.name, **({"id": each.id} if each.id else {})} for each in reporters]
