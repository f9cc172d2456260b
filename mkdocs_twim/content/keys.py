"""A post's front matter, checked: the page keys of Zola (0.20), and Material's for `---` posts.

Unknown keys of a post are kept and ignored; unknown keys of an `_index.md` are errors, as in Zola.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from feedserver.text.slugs import slugify
from mkdocs_twim.content import dates, related
from mkdocs_twim.content.frontmatter import FrontMatter
from mkdocs_twim.errors import AddressError, DateError, FrontMatterError, LinkError, TwimError
from mkdocs_twim.markup import addresses

POST_KEYS = frozenset(
    "title description date updated draft render slug path taxonomies authors aliases template"
    " in_search_index extra".split()
)
"""The keys of a post that others may be misspelt for; `link` is none of Material's `links`."""
TERM_KEYS = frozenset("author category categories tag tags".split())
"""Those that name terms, in one of the two kinds of posts."""

_SECTION_KEYS = frozenset(
    "title description date sort_by weight draft template page_template paginate_by paginate_path "
    "paginate_reversed insert_anchor_links render redirect_to in_search_index transparent aliases "
    "generate_feed generate_feeds extra".split()
)

# What `---` posts have beside `taxonomies`, and the taxonomy that it may be of.
_KEYS = (
    ("authors", "author"),
    ("author", "author"),
    ("categories", "category"),
    ("tags", "tags"),
    ("tags", "tag"),
)

_SORT_BY = ("date", "update_date", "title", "title_bytes", "weight", "slug", "none")
_ANCHORS = ("left", "right", "heading", "none")


@dataclass(frozen=True, slots=True)
class PostMeta:
    """What a post says of itself. `image` is `extra.image` as it is written.

    `is_timed` is whether the time to read it is shown, `readtime` its minutes if they are given.
    `pin` and `links` are Material's, of `---` posts.
    """

    title: str | None = None
    description: str | None = None
    date: datetime | None = None
    updated: datetime | None = None
    draft: bool = False
    render: bool = True
    slug: str | None = None
    path: str | None = None
    stem: str = ""
    taxonomies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    weight: int | None = None
    authors: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    template: str | None = None
    in_search_index: bool = True
    image: str | None = None
    image_alt: str | None = None
    is_timed: bool | None = None
    readtime: int | None = None
    pin: bool = False
    links: tuple[related.Item, ...] = ()


@dataclass(frozen=True, slots=True)
class SectionMeta:
    """What the `_index.md` of a folder says: the section keys of Zola."""

    title: str | None = None
    description: str | None = None
    sort_by: str | None = None
    weight: int = 0
    draft: bool = False
    paginate_by: int | None = None
    paginate_path: str = "page"
    paginate_reversed: bool = False
    insert_anchor_links: str | None = None
    render: bool = True
    redirect_to: str | None = None
    in_search_index: bool = True
    transparent: bool = False
    aliases: tuple[str, ...] = ()
    is_timed: bool = False


