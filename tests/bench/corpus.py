"""What the tools build: posts, those of the newsletter or real ones out of a folder."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from mkdocs_twim.content import keys
from mkdocs_twim.content.frontmatter import FrontMatter, read
from mkdocs_twim.errors import TwimError
from mkdocs_twim.shortcodes import calls
from mkdocs_twim.shortcodes.library import Library

TAXONOMIES = ("author", "category")
"""Those that ours has without being told."""


@dataclass(frozen=True, slots=True)
class Post:
    """One post; the body is the same Markdown for every tool.

    `path` is its file's, below the folder of the blog. `source` is a real post's file, which ours
    gets as it is.
    """

    path: str
    title: str
    date: datetime
    authors: tuple[str, ...]
    categories: tuple[str, ...]
    body: str
    source: str | None = None

    @property
    def slug(self) -> str:
        """One that no other post has: two may have the same name in different folders."""
        name = self.path.removesuffix(".md").removesuffix("/index")
        return name.replace("/", "-")


@dataclass(frozen=True, slots=True)
class Corpus:
    """Posts, made anew each time they are asked for, the oldest first.

    `sections` are the files `_index.md`, by their paths: only ours and Zola know them.
    """

    posts: Callable[[], Iterator[Post]]
    sections: Mapping[str, str] = field(default_factory=dict)


class CorpusError(LookupError):
    """Raised by `load` when a folder has no post that can be built."""


def load(folder: Path, say: Callable[[str], None]) -> Corpus:
    """Read the `+++` posts below a folder, such as the content of a Zola site.

    What our reader refuses, and what not every tool would build, is told and left out.

    Raises:
        CorpusError: nothing is left.
    """
    posts: list[Post] = []
    sections: dict[str, str] = {}
    for file in sorted(folder.rglob("*.md")):
        path = file.relative_to(folder).as_posix()
        try:
            text = file.read_text("utf-8")
            if not text.lstrip("\ufeff\r\n\t ").startswith("+++"):
                continue
            if posixpath.basename(path) == "_index.md":
                _refuse(keys.read_section(read(text, path), path)[1])
                sections[path] = text
            else:
                posts.append(_post(text, path))
        except (OSError, UnicodeDecodeError, TwimError) as error:
            say(f"bench: left out: {error}")
    if not posts:
        raise CorpusError(f"there is no post with '+++' below {folder}")
    posts.sort(key=lambda post: (post.date, post.path))
    return Corpus(lambda: iter(posts), sections)


def _post(text: str, path: str) -> Post:
    front = read(text, path)
    meta, problems = keys.read_post(front, path, TAXONOMIES)
    _refuse([*problems, *_misused(front, path)])
    if meta.date is None or meta.draft or not meta.render:
        raise TwimError("no date, a draft, or without a page", path=path)
    return Post(
        path=path,
        title=meta.title or meta.stem,
        date=meta.date,
        authors=meta.taxonomies.get("author", ()),
        categories=meta.taxonomies.get("category", ()),
        body=front.body,
        source=text,
    )


def _misused(front: FrontMatter, path: str) -> tuple[TwimError, ...]:
    """What is wrong with a post's shortcodes: one such would end the whole build of ours."""
    return calls.extract(front.body, path, front.body_line, Library()).errors


def _refuse(problems: list[TwimError]) -> None:
    if problems:
        raise problems[0]
