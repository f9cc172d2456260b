"""A site's mkdocs.yml as text: its plugins found and replaced, everything else left as it is.

PyYAML tells where each node stands. To load the file and dump it again would lose comments, tags
such as `!!python/name:` and the author's layout; this needs no library that keeps them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from mkdocs_twim.migrate.migration import MigrationError

FILE = "mkdocs.yml"


@dataclass(frozen=True, slots=True)
class Plugin:
    """One entry of `plugins`, with its options; `lines` are those of the options, from 1.

    `begin` and `end` are its place in the text: whole lines, or a part of one.
    """

    name: str
    options: Mapping[str, Any]
    tags: Mapping[str, yaml.Node]
    lines: Mapping[str, int]
    line: int
    begin: int
    end: int


class MkDocsYml:
    """The text of a mkdocs.yml.

    Raises:
        MigrationError: it is no YAML, or no table with `plugins`.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except (yaml.YAMLError, RecursionError) as error:
            shown = " ".join(str(error).split())
            raise MigrationError(f"invalid YAML: {shown}", path=FILE) from error
        if not isinstance(root, yaml.MappingNode):
            raise MigrationError("expected keys and values (site_name: …)", path=FILE)
        self._keys = {key.value: (key, value) for key, value in root.value if key.value}
        self.plugins = tuple(self._plugins())

    def get(self, key: str) -> Any:
        """A value at the top, of plain YAML; what has a tag of its own is `None`."""
        return _value(self._keys[key][1]) if key in self._keys else None

    def _plugins(self) -> list[Plugin]:
        if "plugins" not in self._keys:
            return []
        _, node = self._keys["plugins"]
        if isinstance(node, yaml.MappingNode):
            return [self._plugin(key, key, value) for key, value in node.value]
        found = []
        for item in node.value if isinstance(node, yaml.SequenceNode) else ():
            if isinstance(item, yaml.MappingNode) and len(item.value) == 1:
                found.append(self._plugin(item, *item.value[0]))
            elif isinstance(item, yaml.ScalarNode):
                found.append(self._plugin(item, item, None))
        return found

    def _plugin(self, item: yaml.Node, key: yaml.Node, value: yaml.Node | None) -> Plugin:
        pairs = value.value if isinstance(value, yaml.MappingNode) else []
        begin, end = item.start_mark.index, _end(value if value is not None else key)
        end = max(end, _end(key))
        if self._is_block:
            begin = self.text.rfind("\n", 0, begin) + 1
            end = self._line_end(end)
        elif item is not key:
            end = item.end_mark.index
        return Plugin(
            str(key.value),
            {name.value: _value(option) for name, option in pairs},
            {name.value: option for name, option in pairs},
            {name.value: name.start_mark.line + 1 for name, _ in pairs},
            key.start_mark.line + 1,
            begin,
            end,
        )

    def _line_end(self, position: int) -> int:
        """Where the line ends that a place stands on; a block of text ends before its line."""
        start = self.text.rfind("\n", 0, position) + 1
        if not self.text[start:position].strip():
            return start
        newline = self.text.find("\n", position)
        return len(self.text) if newline < 0 else newline + 1

    @property
    def _is_block(self) -> bool:
        return not self._keys["plugins"][1].flow_style

    def replaced(
        self, plugin: Plugin, options: Mapping[str, Any], without: tuple[Plugin, ...]
    ) -> str:
        """The text with `twim` in the place of one plugin, and without some others."""
        _, node = self._keys["plugins"]
        listed = isinstance(node, yaml.SequenceNode)
        edits = {other.begin: (other.end, "") for other in without}
        if self._is_block:
            indent = " " * node.start_mark.column
            entry: object = [{"twim": dict(options)}] if listed else {"twim": dict(options)}
            written = yaml.safe_dump(entry, allow_unicode=True, sort_keys=False, width=1000)
            lines = [f"{indent}{line}\n" for line in written.splitlines()]
            edits[plugin.begin] = (plugin.end, "".join(lines))
        else:
            kept = [
                f"twim: {_flow(options)}" if other is plugin else self.text[other.begin : other.end]
                for other in self.plugins
                if other not in without
            ]
            if listed:
                kept = [f"{{{one}}}" if one.startswith("twim: ") else one for one in kept]
            opening, closing = ("[", "]") if listed else ("{", "}")
            begin, end = node.start_mark.index, node.end_mark.index
            edits = {begin: (end, f"{opening}{', '.join(kept)}{closing}")}
        text = self.text
        for begin, (end, new) in sorted(edits.items(), reverse=True):
            text = text[:begin] + new + text[end:]
        return text


def _flow(value: object) -> str:
    return yaml.safe_dump(
        value, allow_unicode=True, sort_keys=False, width=10**9, default_flow_style=True
    ).strip()


def _end(node: yaml.Node) -> int:
    """Where the last thing of a node ends; a block's own mark is behind the comments below it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        if isinstance(last, tuple):
            return max(_end(last[0]), _end(last[1]))
        return _end(last)
    return int(node.end_mark.index)


def _value(node: yaml.Node) -> Any:
    """What a node stands for; `None` for what has a tag of its own (`!ENV`, `!!python/name:`)."""
    if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
        return {str(key.value): _value(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
        return [_value(item) for item in node.value]
    if isinstance(node, yaml.ScalarNode) and node.tag in yaml.SafeLoader.yaml_constructors:
        return yaml.SafeLoader("").construct_object(node)
    return None
