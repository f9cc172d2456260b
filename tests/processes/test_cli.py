"""The command, as its users run it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import pytest

import mkdocs_twim
from feedserver.cli import main
from feedserver.feeds import export
from feedserver.feeds.assembling import Rules, assemble
from feedserver.formats import archive as archives
from feedserver.formats.formats import FORMATS
from feedserver.model import Archive, Feed
from feedserver.newsletter import entries
from feedserver.newsletter.entries import Post
from tests.samples import SITE, archive, post, update

FEEDS = [
    Feed("/", "Letters", "All", "posts", "/blog/"),
    Feed("/section/clients/", "C", "C", "section", "/section/clients/", {"section": ("clients",)}),
]


def _archive(*names: str) -> Archive:
    entries = []
    for days, name in enumerate(names or ("week",)):
        issue = post(name, days=days, sections=["clients"])
        entries += [issue, update(issue, 0, project="fractal")]
    return archive(entries, FEEDS)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    export.write(_archive(), SITE.url, folder)
    return folder


def test_export_writes_the_feeds_of_an_archive(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out"
    assert main(["export", str(site / "archive.json"), str(target)]) == 0
    for path in site.rglob("*"):
        if path.is_file():
            assert (target / path.relative_to(site)).read_bytes() == path.read_bytes()
    assert "wrote 9 files" in capsys.readouterr().out
    assert main(["export", str(site), str(target), "--url", "https://feeds.example/x"]) == 0
    feed = json.loads((target / "feed.json").read_text("utf-8"))
    assert feed["feed_url"] == "https://feeds.example/x/feed.json"
    assert feed["items"][0]["id"].startswith(SITE.url)


def test_version_is_that_of_both_packages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"feedserver {mkdocs_twim.__version__}\n"


def test_check_finds_nothing_in_a_good_site(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for source in (site, site / "archive.json", site / "rss.xml", site / "feed.json"):
        assert main(["check", str(source)]) == 0, capsys.readouterr().out
    assert "checked 9 documents: nothing found" in capsys.readouterr().out


def test_check_knows_where_an_export_is_fetched_from(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out"
    url = "https://feeds.example/x"
    assert main(["export", str(site), str(target), "--url", url]) == 0
    assert main(["check", str(target)]) == 0, capsys.readouterr().out
    path = target / "section/clients/atom.xml"
    path.write_bytes(path.read_bytes().replace(url.encode(), b"https://other.example"))
    capsys.readouterr()
    assert main(["check", str(target)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("section/clients/atom.xml: ") for line in lines[:-1])


def test_check_knows_copies_and_pages_at_old_addresses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    redirects = {"/blog/rss.xml": "/rss.xml", "/blog/feed/": "/atom.xml"}
    export.write(replace(_archive(), redirects=redirects), SITE.url, tmp_path)
    assert main(["check", str(tmp_path)]) == 0, capsys.readouterr().out
    (tmp_path / "_redirects").write_text("/x /y\n/blog/feed/ /atom.xml 301\n")
    assert main(["check", str(tmp_path)]) == 0


def test_check_names_file_entry_and_rule(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = site / "rss.xml"
    path.write_bytes(path.read_bytes().replace(b"Text of a post.", b"&lt;p>open &lt;b>", 1))
    (site / "section/clients/atom.xml").unlink()
    assert main(["check", str(site)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert any(re.match(r"rss\.xml: .*\([a-z-]+\)", line) for line in lines)
    assert any("differs from what the archive gives" in line for line in lines)
    assert any(line.startswith("section/clients/atom.xml: ") for line in lines)


def test_check_has_a_line_for_a_cause(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = site / "feed.json"
    feed = json.loads(path.read_bytes())
    item = feed["items"][0]
    feed["items"] = [{**item, "id": f"{n}", "date_published": f"day {n}"} for n in range(30)]
    path.write_text(json.dumps(feed), "utf-8")
    assert main(["check", str(path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    [line] = [line for line in lines if "date_published is no" in line]
    assert line.endswith("0: date_published is no RFC 3339 date: day 0 (date), and 29 times more")


@pytest.mark.parametrize(
    "data",
    [
        *(b"hello", b"", b"<!doctype html><p>no", b"<html/>", b"{}", b"[1", b"{"),
        *(b"\x89PNG\r\n\x1a\n", bytes(range(256))),
    ],
)
def test_check_names_the_formats_of_what_is_none(
    data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_bytes(data)
    assert main(["check", str(tmp_path / "file")]) == 1
    line, _ = capsys.readouterr().out.splitlines()
    assert "file: feed: is no JSON Feed, Atom or RSS: " in line and line.endswith(" (document)")


def test_check_of_a_catalogue_says_what_to_check_instead(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    handler = partial(SimpleHTTPRequestHandler, directory=str(site))
    with _answering(handler) as address:
        for source in (str(site / "feeds.json"), f"{address}/feeds.json"):
            assert main(["check", source]) == 1
            line, _ = capsys.readouterr().out.splitlines()
            assert line == (
                f"{source}: feed: is no JSON Feed, Atom or RSS: it is a catalogue of feeds; "
                "check one of them, or archive.json (document)"
            )


def test_check_says_what_is_wrong_with_an_archive(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (site / "archive.json").write_text("{}")
    assert main(["check", str(site)]) == 1
    assert "archive.json: feed: " in capsys.readouterr().out


def test_check_warns_of_a_date_in_the_future(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    late = replace(post("late"), published=post("x").published.replace(year=2999))
    path = tmp_path / "archive.json"
    path.write_bytes(archives.serialise(archive([late], FEEDS[:1])))
    assert main(["check", str(path)]) == 1
    assert "future" in capsys.readouterr().out


@pytest.mark.parametrize(
    "date",
    [
        "<pubDate>Sun, 01 Jan 2999 00:00:00 GMT</pubDate>",
        "<pubDate>1 January 2999</pubDate>",
        "<pubDate>2999-01-01 10:00 +0200</pubDate>",
        "<dc:date>2999-01-01T10:00:00Z</dc:date>",
        "<dc:date>2999-01-01</dc:date>",
    ],
)
def test_check_warns_of_any_date_in_the_future_that_is_read(
    date: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rss.xml"
    item = f"<item><title>A</title><guid>https://tide.example/1</guid>{date}</item>"
    text = f"""<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
