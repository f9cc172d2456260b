"""What other sites show of a page when it is shared: Open Graph, Twitter cards, JSON-LD.

https://ogp.me/, and `NewsArticle` of https://schema.org/ for posts. All addresses are absolute.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from feedserver.model import Site
from mkdocs_twim.markup.pictures import Picture
from mkdocs_twim.templating.views import PostView


@dataclass(frozen=True, slots=True)
class Social:
    """What is said of a page: `properties` as Open Graph has them, `article` as JSON-LD."""

    properties: tuple[tuple[str, str], ...]
    article: str | None = None

    @property
    def twitter(self) -> tuple[tuple[str, str], ...]:
        """The same as a Twitter card."""
        said = dict(self.properties)
        card = "summary_large_image" if "og:image" in said else "summary"
        names = ("title", "description", "image", "image:alt")
        return (
            ("twitter:card", card),
            *((f"twitter:{name}", said[f"og:{name}"]) for name in names if f"og:{name}" in said),
        )


def of_post(post: PostView, url: str, site: Site, default: Picture | None) -> Social:
    """What is said of a post at its absolute address; `default` stands in for its picture."""
    picture = post.picture or default
    properties = [("og:type", "article"), *_common(post.title, url, post.summary, picture, site)]
    if post.date:
        properties.append(("article:published_time", post.date.isoformat()))
    if post.updated:
        properties.append(("article:modified_time", post.updated.isoformat()))
    properties += [("article:author", urljoin(site.url, link.url)) for link in post.of("author")]
    properties += [("article:tag", link.title) for link in post.of("category")]
    return Social(tuple(properties), _article(post, url, picture, site))


def of_list(title: str, url: str, about: str, site: Site, default: Picture | None) -> Social:
    """What is said of a generated page."""
    properties = [("og:type", "website"), *_common(title, url, about, default, site)]
    return Social(tuple(properties))


def _common(
    title: str, url: str, about: str | None, picture: Picture | None, site: Site
) -> Iterator[tuple[str, str]]:
    yield "og:site_name", site.title
    yield "og:title", title
    yield "og:url", url
    if about:
        yield "og:description", about
    if picture is None:
        return
    yield "og:image", picture.url
    if picture.type:
        yield "og:image:type", picture.type
    if picture.width and picture.height:
        yield "og:image:width", str(picture.width)
        yield "og:image:height", str(picture.height)
    if picture.alt:
        yield "og:image:alt", picture.alt


def _article(post: PostView, url: str, picture: Picture | None, site: Site) -> str:
    """The JSON-LD of a post, safe to stand in a script element."""
    members: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": post.title,
        "description": post.summary,
        "url": url,
        "mainEntityOfPage": url,
        "datePublished": post.date and post.date.isoformat(),
        "dateModified": post.updated and post.updated.isoformat(),
        "image": [picture.url] if picture else None,
        "author": [
            {"@type": "Person", "name": link.title, "url": urljoin(site.url, link.url)}
            for link in post.of("author")
        ]
        or [{"@type": "Organization", "name": site.title, "url": site.url}],
        "keywords": [link.title for link in post.of("category")] or None,
        "inLanguage": site.language,
        "publisher": {"@type": "Organization", "name": site.title, "url": site.url},
    }
    present = {name: value for name, value in members.items() if value is not None}
    text = json.dumps(present, ensure_ascii=False)
    # Neither "</script" nor "<!--" may stand in a script element.
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
