"""The authors that `.authors.yml` of Material's blog describes.

https://squidfunk.github.io/mkdocs-material/plugins/blog/#config.authors_file, whose keys are
`name`, `description`, `avatar`, `url` and `slug`. Here all but the name may be left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from feedserver.text.slugs import slug_of, slugify
from mkdocs_twim.content import frontmatter
from mkdocs_twim.errors import AuthorError, FrontMatterError
from mkdocs_twim.markup.pictures import Gallery
from mkdocs_twim.templating import views
from mkdocs_twim.templating.views import AuthorView

FILE = ".authors.yml"
_OPTIONAL = ("description", "avatar", "url", "slug")


@dataclass(frozen=True, slots=True)
class Author:
    """A person; `avatar_line` is where the picture is named."""

    name: str
    description: str | None = None
    avatar: str | None = None
    url: str | None = None
    slug: str | None = None
    avatar_line: int = 1


class Authors:
    """All of a site, by id; `path` is the file relative to the docs, `None` if there is none."""

    def __init__(self, path: str | None, by_id: Mapping[str, Author]) -> None:
        self.path = path
        self.by_id = by_id
        self.names = {id: author.name for id, author in by_id.items()}
        self._by_slug = {slug_of(author.name): author for author in by_id.values()}

    def called(self, name: str) -> Author | None:
        """The author of that name."""
        return self._by_slug.get(slug_of(name))

    def knows(self, written: str) -> bool:
        """Whether a post's author is an id or a name of the file; all are if there is no file."""
        return self.path is None or written in self.by_id or self.called(written) is not None

    def views(
        self, gallery: Gallery, absolute: Callable[[str], str | None]
    ) -> dict[str, AuthorView]:
        """What to show of each, by the address of the page; `absolute` is told what is written."""
        found = {}
        for author in self.by_id.values():
            picture = absolute(author.avatar) if author.avatar else None
            [link] = views.term_links("author", [author.name]).links
            found[str(link.url)] = AuthorView(
                title=author.name,
                url=str(link.url),
                avatar=gallery.picture(picture) if picture else None,
                description=author.description,
                website=absolute(author.url) if author.url else None,
            )
        return found

    def moved(self) -> Iterator[tuple[str, str, str]]:
        """Addresses by `slug`, where that isn't the name's: old, new, and who says so."""
        for id, author in self.by_id.items():
            new = slug_of(author.name)
            if author.slug and slugify(author.slug) not in ("", new):
                owner = f"the slug of {id} in {self.path}"
                yield f"/author/{slugify(author.slug)}/", f"/author/{new}/", owner


def read(docs_dir: Path, blog_dir: str) -> Authors:
    """Read the file of the blog's folder, as Material does, else that of the docs.

    Raises:
        AuthorError: it can't be read, or a key has a wrong value.
    """
    for folder in dict.fromkeys((blog_dir, "")):
        path = f"{folder}/{FILE}" if folder else FILE
        file = docs_dir / path
        if file.is_file():
            try:
                return Authors(path, _parse(file.read_text("utf-8-sig"), path))
            except UnicodeDecodeError as error:
                raise AuthorError(f"can't be read: {error}", path=path) from error
            except FrontMatterError as error:
                raise AuthorError(
                    error.message, path=path, line=error.line, column=error.column
                ) from error
    return Authors(None, {})


def _parse(text: str, path: str) -> Mapping[str, Author]:
    values, lines = frontmatter.read_yaml(text, path)
    people = values.get("authors")
    if people is None:
        return {}
    if not isinstance(people, dict):
        raise AuthorError("authors: expected a table of authors", path=path, line=lines["authors"])
    return {id: _author(id, of, lines, path) for id, of in people.items()}


def _author(id: str, of: object, lines: Mapping[str, int], path: str) -> Author:
    key = f"authors.{id}"
    if not isinstance(of, dict) or not slugify(str(of.get("name", ""))):
        message = f"{key}: expected a table with a name that has a letter or a digit"
        raise AuthorError(message, path=path, line=lines[key])
    for name in ("name", *_OPTIONAL):
        value = of.get(name)
        if value is not None and not isinstance(value, str):
            message = f"{key}.{name}: expected a string, found {value!r}"
            raise AuthorError(message, path=path, line=lines.get(f"{key}.{name}", lines[key]))
    line = lines.get(f"{key}.avatar", lines[key])
    texts = {name: (of.get(name) or "").strip() or None for name in _OPTIONAL}
    return Author(of["name"].strip(), **texts, avatar_line=line)
