"""The front matter of a post: TOML between `+++`, or YAML between `---`, as Zola splits it.

python-frontmatter does the parsing, with handlers of ours: its own for TOML needs a package that is
abandoned, and its `parse` strips the body, so that the handler keeps what is needed of it. What
the keys mean is not known here; see `keys`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, NoReturn

import frontmatter
import yaml
from frontmatter.default_handlers import BaseHandler

from mkdocs_twim.errors import FrontMatterError

Style = Literal["toml", "yaml"]

_STRING_TAG = "tag:yaml.org,2002:str"
_MERGE_TAG = "tag:yaml.org,2002:merge"
_PLACE = re.compile(r" \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")
_TOML_PART = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_TOML_KEY = rf"(?P<key>{_TOML_PART}(?:[ \t]*\.[ \t]*{_TOML_PART})*)"
_TOML_TABLE = re.compile(rf"[ \t]*\[\[?[ \t]*{_TOML_KEY}[ \t]*\]")
_TOML_PAIR = re.compile(rf"[ \t]*{_TOML_KEY}[ \t]*=")
_TOML_PARTS = re.compile(_TOML_PART)
_BLANK_LINES = re.compile(r"(?:[ \t\f\v]*\n)*(?:[ \t\f\v]*\Z)?")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """A post's front matter and the text below it; lines count from 1 in the file.

    `body` has LF line ends, no blank lines at its start, and the indent of its first line.
    `line` is where the opening fence stands, `body_line` where the body begins. The body is held in
    UTF-8: as text, one emoji makes it four times as long.
    """

    style: Style
    values: dict[str, object]
    utf8: bytes
    body_line: int
    line: int
    lines: Mapping[str, int] = field(repr=False)

    @property
    def body(self) -> str:
        return self.utf8.decode()

    def line_of(self, key: str) -> int:
        """The line of a key such as `title` or `extra.image`.

        Where it can't be told (`taxonomies = {category = []}`), the line of what the key stands in.
        """
        while key:
            if key in self.lines:
                return self.lines[key]
            key = key.rpartition(".")[0]
        return self.line


def read(text: str, path: str) -> FrontMatter:
    """Split a file's text into front matter and body. `path` is for messages.

    Raises:
        FrontMatterError: there is no front matter, or it isn't closed, or can't be parsed.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    for handler in (_TomlHandler(text, path), _YamlHandler(text, path)):
        if handler.detect(text):
            # Not `loads`, whose `Post` can't have a key "content" or "handler".
            values, _ = frontmatter.parse(text, handler=handler)
            return FrontMatter(
                handler.style,
                values,
                handler.body.encode(),
                handler.body_line,
                handler.line,
                handler.lines,
            )
    line = 1 + text[: len(text) - len(text.lstrip())].count("\n")
    raise FrontMatterError(
        "expected front matter: a line of '+++' (TOML) or '---' (YAML), and nothing else on it",
        path=path,
        line=line,
    )


def read_yaml(text: str, path: str) -> tuple[Mapping[str, Any], Mapping[str, int]]:
    """Read a file that is YAML alone: its values, and the lines of their dotted keys.

    Raises:
        FrontMatterError: it can't be parsed, or is no table.
    """
    handler = _YamlHandler(text, path)
    # There is no fence above the first line.
    handler.line = 0
    return handler.load(text), handler.lines


