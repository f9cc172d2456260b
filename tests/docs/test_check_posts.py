"""The how-to on checking posts: its example comes out so, and so do its files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from mkdocs_twim.cli import main
from tests.conftest import ROOT, absent

PAGE = (ROOT / "docs" / "how-to" / "check-posts.md").read_text("utf-8")
POST = """\
+++
title = "This Week in the Harbour 2026-03-06"
slug = "this-week-in-the-harbour-2026-03-06"
date = 2026-03-06

[taxonomies]
author = ["Ida"]
category = ["This Week in the Harbour"]
+++

<!-- more -->


## Dept of Boats ⛵

### Seagull

[Ida](https://matrix.to/#/@ida:harbour.example) says

> Painted.

### Kite

![](/img/kite.png)




## That's all I know

[Bo](https://matrix.to/#/@bo:harbour.example) says

> Rain.
"""


def _told(site: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What the workflow's script tells GitHub of a site with faults."""
    if shutil.which("jq") is None:
        absent("jq")
    [workflow] = _files(".github/workflows/check.yml")
    script = yaml.safe_load(workflow)["jobs"]["posts"]["steps"][-1]["run"]
    assert main(["check", "--json"]) == 1
    (site / "check.json").write_text(capsys.readouterr().out, "utf-8")
    script = re.sub(r"python -m .* \|\|", "false ||", script)
    done = subprocess.run(["bash", "-eo", "pipefail", "-c", script], capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    return done.stdout.splitlines()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs/blog").mkdir(parents=True)
    (tmp_path / "docs/blog/2026-03-06.md").write_text(POST, "utf-8")
    (tmp_path / "mkdocs.yml").write_text(
        "site_name: Harbour\nsite_url: https://harbour.example/\n"
        "theme: {name: mkdocs}\nplugins: [search, twim]\n"
    )
    return tmp_path


def _files(title: str) -> list[str]:
    return re.findall(rf'(?ms)^```yaml title="{re.escape(title)}"\n(.*?)^```$', PAGE)


def test_what_is_shown_is_what_it_tells(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [shown] = re.findall(r"(?ms)^```console\n\$ python -m mkdocs_twim (.*?)^```$", PAGE)
    command, _, told = shown.partition("\n")
    assert main(command.split()) == 1
    assert capsys.readouterr().out == told


def test_the_hooks_are_those_of_the_repository() -> None:
    [hook] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    ours, local = (yaml.safe_load(text)["repos"][0] for text in _files(".pre-commit-config.yaml"))
    assert ours["hooks"] == [{"id": hook["id"]}]
    [same] = local["hooks"]
    for key in ("id", "entry", "files", "require_serial"):
        assert same[key] == hook[key]


def test_a_pull_request_is_checked_with_what_the_site_is_built_with() -> None:
    [text] = _files(".github/workflows/check.yml")
    steps = yaml.safe_load(text)["jobs"]["posts"]["steps"]
    publish = ROOT / "docs" / "how-to" / "publish" / "github-pages.yml"
    built = yaml.safe_load(publish.read_text("utf-8"))["jobs"]["build"]["steps"]
    assert steps[:3] == built[:3]


def test_a_pull_request_gets_each_finding(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _told(site, capsys) == [
        "::warning file=docs/blog/2026-03-06.md,line=24,title=picture"
        "::the picture '/img/kite.png' is not there",
        "::notice file=docs/blog/2026-03-06.md,line=29,title=division"
        "::what Bo reports is in no update: its section is one of ignore_sections",
    ]


@pytest.mark.skipif(os.name == "nt", reason="no name of a file has a colon there")
def test_signs_that_github_reads_as_its_own_are_told_as_they_are(
    site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By how its toolkit writes them, actions/toolkit, packages/core/src/command.ts."""
    (site / "docs/blog/2026-03-06.md").unlink()
    text = POST.replace("/img/kite.png", "/img/kite%20,1.png")
    (site / "docs/blog/2026-03-06 50%, so: x.md").write_text(text, "utf-8")
    assert _told(site, capsys)[0] == (
        "::warning file=docs/blog/2026-03-06 50%25%2C so%3A x.md,line=24,title=picture"
        "::the picture '/img/kite%2520,1.png' is not there"
    )
