"""The measurements' own parts: the newsletter that is measured, the clocks, the report."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from feedserver.slugs import slugify
from tests.bench import load, newsletter, report, runs, serving, sites
from tests.bench.__main__ import main, parser
from tests.bench.comparison import Measured, Plan, Result
from tests.bench.parts import REST, Clock
from tests.conftest import ROOT, absent
from tests.sites import build


def test_the_newsletter_is_the_same_everywhere() -> None:
    text = "".join(f"{issue.title}{issue.body}" for issue in newsletter.issues(20))
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert digest == "b73948d11e679f413a6a8cf00015faf51381db146608de6853bbe14afa1b5a17"
    # A longer newsletter begins with the shorter one.
    assert tuple(newsletter.issues(5)) == tuple(newsletter.issues(8))[:5]


def test_an_issue_has_the_shape_of_a_real_one() -> None:
    found = list(newsletter.issues(60))
    sizes = [len(issue.body.encode()) for issue in found]
    assert 17_000 < sum(sizes) / len(sizes) < 19_000
    for issue in found:
        sections = [line for line in issue.body.split("\n") if line.startswith("## Dept of ")]
        assert len(sections) == 8
        assert len(re.findall(r"(?m)^### ", issue.body)) == 16
        for mark in ("\n> * ", "> ![", "](https://matrix.to/#/@", "<!-- more -->", "**", "`"):
            assert mark in issue.body
    assert len({issue.slug for issue in found}) == len({issue.date for issue in found}) == 60


def test_four_of_five_headings_of_projects_occur_once() -> None:
    text = "".join(issue.body for issue in newsletter.issues(100))
    headings = re.findall(r"(?m)^### (.*?)(?: \(\[.*)?$", text)
    times = Counter(slugify(heading) for heading in headings)
    once = sum(count == 1 for count in times.values())
    assert once == len(headings) * 4 // 5
    assert len(times) == once + 61


def test_no_issue_of_a_long_newsletter_is_yet_to_come() -> None:
    assert newsletter.day(3000) < date(2026, 1, 1)


def test_every_picture_is_there(tmp_path: Path) -> None:
    for name, tool in sites.TOOLS.items():
        tool.write(tmp_path / name, 6)
        pictures = {path.name for path in (tmp_path / name).rglob("*.png")}
        assert len(pictures) == newsletter.PICTURES
        for issue in newsletter.issues(6):
            text = (tmp_path / name / tool.post(issue)).read_text("utf-8")
            assert text.endswith(issue.body)
            assert set(re.findall(r"\]\(/img/(\d+\.png)\)", text)) <= pictures
    assert newsletter.picture(1) != newsletter.picture(2)


def test_ours_builds_what_is_measured(tmp_path: Path) -> None:
    sites.TWIM.write(tmp_path, 6)
    files = {
        path.relative_to(tmp_path / "docs").as_posix(): path.read_bytes()
        for path in (tmp_path / "docs").rglob("*")
        if path.is_file()
    }
    built = build(tmp_path, files)
    assert built.warnings == []
    found = runs.output(tmp_path)
    assert found.feeds > 6 * 16 * 3 * 4 // 5 and found.pages > 6 * 16 * 4 // 5
    assert runs.output(tmp_path) == found


def test_one_post_is_changed(tmp_path: Path) -> None:
    sites.HUGO.write(tmp_path, 3)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.md")}
    sites.edit(sites.HUGO, tmp_path, 3)
    changed = [path.name for path, data in before.items() if path.read_bytes() != data]
    assert changed == ["this-week-in-the-harbour-2.md"]


def test_a_build_is_measured_with_its_children(tmp_path: Path) -> None:
    child = "import time; data = bytearray(60_000_000); time.sleep(1.5)"
    code = (
        "import pathlib, subprocess, sys; pathlib.Path('site').mkdir();"
        f"subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    )
    run = runs.build([sys.executable, "-c", code], tmp_path)
    assert run.seconds > 0.5
    if sys.platform == "linux":
        assert run.memory > 60_000_000


def test_a_build_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(runs.BuildError, match=r"(?s)ended with 3 .*no such thing"):
        runs.build([sys.executable, "-c", "print('no such thing'); raise SystemExit(3)"], tmp_path)


def test_only_a_rebuild_has_what_the_last_build_has_left(tmp_path: Path) -> None:
    code = "import pathlib; pathlib.Path('site').mkdir(); pathlib.Path('.cache').mkdir()"
    for _ in range(2):
        runs.build([sys.executable, "-c", code], tmp_path)
    with pytest.raises(runs.BuildError, match="exists"):
        runs.build([sys.executable, "-c", code], tmp_path, again=True)
    runs.clear(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".cache", "site"]


def test_each_second_counts_for_the_innermost_part() -> None:
    class Work:
        def outer(self) -> str:
            return self.inner()

        def inner(self) -> str:
            return "done"

    clock = Clock()
    clock.around(Work, "outer", "outer")
    clock.around(Work, "inner", lambda work: "inner")
    assert Work().outer() == "done"
    assert {"outer", "inner"} < clock.stop().keys()
    with pytest.raises(AttributeError):
        clock.around(Work, "gone", "gone")


def test_every_part_of_a_build_has_its_clock(tmp_path: Path) -> None:
    sites.TWIM.write(tmp_path, 3)
    # In a process of its own, for the clocks stay where they are put.
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.parts", str(tmp_path / "mkdocs.yml")],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    parts = json.loads(done.stdout)
    assert all(seconds > 0 for seconds in parts.values())
    for part in ("posts: read", "feeds: Atom", "search", "catalogue", REST):
        assert part in parts
    for pages in ("posts' pages", "projects' pages", "sections' pages", "lists' pages"):
        assert parts[f"{pages}: the theme's frame"] > 0 and parts[f"{pages}: our content"] > 0


def test_the_report_says_what_was_reached() -> None:
    ours = Measured("ours", (runs.Run(2.0, 100_000_000),), runs.Output(9, 30, 5_000_000, ""))
    other = Measured(
        "other", (runs.Run(100.0, 1), runs.Run(80.0, 1), runs.Run(1.0, 1)), ours.output
    )
    hugo = Measured("Hugo", (runs.Run(1.0, 1),), ours.output)
    ready = Measured("ready", (runs.Run(8.0, 200_000_000),), ours.output)
    long = Measured("ours", (runs.Run(8.0, 310_000_000),), ours.output)
    result = Result(
        Plan((700, 3000), 700, 1),
        {"twim": ours, "material": other, "ready": ready, "hugo": hugo},
        rebuild=Measured("one post changed", (runs.Run(0.9, 1),), ours.output),
        same=True,
        sizes={700: ours, 3000: long},
        previews=[(10.0, 3.0), (10.0, 4.0), (20.0, 16.0)],
        alone=Measured("alone", (runs.Run(60.0, 700_000_000),), ours.output),
        parts={"feeds": 1.5, "pages": 0.5},
    )
    text = report.markdown(result)
    assert "| other | 80.0 | 40.00 | 9 | 30 | 5 | 0 |" in text
    assert "| 3,000 | 8.0 | 2.7 | 9 | 30 | 310 |" in text
    assert "| feeds | 1.5 | 75% |" in text
    assert "| of the time of Material's blog | 0.05 | 0.03 | yes |" in text
    assert "| of the time of Hugo | 1.00 | 2.00 | no |" in text
    assert "| of a cold build, one post changed | 0.50 | 0.45 | yes |" in text
    assert "| of the first build of `mkdocs serve`, one post changed | 0.50 | 0.40 | yes |" in text
    assert "| peak memory at 3,000 to that at 700 | 3.00 | 3.10 | no |" in text
    assert "take 0.10 of the time of Material's blog, and 3.50 times the memory at 3,000" in text


def test_a_preview_is_measured_twice(tmp_path: Path) -> None:
    sites.TWIM.write(tmp_path, 3)
    first, again = runs.preview(tmp_path, lambda: sites.edit(sites.TWIM, tmp_path, 3))
    assert first > 0 and again > 0
    (tmp_path / "mkdocs.yml").write_text("nothing: [")
    with pytest.raises(runs.BuildError, match="mkdocs serve has ended"):
        runs.preview(tmp_path, lambda: None)


def test_posts_whose_html_is_at_hand_are_pages(tmp_path: Path) -> None:
    sites.READY.write(tmp_path, 3)
    runs.build(sites.READY.command(tmp_path), tmp_path)
    page = tmp_path / "site" / "blog" / "this-week-in-the-harbour-2" / "index.html"
    assert '<h2 id="' in page.read_text("utf-8")


def test_the_command_line_has_the_sizes_of_the_documentation() -> None:
    options = parser().parse_args(["build"])
    assert (options.issues, options.against, options.rounds) == ([100, 700, 3000], 700, 3)
    assert parser().parse_args(["build", "--issues", "5", "9"]).issues == [5, 9]
    with pytest.raises(SystemExit):
        parser().parse_args(["build", "--rounds", "0"])


def test_servers_are_measured_beside_bare_ones(tmp_path: Path) -> None:
    for program in ("wrk", "nginx"):
        if shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin") is None:
            absent(program)
    told: list[str] = []
    result = serving.measure(tmp_path, serving.Plan(rounds=1, seconds=1, slow=90), told.append)
    assert result.size > 200_000
    assert told == ["round 1 of 1", "slow connections, round 1 of 1"]
    assert result.samples.keys() == {(kind, code) for kind in serving.KINDS for code in (200, 304)}
    text = report.answers(result)
    for name in serving.KINDS.values():
        assert f"| {name} | 200 |" in text and f"| {name} | 304 |" in text
    assert result.slowed > 0


def test_the_report_of_answers_says_what_was_reached() -> None:
    rates = {"function": 1000.0, "route": 800.0, "ours": 950.0, "nginx": 3000.0}
    samples = {
        (kind, status): [load.Sample(rate, 4000 / rate), load.Sample(rate * 2, 2000 / rate)]
        for kind, rate in rates.items()
        for status in (200, 304)
    }
    samples["ours", 304] = [load.Sample(700.0, 9.0), load.Sample(1400.0, 4.5)]
    quiet, slow = [load.Sample(1.0, 10.0)] * 2, [load.Sample(1.0, 15.0)] * 2
    result = serving.Result(serving.Plan(2, 1), 216_409, samples, quiet, slow)
    text = report.answers(result)
    assert "| ours | 200 | 1,425 | 0.95 | 3.2 | 1.05 |" in text
    assert "| 200: requests/s, to the bare function | ≥ 0.90 | 0.95 | yes |" in text
    assert "| 304: requests/s, to the bare function | ≥ 0.90 | 0.70 | no |" in text
    assert "| 304: requests/s, to the bare route | ≥ 1.00 | 0.87 | no |" in text
    assert "| 304: p99, to the bare function | ≤ 1.50 | 2.25 | no |" in text
    assert "| p99 beside 900 slow connections, to the quiet one | ≤ 2.00 | 1.50 | yes |" in text


def test_wrk_is_read_and_its_errors_are_errors() -> None:
    text = "  Latency Distribution\n     99%    1.50s \nRequests/sec:    712.08\n"
    assert load.read(text) == load.Sample(712.08, 1500.0)
    with pytest.raises(load.LoadError, match="Non-2xx"):
        load.read(f"  Non-2xx or 3xx responses: 12\n{text}")
    with pytest.raises(load.LoadError, match="nothing of use"):
        load.read("unable to connect")


def test_the_command_line_of_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    options = parser().parse_args(["serve"])
    assert (options.rounds, options.seconds) == (12, 2)
    monkeypatch.setenv("PATH", "/nowhere")
    assert main(["serve", "--rounds", "1", "--seconds", "1"]) == 1
