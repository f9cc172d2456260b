"""Tera's filters, tests and functions, as far as Jinja lacks them or has others of the name.

Templates of Zola's shortcodes are written in Tera (https://keats.github.io/tera/docs/); with these
most of them work as they are. Arguments have Tera's names, and its order where they have none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NoReturn
from urllib.parse import quote

from jinja2 import ChainableUndefined, Environment, TemplateRuntimeError, Undefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape, soft_str

from feedserver.text.slugs import slugify
from mkdocs_twim.content import dates

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
_DIRECTIVE = re.compile(r"%(-?)(.?)", re.DOTALL)
_LONGEST_RANGE = 10_000

INTERNAL = "@/"
"""In a template's context: the function that gives the absolute address of an `@/` path, or `None`.

No argument of a shortcode can have this name.
"""


class Missing(ChainableUndefined):
    """What isn't there: false in a condition, as in Tera, but an error where it is printed."""

    __slots__ = ()

    def __str__(self) -> str:
        self._fail_with_undefined_error()

    def __iter__(self) -> NoReturn:
        self._fail_with_undefined_error()

    def __len__(self) -> int:
        self._fail_with_undefined_error()


def extend(env: Environment) -> None:
    """Give an environment what Tera's templates use."""
    env.finalize = _printed
    env.filters |= {
        "as_str": _text,
        "concat": _concat,
        "date": _date,
        "default": _default,
        "escape_xml": env.filters["escape"],
        "get": _get,
        "json_encode": _json_encode,
        "linebreaksbr": _linebreaksbr,
        "nth": _nth,
        "pluralize": _pluralize,
        "replace": _replace,
        "slice": _slice,
        "slugify": lambda value: slugify(soft_str(value)),
        "split": _split,
        "trim_end": lambda value: soft_str(value).rstrip(),
        "trim_end_matches": _trim_end_matches,
        "trim_start": lambda value: soft_str(value).lstrip(),
        "trim_start_matches": _trim_start_matches,
        "truncate": _truncate,
        "urlencode_strict": lambda value: quote(soft_str(value), safe=""),
        "join": _join,
    }
    # A build gives the same bytes each time.
    del env.filters["random"], env.globals["lipsum"]
    env.tests |= {
        "containing": lambda value, item: item in value,
        "ending_with": lambda value, end: soft_str(value).endswith(end),
        "starting_with": lambda value, start: soft_str(value).startswith(start),
    }
    env.globals |= {"get_url": _get_url, "range": _range, "throw": _throw}


def shown(value: object) -> object:
    """A value as Tera prints it: `true`, `[1, a]`; what isn't there stays, and fails."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return f"{Decimal(repr(value)):f}".removesuffix(".0")
        case Mapping():
            return "[object]"
        case list() | tuple():
            return f"[{', '.join(map(_text, value))}]"
    return value


@pass_context
def _printed(_: Context, value: object) -> object:
    """`shown`; one that takes the context sees constants, too, before they are text."""
    return shown(value)


def _text(value: object) -> str:
    return soft_str(shown(value))


def _concat(value: Sequence[Any], with_: Any = None, /, **options: Any) -> list[Any]:
    """`with` is a word of Python's, so it comes in `options`."""
    more = options.get("with", with_)
    return [*value, *(more if isinstance(more, list | tuple) else [more])]


def _date(value: object, format: str = "%Y-%m-%d") -> str:
    when = datetime.fromtimestamp(value, UTC) if isinstance(value, int) else value
    # A date that isn't there is an error, as it is when printed.
    instant = dates.parse(when if isinstance(when, date) else soft_str(when))
    return _DIRECTIVE.sub(lambda match: _directive(instant, match[2], bare=bool(match[1])), format)


