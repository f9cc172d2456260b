"""Calls of shortcodes in a text: taking them out before Markdown, putting their output in after.

The grammar is Zola's (zola.md §10), but what begins like a call of a known shortcode and isn't one
is an error here. As in Zola a call is one in code and comments too; to show one, write
`{{/* name() */}}`. Texts of which other plugins may have calls (`---` posts and ordinary pages) are
`shared`: in these, nothing is ours but the calls of known shortcodes.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Protocol

from mkdocs_twim.errors import ShortcodeError
from mkdocs_twim.shortcodes import tokens
from mkdocs_twim.shortcodes.arguments import BLANKS, NAME, GrammarError, Value, read

TOKEN = tokens.TOKEN
"""What stands for a call in a text."""

_MAX_DEPTH = 20

_MARK = re.compile(r"\{\{|\{%")
_CALL = re.compile(rf"\{{[{{%]{BLANKS}({NAME})\b{BLANKS}(?:(\()|(?={NAME}{BLANKS}=))")
_END = re.compile(rf"\{{%{BLANKS}end{BLANKS}%\}}")
_SHOWN_END = re.compile(rf"\{{%/\*{BLANKS}end{BLANKS}\*/%\}}")
_SHOWN = {"{{/*": "*/}}", "{%/*": "*/%}"}
_TO_SHOW = "to show it, write {}/* … */{}"


class Templates(Protocol):
    """What is known of the shortcodes."""

    @property
    def names(self) -> Collection[str]: ...

    def problem(self, call: Call) -> str | None:
        """What is wrong with a call's name, arguments or body."""

    def misspelt(self, name: str) -> str | None:
        """The shortcode that was most likely meant by a name that is none."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a shortcode.

    `path`, `line` and `column` are its place, from 1. `nth` says the how manieth call of its
    name in the text it is, from 1. `body` is `None` for a call without one; calls within a body
    have left their tokens in it. `source` is how it is written.
    """

    name: str
    args: Mapping[str, Value]
    body: str | None
    path: str
    line: int
    column: int
    token: str
    nth: int
    source: str


@dataclass(frozen=True, slots=True)
class Extraction:
    """A text without its calls.

    `calls` has those within bodies too, in the order of the text, but none that is in `errors`.
    `shifts` says after which line of `text` how many lines of the original are missing. `doubts`
    are calls that were left in a shared text, though their names look like those of shortcodes.
    """

    text: str
    calls: tuple[Call, ...]
    errors: tuple[ShortcodeError, ...]
    first_line: int
    shifts: tuple[tuple[int, int], ...] = field(repr=False)
    doubts: tuple[ShortcodeError, ...] = ()

    def line_of(self, line: int) -> int:
        """The line of the file that a line of `text` (from 1) stood on."""
        index = bisect_left(self.shifts, line, key=itemgetter(0))
        return self.first_line + line - 1 + (self.shifts[index - 1][1] if index else 0)


def extract(
    text: str, path: str, first_line: int, templates: Templates, *, shared: bool = False
) -> Extraction:
    """Take the calls out of a text, which begins on the file's line `first_line`.

    What is wrong comes in `errors`, with its place, so that a build can report all at once.
    """
    text = tokens.cleaned(text)
    if _MARK.search(text) is None:
        return Extraction(text, (), (), first_line, ())
    scanner = _Scanner(text, path, first_line, templates, shared=shared)
    scanner.scan()
    calls: list[Call] = []
    for call in sorted(scanner.calls, key=lambda call: (len(call.token), call.token)):
        problem = templates.problem(call)
        if problem is None:
            calls.append(call)
        else:
            scanner.errors.append((call.line, call.column, problem))

    def placed(found: Iterable[tuple[int, int, str]]) -> tuple[ShortcodeError, ...]:
        return tuple(
            ShortcodeError(message, path=path, line=line, column=column)
            for line, column, message in sorted(found)
        )

    return Extraction(
        "".join(scanner.pieces),
        tuple(calls),
        placed(scanner.errors),
        first_line,
        tuple(scanner.shifts),
        placed(scanner.doubts),
    )


def fill(
    html: str,
    calls: Iterable[Call],
    render: Callable[[Call], str],
    is_place: Callable[[Call], bool] = lambda call: False,
) -> str:
    """Put what `render` makes of calls in place of their tokens, as `tokens` says.

    Each is rendered once; calls within a body are filled into what their outer call makes of it.
    One of which only a place is known yet is shown as it is written where HTML would be text.
    """
    known = {call.token: call for call in calls}
    outputs: dict[str, str] = {}

    def output(token: str) -> str | None:
        call = known.get(token)
        if call is None:
            return None
        if token not in outputs:
            inner = list(_within(call, known))
            rendered = render(call)
            filled = fill(rendered, inner, render, is_place) if inner else rendered
            outputs[token] = filled
        return outputs[token]

    def literal(token: str) -> str | None:
        call = known.get(token)
        return call.source if call and is_place(call) else output(token)

    return tokens.fill(html, output, literal)


