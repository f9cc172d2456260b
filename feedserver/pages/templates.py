"""Our own pages: templates filled, and answered with headers that let nothing else into them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response

from feedserver.newsletter import names
from feedserver.pages import assets
from feedserver.text.words import FALLBACK, Words

# Nothing but our own stylesheet, script and icon: titles and names are hostile text, and no reader
# is made known to others by a picture.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PREVIEWS_POLICY = f"{POLICY}; frame-src 'self'"
"""Of pages that show how an embedded feed looks."""
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_ISO_DATE = re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b")
_SCRIPT_WORDS = (
    "close",
    "copied",
    "copy",
    "copy_of",
    "count_feeds",
    "embed",
    "embed_of",
    "nothing",
)


def _web(address: str | None) -> str | None:
    """An address that a page may lead to: of the web, and nothing that runs."""
    try:
        scheme = urlsplit(address or "").scheme
    except ValueError:
        return None
    return address if scheme in ("http", "https") else None


def _breakable(address: str) -> Markup:
    """An address as HTML that may be broken at its signs, and not in its words."""
    parts = re.findall(r"[^/?&=]*[/?&=]*", address)
    return Markup("<wbr>").join(part for part in parts if part)


def _whole(title: str) -> Markup:
    """A title that is wide enough, and in which no date such as 2026-03-13 breaks."""
    if narrow := names.width(title):
        return Markup('<span class="{}">{}</span>').format(narrow, title)
    return Markup(_ISO_DATE.sub(r'<span class="day">\g<0></span>', str(escape(title))))


_ENVIRONMENT = Environment(
    # The page for frames stands with the rest of what is embedded.
    loader=ChoiceLoader([PackageLoader("feedserver", each) for each in ("pages", "embed")]),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters.update(breakable=_breakable, web=_web, whole=_whole)


def at_home(page: Response, site: str, base: str) -> None:
    """Let the links of a page that lead to the site lead to where it is served, `base`.

    Whoever looks at a site before it is published would be led away from it. In no text of ours
    does what is looked for stand but in a link, since quotes are escaped there. Links of the head,
    such as the canonical address, stay.
    """
    if page.headers.get("content-type", "").startswith("text/html"):
        written, meant = (str(escape(address)).encode() for address in (site, base))
        links = re.compile(rb'(<a\b[^<>]* href=")' + re.escape(written))
        page.body = links.sub(lambda match: match[1] + meant, bytes(page.body))
        page.headers["content-length"] = str(len(page.body))


def page(
    template: str,
    language: str | None,
    prefix: str,
    values: Mapping[str, object],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Fill a template for a site of this language.

    `prefix` is the path of the server ("/", or what a proxy takes off).
    """
    words = Words(language)

    def say(name: str, /, count: int | None = None, **values: object) -> Markup:
        found = words.html(name, count, **values)
        if not words.is_foreign:
            return found
        return Markup('<span lang="{}" dir="ltr">{}</span>').format(FALLBACK, found)

    script = {name: words.raw(name) for name in _SCRIPT_WORDS}
    html = _ENVIRONMENT.get_template(template).render(
        values,
        language=language or FALLBACK,
        direction=words.direction,
        say=say,
        # In attributes, and where HTML has no elements.
        word=words.text,
        script_words=json.dumps({"lang": words.language, **script}, ensure_ascii=False),
        asset=lambda name: assets.address(name, prefix),
        prefix=prefix,
    )
    return HTMLResponse(html, status, {**HEADERS, **(headers or {})})
