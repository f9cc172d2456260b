"""The generated pages as files and pages of MkDocs.

A page of the site's own at the address of a generated one becomes the text above what is generated.
Pages that `nav:` may name are there from `on_files` on; the others come when all posts are
rendered, for only then is it known which sections and projects there are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Any, cast

import yaml
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.nav import Navigation, Section
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import TableOfContents, get_toc

from feedserver.text.html import plain
from mkdocs_twim.errors import AddressError, TwimError
from mkdocs_twim.lists.listings import Listing, called, first_pages
from mkdocs_twim.markup import addresses
from mkdocs_twim.posts.page import PostPage
from mkdocs_twim.templating.words import Words

FRAME = "twim/list.html"
TOP = "twim-top"
"""The id of the heading of a list."""
HEADING = f'<h1 tabindex="-1" id="{TOP}">'
"""A link to it brings the focus there, whatever a theme's script does then."""
# What else our templates have ids of.
_IDS = (TOP, "twim-search", "twim-catalogue")


class GeneratedPages:
    """The generated pages of one build.

    `blog` is the address of the list of posts; `taxonomies` has the folder of each taxonomy by
    name, `named` are the folders of named feeds. `topics` are the pages of sections and projects:
    MkDocs knows none of them, but for those with a page of the site's own, and what follows it.
    """

    def __init__(
        self,
        blog: str,
        taxonomies: Mapping[str, str],
        named: Iterable[str],
        site_name: str,
        words: Words,
    ) -> None:
        self.blog = blog
        self.home = False
        self._taxonomies = taxonomies
        self._roots = {"/section/", "/project/", *taxonomies.values()}
        self._single = {blog, "/updates/", "/feeds/", *named}
        self._site_name = site_name
        self._words = words
        self._files: dict[str, File] = {}
        self._in_nav: set[str] = set()
        self._listings: dict[str, Listing] = {}
        self.topics: list[tuple[Page, Listing]] = []

    def prepare(
        self,
        files: Files,
        config: MkDocsConfig,
        *,
        used: Iterable[str],
        issues: bool,
        intros: Mapping[str, PostPage],
    ) -> None:
        """Find the site's own pages at our addresses, and make those that `nav:` may name.

        `used` are the taxonomies that posts have terms of; `issues` is whether a post is an issue;
        `intros` are the texts above lists of posts that stand in an `_index.md`, by address.
        """
        self.home = True
        for file in _own_pages(files):
            address = addresses.folder(file.src_uri)
            self.home = self.home and address != "/"
            if self.is_ours(address):
                self._files[address] = file
                place(file, address)
        named_in_nav = set(paths_of(config.nav))
        blog = intros.get(self.blog)
        word = self._words.text
        title = (blog.source.meta.title if blog else None) or word("blog")
        wanted = [(self.blog, f"{self.blog[1:]}index.md", title, True)]
        for address, intro in intros.items():
            if address != self.blog:
                wanted += [(address, f"{address[1:]}index.md", intro.source.meta.title or "", True)]
        if self.home:
            wanted += [("/", "index.md", self._site_name, True)]
        wanted += [("/feeds/", "feeds.md", word("feeds"), True)]
        wanted += [("/section/", "section/index.md", word("sections"), issues)]
        wanted += [("/project/", "project/index.md", word("projects"), issues)]
        wanted += [("/updates/", "updates/index.md", word("updates"), issues)]
        for name, folder in self._taxonomies.items():
            terms = called(name, self._words)
            wanted.append((folder, f"{folder[1:]}index.md", terms, name in set(used)))
        own: dict[str, str] = {}
        for address, src_uri, name, sure in wanted:
            if address in self._files:
                own[src_uri] = self._files[address].src_uri
            elif known := files.get_file_from_path(src_uri):
                # A post at a list's address: an error that is told already.
                self._files[address] = known
            elif sure or src_uri in named_in_nav:
                self._files[address] = generate(config, src_uri, address, name)
                files.append(self._files[address])
        config.nav = _renamed(config.nav, own)
        for address, intro in intros.items():
            self._files[address].edit_uri = intro.file.src_uri
        if config.nav is None and self.blog != "/":
            # Below a folder MkDocs would put it into a section of the nav, alone.
            self._files[self.blog].inclusion = InclusionLevel.NOT_IN_NAV

    def is_ours(self, address: str) -> bool:
        """Whether something may be generated at an address."""
        if re.fullmatch(rf"{re.escape(self.blog)}archive/[0-9]{{4}}/", address):
            return True
        if self.blog != "/" and address.startswith(self.blog) and address != self.blog:
            return False
        parent = address.rstrip("/").rpartition("/")[0] + "/"
        return address in self._single or address in self._roots or parent in self._roots

    def extend_nav(self, nav: Navigation, config: MkDocsConfig) -> None:
        """Put Blog and Feeds into the nav of a site that has not written its own."""
        if self.home and (home := self._files["/"].page) is not None:
            nav.homepage = home
        for address in (self.blog, "/feeds/") if config.nav is None else ():
            page = self._files[address].page
            if page is None or page in nav.pages:
                continue
            if nav.pages:
                nav.pages[-1].next_page, page.previous_page = page, nav.pages[-1]
            nav.items.append(page)
            nav.pages.append(page)
        self._in_nav = {page.file.src_uri for page in nav.pages}

    def introduce(self, intros: Mapping[str, PostPage]) -> None:
        """Put the texts of `_index.md`s above their lists of posts."""
        for address, intro in intros.items():
            page = self._files[address].page
            assert page is not None
            page.content, page.toc = intro.content, intro.toc
            page.present_anchor_ids = intro.present_anchor_ids
            named = {"title"} if intro.source.meta.title is None else set()
            meta = {key: value for key, value in intro.meta.items() if key not in named}
            page.meta = {**page.meta, **meta, "template": FRAME}

    @property
    def blog_title(self) -> str:
        """What the list of posts is called in the nav or by its own text."""
        page = self._files[self.blog].page
        if page and page.title and not _is_unnamed(page):
            return plain(str(page.title))
        return self._words.text("blog")

    def complete(
        self, listings: Iterable[Listing], files: Files, config: MkDocsConfig
    ) -> list[TwimError]:
        """Give each listing its page; those that have none get one.

        What is returned are the errors of listings that would have the address of another.
        """
        problems: list[TwimError] = []
        for listing in listings:
            file = self._files.get(listing.address)
            if file is not None:
                # Another plugin may have put one of its own in its place.
                file = files.get_file_from_path(file.src_uri) or file
                if other := self._listings.get(file.src_uri):
                    problems.append(_clash(other, listing))
                    continue
            else:
                if not listing.anchors and not listing.feed and not listing.pager:
                    # A list of nothing that nobody asked for.
                    continue
                file = generate(config, f"{listing.address[1:]}index.md", listing.address, "")
                self._files[listing.address] = file
                page = Page(None, file, config)
                page.markdown = page.content = ""
                if listing.kind and not self._is_own(listing.first):
                    self.topics.append((page, listing))
                else:
                    files.append(file)
            assert file.page is not None
            self._listings[file.src_uri] = listing
            _finish(file.page, listing, self._words)
        self._join_home()
        return problems

    def _join_home(self) -> None:
        """Let the home page, if it is the list of posts, and that list have one address to cite."""
        home = self._files["/"].page if self.home else None
        if home is not None and (blog := self._files[self.blog].page) is not None:
            blog.canonical_url = home.canonical_url

    def first_pages(self, found: Iterable[Listing]) -> dict[str, str]:
        """The addresses that Zola gives first pages, and those to cite in their place."""
        cited = {f"/{addresses.url(self.blog)}": "/"} if self.home else {}
        return {old: cited.get(new, new) for old, new in first_pages(found).items()}

    def mapped(self, files: Iterable[File]) -> list[File]:
        """The pages for a map of the site: each address that is cited, once.

        `files` are those that MkDocs knows.
        """
        other = self._files[self.blog] if self.home and self.blog != "/" else None
        return [*(file for file in files if file is not other), *(of.file for of, _ in self.topics)]

    def adopt(self, posts: Iterable[PostPage]) -> None:
        """Give each page that is not in the nav the page above it, which the nav then shows."""
        blog = self._files[self.blog].page
        for post in posts:
            self._put_below(post, blog)
        for address, file in self._files.items():
            page, above = file.page, self._above(address)
            if page is not None and above is not page and page.file.src_uri in self._listings:
                self._put_below(page, above)

    def _is_own(self, address: str) -> bool:
        """Whether the site has a page of its own at an address."""
        file = self._files.get(address)
        return file is not None and file.generated_by != "twim"

    def _above(self, address: str) -> Page | None:
        """The page of the list that an address belongs to, else that of posts."""
        listing = self._listings.get(self._files[address].src_uri)
        first = (listing and listing.first) or re.sub(r"page/[0-9]+/$", "", address)
        parent = first.rstrip("/").rpartition("/")[0] + "/"
        above = first if first != address else parent if parent in self._roots else self.blog
        file = self._files.get(above) or self._files[self.blog]
        return file.page

    def _put_below(self, page: Page, above: Page | None) -> None:
        if page.file.src_uri not in self._in_nav and page.parent is None and page.url:
            # MkDocs' own parents are sections of the nav; themes ask of both the same.
            page.parent = cast("Section | None", above)

    def listing(self, page: Page) -> Listing | None:
        """What is generated for a page."""
        return self._listings.get(page.file.src_uri)

    def ways_on(self) -> Iterator[tuple[str, str]]:
        """Where to look for what isn't there: titles, as HTML, and addresses below the site's.

        They stand beside the site's own name, so a blog that is called as the site is has another.
        """
        for address in (self.blog, "/section/", "/project/", "/feeds/"):
            file = self._files.get(address)
            if address != "/" and file and file.page and file.src_uri in self._listings:
                title = str(file.page.title)
                same = address == self.blog and plain(title) == plain(self._site_name)
                yield self._words.html("blog") if same else title, address[1:]

    def owner(self, file: File) -> str:
        """What to call a page's file in an error."""
        if file.generated_by != "twim":
            return file.src_uri
        listing = self._listings.get(file.src_uri)
        return _called(listing) if listing else f"the generated page '{file.src_uri}'"


