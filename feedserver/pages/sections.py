"""The page of all sections; where there are none it says why, and what to set."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from starlette.responses import Response

from feedserver.feeds import choices
from feedserver.feeds.index import NETWORK, Index
from feedserver.newsletter.issues import is_issue
from feedserver.pages import cards, templates
from feedserver.settings.settings import Settings

PATH = "section/"


def page(index: Index, base: str, settings: Settings) -> Response:
    """The page of a site's sections."""
    site, prefix = index.archive.site, urlsplit(base).path
    sections = [
        {"title": choices.short_title(feed, site), "url": f"{prefix}{feed.path[1:]}"}
        for feed in index.feeds
        if feed.kind == "section"
    ]
    posts = index.posts.entries
    has_issues = any(is_issue((*post.tags, post.title), settings.issues) for post in posts)
    named = {"issues": settings.issues}
    if has_issues:
        named["ignore_sections"] = settings.ignore_sections
    values = {
        "site": site,
        "of_site": cards.of_site(index, base),
        "feeds": f"{prefix}{NETWORK[1:] if index.is_network else ''}feeds/",
        "sections": sections,
        "has_projects": any(feed.kind == "project" for feed in index.feeds),
        "has_issues": has_issues,
        "settings": "\n".join(
            f"{name} = {json.dumps(list(globs), ensure_ascii=False)}"
            for name, globs in named.items()
        ),
    }
    return templates.page("sections.html", site.language, prefix, values)
