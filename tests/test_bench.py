"""The measurements' own parts: the newsletter that is measured, the builds, the report."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from feedserver.text.slugs import slugify
from tests.bench import load, newsletter, report, runs, serving, sites
from tests.bench.__main__ import main, parser
from tests.bench.comparison import Comparison, Measured, Plan, Result
from tests.bench.corpus import Corpus
from tests.bench.preview import preview
from tests.conftest import DEEP, absent
from tests.sites import build

SIZES = {1: 16, 6: 45, 24: 104, 400: 564, 700: 790}
"""Issues, and the projects that they have updates of: some n^0.6."""


def of_issues(count: int) -> Corpus:
    return Corpus(lambda: newsletter.posts(count))


def test_the_newsletter_is_the_same_everywhere() -> None:
    text = "".join(f"{post.title}{post.date}{post.body}" for post in newsletter.posts(20))
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert digest == "2f75443cec96a3d304c3b359c63de3c31aed693e716fb2b0adaab422def3ea37"
    # A longer newsletter begins with the shorter one.
    short = tuple(newsletter.posts(6))
    assert tuple(newsletter.posts(8))[: len(short)] == short


def test_an_issue_has_the_shape_of_a_real_one() -> None:
    found = list(newsletter.issues(60))
    texts = [issue.body for issue in found]
    assert 17_000 < sum(len(text.encode()) for text in texts) / 60 < 19_000
    sections = [line for text in texts for line in re.findall(r"(?m)^## Dept of .*", text)]
    headings = [line for text in texts for line in re.findall(r"(?m)^### .*", text)]
    assert len(set(sections)) == 22 and 8 <= len(sections) / 60 <= 10
    assert 16.5 < len(headings) / 60 < 18
    assert 0.3 < sum("([website](https://" in line for line in headings) / len(headings) < 0.4
    versions = sum(re.search(r" v?\d+\.\d+", line) is not None for line in headings)
    assert 0.3 < versions / len(headings) < 0.4
    for text in texts:
        for mark in ("\n> * ", "](https://matrix.to/#/@", ") reports\n\n> ", "**", "`"):
            assert mark in text
    assert sum("\n> ![" in text for text in texts) > 50
    assert len({issue.path for issue in found}) == len({issue.date for issue in found}) == 60


def test_descriptions_of_projects_recur_above_reports() -> None:
    text = "".join(issue.body for issue in newsletter.issues(60))
    parts = re.findall(r"(?m)^### .*\n\n(?:(\w.*)\n\n)?\[\w+\]\(.*\) reports$", text)
    assert len(parts) == text.count("\n### ")
    described = [part for part in parts if part]
    assert 0.6 < len(described) / len(parts) < 0.9
    assert Counter(described).most_common(1)[0][1] > 40


def test_projects_recur_as_in_a_real_newsletter() -> None:
    numbers = list(newsletter.projects(700))
    known = {count: Counter(each for of in numbers[:count] for each in of) for count in SIZES}
    assert {count: len(found) for count, found in known.items()} == SIZES
    assert 0.55 < sum(times == 1 for times in known[24].values()) / len(known[24]) < 0.65
    assert 16.5 < known[700].total() / 700 < 17.5
    assert all(known[700][number] == 700 for number in newsletter.CONSTANT)
    assert 0.09 < 2 * 700 / known[700].total() < 0.13
    # An issue has one update of a project, and all names are told apart.
    assert all(len(set(of)) == len(of) for of in numbers)
    slugs = {slugify(newsletter.name(number)) for number in known[700]}
    assert len(slugs) == len(known[700])
    assert len({newsletter.section(number) for number in known[24]}) == 22


def test_what_is_counted_is_what_is_written() -> None:
    for issue, numbers in zip(newsletter.issues(5), newsletter.projects(5), strict=True):
        headings = re.findall(r"(?m)^### ([A-Z a-z]+?)(?: v?\d.*| \(\[.*)?$", issue.body)
        assert headings == [newsletter.name(number) for number in numbers]


def test_posts_of_other_kinds_stand_between_issues() -> None:
    found = list(newsletter.posts(9))
    others = [post for post in found if newsletter.NEWSLETTER not in post.categories]
    assert [found.index(post) for post in others] == [3, 7]
    assert all(2_500 < len(post.body) < 3_500 for post in others)
    assert {name for post in others for name in post.categories} <= {*newsletter.CATEGORIES}
    assert sorted(found, key=lambda post: post.date) == found


def test_no_issue_of_a_long_newsletter_is_yet_to_come() -> None:
    assert newsletter.day(3000) < datetime(2026, 1, 1, tzinfo=UTC)


def test_every_tool_has_every_post_and_picture(tmp_path: Path) -> None:
    for name, tool in sites.TOOLS.items():
        tool.write(tmp_path / name, of_issues(6))
        pictures = {path.name for path in (tmp_path / name).rglob("*.png")}
        assert len(pictures) == newsletter.PICTURES
        for post in newsletter.posts(6):
            text = (tmp_path / name / tool.post(post)).read_text("utf-8")
            assert text.endswith(post.body)
            assert set(re.findall(r"\]\(/img/(\d+\.png)\)", text)) <= pictures
    assert newsletter.picture(1) != newsletter.picture(2)


def test_ours_builds_what_is_measured(tmp_path: Path) -> None:
    sites.TWIM.write(tmp_path, of_issues(6))
    files = {
        path.relative_to(tmp_path / "docs").as_posix(): path.read_bytes()
        for path in (tmp_path / "docs").rglob("*")
        if path.is_file()
    }
    built = build(tmp_path, files)
    assert built.warnings == []
    known = {number for of in newsletter.projects(6) for number in of}
    # Versions are no part of a project's name.
    projects = {path.parent.name for path in built.folder.glob("project/*/index.html")}
    assert projects == {slugify(newsletter.name(number)) for number in known}
    for post in newsletter.posts(6):
        assert (built.folder / sites.page(post) / "index.html").is_file()
    found = runs.output(tmp_path)
    assert found.feeds > len(known) * 3 and found.pages > len(known)
    assert found.size == sum(len(data) for data in built.files().values())


def test_a_sentence_is_added_to_what_is_quoted(tmp_path: Path) -> None:
    file = tmp_path / "post.md"
    file.write_text("Before.\n\n> One.\n>\n> Two.\n")
    sites.edit(file, "New.")
    assert file.read_text() == "Before.\n\n> New. One.\n>\n> Two.\n"
    file.write_text("No quote.\n")
    sites.edit(file, "New.")
    assert file.read_text() == "No quote.\n\n\nNew.\n"


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


def test_a_build_has_nothing_of_the_last(tmp_path: Path) -> None:
    code = "import pathlib; pathlib.Path('site').mkdir(); pathlib.Path('.cache').mkdir()"
    for _ in range(2):
        runs.build([sys.executable, "-c", code], tmp_path)
    runs.clear(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".cache", "site"]


def measured(title: str, seconds: float, memory: int, *more: float) -> Measured:
    found = tuple(runs.Run(each, memory) for each in (seconds, *more))
    return Measured(title, found, runs.Output(9, 30, 5_000_000))


def test_the_report_says_what_was_reached() -> None:
    tools = {
        "twim": measured("ours", 14.0, 250_000_000, 16.0, 15.0),
        "ready": measured("ready", 10.0, 200_000_000),
        "material": measured("Material's", 160.0, 1),
        "hugo": measured("Hugo", 6.0, 1),
    }
    long = {
        "twim": measured("ours", 75.0, 1_000_000_000),
        "ready": measured("ready", 45.0, 600_000_000),
    }
    text = report.markdown(
        Result(Plan((700, 3000), 700, 3), {700: tools, 3000: long}, [2.5, 1.5, 1.75])
    )
    assert "700 issues, each time from nothing, the median of 3 builds in one run; of" in text
    assert "| ours | 15.0 | 1.50 | 9 | 30 | 5 | 250 |" in text
    assert "| 3,000 | 75.0 | 25.0 | 1,000 | 45.0 | 15.0 | 600 | 1.67 |" in text
    assert "until its page shows it | 1.75 | 2.50, 1.50, 1.75 |" in text
    assert "| cold, to the floor | 1.50 | 1.50 | yes |" in text
    assert "| cold, to Material's blog | 0.10 | 0.09 | yes |" in text
    assert "| preview after a change, to cold | 0.13 | 0.12 | yes |" in text
    assert "| cost of an issue, of 3,000 to of 700 | 1.15 | 1.17 | no |" in text
    assert "| peak memory at 3,000 issues, to the floor | 1.60 | 1.67 | no |" in text
    assert "Cold, ours takes 2.50 times as long as Hugo." in text


def test_the_report_of_a_folder_has_no_growth() -> None:
    tools = {name: measured(name, 2.0, 100) for name in sites.TOOLS}
    text = report.markdown(Result(Plan((40,), 40, 1, "posts"), {40: tools}, [0.1]))
    assert "40 posts, each time from nothing, one build:" in text
    assert "As the newsletter grows" not in text and "cost of an issue" not in text
    assert "| peak memory at 40 posts, to the floor | 1.60 | 1.00 | yes |" in text


def test_a_preview_is_measured_by_its_page(tmp_path: Path) -> None:
    sites.TWIM.write(tmp_path, of_issues(3))
    newest = list(newsletter.posts(3))[-1]
    post, page = tmp_path / sites.TWIM.post(newest), sites.page(newest)
    edits = []

    def edit() -> None:
        edits.append(post)
        sites.edit(post, "It was there.")

    assert preview(tmp_path, page, edit, "It was there.") > 0 and edits == [post]
    (tmp_path / "mkdocs.yml").write_text("nothing: [")
    with pytest.raises(runs.BuildError, match="mkdocs serve has ended"):
        preview(tmp_path, page, edit, "It was there.")


def test_all_sizes_are_measured_in_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(command: object, folder: Path) -> runs.Run:
        (folder / "site").mkdir(exist_ok=True)
        built.append(folder.name)
        return runs.Run(1.0, 1)

    def preview(folder: Path, page: str, edit: object, sentence: str) -> float:
        built.append(f"serve {page}")
        return 0.5

    built: list[str] = []
    monkeypatch.setattr("tests.bench.comparison.build", build)
    monkeypatch.setattr("tests.bench.comparison.preview", preview)
    told: list[str] = []
    result = Comparison(tmp_path, Plan((2, 4), 2, 2), of_issues, told.append).run()
    assert built == [
        *("twim-2", "ready-2", "plain-2", "material-2", "hugo-2"),
        *("twim-2", "ready-2", "plain-2", "hugo-2"),
        *["serve blog/this-week-in-the-harbour-2/"] * 2,
        *("twim-4", "ready-4") * 2,
    ]
    assert len(told) == len(built)
    assert result.tools.keys() == sites.TOOLS.keys()
    assert result.sizes[4].keys() == {"twim", "ready"} and result.preview == 0.5


def test_posts_whose_html_is_at_hand_are_pages(tmp_path: Path) -> None:
    sites.READY.write(tmp_path, of_issues(3))
    runs.build(sites.READY.command(tmp_path), tmp_path)
    page = tmp_path / "site" / "blog" / "this-week-in-the-harbour-2" / "index.html"
    assert '<h2 id="' in page.read_text("utf-8")


def test_the_command_line_has_the_sizes_of_the_documentation() -> None:
    options = parser().parse_args(["build"])
    assert (options.issues, options.against, options.rounds) == ([700, 3000], 700, 3)
    assert parser().parse_args(["build", "--issues", "5", "9"]).issues == [5, 9]
    assert parser().parse_args(["build", "--posts", "content"]).posts == Path("content")
    with pytest.raises(SystemExit):
        parser().parse_args(["build", "--rounds", "0"])


@pytest.mark.skipif(not DEEP, reason="takes long: ./run deep")
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