class _Handler(BaseHandler):
    """One text's front matter, for one use: python-frontmatter asks it to split, then to load."""

    style: ClassVar[Style]
    fence: ClassVar[str]
    other: ClassVar[str]

    def __init__(self, text: str, path: str) -> None:
        char = re.escape(self.fence[0])
        super().__init__(re.compile(rf"\s*{char}{{3}}[ \t]*\n"), self.fence, self.fence)
        self._closer = re.compile(rf"(?<!{char}){char}{{3}}[ \t\f\v]*(?:\n|\Z)")
        self._longer = re.compile(rf"^{char}{{4,}}[ \t]*$", re.MULTILINE)
        self._text = text
        self._path = path
        self.body = ""
        self.body_line = self.line = 1
        self.lines: dict[str, int] = {}

    def split(self, text: str) -> tuple[str, str]:
        """The block and the body, of the whole text: the one that is passed has been stripped."""
        assert self.FM_BOUNDARY is not None
        opener = self.FM_BOUNDARY.match(self._text)
        assert opener is not None, "detect() comes first"
        start = opener.end()
        self.line = self._text.count("\n", 0, start)
        closer = self._closer.search(self._text, start)
        end = closer.start() if closer else len(self._text)
        longer = self._longer.search(self._text, start, end)
        if longer is not None:
            self._fail(
                f"a fence is '{self.fence}', found '{longer[0].rstrip()}'",
                self._text.count("\n", start, longer.start()),
            )
        if closer is None:
            self._fail_unclosed(start)
        below = closer.end()
        blank = _BLANK_LINES.match(self._text, below)
        assert blank is not None, "it can match nothing"
        self.body = self._text[blank.end() :]
        first = blank.end() if self.body else below
        self.body_line = 1 + self._text.count("\n", 0, first)
        return self._text[start:end], self.body

    def load(self, fm: str) -> dict[str, Any]:
        """The block's values; also notes the lines of its keys."""
        try:
            values = self._parse(fm)
        except RecursionError:
            self._fail("the front matter is nested too deeply", 0)
        if not isinstance(values, dict):
            kind = {"list": "a list", "NoneType": "nothing"}.get(type(values).__name__, "a value")
            self._fail(f"expected keys and values (title: …), found {kind}", 0)
        return values

    def _parse(self, block: str) -> object:
        """What the block says, in the language of the handler: TOML and YAML have one each."""
        raise NotImplementedError  # each language has its own

    def _fail(self, message: str, offset: int, column: int | None = None) -> NoReturn:
        """Raise an error at a line of the block, of which the first is 0."""
        raise FrontMatterError(
            message, path=self._path, line=self.line + 1 + offset, column=column
        ) from None

    def _fail_unclosed(self, start: int) -> NoReturn:
        stop = re.compile(rf"^{re.escape(self.other)}[ \t]*$", re.MULTILINE)
        mismatch = stop.search(self._text, start)
        if mismatch is not None:
            self._fail(
                f"front matter that opens with '{self.fence}' must close with it, "
                f"found '{self.other}'",
                self._text.count("\n", start, mismatch.start()),
            )
        self._fail(f"the front matter has no closing '{self.fence}'", -1)


class _TomlHandler(_Handler):
    style = "toml"
    fence, other = "+++", "---"

    def _parse(self, block: str) -> object:
        try:
            values = tomllib.loads(block)
        except ValueError as error:  # also of an integer that is too long
            self._fail_toml(block, str(error))
        self.lines.update((key, self.line + 1 + offset) for key, offset in _toml_keys(block))
        return values

    def _fail_toml(self, block: str, message: str) -> NoReturn:
        place = _PLACE.search(message)
        detail = message[: place.start()] if place else message
        if place and place["line"]:
            offset = int(place["line"]) - 1
            is_value = detail.startswith(("Invalid date", "Invalid value", "Expected newline"))
            hint = _hint(block.split("\n")[offset]) if is_value else ""
            self._fail(f"invalid TOML: {detail}{hint}", offset, int(place["column"]))
        self._fail(f"invalid TOML: {detail}", block.rstrip().count("\n") if place else 0)


