"""The latest client updates of a real newsletter, on a plain page of another origin."""

from __future__ import annotations

import pytest
from selenium.webdriver import Chrome

from tests.e2e.chromium import errors, visit
from tests.e2e.conftest import Site
from tests.e2e.embedding import feeds, html, origin, policy, rows, settled


@pytest.mark.parametrize("layout", ["compact", "list", "cards"])
def test_the_five_latest_client_updates(browser: Chrome, matrix: Site, layout: str) -> None:
    src = f"{matrix.address}/section/clients/feed.json"
    body = f'<twim-feed src="{src}" limit="5" layout="{layout}" heading="2"></twim-feed>'
    with origin() as pages, feeds() as far:
        allowed = policy(far).replace("connect-src", f"connect-src {matrix.address}")
        visit(browser, pages.page("/", html(far, body), policy=allowed))
        settled(browser)
        [shown] = rows(browser)
    assert len(shown) == 5
    # The page says of which section they are.
    assert all("Clients" not in row and "20" in row for row in shown)
    assert errors(browser) == []
