"""The shortcodes of a site: which there are, what arguments they take, and what they show.

Each is a Jinja2 template `<name>.html`, and where feeds are to get something else, another named
`<name>.feed.html`. Those of this package check their arguments; a template of a site's own replaces
one of the same name, and with it the check. How calls are written and found stands in `calls`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateError, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from mkdocs_twim.arguments import Value
from mkdocs_twim.calls import Call
from mkdocs_twim.errors import ShortcodeError, TwimError

_BUILT_IN = Path(__file__).parent / "templates" / "shortcodes"
_FILE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\.html")
_VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_SECONDS = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument that a shortcode takes.

    `read` gives the value that the template gets, or raises a `ValueError` that says what was
    expected. One that isn't required has `default` instead.
    """

    read: Callable[[Value], Value]
    required: bool = False
    default: Value = ""


@dataclass(frozen=True, slots=True)
class Signature:
    parameters: Mapping[str, Parameter]
    body: bool = False

    def arguments(self, call: Call) -> dict[str, Value]:
        """What the template gets of a call.

        Raises:
            ValueError: an argument is unknown, missing or wrong; or a body is, or is missing.
        """
        if (call.body is not None) != self.body:
            shown = (
                "{{% {0}(…) %}} … {{% end %}}" if self.body else "{{{{ {0}(…) }}}}, without a body"
            )
            raise ValueError(f"'{call.name}' is called as {shown.format(call.name)}")
        for name in call.args:
            if name not in self.parameters:
                known = ", ".join(self.parameters)
                raise ValueError(f"'{call.name}' has no argument '{name}'; it takes {known}")
        arguments: dict[str, Value] = {}
        for name, parameter in self.parameters.items():
            if name in call.args:
                try:
                    arguments[name] = parameter.read(call.args[name])
                except ValueError as error:
                    found = _shown(call.args[name])
                    raise ValueError(
                        f"'{call.name}': {name}: expected {error}, found {found}"
                    ) from None
            elif parameter.required:
                raise ValueError(f"'{call.name}' needs the argument '{name}'")
            else:
                arguments[name] = parameter.default
        return arguments


def _shown(value: Value) -> str:
    match value:
        case str():
            return f'"{value[:60]}"'
        case bool():
            return str(value).lower()
        case tuple():
            return "a list"
    return str(value)


def _text(value: Value) -> str:
    if not isinstance(value, str):
        raise ValueError("a string")
    return value


def _address(value: Value) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("the address of a picture")
    return value.strip()


def _video_id(value: Value) -> str:
    if not isinstance(value, str) or not _VIDEO_ID.fullmatch(value):
        raise ValueError("the id of a video on YouTube, 11 letters, digits, '-' and '_'")
    return value


def _seconds(value: Value) -> int:
    if isinstance(value, bool) or not _SECONDS.fullmatch(str(value)):
        raise ValueError("a number of seconds, such as 90")
    return int(str(value))


SIGNATURES: Mapping[str, Signature] = MappingProxyType(
    {
        "figure": Signature(
            {
                "img": Parameter(_address, required=True),
                "caption": Parameter(_text, required=True),
                "alt": Parameter(_text),
            }
        ),
        "youtube_player": Signature(
            {
                "video_id": Parameter(_video_id, required=True),
                "start": Parameter(_seconds, default=0),
                "noscript_text": Parameter(_text),
            }
        ),
    }
)
"""What the shortcodes of this package take."""


class Library:
    """The shortcodes of this package and of `folders`, of which the first wins."""

    def __init__(self, *folders: Path) -> None:
        self._folders = (*folders, _BUILT_IN)
        self._environment = ImmutableSandboxedEnvironment(
            autoescape=True,
            loader=FileSystemLoader(self._folders),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["markdown"] = _markdown
        found = (
            match[1]
            for folder in self._folders
            for path in (folder.iterdir() if folder.is_dir() else ())
            if (match := _FILE.fullmatch(path.name)) and path.is_file()
        )
        self.names: tuple[str, ...] = tuple(sorted(set(found)))

    def problem(self, call: Call) -> str | None:
        """What is wrong with a call: its name, an argument, a body that is missing or too much."""
        if call.name not in self.names:
            close = get_close_matches(call.name, self.names, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            return f"unknown shortcode '{call.name}'{hint} (there are: {', '.join(self.names)})"
        try:
            self.arguments(call)
        except ValueError as error:
            return str(error)
        return None

    def arguments(self, call: Call) -> Mapping[str, Value]:
        """What the template gets: of the package's shortcodes all, with defaults.

        Raises:
            ValueError: see `Signature.arguments`.
        """
        signature = SIGNATURES.get(call.name)
        if signature is None or self._origin(f"{call.name}.html") != len(self._folders) - 1:
            return call.args
        return signature.arguments(call)

    def template(self, name: str, *, feed: bool) -> Template:
        """A shortcode's template; one for feeds that its page's template hides isn't used.

        Raises:
            TemplateError: there is none, or it can't be parsed.
        """
        page, other = f"{name}.html", f"{name}.feed.html"
        if feed and self._origin(other) <= min(self._origin(page), len(self._folders) - 1):
            page = other
        return self._environment.get_template(page)

    def _origin(self, file: str) -> int:
        """The number of the folder that a file is taken from; behind the last if there is none."""
        found = (n for n, folder in enumerate(self._folders) if (folder / file).is_file())
        return next(found, len(self._folders))


def render(call: Call, *, feed: bool, context: Mapping[str, object], library: Library) -> str:
    """What a call shows on a page or in a feed.

    The template gets the arguments, `body` and `nth`, and over them `context`: `picture`, the
    absolute address of the post's picture or `None`, and `markdown`, the function behind the filter
    of this name: it takes a text, and `inline=True` for one without paragraphs.

    Raises:
        ShortcodeError: the arguments are wrong, or the template fails.
    """
    try:
        values: dict[str, object] = {**library.arguments(call), "nth": call.nth}
        if call.body is not None:
            values["body"] = call.body
        template = library.template(call.name, feed=feed)
        return template.render({**values, **context}).strip()
    except TwimError:
        raise
    # What a template of a site's own can raise.
    except (TemplateError, ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as e:
        message = f"the shortcode '{call.name}' fails: {e}"
        raise ShortcodeError(message, path=call.path, line=call.line, column=call.column) from e


@pass_context
def _markdown(context: Context, text: str, *, inline: bool = False) -> Markup:
    function: Any = context.get("markdown")
    if function is None:
        return escape(text)
    return Markup(function(str(text), inline=inline))