class _Reader:
    """Takes keys out of front matter, and collects what is wrong with them."""

    def __init__(self, front: FrontMatter, path: str) -> None:
        self.front = front
        self.path = path
        self.problems: list[TwimError] = []

    def problem(self, key: str, message: str) -> None:
        line = self.front.line_of(key)
        found = FrontMatterError(f"{key}: {message}", path=self.path, line=line)
        # A key may be read for two purposes: `authors` are people and terms.
        if str(found) not in map(str, self.problems):
            self.problems.append(found)

    def get(self, key: str, kind: type, expected: str) -> Any:
        """The value of a (dotted) key if it is of that type, else None."""
        value: Any = self.front.values
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        # In Python True is an int; in front matter it is none.
        if value is None or (isinstance(value, kind) and isinstance(value, bool) == (kind is bool)):
            return value
        self.problem(key, f"expected {expected}, found {_shown(value)}")
        return None

    def text(self, key: str, *, blank: bool = True) -> str | None:
        value = self.get(key, str, "a string")
        if value is not None and not blank and not value.strip():
            self.problem(key, "expected a string that is not empty")
            return None
        return value if value is None or value.strip() else None

    def flag(self, key: str, default: bool) -> bool:
        value = self.get(key, bool, "true or false")
        return default if value is None else value

    def number(self, key: str) -> int | None:
        value = self.get(key, int, "a whole number")
        if value is not None and value < 0:
            self.problem(key, f"expected a number that is not negative, found {value}")
        return value if value is None else int(value)

    def names(self, key: str) -> tuple[str, ...]:
        """One name, or a list of them."""
        if isinstance(self.front.values.get(key), str):
            name = self.text(key)
            return (name.strip(),) if name else ()
        return self.texts(key)

    def texts(self, key: str) -> tuple[str, ...]:
        values = self.get(key, list, "a list of strings")
        if values is None:
            return ()
        if any(not isinstance(value, str) or not value.strip() for value in values):
            self.problem(key, f"expected strings that are not empty, found {_shown(values)}")
            return ()
        return tuple(value.strip() for value in values)

    def choice(self, key: str, among: Sequence[str]) -> str | None:
        value = self.text(key)
        if value is not None and value not in among:
            self.problem(key, f"expected one of {', '.join(among)}, found {_shown(value)}")
            return None
        return value

    def aliases(self) -> tuple[str, ...]:
        found = (self.checked("aliases", alias, _alias) for alias in self.texts("aliases"))
        return tuple(alias for alias in found if alias is not None)

    def checked(self, key: str, value: object, parse: Callable[[Any], Any]) -> Any:
        try:
            return None if value is None else parse(value)
        except (AddressError, DateError, LinkError) as error:
            self.problem(key, error.message)
            return None


def read_post(
    front: FrontMatter,
    src_uri: str,
    taxonomies: Collection[str],
    names: Mapping[str, str] = {},
) -> tuple[PostMeta, list[TwimError]]:
    """Read the keys of a post; what is wrong with them comes beside the rest.

    `taxonomies` are the names that the site has declared, `names` those of authors by their ids.
    """
    reader = _Reader(front, src_uri)
    is_timed, readtime = _readtime(reader)
    name = posixpath.dirname(src_uri) if addresses.is_bundle(src_uri) else src_uri[:-3]
    named_date, stem = dates.from_stem(posixpath.basename(name))
    date, updated = _dates(reader)
    extra = reader.get("extra", dict, "a table") or {}
    image = reader.text("extra.image") if extra else None
    meta = PostMeta(
        title=reader.text("title"),
        description=reader.text("description")
        or (reader.text("extra.meta_description") if extra else None),
        date=date or named_date,
        updated=updated,
        draft=reader.flag("draft", False),
        render=reader.flag("render", True),
        slug=reader.text("slug", blank=False),
        path=reader.checked("path", reader.text("path", blank=False), addresses.explicit),
        stem=stem,
        taxonomies=_taxonomies(reader, taxonomies, names),
        weight=reader.number("weight"),
        authors=tuple(names.get(author, author) for author in _authors(reader)),
        aliases=reader.aliases(),
        template=reader.text("template"),
        in_search_index=reader.flag("in_search_index", True),
        # One revision of matrix.org has addresses in the angle brackets of a Markdown link.
        image=image.strip("<> ") if image else None,
        image_alt=reader.text("extra.image_alt") if extra else None,
        is_timed=is_timed,
        readtime=readtime,
    )
    if front.style == "yaml":
        meta = _with_material(meta, reader)
    return meta, reader.problems


def _with_material(meta: PostMeta, reader: _Reader) -> PostMeta:
    """A post with the keys of Material's blog that Zola doesn't have."""
    links = reader.checked("links", reader.front.values.get("links"), related.parse)
    return replace(meta, pin=reader.flag("pin", False), links=links or ())


def _readtime(reader: _Reader) -> tuple[bool | None, int | None]:
    """Whether the time to read a post is shown, if it says so, and its minutes if it gives them.

    It is shown of a `---` post, as in Material's blog, unless that says no; of a `+++` post that
    asks for it, for Zola leaves it to templates, and other values of that name to the site.
    """
    extra = reader.front.values.get("extra")
    asked = reader.front.values.get("readtime")
    if asked is None and isinstance(extra, dict):
        asked = extra.get("readtime")
    match asked:
        case bool():
            return asked, None
        case int() if asked >= 0:
            return True, asked
    if reader.front.style == "toml":
        return None, None
    return True, reader.number("readtime")


