"""Whether what a theme makes of a page follows from what its templates are told.

That is known of themes whose templates have been read, where nobody has changed or added a
template, nor anything that templates use.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.utils import get_theme_dir

from mkdocs_twim.cache import key
from mkdocs_twim.theme import TEMPLATES, reading

KNOWN = {"material": "mkdocs-material", "materialx": "mkdocs-materialx"}
"""The themes whose templates have been read, and the names of their packages."""

SETTINGS = (
    *("copyright", "extra_css", "extra_javascript", "repo_name", "repo_url"),
    *("site_author", "site_description", "site_name", "site_url"),
)
"""What they show of a site's settings, but for `GROUPS`."""

GROUPS = ("extra", "mdx_configs", "plugins", "theme")
"""The settings that hold others."""

META = ("icon", "status", "subtitle")
"""What they show of the front matter of pages that aren't rendered, but named."""

# What pages and their files have besides, and no template of these themes asks for.
_UNTOLD = {
    *("abs_dest_path", "abs_src_path", "content_string", "dest_path", "dest_uri", "edit_uri"),
    *("inclusion", "links_to_anchors", "markdown", "present_anchor_ids", "src_path", "src_uri"),
    "update_date",
}
_MEMBER = re.compile(r"\.([a-z_]+)\b")
_SETTING = re.compile(r"\bconfig\.([a-z_]+)")
_META = re.compile(r"\bnav_item\.meta\.([a-z_]+)")
# Made for each environment, and used by none of them.
_OF_TRANSLATIONS = {"_", "gettext", "ngettext", "pgettext", "npgettext"}


def stamp(env: Environment, config: MkDocsConfig) -> bytes | None:
    """All that a page is made of beside what templates are told; `None` if that isn't known."""
    theme = config.theme
    package, own = KNOWN.get(theme.name or ""), get_theme_dir(theme.name or "")
    if package is None or not _is_as(theme.get_env(), env):
        return None
    assert isinstance(env.loader, FileSystemLoader)
    try:
        parts = [version(package)]
    except PackageNotFoundError:
        return None
    for folder in map(str, env.loader.searchpath):
        # Ours are part of each key, as our code is.
        for path in _files(folder, icons=folder != own) if folder != str(TEMPLATES) else ():
            if folder != own and path.suffix != ".svg":
                return None
            data = path.read_bytes()
            if folder == own and _asks_more(data.decode(), config):
                return None
            parts += [str(path), key(data).hex()]
    return key(*parts)


def _is_as(fresh: Environment, env: Environment) -> bool:
    """Whether an environment is as its theme, and then we, have made it."""

    def has(name: str) -> bool:
        now, before = getattr(env, name), getattr(fresh, name)
        names = before.keys() - _OF_TRANSLATIONS
        return now.keys() == before.keys() and all(now[each] is before[each] for each in names)

    escapes = env.autoescape
    return (
        reading(env) == reading(fresh)
        and type(env.loader) is FileSystemLoader
        and (escapes is False or getattr(escapes, "__module__", "") == reading.__module__)
        and env.finalize is None
        and env.template_class.__bases__ == (fresh.template_class,)
        and all(map(has, ("filters", "tests", "globals")))
    )


def _files(folder: str, *, icons: bool) -> Iterator[Path]:
    """A folder's templates, and icons if they are wanted; and links, which may lead to either."""
    for place, folders, names in os.walk(folder):
        where = Path(place)
        yield from (where / name for name in folders if (where / name).is_symlink())
        folders[:] = sorted(name for name in folders if icons or name != ".icons")
        for name in sorted(names):
            if name.endswith(".html") or (icons and name.endswith(".svg")):
                yield where / name


def _asks_more(template: str, config: Collection[str]) -> bool:
    """Whether a template asks for anything that isn't told: that of a version to come may."""
    asked = set(_SETTING.findall(template)).intersection(config).difference(SETTINGS, GROUPS)
    asked |= set(_META.findall(template)).difference(META)
    asked |= _UNTOLD.intersection(_MEMBER.findall(template))
    return bool(asked) or "page.file" in template
