"""HTML by html5lib, in time that grows with the text: what makes it take the square is refused.

For each tag it looks through all open elements, for each attribute through all others of its tag,
and what is long it copies for each of its characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import html5lib
from html5lib.constants import E as MESSAGES
from html5lib.treebuilders import getTreeBuilder

_DEEPEST = 256
MOST_ATTRIBUTES = 256
_LONGEST = 100_000
_LONGEST_NAME = 1_000
_NO_FAULTS = ("expected-named-entity", "named-entity-without-semicolon")
# Those that put one character after the other into a tag or a comment.
_STATES = (
    "tagNameState attributeNameState attributeValueDoubleQuotedState"
    " attributeValueSingleQuotedState attributeValueUnQuotedState"
    " bogusCommentState commentState commentEndState doctypeNameState bogusDoctypeState"
).split()


class BeyondError(Exception):
    """A text is deeper, or has more in one tag, than anyone writes; the message says what."""


class _Tree(getTreeBuilder("etree")):  # type: ignore[misc]  # a class that is made at run time
    """A tree of elements, without their text: that is asked for nowhere."""

    def insertElementNormal(self, token: dict[str, Any]) -> Any:
        if len(self.openElements) > _DEEPEST:
            raise BeyondError(f"more than {_DEEPEST} elements stand in one another")
        return super().insertElementNormal(token)

    def insertText(self, data: str, parent: Any = None) -> None:
        pass


class _Parser(html5lib.HTMLParser):
    def __init__(self) -> None:
        super().__init__(_Tree, namespaceHTMLElements=False)

    def reset(self) -> None:
        super().reset()
        # The parser has just made its tokenizer, and can't be told of another.
        for name in _STATES:
            setattr(self.tokenizer, name, self._bounded(getattr(self.tokenizer, name)))
        consume = partial(_consume_entity, self.tokenizer.consumeEntity)
        setattr(self.tokenizer, "consumeEntity", consume)  # noqa: B010  # mypy: a method

    def _bounded(self, state: Callable[[], bool]) -> Callable[[], bool]:
        tokenizer = self.tokenizer

        def bounded() -> bool:
            token: Any = tokenizer.currentToken
            # A text may begin with what is nothing, such as `<?xml …?>`.
            if token is not None:
                _measure(token)
            return state()

        return bounded


def _consume_entity(consume: Callable[..., None], *args: Any, **more: Any) -> None:
    """Read what follows a `&`. In an attribute that may be all that it is, as in `?a=1&copy=2`.

    HTML, 13.2.5.73 and 13.2.5.74; html5lib is older.
    """
    tokenizer = consume.__self__  # type: ignore[attr-defined]  # it is a method
    queue, token = tokenizer.tokenQueue, tokenizer.currentToken
    if not more.get("fromAttribute"):
        consume(*args, **more)
        return
    told, length = len(queue), len(token["data"][-1][1])
    consume(*args, **more)
    if re.match("&[a-zA-Z0-9]", token["data"][-1][1][length : length + 2]):
        faults = [queue.pop() for _ in range(len(queue) - told)]
        queue.extend(fault for fault in reversed(faults) if fault["data"] not in _NO_FAULTS)


def _measure(token: dict[str, Any]) -> None:
    """See that the tag or comment that is being read has a size that somebody may have written.

    Raises:
        BeyondError: it hasn't.
    """
    data = token.get("data") or ""
    if len(token.get("name") or "") > _LONGEST_NAME:
        raise BeyondError(f"a name has more than {_LONGEST_NAME:,} characters")
    if isinstance(data, str):
        if len(data) > _LONGEST:
            raise BeyondError(f"a comment has more than {_LONGEST:,} characters")
        return
    if len(data) > MOST_ATTRIBUTES:
        raise BeyondError(f"a tag has more than {MOST_ATTRIBUTES} attributes")
    # A tag that has been told has them by name: the next may be read before it has any of its own.
    name, value = data[-1] if isinstance(data, list) else ("", "")
    if len(name) > _LONGEST_NAME or len(value) > _LONGEST:
        raise BeyondError(f"an attribute has more than {_LONGEST:,} characters")


def parse(html: str) -> tuple[Any, str | None]:
    """The tree of a piece of HTML without its text, and its first fault, if it has one.

    Raises:
        BeyondError: it is deeper, or has more in one tag, than anyone writes.
    """
    parser = _Parser()
    root = parser.parseFragment(html)
    if not parser.errors:
        return root, None
    _, code, values = parser.errors[0]
    return root, MESSAGES.get(code, code) % values