def place(file: File, address: str) -> None:
    """Let a file's page go to a directory address, whatever `use_directory_urls` says."""
    file.dest_uri = addresses.file(address)
    file.url = addresses.url(address) or "./"


def generate(config: MkDocsConfig, src_uri: str, address: str, title: str) -> File:
    """The file in memory of a page at an address, with a title or none."""
    # Themes take titles for HTML.
    meta = {"title": escape(title, quote=False)} if title else {}
    text = f"---\n{yaml.safe_dump(meta, allow_unicode=True)}---\n" if meta else ""
    file = File.generated(config, src_uri, content=text, inclusion=InclusionLevel.NOT_IN_NAV)
    file.generated_by = "twim"
    place(file, address)
    return file


def _own_pages(files: Files) -> Iterator[File]:
    for file in files.documentation_pages():
        if not isinstance(file.page, PostPage) and not file.inclusion.is_excluded():
            yield file


def paths_of(nav: object) -> Iterator[str]:
    """All paths that a `nav:` names."""
    if isinstance(nav, str):
        yield nav
    elif isinstance(nav, dict):
        for value in nav.values():
            yield from paths_of(value)
    elif isinstance(nav, list):
        for value in nav:
            yield from paths_of(value)


def _is_unnamed(page: Page) -> bool:
    """Whether a page has the title that MkDocs makes of a file's name, for want of another."""
    name = page.file.name.replace("-", " ").replace("_", " ")
    made = name.capitalize() if name == name.lower() else name
    return page.title == made and "title" not in page.meta and "<h1" not in (page.content or "")