<title>T</title><link>https://tide.example/</link><description>T</description>{item}{
        item.replace("/1", "/2")
    }</channel></rss>"""
    path.write_text(text, "utf-8")
    assert main(["check", str(path)]) == 1
    [line] = [line for line in capsys.readouterr().out.splitlines() if "future" in line]
    assert "https://tide.example/1: a date in the future: 2999-01-01T" in line
    assert line.endswith("(unlikely-date), and once more")


@pytest.mark.parametrize("year", ["2999", "9999"])
def test_check_tells_of_a_late_date_once(
    year: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    date = f"{year}-12-31T23:59:59Z"
    address = "https://tide.example/"
    item = {"id": f"{address}1", "url": f"{address}1", "title": "A", "content_html": "x"}
    files = {
        "feed.json": json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                **{"title": "T", "home_page_url": address, "feed_url": f"{address}feed.json"},
                "items": [{**item, "date_published": date, "date_modified": date}],
            }
        ),
        "atom.xml": f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><id>{address}</id>
<link href="{address}"/><link rel="self" href="{address}atom.xml"/><author><name>A</name></author>
<updated>2026-01-01T00:00:00Z</updated><entry><title>A</title><id>{address}1</id>
<link href="{address}1"/><published>{date}</published><updated>{date}</updated>
<content>x</content></entry></feed>""",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
        assert main(["check", str(tmp_path / name)]) == 1
        line, last = capsys.readouterr().out.splitlines()
        assert f"{address}1: a date in the future: {year}-12-31T23:59:59" in line
        assert line.endswith("(unlikely-date)") and last == "checked 1 document: 1 found"


LOST = "<h2>Boats</h2><p>x</p><h1>Shore</h1><p>Two.</p><blockquote><p>x</p></blockquote>"