def _within(call: Call, known: Mapping[str, Call]) -> Iterator[Call]:
    """The calls in a call's body, and in theirs."""
    for token in TOKEN.findall(call.body or ""):
        if token in known:
            yield known[token]
            yield from _within(known[token], known)


def splice(extraction: Extraction, output: Callable[[Call], str | None]) -> Extraction:
    """Put what `output` makes of calls into the text, before Markdown; `None` leaves a call.

    Calls within a body come first, so that the outer one's template gets what they have made. What
    `output` raises comes in `errors`.
    """
    outputs: dict[str, str] = {}
    kept: list[Call] = []
    errors: list[ShortcodeError] = []

    def put(text: str) -> str:
        return TOKEN.sub(lambda token: outputs.get(token[0], token[0]), text)

    for call in reversed(extraction.calls):
        if call.body is not None and outputs:
            call = replace(call, body=put(call.body))
        try:
            made = output(call)
        except ShortcodeError as error:
            errors.append(error)
            continue
        if made is None:
            kept.append(call)
        else:
            outputs[call.token] = made
    if not outputs and not errors:
        return extraction
    lines: list[str] = []
    shifts: list[tuple[int, int]] = []
    for number, line in enumerate(extraction.text.split("\n"), 1):
        original = extraction.line_of(number) - extraction.first_line + 1
        for part in put(line).split("\n"):
            # All lines of an output stand where the call stood.
            shift = original - len(lines) - 1
            if shift != (shifts[-1][1] if shifts else 0):
                shifts.append((len(lines), shift))
            lines.append(part)
    return replace(
        extraction,
        text="\n".join(lines),
        calls=tuple(reversed(kept)),
        errors=(*extraction.errors, *reversed(errors)),
        shifts=tuple(shifts),
    )


@dataclass(slots=True)
class _Body:
    """A body that is being read: its opener, and what it holds so far.

    `name` is empty if the opener is no valid call.
    """

    start: int
    name: str = ""
    args: Mapping[str, Value] = field(default_factory=dict)
    number: int = 0
    nth: int = 0
    pieces: list[str] = field(default_factory=list)


