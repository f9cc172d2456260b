"""What moving a site in comes to: files to write, and what to tell. Nothing is written here.

`Folder` is the site as it was found. Its texts are read when they are asked for; nothing of it is
ever changed. `Migration` gathers what is decided.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from mkdocs_twim.content.frontmatter import FrontMatter
from mkdocs_twim.errors import AddressError, TwimError
from mkdocs_twim.markup.addresses import Claims

# What tools leave in a site's folder, and nobody wrote.
_TOOLS = frozenset({".git", ".venv", "venv", "node_modules", "__pycache__", ".cache"})
_OPENING = re.compile(r"\ufeff?\s*(?:\+{3}|-{3})[ \t]*(?:\r\n|\r|\n)")


class MigrationError(TwimError, ValueError):
    """A site can't be moved in, and nothing was written. Raised in `migrate/`."""


class Folder:
    """The files below a folder, relative to it, with forward slashes, in a fixed order.

    `refused` are links that lead out of the folder, and what is neither file nor folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        names: list[str] = []
        refused: list[str] = []
        for folder, folders, files in os.walk(self.root):
            at = Path(folder)
            folders[:] = [name for name in folders if name not in _TOOLS]
            # `walk` doesn't enter links; what they lead to may be anywhere, or a circle.
            linked = [name for name in folders if (at / name).is_symlink()]
            refused += [(at / name).relative_to(self.root).as_posix() for name in linked]
            for name in files:
                path = at / name
                inside = path.is_file() and path.resolve().is_relative_to(self.root)
                (names if inside else refused).append(path.relative_to(self.root).as_posix())
        self.names = tuple(sorted(names))
        self._known = frozenset(names)
        self.refused = tuple(sorted(refused))

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def below(self, folder: str) -> tuple[str, ...]:
        """The files below a folder, relative to it; below "." are all."""
        prefix = "" if folder in ("", ".") else f"{folder}/"
        return tuple(name.removeprefix(prefix) for name in self.names if name.startswith(prefix))

    def path(self, name: str) -> Path:
        return self.root / name

    def text(self, name: str) -> str:
        """A file's text, with its line ends.

        Raises:
            MigrationError: it can't be read, or isn't UTF-8.
        """
        try:
            return (self.root / name).read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise MigrationError(f"can't be read: {error}", path=name) from error


@dataclass(frozen=True, slots=True)
class Expected:
    """A post of the new site: the address that it must keep, or the new one of another page."""

    file: str
    address: str


@dataclass(slots=True)
class Migration:
    """What is decided: `outputs` by their path below the target, a text or a file to copy.

    `drafts` and the files of `posts` are below the folder `docs`.
    """

    outputs: dict[str, str | Path] = field(default_factory=dict)
    docs: str = "docs"
    blog_dir: str = "blog"
    taxonomies: tuple[str, ...] = ()
    posts: list[Expected] = field(default_factory=list)
    drafts: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    by_hand: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    _claims: Claims = field(default_factory=Claims)
    _site: Claims = field(default_factory=Claims)

    def put(self, path: str, content: str | Path, origin: str) -> bool:
        """Have a file written; False, and a line in the report, where there is one already.

        Names are compared without case, as Windows and macOS do.
        """
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or ".." in parts or "\\" in path:
            self.hand(origin, f"its place would be {path!r}: not taken over")
            return False
        if clash := self._claims.add(path, origin):
            self.hand(origin, f"not taken over: {clash.message}")
            return False
        self.outputs[path] = content
        return True

    def clash(self, file: str, owner: str) -> AddressError | None:
        """Claim a file of the built site; the error, if it is taken.

        Some systems take letters with accents for the same in either form.
        """
        return self._site.add(unicodedata.normalize("NFC", file), owner)

    def owner(self, file: str) -> str:
        """Who has claimed a file of the built site."""
        return self._site.owner(unicodedata.normalize("NFC", file))

    def hand(self, place: str, what: str) -> None:
        """Tell of something that needs a hand; `place` is a file of the source, with its line."""
        self.by_hand.append(f"{place}: {what}")

    def refuse(self, names: Iterable[str]) -> None:
        for name in names:
            self.hand(name, "a link out of the site, or no file: not taken over")


def with_keys(text: str, front: FrontMatter, keys: Mapping[str, object]) -> str:
    """A post's text with keys at the top of its front matter, which has none of these names."""
    opening = _OPENING.match(text)
    assert opening is not None, "its front matter has been read"
    end = "\r\n" if opening[0].endswith("\r\n") else "\n"
    mark = " = " if front.style == "toml" else ": "
    # A string or a list of JSON is one of TOML and YAML, too.
    lines = (f"{key}{mark}{json.dumps(value, ensure_ascii=False)}" for key, value in keys.items())
    return opening[0] + "".join(f"{line}{end}" for line in lines) + text[opening.end() :]


def line_of(text: str, key: str) -> int:
    """The line (from 1) on which a key of TOML or YAML stands; 1 if it can't be told."""
    last = key.rpartition(".")[2]
    for number, line in enumerate(text.splitlines(), 1):
        written = line.strip().lstrip("-[ ").replace('"', "").replace("'", "")
        if written.startswith(last) and written[len(last) :].lstrip()[:1] in ("=", ":", "]", "."):
            return number
    return 1


def report(migration: Migration) -> str:
    """All that is told of a migration."""
    parts: Mapping[str, list[str]] = {
        "Taken over": migration.taken,
        "Needs a hand": migration.by_hand,
        "New addresses": migration.new,
        "Addresses that are gone": migration.gone,
    }
    lines: list[str] = []
    for heading, entries in parts.items():
        lines += [f"{heading}:", *(f"  {entry}" for entry in entries or ["nothing"]), ""]
    return "\n".join(lines)
