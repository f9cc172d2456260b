"""Addresses in our parts of pages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File
from mkdocs.structure.pages import Page
from mkdocs.utils import normalize_url

from mkdocs_twim.theme import Addresses

SEGMENT = st.text("ab.%-_é", min_size=1, max_size=4)
PATHS = st.lists(SEGMENT, max_size=4).map("/".join)
FOLDERS = st.lists(SEGMENT.filter(lambda name: set(name) != {"."}), max_size=4).map("/".join)


@given(PATHS, st.booleans(), st.sampled_from(["", "#x", "?q", "page/2/"]), FOLDERS)
def test_addresses_are_those_of_mkdocs(path: str, folder: bool, rest: str, page_path: str) -> None:
    file = File("index.md", src_dir="docs", dest_dir="site", use_directory_urls=True)
    file.url = f"{page_path}/" if page_path else "./"
    page = Page(None, file, MkDocsConfig())
    addresses = Addresses()
    addresses.look_from(page)
    address = path + "/" * folder + rest
    assert addresses.nearer(address) == normalize_url(address, page)