def _called(listing: Listing) -> str:
    number = listing.pager.number if listing.pager else 1
    later = f", page {number}" if number > 1 else ""
    return f"the generated page '{listing.title}{later}'"


def _clash(one: Listing, other: Listing) -> AddressError:
    owners = f"{_called(one)} and {_called(other)}"
    return AddressError(f"{owners} both have the address {other.address}")


def _renamed(nav: Any, names: Mapping[str, str]) -> Any:
    """A `nav:` with the paths of pages as those pages are called."""
    if isinstance(nav, str):
        return names.get(nav, nav)
    if isinstance(nav, dict):
        return {title: _renamed(value, names) for title, value in nav.items()}
    return [_renamed(value, names) for value in nav] if isinstance(nav, list) else nav


def _finish(page: Page, listing: Listing, words: Words) -> None:
    if not page.title or _is_unnamed(page):
        number = listing.pager.number if listing.pager else 1
        title = words.text("title_page", title=listing.title, number=number)
        page.title = escape(title if number > 1 else listing.title, quote=False)
    if not page.content:
        # All that the search gets to see.
        page.content = f"<h1>{page.title}</h1>"
    page.meta.setdefault("template", FRAME)
    if listing.latest:
        page.update_date = listing.latest.date().isoformat()
    if listing.pager and listing.pager.number > 1:
        page.meta.setdefault("search", {"exclude": True})
    tokens = [
        {"level": 2, "id": id, "name": escape(title, quote=False), "children": []}
        for id, title in listing.anchors
    ]
    page.present_anchor_ids = {*(page.present_anchor_ids or ()), *_IDS, *dict(listing.anchors)}
    anchors = list(get_toc(cast("list[Any]", tokens)))
    own = list(page.toc)
    if len(own) == 1 and own[0].level == 1:
        own[0].children += anchors
    else:
        page.toc = TableOfContents([*own, *anchors])