def test_check_tells_what_of_an_issue_is_in_no_update(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    issue = post("issue", tags=["This Week in Boats"], content=LOST)
    other = post("other", days=1, content=LOST)
    told = "what stands below '# Shore' is in no update; sections are ## (source)"
    export.write(archive([other, issue], FEEDS[:1]), SITE.url, tmp_path)
    # A feed, in which it is no entry that this project made.
    feed = json.loads((tmp_path / "feed.json").read_bytes())
    for item in feed["items"]:
        del item["_twim"]
    (tmp_path / "other.json").write_text(json.dumps(feed))
    for name in (".", "archive.json", "feed.json", "other.json"):
        source = tmp_path / name
        assert main(["check", str(source)]) == 1
        lines = [line for line in capsys.readouterr().out.splitlines() if "update" in line]
        assert len(lines) == 1 and lines[0].endswith(f": {issue.id}: {told}")


ISSUE = """\
<h2>Dept of Boats</h2>
<h3>Seagull</h3><p>A new mast.</p>
<h3>Heron</h3>
<h3>Tern</h3><blockquote><h3>Sold</h3><p>To Bo.</p></blockquote>
"""


def test_check_finds_nothing_in_our_own_feeds_of_updates(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those of one issue have its page and its category, and below a heading may stand nothing."""
    issue = Post(
        permalink=f"{SITE.url}blog/this-week-1/",
        title="This Week 1",
        date=post("x").published,
        html=ISSUE,
        issue=True,
        categories=("This Week in Boats",),
    )
    found = assemble(entries.build([issue], SITE, ()), SITE, Rules())
    export.write(found, SITE.url, tmp_path)
    for folder in ("", "updates", "section/boats", "project/seagull", "project/heron"):
        for name in FORMATS:
            source = str(tmp_path / folder / name)
            assert main(["check", source]) == 0, (source, capsys.readouterr().out)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<html>no feed</html>")

    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def _answering(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def test_check_takes_an_address(capsys: pytest.CaptureFixture[str]) -> None:
    with _answering(_Handler) as address:
        assert main(["check", f"{address}/atom.xml"]) == 1
    assert f"{address}/atom.xml: " in capsys.readouterr().out


# Port 8000 may be in use here.
ANY = ("--port", "0")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["serve", "nowhere", *ANY], "nowhere: there is no such folder or file"),
        (["serve", "http://127.0.0.1:1/atom.xml", *ANY], "private_addresses = true"),
        (["serve"], "command line: sources: name at least one SOURCE"),
        (["serve", "x", "--port", "99999"], "port: expected a whole number from 0 to 65535"),
        (["serve", "x", "--url", "ftp://x.example"], "url: expected an address such as https://"),
        (["serve", "x", "--url", "https://x.example/?a"], "url: expected an address such as"),
        (["serve", "x", "--config", "nowhere.toml"], "nowhere.toml: No such file or directory"),
        (["export", "nowhere", "out"], "nowhere: there is no such folder or file"),
        (["check", "nowhere"], "nowhere: there is no such folder or file\n"),
        (
            ["check", "harbour.example"],
            "harbour.example: there is no such folder or file; an address begins with https://\n",
        ),
        (["check", "atom.xml"], "atom.xml: there is no such folder or file\n"),
        (["check", "./nowhere"], "./nowhere: there is no such folder or file\n"),
        (["export", "harbour.example/feeds", "out"], "or file; an address begins with https://\n"),
        (["serve", "harbour.example", *ANY], "or file; an address begins with https://\n"),
        (["check", "http://127.0.0.1:1/atom.xml"], "http://127.0.0.1:1/atom.xml: "),
    ],
)
def test_what_can_not_be_done_is_one_clear_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert words in error and error.count("\n") == 1


def test_a_folder_that_is_no_site_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", str(tmp_path), *ANY]) == 2
    assert "no archive.json in this folder" in capsys.readouterr().err
    (tmp_path / "archive.json").write_text("[1")
    assert main(["serve", str(tmp_path), *ANY]) == 2
    assert "archive.json" in capsys.readouterr().err


def test_export_does_not_write_over_a_file(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("x")
    assert main(["export", str(site), str(tmp_path / "file")]) == 2
    assert "file" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["serve", "x", "--port", "many"],
        ["export", "x", "y", "--url", "ftp://x.example"],
    ],
)
def test_wrong_usage_exits_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as error:
        main(arguments)
    assert error.value.code == 2


@pytest.mark.skipif(os.name == "nt", reason="a pipe of a shell")
@pytest.mark.parametrize("arguments", [["check", "."], ["--version"], ["check", "--help"]])
def test_who_reads_no_more_is_no_error(site: Path, arguments: list[str]) -> None:
    """As with `feedserver check site | head -0`."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "feedserver", *arguments]
    buffered = {name: text for name, text in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        command, cwd=site, env=buffered, stdout=writing, stderr=subprocess.PIPE, text=True
    )
    os.close(writing)
    assert (done.stderr, done.returncode) == ("", 128 + signal.SIGPIPE)


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["serve", "x", "--prot", "80"], "--port"),
        (["serve", "x", "--confg=x"], "--config"),
        (["chekc", "x"], "check"),
        (["--verison"], "--version"),
        (["bot", "--confg", "x"], "--config"),
    ],
)
def test_what_may_have_been_meant_is_said(
    arguments: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert capsys.readouterr().err.endswith(f"; is {meant} meant?\n")


def test_an_option_that_is_cut_short_is_not_strange(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["bot", "--stat"])
    assert "required: --config" in capsys.readouterr().err


@contextmanager
def _served(source: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "feedserver", "serve", str(source), "--port", "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    try:
        assert process.stdout is not None
        told = "".join(iter(process.stdout.readline, "Press Ctrl+C to stop.\n"))
        match = re.search(r"http://127\.0\.0\.1:\d+", told)
        assert match, told
        assert "/section/clients/atom.xml" in told
        yield match[0], process
    finally:
        process.kill()
        process.communicate()


def _fetch(address: str) -> bytes:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:
                data: bytes = answer.read()
                return data
        except ConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _put(folder: Path, data: bytes) -> None:
    (folder / "next").write_bytes(data)
    os.replace(folder / "next", folder / "archive.json")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_takes_up_a_new_archive_and_ends_cleanly(site: Path, number: int) -> None:
    with _served(site) as (origin, process):
        old = _fetch(f"{origin}/feed.json")
        assert json.loads(old)["feed_url"] == f"{origin}/feed.json"
        _put(site, archives.serialise(_archive("week", "newer")))
        deadline = time.monotonic() + 60
        answers = {old}
        while len(answers) == 1 and time.monotonic() < deadline:
            answers.add(_fetch(f"{origin}/feed.json"))
        [new] = answers - {old}
        # Wholly old or wholly new.
        assert len(json.loads(new)["items"]) == 2
        _put(site, b"broken")
        while json.loads(_fetch(f"{origin}/healthz"))["status"] == "ok":
            assert time.monotonic() < deadline + 60
            time.sleep(0.05)
        assert _fetch(f"{origin}/feed.json") == new
        process.send_signal(number)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        assert "Traceback" not in errors
        assert "the old archive stays" in errors
