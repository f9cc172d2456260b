"""What the templates of shortcodes are told of the site and the page: `config`, `lang` and `page`.

The names are Zola's, as far as there is a value here; what isn't known is left out, so that it is
false in a condition.
"""

from __future__ import annotations

from collections.abc import Mapping

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.pages import Page
from mkdocs.utils import get_markdown_title

from feedserver.text.slugs import slugify
from mkdocs_twim.content.frontmatter import FrontMatter
from mkdocs_twim.content.keys import PostMeta

Context = Mapping[str, object]


def of_site(config: MkDocsConfig) -> Context:
    """The site, for the pages of a build."""
    language = config.theme.get("language") or config.theme.get("locale")
    language = str(language).replace("_", "-") if language else None
    site = {
        "title": config.site_name,
        "description": config.site_description,
        "base_url": (config.site_url or "").rstrip("/"),
        "default_language": language,
        "extra": config.extra,
    }
    return {"config": _known(site), **_known({"lang": language})}


def of_post(meta: PostMeta, front: FrontMatter, src_uri: str, address: str, url: str) -> Context:
    """A post or a section; `address` is relative to the site, `url` absolute."""
    dates = {}
    if meta.date is not None:
        dates = {"year": meta.date.year, "month": meta.date.month, "day": meta.date.day}
    page = {
        **{name: getattr(meta, name) for name in ("description", "draft", "weight")},
        # Before Markdown, so as well as it can be told then.
        "title": meta.title or get_markdown_title(front.body) or meta.stem or None,
        "date": meta.date.isoformat() if meta.date else None,
        "updated": meta.updated.isoformat() if meta.updated else None,
        **dates,
        "slug": meta.slug or slugify(meta.stem) or None,
        "path": address,
        "permalink": url,
        "relative_path": src_uri,
        "taxonomies": {name: list(terms) for name, terms in meta.taxonomies.items()},
        "authors": list(meta.authors),
        "extra": front.values.get("extra", {}),
    }
    return {"page": _known(page)}


def of_page(page: Page) -> Context:
    """An ordinary page; `extra` has the keys of its metadata that have no name in Zola."""
    named = {"title": page.title, "description": page.meta.get("description")}
    address = page.file.url.removeprefix("./")
    known: dict[str, object] = {
        **named,
        "path": f"/{address}",
        "permalink": page.canonical_url,
        "relative_path": page.file.src_uri,
        "taxonomies": {},
        "authors": [],
        "extra": {key: value for key, value in page.meta.items() if key not in named},
    }
    return {"page": _known(known)}


def _known(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}
