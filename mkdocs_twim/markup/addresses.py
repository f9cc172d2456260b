"""Where a post goes: Zola's rules for `+++` posts, those of Material's blog for `---` posts.

Addresses are paths that begin and end with a slash, not percent-encoded ("/blog/2024/05/x/").
`Claims` keeps two outputs from having one address.
"""

from __future__ import annotations

import posixpath
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote

# Of pymdown-extensions, which isn't declared, for it must be the version that Material brings.
import pymdownx.slugs  # type: ignore[import-untyped]  # it carries no types

from feedserver.formats.formats import FORMATS
from feedserver.text.slugs import slugify
from mkdocs_twim.errors import AddressError

# What Material's blog takes by default.
_material_slug = pymdownx.slugs.slugify(case="lower")


def explicit(path: str) -> str:
    """The address that the key `path` names: with both slashes, otherwise verbatim.

    Raises:
        AddressError: it leaves the site, or has what no address can have.
    """
    parts = path.strip().strip("/").split("/")
    if not path.strip("/ ") or any(part in ("", ".", "..") for part in parts):
        raise AddressError(f"expected a path such as '/blog/2024/05/title/', found {path!r}")
    if any(character in path for character in "?#\\\0") or not path.isprintable():
        raise AddressError(f"a path can't hold '?', '#', '\\' or control characters: {path!r}")
    return f"/{'/'.join(parts)}/"


def zola(src_uri: str, stem: str, slug: str | None) -> str:
    """The address that Zola gives: the file's folders, and the slug.

    `stem` is the file's name (of a bundle, its folder's) without the date; `slug` is the key.

    Raises:
        AddressError: nothing is left of the name.
    """
    folder = posixpath.dirname(src_uri)
    if is_bundle(src_uri):
        folder = posixpath.dirname(folder)
    last = slugify(slug or stem)
    if not last:
        raise AddressError(f"no slug can be made of {slug or stem!r}")
    return "/" + posixpath.join(folder, last) + "/"


def material(blog_dir: str, date: datetime | None, slug: str | None, title: str) -> str:
    """The address that Material's blog plugin gives, with its default options.

    Raises:
        AddressError: nothing is left of the title.
    """
    last = slug or _material_slug(title, "-")
    if not last:
        raise AddressError(f"no slug can be made of {title!r}")
    # What strftime makes of years before 1000 depends on the system.
    day = f"{date.year:04}/{date:%m/%d}" if date else ""
    return "/" + posixpath.join(blog_dir, day, last) + "/"


def is_bundle(src_uri: str) -> bool:
    """Whether a post is a folder's `index.md`, with files of its own beside it."""
    return posixpath.basename(src_uri) == "index.md"


def blog(blog_dir: str) -> str:
    """The address of the list of posts; `blog_dir` is the option, with slashes of either kind."""
    path = blog_dir.replace("\\", "/").strip("./")
    return f"/{path}/" if path else "/"


def folder(src_uri: str) -> str:
    """The directory address of an ordinary page: "/section/clients/" of `section/clients.md`."""
    parent, name = posixpath.split(posixpath.splitext(src_uri)[0])
    last = "" if name in ("index", "README") else name
    return "/" + "".join(f"{part}/" for part in (*parent.split("/"), last) if part)


def paged(address: str, number: int, path: str = "page") -> str:
    """The address of a list's page; that of the first is the list's own.

    `path` is what stands before the number (Zola's `paginate_path`); it may be empty.
    """
    return address if number == 1 else f"{address}{path}/{number}/".replace("//", "/")


def later(address: str, path: str = "page") -> str:
    """What stands before the numbers of a list's pages."""
    return paged(address, 2, path).removesuffix("2/")


def file(address: str) -> str:
    """The output file of a page, relative to the site's folder."""
    return f"{address[1:]}index.html"


@lru_cache(maxsize=100_000)
def url(address: str) -> str:
    """An address as MkDocs has it: relative to the site, percent-encoded."""
    return quote(address[1:], safe="/~:@!$&'()*+,;=")


def feed_folder(src: str) -> str | None:
    """The folder of a feed of this site, however it is named; `None` for the name of a file.

    What begins with a slash, or has no dot in its last part, is a feed of this site.
    """
    folder, _, last = src.rpartition("/")
    if src.startswith("/"):
        src = folder if last in FORMATS else src
    elif "." in last:
        return None
    return "/" + "".join(f"{part}/" for part in src.split("/") if part)


class Claims:
    """Who has which address, compared without case.

    Some hosts and file systems don't know case, and one of the two would be lost.
    """

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}
        self._within: dict[str, str] = {}

    def add(self, file: str, owner: str) -> AddressError | None:
        """Claim an output file, relative to the site's folder; the error, if it is taken."""
        name = file.lower()
        other = self._owners.setdefault(name, owner)
        if other != owner:
            return AddressError(f"{owner} and {other} both have the address /{_shown(file)}")
        folders = _folders(name)
        # A file can't be where a folder is, nor the other way round.
        inside = self._within.get(name) or next(
            (self._owners[folder] for folder in folders if folder in self._owners), None
        )
        self._note_folders(folders, owner)
        if inside is None:
            return None
        return AddressError(
            f"{owner} and {inside}: one is a file and the other below it, at /{_shown(file)}"
        )

    def owner(self, file: str) -> str:
        """Who has an output file that is taken."""
        return self._owners.get(file.lower(), "")

    def note(self, file: str, owner: str) -> None:
        """Remember a file that is copied as it is; two such that differ in case are the site's."""
        self._owners.setdefault(file.lower(), owner)
        self._note_folders(_folders(file.lower()), owner)

    def _note_folders(self, folders: list[str], owner: str) -> None:
        for folder in folders:
            if folder in self._within:
                return
            self._within[folder] = owner


def _folders(file: str) -> list[str]:
    """The folders that a file is in, the innermost first."""
    parts = file.split("/")[:-1]
    return ["/".join(parts[:count]) for count in range(len(parts), 0, -1)]


def _shown(file: str) -> str:
    return file.removesuffix("index.html")