def _directive(instant: datetime, letter: str, *, bare: bool) -> str:
    """One part of a date; names are English and not those of the machine's locale."""
    match letter:
        case "%":
            return "%"
        case "A" | "a":
            return _DAYS[instant.weekday()][: None if letter == "A" else 3]
        case "B" | "b" | "h":
            return _MONTHS[instant.month - 1][: None if letter == "B" else 3]
        case "p":
            return "AM" if instant.hour < 12 else "PM"
        case "e":
            return str(instant.day) if bare else f"{instant.day:2}"
        case "F":
            return instant.strftime("%Y-%m-%d")
        case "R":
            return instant.strftime("%H:%M")
        case "T":
            return instant.strftime("%H:%M:%S")
    if not letter or letter not in "YmdHMSyjIz":
        raise ValueError(f"date: '%{letter}' isn't known")
    # Before the year 1000 strftime's %Y is not the same everywhere.
    found = f"{instant.year:04}" if letter == "Y" else instant.strftime(f"%{letter}")
    return found.lstrip("0") or "0" if bare else found


def _default(
    value: object, instead: object = "", boolean: bool = False, /, **options: Any
) -> object:
    """`default(value="x")` is Tera's, `default("x", true)` Jinja's."""
    empty = options.get("boolean", boolean) and not value
    return options.get("value", instead) if isinstance(value, Undefined) or empty else value


def _get(value: Mapping[str, Any], key: str, default: object = None) -> object:
    return value.get(key, default)


def _json_encode(value: object, pretty: bool = False) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2 if pretty else None)


def _linebreaksbr(value: object) -> str:
    return soft_str(value).replace("\r\n", "\n").replace("\n", Markup("<br>"))


def _nth(value: Sequence[Any], n: int) -> object:
    return value[n] if n < len(value) else ""


def _pluralize(value: int, singular: str = "", plural: str = "s") -> str:
    return singular if abs(value) == 1 else plural


def _replace(value: object, old: str = "", new: str = "", **options: str) -> str:
    """`from` is a word of Python's, so it comes in `options`."""
    return soft_str(value).replace(options.get("from", old), options.get("to", new))


def _slice(value: Sequence[Any], start: int = 0, end: int | None = None) -> Sequence[Any]:
    return value[start:end]


def _split(value: object, pat: str) -> list[str]:
    return soft_str(value).split(pat)


def _trim_start_matches(value: object, pat: str) -> str:
    text = soft_str(value)
    while pat and text.startswith(pat):
        text = text[len(pat) :]
    return text


def _trim_end_matches(value: object, pat: str) -> str:
    text = soft_str(value)
    while pat and text.endswith(pat):
        text = text[: -len(pat)]
    return text


def _truncate(value: object, length: int = 255, end: str = "…") -> str:
    text = soft_str(value)
    return text if len(text) <= length else text[:length] + end


def _join(value: Sequence[object], sep: str = "") -> str:
    items = [_text(item) for item in value]
    return (escape(sep) if any(isinstance(item, Markup) for item in items) else sep).join(items)


@pass_context
def _get_url(context: Context, path: str, trailing_slash: bool = False) -> str:
    """The absolute address of something on the site.

    `@/…` stays as it is if it leads nowhere, and in Markdown templates, for the addresses of posts
    aren't known yet; as a link it is resolved with the others.
    """
    if path.startswith("@/"):
        absolute = context.get(INTERNAL)
        found = absolute(path) if callable(absolute) else None
        return path if found is None else str(found)
    if trailing_slash and not path.endswith("/"):
        path += "/"
    return f"{context['config']['base_url']}/{path.removeprefix('/')}"


def _range(*bounds: int, start: int = 0, end: int | None = None, step_by: int = 1) -> range:
    if end is not None:
        bounds = (start, end, step_by)
    found = range(*bounds)
    if len(found) > _LONGEST_RANGE:
        raise OverflowError(f"a range of {len(found)} is too long")
    return found


def _throw(message: str) -> NoReturn:
    raise TemplateRuntimeError(message)