class _Scanner:
    """Goes through a text once."""

    def __init__(
        self, text: str, path: str, first_line: int, templates: Templates, *, shared: bool
    ) -> None:
        self.pieces: list[str] = []
        self.calls: list[Call] = []
        self.errors: list[tuple[int, int, str]] = []
        self.doubts: list[tuple[int, int, str]] = []
        self.shifts: list[tuple[int, int]] = []
        self._text = text
        self._path = path
        self._templates = templates
        self._names = frozenset(templates.names)
        self._shared = shared
        self._first_line = first_line
        self._breaks = [match.start() for match in re.finditer("\n", text)]
        # Looked up once, for to search on from each mark would take the square of the time.
        self._shown_ends = [match.span() for match in _SHOWN_END.finditer(text)]
        self._last = {close: text.rfind(close) for close in _SHOWN.values()}
        self._bodies: list[_Body] = []
        self._suspect: tuple[int, str] | None = None
        self._line = 1
        self._count = 0
        self._counts: Counter[str] = Counter()

    def scan(self) -> None:
        text = self._text
        at = 0
        while (mark := _MARK.search(text, at)) is not None:
            start = mark.start()
            self._add(text[at:start])
            at = self._shown(start) or self._call(start) or self._end(start)
            if not at:
                self._add(text[start])
                at = start + 1
        self._add(text[at:])
        while self._bodies:
            body = self._bodies.pop()
            if body.name:
                call = Call(body.name, body.args, "", self._path, 0, 0, "", 0, "")
                unclosed = f"'{body.name}' isn't closed by {{% end %}}"
                self._fail(body.start, self._templates.problem(call) or unclosed)
            self._add("".join(body.pieces))

    def _add(self, piece: str) -> None:
        if self._bodies:
            self._bodies[-1].pieces.append(piece)
        else:
            self.pieces.append(piece)
            self._line += piece.count("\n")

    def _fail(self, start: int, message: str) -> None:
        self.errors.append((*self._place(start), message))

    def _place(self, position: int) -> tuple[int, int]:
        line = bisect_left(self._breaks, position)
        begin = self._breaks[line - 1] + 1 if line else 0
        return self._first_line + line, position - begin + 1

    def _shown(self, start: int) -> int:
        """Pass over a call that is to be shown; returns where it ends, or 0 if there is none."""
        text = self._text
        close = _SHOWN.get(text[start : start + 4])
        if close is None or self._last[close] < start + 4:
            return 0
        end = text.index(close, start + 4)
        self._add(text[start : start + 2] + text[start + 4 : end] + close[2:])
        at = end + 4
        if close == "*/%}" and not _SHOWN_END.fullmatch(text, start, at):
            index = bisect_left(self._shown_ends, (at, 0))
            if index < len(self._shown_ends):
                begin, end = self._shown_ends[index]
                self._add(text[at:begin] + text[begin:end].replace("/*", "").replace("*/", ""))
                at = end
        return at

    def _call(self, start: int) -> int:
        """Read an inline call or a body's opener; returns where it ends, or 0 if it is neither."""
        inline = self._text[start + 1] == "{"
        match = _CALL.match(self._text, start)
        if match is None or not (match[2] or match[1] in self._names):
            return 0
        try:
            if not match[2]:
                raise GrammarError("there is no '(' behind the name", match.end())
            args, end = read(self._text, match.end(), "}}" if inline else "%}")
        except GrammarError as error:
            self._invalid(match[1], start, inline, error)
            return 0
        if self._shared and match[1] not in self._names:
            self._foreign(match[1], start, f"unknown shortcode '{match[1]}'", self.doubts)
            return 0
        self._counts[match[1]] += 1
        body = _Body(start, match[1], args, self._count, self._counts[match[1]])
        self._count += 1
        if inline:
            self._finish(body, end, None)
        else:
            self._open(body)
        return end

    def _open(self, body: _Body) -> None:
        if len(self._bodies) < _MAX_DEPTH:
            self._bodies.append(body)
        elif body.name:
            self._fail(body.start, "bodies are nested too deeply")

    def _invalid(self, name: str, start: int, inline: bool, error: GrammarError) -> None:
        """Note a call that isn't written as one, unless it is likely something else."""
        line, column = self._place(error.position)
        where = "" if line == self._place(start)[0] else f" (line {line}, column {column})"
        if error.began is not None:
            line, column = self._place(error.began)
            where += f"; the string begins at line {line}, column {column}"
        message = f"this is no valid call of '{name}': {error}{where}"
        if name in self._names:
            self._fail(start, message)
            if not inline:
                self._open(_Body(start))
        elif inline or self._shared:
            self._foreign(name, start, message, self.doubts if self._shared else self.errors)
        else:
            # `{% if (x) %}` is text, as in Zola, unless an `{% end %}` is left over.
            self._suspect = (start, f"{message}; " + _TO_SHOW.format("{%", "%}"))

    def _foreign(
        self, name: str, start: int, message: str, notes: list[tuple[int, int, str]]
    ) -> None:
        """Leave a call as text, as Zola does if it isn't valid; note it if its name is misspelt."""
        if meant := self._templates.misspelt(name):
            marks = (self._text[start : start + 2], "}}" if self._text[start + 1] == "{" else "%}")
            hint = f"did you mean '{meant}'? ({_TO_SHOW.format(*marks)})"
            notes.append((*self._place(start), f"{message}; {hint}"))

    def _end(self, start: int) -> int:
        """Close a body; returns where its `{% end %}` ends, or 0 if there is none."""
        match = _END.match(self._text, start)
        if match is None:
            return 0
        if self._bodies:
            body = self._bodies.pop()
            text = "".join(body.pieces)
            if not body.name:
                self._add(text)
            elif text.strip():
                self._finish(body, match.end(), text.strip())
            else:
                self._fail(body.start, f"the body of '{body.name}' is empty")
        elif self._suspect is not None:
            self._fail(*self._suspect)
            self._suspect = None
        elif self._shared:
            return 0
        else:
            self._fail(start, "{% end %} closes nothing; " + _TO_SHOW.format("{%", "%}"))
        return match.end()

    def _finish(self, body: _Body, end: int, text: str | None) -> None:
        """Put a token in place of a call that has been read to its end."""
        line, column = self._place(body.start)
        token = tokens.make(body.number)
        self.calls.append(
            Call(
                *(body.name, body.args, text, self._path, line, column, token, body.nth),
                self._text[body.start : end],
            )
        )
        self._add(token)
        shift = bisect_left(self._breaks, end) + 1 - self._line
        if not self._bodies and shift != (self.shifts[-1][1] if self.shifts else 0):
            self.shifts.append((self._line, shift))
