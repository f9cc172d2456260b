"""The component on a page of another origin, under the strict policy: what it shows, and how."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests.browser.chromium import errors, no_scripts, requests, screen, visit
from tests.browser.embedding import (
    SUMMARY,
    Origin,
    answer,
    feed,
    html,
    pictured,
    policy,
    rows,
    settled,
    show,
    update,
)
from tests.browser.looks import ENDS
from tests.browser.serving import served
from tests.conftest import ROOT
from tests.feedserver.running import until
from tests.sites import build, issue


def test_updates_are_shown(browser: Chrome, pages: Origin, far: Origin) -> None:
    src = far.feed("/feed.json", feed(*(update(n) for n in range(7))))
    [shown] = show(browser, pages, far, f'<twim-feed src="{src}" limit="3"></twim-feed>')
    assert shown[0] == f"Seagull\nMay 10, 2026 Boats Cleo\n{SUMMARY}"
    assert shown[2].startswith("Lighthouse\nMay 12, 2026 Signals Ada, Bo, Cleo\n")
    assert len(shown) == 3
    made = browser.execute_script(
        "const root = document.querySelector('twim-feed').shadowRoot;"
        "const [link, time] = [root.querySelector('a'), root.querySelector('time')];"
        "const name = root.querySelector('ul').ariaLabel;"
        "return [link.href, link.target, link.rel, time.dateTime, name]"
    )
    written = "2026-05-10T23:30:00+00:00"
    assert made == ["https://news.example/issue/#0", "", "", written, "Boats of the harbour"]
    assert errors(browser) == []
    assert not {"Cookie", "Referer"} & far.headers["/feed.json"].keys()
    assert far.headers["/feed.json"]["Accept"] == "application/feed+json, application/json"


@pytest.mark.parametrize(
    ("query", "attribute", "number"),
    [
        ("?limit=8", "", 8),
        ("?q=a&limit=8&x=1", "", 8),
        ("?limit=8", 'limit="2"', 2),
        ("?limit=8", 'limit="many"', 8),
        ("?limit=0", "", 5),
        ("?limit=many", "", 5),
        ("?nolimit=8", "", 5),
        ("", "", 5),
    ],
)
def test_its_limit_is_that_of_the_address_unless_it_has_one(
    query: str, attribute: str, number: int, browser: Chrome, pages: Origin, far: Origin
) -> None:
    src = far.feed("/feed.json", feed(*(update(n) for n in range(9))))
    body = f'<twim-feed src="{escape(src + query)}" {attribute}></twim-feed>'
    [shown] = show(browser, pages, far, body)
    assert len(shown) == number


def test_it_asks_for_its_feed_and_nothing_else(browser: Chrome, pages: Origin, far: Origin) -> None:
    src = pictured(far)
    show(browser, pages, far, f'<twim-feed src="{src}"></twim-feed>')
    assert far.asked == {"/embed.js": 1, "/icon.svg": 1, "/feed.json": 1}
    assert {url.removeprefix(far.address) for url in requests(browser)} == {
        f"{pages.address}/",
        "/embed.js",
        "/icon.svg",
        "/feed.json",
    }
    storage = "return [document.cookie, localStorage.length, sessionStorage.length]"
    assert browser.execute_script(storage) == ["", 0, 0]


def test_feeds_of_the_server_and_of_a_file_host(
    browser: Chrome, pages: Origin, far: Origin, tmp_path: Path
) -> None:
    built = build(tmp_path, {"blog/one.md": issue(1), "blog/two.md": issue(2)})
    path = "/section/clients/feed.json"
    body = (built.folder / path[1:]).read_bytes()
    far.answers[path] = answer(body, "application/json")
    with served(built.folder) as server:
        pages.page(
            "/both/",
            html(
                far,
                f'<twim-feed src="{server}{path}"></twim-feed>'
                f'<twim-feed src="{far.address}{path}"></twim-feed>',
            ),
            policy=policy(far).replace("connect-src", f"connect-src {server}"),
        )
        visit(browser, f"{pages.address}/both/")
        settled(browser)
        of_server, of_file = rows(browser)
    assert of_server == of_file
    assert "Fractal" in of_server[0] and len(of_server) >= 2
    assert errors(browser) == []


def test_feeds_of_others(browser: Chrome, pages: Origin, far: Origin) -> None:
    old = {
        "version": "https://jsonfeed.org/version/1",
        "title": "Old",
        "items": [
            {
                "id": 7,
                "title": "Version 1.0",
                "url": "/posts/7",
                "content_html": "<p>It&#8217;s <b>bold</b> &amp; <script>not()</script>plain.</p>",
                "author": {"name": "One", "url": "https://one.example/"},
                "date_published": "2024-02-29T23:59:59-08:00",
            }
        ],
    }
    marked = "<h2>T<b>w</b>o<!-- x --></h2><ul><li>a&hellip;</li><li>&copy; &#xe9;&eacute;&nix;"
    words = "A note that has no title and yet goes on for longer than any title would, as notes do."
    new = feed(
        {"id": "1", "external_url": "https://elsewhere.example/", "content_text": words},
        {"id": "2", "content_text": "Short."},
        {"id": "4", "content_html": marked},
        {"id": "3", "title": "Of two", "authors": [{"name": "A"}, {"url": "https://b.example/"}]},
    )
    body = "".join(
        f'<twim-feed src="{far.feed(path, value)}"></twim-feed>'
        for path, value in (("/f/old.json", old), ("/f/new.json", new))
    )
    first, second = show(browser, pages, far, body)
    assert first == ["Version 1.0\nFeb 29, 2024 One\nIt’s bold & plain."]
    title = "A note that has no title and yet goes on for longer than any…"
    assert second == [f"{title}\n{words}", "Short.", "Two a… © éé&nix;", "Of two\nA"]
    links = (
        "return [...document.querySelectorAll('twim-feed')].map((each) => "
        "[...each.shadowRoot.querySelectorAll('a')].map((link) => link.href))"
    )
    expected = [[f"{far.address}/posts/7"], ["https://elsewhere.example/"]]
    assert browser.execute_script(links) == expected
    assert errors(browser) == []


def test_dates_and_words_are_in_the_language_of_the_page(
    browser: Chrome, pages: Origin, far: Origin
) -> None:
    src, empty = far.feed("/feed.json", feed(update(2))), far.feed("/empty.json", feed())
    body = "".join(
        f'<div lang="{lang}"><twim-feed src="{src}" show="date people"></twim-feed>'
        f'<twim-feed src="{empty}"></twim-feed></div>'
        for lang in ("de-AT", "fr", "ja", "ar", "en_US", "")
    )
    shown = show(browser, pages, far, body, lang="de")
    arabic = shown[6][0].split("\n")[1].partition(" Ada")[0]
    assert [first.split("\n")[1].partition(" Ada")[0] for [first] in shown[::2]] == [
        "12.05.2026",
        "12 mai 2026",
        "2026/05/12",
        arabic,
        "May 12, 2026",
        "May 12, 2026",
    ]
    assert arabic not in ("12.05.2026", "May 12, 2026")
    said = browser.execute_script(
        "return [...document.querySelectorAll('twim-feed')]"
        ".map((each) => each.shadowRoot.querySelector('[part=message]').innerText)"
    )
    nothing = "Nothing here yet."
    assert said[1::2] == [
        "Noch nichts da.",
        "Rien pour l’instant.",
        nothing,
        "لا شيء هنا بعد.",
        nothing,
        nothing,
    ]


@pytest.mark.parametrize(
    ("own", "base", "expected"),
    [
        ("", "", ["", ""]),
        ('target="_blank"', "", ["_blank", "noopener"]),
        ("", "_blank", ["_blank", "noopener"]),
        ('target="_self"', "_blank", ["_self", ""]),
        ("", "_top", ["_top", ""]),
        ('target="reader"', "", ["reader", ""]),
        ('target="elsewhere"', "", ["elsewhere", "noopener"]),
    ],
)
def test_links_open_where_the_page_says(
    browser: Chrome, pages: Origin, far: Origin, own: str, base: str, expected: list[str]
) -> None:
    src = far.feed("/feed.json", feed(update(0)))
    body = f'<twim-feed src="{src}" {own}></twim-feed><iframe name="reader" title="R"></iframe>'
    head = f'<base target="{base}">' if base else ""
    show(browser, pages, far, body, head=head)
    script = "const a = document.querySelector('twim-feed').shadowRoot.querySelector('a');"
    assert browser.execute_script(f"{script} return [a.target, a.rel]") == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/updates/feed.json", "Seagull\nMay 10, 2026 Boats Cleo"),
        ("/section/boats/feed.json", "Seagull\nMay 10, 2026 Cleo"),
        ("/project/seagull/feed.json", "This Week\nMay 10, 2026 Boats Cleo"),
    ],
)
def test_what_the_feed_is_of_is_not_said_again(
    browser: Chrome, pages: Origin, far: Origin, path: str, expected: str
) -> None:
    src = far.feed(path, feed(update(0)))
    [[shown]] = show(browser, pages, far, f'<twim-feed src="{src}"></twim-feed>')
    assert shown == f"{expected}\n{SUMMARY}"


def test_addresses_are_relative_to_the_page(browser: Chrome, pages: Origin, far: Origin) -> None:
    far.feed("/section/clients/feed.json", feed(update(0)))
    head = f'<base href="{far.address}/section/">'
    body = '<twim-feed src="clients/feed.json"></twim-feed>'
    [[shown]] = show(browser, pages, far, body, head=head)
    assert shown.startswith("Seagull")


def test_what_is_shown_can_be_chosen(browser: Chrome, pages: Origin, far: Origin) -> None:
    src = pictured(far)
    body = (
        f'<twim-feed src="{src}" limit="1" show="date"></twim-feed>'
        f'<twim-feed src="{src}" limit="1" show="people summary" heading="2"></twim-feed>'
        f'<twim-feed src="{src}" limit="1" images></twim-feed>'
        f'<twim-feed src="{src}" limit="1" layout="compact" images></twim-feed>'
        f'<twim-feed src="{src}" limit="none" layout="grid" heading="9"></twim-feed>'
    )
    shown = show(browser, pages, far, body)
    assert shown[0] == ["Seagull\nMay 10, 2026"]
    assert shown[1] == [f"Seagull\nCleo\n{SUMMARY}"]
    assert [len(each) for each in shown] == [1, 1, 1, 1, 5]
    count = "return [...document.querySelectorAll('twim-feed')].map((each) => "
    found = count + "each.shadowRoot.querySelectorAll('h2, img').length)"
    assert browser.execute_script(found) == [0, 1, 1, 0, 0]
    picture = "return document.querySelectorAll('twim-feed')[2].shadowRoot.querySelector('img')"
    names = ("loading", "alt", "referrerPolicy")
    got = [browser.execute_script(f"{picture}.{name}") for name in names]
    assert got == ["lazy", "", "no-referrer"]


def test_a_picture_that_is_gone_leaves_no_hole(browser: Chrome, pages: Origin, far: Origin) -> None:
    src = far.feed("/feed.json", feed(update(0, image=f"{far.address}/gone.png")))
    show(browser, pages, far, f'<twim-feed src="{src}" images layout="cards"></twim-feed>')
    left = (
        "return document.querySelector('twim-feed').shadowRoot"
        ".querySelectorAll('img, .pictured').length"
    )
    until(lambda: browser.execute_script(left) == 0)


def test_without_scripts_what_stands_in_it_stays(
    browser: Chrome, pages: Origin, far: Origin
) -> None:
    src = far.feed("/feed.json", feed(update(0)))
    body = f'<twim-feed src="{src}"><a href="/news/">News of the boats</a></twim-feed>'
    pages.page("/", html(far, body), policy=policy(far))
    with no_scripts(browser):
        visit(browser, f"{pages.address}/")
        [link] = browser.find_elements("css selector", "twim-feed a")
        assert link.is_displayed() and link.text == "News of the boats"
    assert show(browser, pages, far, body) == [[f"Seagull\nMay 10, 2026 Boats Cleo\n{SUMMARY}"]]
    visible = "return document.querySelector('twim-feed a').checkVisibility()"
    assert browser.execute_script(visible) is False


def test_titles_of_either_direction_begin_where_the_page_does(
    browser: Chrome, pages: Origin, far: Origin
) -> None:
    items = [{"id": title, "title": title} for title in ("Seagull", "النورس")]
    src = far.feed("/feed.json", feed(*items))
    script = (
        "return [...document.querySelector('twim-feed').shadowRoot"
        ".querySelectorAll('[part=title]')].map((each) => "
        "[getComputedStyle(each).direction, getComputedStyle(each).textAlign])"
    )
    for rtl, side in ((True, "right"), (False, "left")):
        body = f'<twim-feed src="{src}"></twim-feed>'
        show(browser, pages, far, body, rtl=rtl)
        assert browser.execute_script(script) == [["ltr", side], ["rtl", side]]


def test_what_stands_in_it_is_shown_as_on_the_page(
    browser: Chrome, pages: Origin, far: Origin
) -> None:
    body = f'<twim-feed src="{far.address}/gone" limit="1">Boats: <a href="/">here</a></twim-feed>'
    show(browser, pages, far, body)
    script = (
        "const [line] = document.querySelector('twim-feed a').getClientRects();"
        "return [line.left > 20, document.querySelector('twim-feed').offsetHeight < 50]"
    )
    # It takes no more space than that.
    assert browser.execute_script(script) == [True, True]


def test_a_failure_takes_no_space_and_without_src_it_is_one(
    browser: Chrome, pages: Origin, far: Origin
) -> None:
    body = f'<twim-feed src="{far.address}/gone" limit="5"></twim-feed>'
    body += '<twim-feed></twim-feed><twim-feed src="file:///feed.json"></twim-feed>'
    show(browser, pages, far, body)
    script = """
      return [...document.querySelectorAll("twim-feed")].map((feed) => [
        feed.shadowRoot.querySelector("[part=message]").textContent, feed.offsetHeight < 60]);
    """
    said = "This can’t be loaded right now. Try again"
    # No button helps where there is nothing to try.
    missing = "There is no web address in src."
    assert browser.execute_script(script) == [
        *([said, True], [missing, True]),
        [said.removesuffix(" Try again"), True],
    ]
    told = [each["message"] for each in browser.get_log("browser")]
    assert any(each.endswith('"twim-feed: there is no address in src"') for each in told)


def test_nothing_goes_on_behind_the_ellipsis(browser: Chrome, pages: Origin, far: Origin) -> None:
    items = [{**update(n), "summary": "Words that go on and on. " * 40} for n in range(3)]
    src = far.feed("/feed.json", feed(*items))
    body = "".join(
        f'<twim-feed src="{src}" {more}></twim-feed>'
        for more in ("", 'layout="cards"', 'layout="cards" images', 'layout="cards" show="summary"')
    )
    show(browser, pages, far, body)
    script = """
      const cut = [];
      for (const {shadowRoot} of document.querySelectorAll("twim-feed")) {
        for (const box of shadowRoot.querySelectorAll("[part=entry] .box")) {
          const {bottom} = box.getBoundingClientRect();
          const range = document.createRange();
          range.selectNodeContents(box.querySelector("[part=summary]"));
          const begun = [...range.getClientRects()].filter(({top}) => top < bottom - 1);
          // All of the last line that is begun is there.
          cut.push(begun.at(-1).bottom <= bottom + 1);
        }
      }
      return cut;
    """
    assert browser.execute_script(script) == [True] * 12


def test_the_page_of_the_how_to(browser: Chrome, pages: Origin, far: Origin) -> None:
    text = (ROOT / "docs" / "how-to" / "embed.md").read_text("utf-8")
    [page] = re.findall(r'(?s)```html title="clients.html"\n(.*?)```', text)
    assert len(page.splitlines()) == 10
    far.feed("/section/clients/feed.json", feed(*(update(n) for n in range(7))))
    page = page.replace("https://feeds.example", far.address)
    pages.answers["/favicon.ico"] = answer(b"", "image/x-icon")
    visit(browser, pages.page("/clients.html", page, policy=policy(far)))
    settled(browser)
    assert len(rows(browser)[0]) == 5
    assert [each for each in errors(browser) if "favicon" not in each] == []


def test_lines_are_cut_and_dates_are_whole_where_there_is_little_room(
    browser: Chrome, pages: Origin, far: Origin
) -> None:
    title = "A name that goes on for longer than any sidebar is wide"
    items = [update(1), {**update(2), "_twim": {"project": {"title": title}}}, update(3)]
    src = far.feed("/feed.json", feed(*items))
    show(browser, pages, far, f'<twim-feed src="{src}" layout="compact"></twim-feed>')
    script = """
      const feed = document.querySelector("twim-feed");
      feed.style = "inline-size: 260px; font-size: 20px";
      const end = feed.getBoundingClientRect().right;
      const times = [...feed.shadowRoot.querySelectorAll("time")];
      return times.map((time) => time.getBoundingClientRect().right - end);
    """
    beyond = browser.execute_script(script)
    assert len(beyond) == 3 and max(beyond) <= 0


def test_dates_in_titles_do_not_break(browser: Chrome, pages: Origin, far: Origin) -> None:
    titles = [
        "This Week in Matrix 2026-03-13",
        "Notes of 2026-03-13 and 2026-03-14, and 12026-03-1",
    ]
    items = [{"id": title, "title": title} for title in titles]
    items += [{"id": title, "title": title, "url": "https://news.example/"} for title in titles]
    src = far.feed("/feed.json", feed(*items))
    show(browser, pages, far, f'<twim-feed src="{src}" layout="cards"></twim-feed>')
    script = """
      const feed = document.querySelector("twim-feed");
      const broken = [];
      const titles = [...feed.shadowRoot.querySelectorAll("[part=title]")];
      for (let width = 160; width < 420; width += 4) {
        feed.style.inlineSize = `${width}px`;
        for (const day of feed.shadowRoot.querySelectorAll("[part=title] .day")) {
          if (day.getClientRects().length > 1) broken.push(width);
        }
      }
      return [titles.map((title) => title.textContent), broken,
        feed.shadowRoot.querySelectorAll("[part=title] .day").length];
    """
    assert browser.execute_script(script) == [titles * 2, [], 6]


def test_cards_fill_a_page_that_is_wider_than_they_are(
    browser: Chrome, pages: Origin, far: Origin
) -> None:
    src = far.feed("/feed.json", feed(*(update(n) for n in range(4))))
    with screen(browser, 1400):
        show(browser, pages, far, f'<twim-feed src="{src}" layout="cards" limit="4"></twim-feed>')
        assert browser.execute_script(ENDS, "twim-feed", "ul.cards") == [0, 0]


def test_it_keeps_its_looks_in_another_document(
    browser: Chrome, pages: Origin, far: Origin
) -> None:
    src = far.feed("/feed.json", feed(update(1)))
    show(browser, pages, far, f'<twim-feed src="{src}"></twim-feed><iframe></iframe>')
    script = (
        "const feed = document.querySelector('twim-feed');"
        "document.querySelector('iframe').contentDocument.body.append(feed);"
        "return getComputedStyle(feed.shadowRoot.querySelector('ul')).display"
    )
    assert browser.execute_script(script) == "grid"
