"""The arguments that the package's own shortcodes take, and what is wrong with a call of one.

A site's own shortcodes have no signature: their templates say what they use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from feedserver.feeds.parameters import MAX_LIMIT
from mkdocs_twim.shortcodes.arguments import Value
from mkdocs_twim.shortcodes.calls import Call

_VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_SECONDS = re.compile(r"[0-9]{1,9}")
_COUNT = re.compile(r"[0-9]{1,3}")
LAYOUTS = ("list", "compact", "cards")
"""How the entries of a feed can be laid out."""

_FLAGS = {"true": True, "open": True, "false": False, "": False}


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
    """What a shortcode takes; `same_length` names the lists that belong together."""

    parameters: Mapping[str, Parameter]
    body: bool = False
    same_length: tuple[str, ...] = ()

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
                known = ", ".join(self.parameters) or "none"
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
        self._compare(call.name, arguments)
        return arguments

    def _compare(self, name: str, arguments: Mapping[str, Value]) -> None:
        lists = [value for key in self.same_length if isinstance(value := arguments[key], tuple)]
        sizes = [len(value) for value in lists]
        if len(set(sizes)) > 1:
            shown = ", ".join(
                f"{key} {size}" for key, size in zip(self.same_length, sizes, strict=True)
            )
            names = " and ".join(self.same_length)
            raise ValueError(f"'{name}': {names} need as many items each, found {shown}")


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


def _addresses(value: Value) -> tuple[Value, ...]:
    try:
        found = tuple(_address(item) for item in value) if isinstance(value, tuple) else ()
    except ValueError:
        found = ()
    if not found:
        raise ValueError("a list of addresses of pictures")
    return found


def _video(value: Value) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("the address of a video")
    return value.strip()


def _texts(value: Value) -> tuple[Value, ...]:
    if not isinstance(value, tuple) or not all(isinstance(item, str) for item in value):
        raise ValueError("a list of strings")
    return value


def _flag(value: Value) -> bool:
    # In Zola's templates a string is true too: `open="true"` is as old as `open=true`.
    found = value if isinstance(value, bool) else _FLAGS.get(str(value))
    if found is None:
        raise ValueError("a flag, true or false")
    return found


def _video_id(value: Value) -> str:
    if not isinstance(value, str) or not _VIDEO_ID.fullmatch(value):
        raise ValueError("the id of a video on YouTube, 11 letters, digits, '-' and '_'")
    return value


def _seconds(value: Value) -> int:
    if isinstance(value, bool) or not _SECONDS.fullmatch(str(value)):
        raise ValueError("a number of seconds, such as 90")
    return int(str(value))


def _feed(value: Value) -> str:
    src = value.strip() if isinstance(value, str) else ""
    if not src or "\\" in src or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:|//", src):
        raise ValueError(
            'a feed of the site, such as "/section/clients/", or a file beside mkdocs.yml '
            "(nothing is fetched in a build: export the feed first)"
        )
    return src


def _limit(value: Value) -> int:
    number = int(str(value)) if not isinstance(value, bool) and _COUNT.fullmatch(str(value)) else 0
    if not 1 <= number <= MAX_LIMIT:
        raise ValueError(f"a number from 1 to {MAX_LIMIT}")
    return number


def _layout(value: Value) -> str:
    if value not in LAYOUTS:
        raise ValueError(f"a layout, one of {', '.join(LAYOUTS)}")
    return str(value)


SIGNATURES: Mapping[str, Signature] = MappingProxyType(
    {
        "feed": Signature(
            {
                "src": Parameter(_feed, required=True),
                "limit": Parameter(_limit, default=5),
                "layout": Parameter(_layout, default="list"),
                "images": Parameter(_flag, default=False),
                "title": Parameter(_text),
            }
        ),
        "figure": Signature(
            {
                "img": Parameter(_address, required=True),
                "caption": Parameter(_text, required=True),
                "alt": Parameter(_text),
            }
        ),
        "figureGallery": Signature(
            {
                "images": Parameter(_addresses, required=True),
                "captions": Parameter(_texts, required=True),
            },
            same_length=("images", "captions"),
        ),
        "figureVideo": Signature(
            {
                "vid": Parameter(_video, required=True),
                "caption": Parameter(_text, required=True),
            }
        ),
        "details": Signature(
            {
                "summary": Parameter(_text, required=True),
                "open": Parameter(_flag, default=False),
            },
            body=True,
        ),
        "notice_box": Signature({}, body=True),
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