class _YamlHandler(_Handler):
    style = "yaml"
    fence, other = "---", "+++"

    def _parse(self, block: str) -> object:
        try:
            loader = _YamlLoader(block)
            node = loader.get_single_node()
            if node is None:
                return {}
            for key, offset in _yaml_keys(node, block):
                self.lines.setdefault(key, self.line + 1 + offset)
            return loader.construct_document(node)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            problem = error.problem or error.context or "it can't be parsed"
            if mark is None:
                self._fail(f"invalid YAML: {problem}", 0)
            self._fail(f"invalid YAML: {problem}", _offset(block, mark), mark.column + 1)
        except yaml.reader.ReaderError as error:
            offset = block.count("\n", 0, error.position)
            self._fail(f"invalid YAML: {error.reason}", offset)


class _YamlLoader(yaml.SafeLoader):
    """PyYAML's safe loader; errors of Python that its constructors raise get a place."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError) as error:
            kind = node.tag.rpartition(":")[2]
            raise yaml.constructor.ConstructorError(
                None, None, f"this is no {kind}: {error}", node.start_mark
            ) from error


def _hint(line: str) -> str:
    """What to say of a line whose value is no date, or a text without the quotes of TOML."""
    value = line.partition("=")[2].strip()
    if re.match(r"\d{4}-\d", value):
        return "; a date is one of the calendar, such as 2024-01-22 or 2024-01-22T12:30:00Z"
    if value[:1] and value[0] in "“”„‘’‚«»":
        return f"; the quotes of a text must be straight, found {value[0]}"
    key = line.partition("=")[0].strip()
    return f'; a text stands in quotes: {key} = "…"' if re.match(r"\w", value) else ""


def _toml_keys(block: str) -> Iterator[tuple[str, int]]:
    """Dotted keys and their lines, from 0; of keys that are written as usual."""
    table: tuple[str, ...] = ()
    quoted = ""
    for offset, line in enumerate(block.split("\n")):
        if not quoted:
            if match := _TOML_TABLE.match(line):
                table = _toml_parts(match["key"])
                yield ".".join(table), offset
            elif match := _TOML_PAIR.match(line):
                yield ".".join(table + _toml_parts(match["key"])), offset
        for mark in ('"""', "'''"):
            if quoted in ("", mark) and line.count(mark) % 2:
                quoted = "" if quoted else mark


def _toml_parts(key: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _TOML_PARTS.findall(key))


def _yaml_keys(root: yaml.Node, block: str) -> Iterator[tuple[str, int]]:
    """Dotted keys and their lines, from 0.

    Raises:
        ConstructorError: a key isn't a string, or stands twice; or a value contains itself.
    """
    # A node that an alias names again is walked once: aliases of aliases would take for ever.
    done: set[yaml.Node] = set()
    within: list[yaml.Node] = []
    tasks: list[tuple[yaml.Node | None, str]] = [(root, "")]
    while tasks:
        node, prefix = tasks.pop()
        if node is None:
            done.add(within.pop())
            continue
        if node in within:
            _refuse("a value can't contain itself", node)
        if node in done or isinstance(node, yaml.ScalarNode):
            continue
        within.append(node)
        tasks.append((None, ""))
        if isinstance(node, yaml.MappingNode):
            names: set[str] = set()
            for key, value in node.value:
                name = _yaml_key(key, names)
                yield prefix + name, _offset(block, key.start_mark)
                tasks.append((value, f"{prefix}{name}."))
        else:
            tasks.extend((item, prefix) for item in node.value)


def _yaml_key(key: yaml.Node, names: set[str]) -> str:
    """A key's name, which is added to those of its mapping."""
    if key.tag == _MERGE_TAG:
        return "<<"
    if not isinstance(key, yaml.ScalarNode) or key.tag != _STRING_TAG:
        _refuse("a key must be a word, or stand in quotes", key)
    if key.value in names:
        _refuse(f"the key '{key.value}' stands here twice", key)
    names.add(key.value)
    return str(key.value)


def _refuse(problem: str, node: yaml.Node) -> NoReturn:
    raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


def _offset(block: str, mark: yaml.Mark) -> int:
    # Not `mark.line`, which counts U+2028 and the like too.
    return block.count("\n", 0, mark.index)