def read_section(front: FrontMatter, src_uri: str) -> tuple[SectionMeta, list[TwimError]]:
    """Read the keys of an `_index.md`; what is wrong with them comes beside the rest."""
    reader = _Reader(front, src_uri)
    for key in front.values:
        if key not in _SECTION_KEYS:
            reader.problem(key, "no key of a section")
    for key in ("template", "page_template"):
        reader.text(key)
    # Zola has called it both.
    for key in ("generate_feed", "generate_feeds"):
        reader.flag(key, False)
    extra = reader.get("extra", dict, "a table") or {}
    paginate_path = reader.get("paginate_path", str, "a string")
    meta = SectionMeta(
        title=reader.text("title"),
        description=reader.text("description"),
        sort_by=reader.choice("sort_by", _SORT_BY),
        weight=reader.number("weight") or 0,
        draft=reader.flag("draft", False),
        paginate_by=reader.number("paginate_by"),
        paginate_path="page" if paginate_path is None else paginate_path.strip("/"),
        paginate_reversed=reader.flag("paginate_reversed", False),
        insert_anchor_links=reader.choice("insert_anchor_links", _ANCHORS),
        render=reader.flag("render", True),
        redirect_to=reader.checked("redirect_to", reader.text("redirect_to"), addresses.explicit),
        in_search_index=reader.flag("in_search_index", True),
        transparent=reader.flag("transparent", False),
        aliases=reader.aliases(),
        is_timed=extra.get("readtime") is True,
    )
    return meta, reader.problems


def _dates(reader: _Reader) -> tuple[datetime | None, datetime | None]:
    """The date and the update of a post; Material writes both below `date`, in YAML."""
    values = reader.front.values
    date = values.get("date")
    if reader.front.style == "yaml" and isinstance(date, dict):
        return (
            reader.checked("date", date.get("created"), dates.parse),
            reader.checked("date", date.get("updated"), dates.parse),
        )
    return (
        reader.checked("date", date, dates.parse),
        reader.checked("updated", values.get("updated"), dates.parse),
    )


def _taxonomies(
    reader: _Reader, declared: Collection[str], names: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    table = reader.get("taxonomies", dict, "a table of lists of strings") or {}
    found: dict[str, tuple[str, ...]] = {}
    for name in table:
        if name not in declared:
            known = ", ".join(sorted(declared))
            reader.problem(f"taxonomies.{name}", f"no taxonomy of this site, which has: {known}")
        else:
            found[name] = _terms(reader, f"taxonomies.{name}")
    for key, name in _KEYS if reader.front.style == "yaml" else ():
        if name in declared and name not in found and _is_given(reader, key):
            terms = _terms(reader, key)
            if name == "author":
                terms = tuple(dict.fromkeys(names.get(term, term) for term in terms))
            found[name] = terms
    return found


def _authors(reader: _Reader) -> tuple[str, ...]:
    """The authors of a post; hebbot and Jekyll write one as `author`, in YAML."""
    found = reader.texts("authors")
    is_yaml = reader.front.style == "yaml"
    return found or (reader.names("author") if is_yaml and _is_given(reader, "author") else ())


def _is_given(reader: _Reader, key: str) -> bool:
    """Whether a key has a value; another plugin's `author` may be anything."""
    value = reader.front.values.get(key)
    return bool(value) and (key != "author" or isinstance(value, str | list))


def _terms(reader: _Reader, key: str) -> tuple[str, ...]:
    terms = reader.names(key) if key in ("author", "tags") else reader.texts(key)
    for term in terms:
        if not slugify(term):
            reader.problem(key, f"no address can be made of the term {term!r}")
    return tuple(dict.fromkeys(term for term in terms if slugify(term)))


def _alias(alias: str) -> str:
    address = addresses.explicit(alias)
    return address.rstrip("/") if address.endswith(".html/") else address


def _shown(value: object) -> str:
    shown = str(value).lower() if isinstance(value, bool) else repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
