"""What posts are made with, as the options say."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast
from urllib.parse import quote, urlsplit

from mkdocs.config.defaults import MkDocsConfig

from feedserver.text import urls
from feedserver.text.urls import absolute
from mkdocs_twim.config import TwimConfig
from mkdocs_twim.content import authors
from mkdocs_twim.content.authors import Authors
from mkdocs_twim.errors import OptionError
from mkdocs_twim.markup import addresses, commonmark
from mkdocs_twim.markup.commonmark import Renderer
from mkdocs_twim.markup.internal import InternalLinks
from mkdocs_twim.shortcodes import contexts
from mkdocs_twim.shortcodes.library import Library
from mkdocs_twim.shortcodes.peers import Peers
from mkdocs_twim.templating.words import Words

Engine = Literal["commonmark", "python-markdown"]


@dataclass(frozen=True, slots=True)
class Workshop:
    """What all posts of a build are rendered with; `site_path` is the path of `site_url`.

    `broken` are the files that something is wrong with, for which the build will fail.
    """

    site_url: str
    blog_dir: str
    taxonomies: Collection[str]
    issues: Sequence[str]
    engine: Literal["auto"] | Engine
    renderer: commonmark.Renderer
    library: Library
    authors: Authors
    site: contexts.Context
    peers: Peers
    internal: InternalLinks
    broken: set[str] = field(default_factory=set)

    @property
    def site_path(self) -> str:
        return urlsplit(self.site_url).path

    def permalink(self, address: str) -> str:
        """The absolute address of a page; `address` is relative to the site ("/blog/x/")."""
        return self.absolute(address, "/") or self.site_url

    def absolute(self, address: str, page: str) -> str | None:
        """An address that a post names, absolute; root-relative ones are below the site."""
        if address.startswith("/") and not address.startswith("//"):
            address = quote(self.site_path + address[1:], safe="/~:@!$&'()*+,;=%?#")
        return urls.absolute(address, self.site_url + addresses.url(page))


def make(options: TwimConfig, config: MkDocsConfig, words: Words) -> Workshop:
    """Make what all posts of a build are made with.

    Raises:
        OptionError: an option can't be.
        TwimError: a shortcode's template or the file of authors can't be read.
    """
    site_url = absolute(config.site_url or "", "")
    if not site_url or not site_url.endswith("/"):
        raise OptionError("mkdocs.yml: site_url is missing: the ids of entries are made with it")
    _check_beside(options, config)
    sizes = {"feed_limit": options.feed_limit, "paginate_by": options.paginate_by}
    sizes |= {"processes": options.processes or 0, "preview_posts": options.preview_posts}
    for name, taxonomy in options.taxonomies.items():
        sizes[f"taxonomies: {name}: paginate_by"] = taxonomy.paginate_by
    for name, size in sizes.items():
        if size < 0:
            raise OptionError(f"mkdocs.yml: twim: {name}: expected 0 or more")
    toc = config.mdx_configs.get("toc", {})
    permalink = toc.get("permalink", False)
    blog_dir = addresses.blog(options.blog_dir).strip("/")
    return Workshop(
        site_url=site_url,
        blog_dir=blog_dir,
        taxonomies=tuple(options.taxonomies),
        issues=tuple(options.issues),
        engine=cast("Engine | Literal['auto']", options.markdown),
        renderer=Renderer(
            # The themes mkdocs and readthedocs highlight in the browser.
            pygments=not config.theme.get("highlightjs"),
            permalink="¶" if permalink is True else permalink or None,
        ),
        library=_library(options, config, words),
        site=contexts.of_site(config),
        internal=InternalLinks(),
        authors=authors.read(Path(config.docs_dir), blog_dir),
        peers=Peers(Path(config.config_file_path).parent),
    )


def _check_beside(options: TwimConfig, config: MkDocsConfig) -> None:
    """See that no other plugin has posts of ours: each fails at what the other makes.

    Raises:
        OptionError: Material's blog plugin has, or this one a second time.
    """
    # A hook stands among the plugins, and has no options.
    options_of = [getattr(each, "config", None) for each in config.plugins.values()]
    if sum(isinstance(each, TwimConfig) for each in options_of) > 1:
        raise OptionError("mkdocs.yml: plugins: 'twim' stands there twice: take one out")
    ours = addresses.blog(options.blog_dir)
    for name, plugin in config.plugins.items():
        # Material's name is "material/blog", and that of a second "material/blog #2".
        if name.partition(" ")[0].rpartition("/")[2] != "blog" or not plugin.config.get("enabled"):
            continue
        theirs = addresses.blog(str(plugin.config.get("blog_dir", "")))
        if ours.startswith(theirs) or theirs.startswith(ours):
            raise OptionError(
                f"mkdocs.yml: plugins: 'blog' and 'twim' both make pages of the posts below "
                f"'{options.blog_dir}': take 'blog' out"
            )


def _library(options: TwimConfig, config: MkDocsConfig, words: Words) -> Library:
    """The shortcodes; a folder that is named must be there, the usual one may be."""
    folder = Path(options.shortcodes_dir)
    root = Path(config.config_file_path).parent
    shown = Path(os.path.relpath(folder, root)).as_posix()
    if not folder.is_dir() and shown != TwimConfig.shortcodes_dir.default:
        raise OptionError(f"mkdocs.yml: twim: shortcodes_dir: there is no folder '{shown}'")
    return Library(folder, shown=shown, words=words)
