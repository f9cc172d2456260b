"""Where a feed server of this site answers, and what it has to embed there.

oEmbed is told of as https://oembed.com/ has it, section 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from feedserver.embed import oembed, snippets
from feedserver.feeds import catalogue
from feedserver.model import Feed, Site
from feedserver.text import urls
from mkdocs_twim.errors import OptionError
from mkdocs_twim.templating.parts import MATERIAL
from mkdocs_twim.templating.views import EmbedView


@dataclass(frozen=True, slots=True)
class Server:
    """A feed server; `url` ends in a slash.

    `hides` is whether what says `rel="alternate"` is to be hidden from the scripts of a page:
    Material takes it for a translation, and would ask for a sitemap beside it, of another site.
    """

    url: str
    hides: bool = False

    def embed(self, feed: Feed, site: Site) -> EmbedView:
        """What another site needs to show a feed."""
        return EmbedView(
            title=feed.title,
            url=catalogue.page_address(site.url, feed),
            script=f"{self.url}{snippets.SCRIPT}",
            feed=catalogue.feed_address(self.url, feed, "feed.json"),
            page=snippets.page(feed, self.url),
            picture=snippets.picture_address(feed, self.url),
            heights=snippets.HEIGHTS,
        )

    def discovery(self, page: str) -> str:
        """The links in the head of a page, which is that of a feed; `page` is absolute.

        Programs that embed look for this very `rel`. They run no scripts, so they see into a
        `noscript`, and scripts don't.
        """
        links = "".join(
            f'<link rel="alternate" type="{media_type}" href="{escape(address)}">\n'
            for media_type, address in oembed.discovery(self.url, page)
        )
        return f"<noscript>\n{links}</noscript>\n" if self.hides else links


def read(option: str | None, theme: str | None) -> Server | None:
    """The server that the options name; `theme` is the name of the site's.

    Raises:
        OptionError: it is no address of a server.
    """
    if option is None:
        return None
    url = urls.absolute(option, "")
    if url is None or not url.startswith(("http://", "https://")) or _has_more(url):
        raise OptionError(
            "mkdocs.yml: twim: server_url: expected an address such as https://feeds.example/, "
            f"found {option!r}"
        )
    return Server(url if url.endswith("/") else f"{url}/", theme in MATERIAL)


def hub(option: str | None) -> str | None:
    """The hub that the options name.

    Raises:
        OptionError: it is no address of the web.
    """
    if option is None:
        return None
    url = urls.absolute(option, "")
    if url is None or not url.startswith(("http://", "https://")) or "#" in url:
        raise OptionError(
            f"mkdocs.yml: twim: hub: expected an address such as https://feeds.example/hub, "
            f"found {option!r}"
        )
    return url


def _has_more(url: str) -> bool:
    parts = urlsplit(url)
    return bool(parts.query or parts.fragment or parts.username)
