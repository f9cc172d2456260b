"""The page on hosts of plain files: its workflows are valid, and their steps make the site."""

from __future__ import annotations

import filecmp
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT, absent
from tests.docs.test_docker import shown, with_tutorial

HOW_TO = ROOT / "docs" / "how-to"
TEXT = (HOW_TO / "publish.md").read_text("utf-8")
WORKFLOWS = {
    "github-pages.yml": (".github/workflows/publish.yml", ["vendor.github-workflows"]),
    "gitlab-ci.yml": (".gitlab-ci.yml", ["vendor.gitlab-ci", "--data-transform", "gitlab-ci"]),
}


ACTIONS = {
    "actions/checkout@v5": {"persist-credentials"},
    "actions/setup-python@v6": {"python-version"},
    "actions/upload-pages-artifact@v5": {"path", "include-hidden-files"},
    "actions/deploy-pages@v5": set(),
}
"""The actions that there are, by what their repositories' tags and `action.yml` say, and what each
takes of what the pages give. Without `include-hidden-files`, new in v5 of its action, a site loses
what begins with a dot.
"""


@pytest.fixture
def newsletter(tmp_path: Path) -> Path:
    return with_tutorial(tmp_path / "newsletter", TEXT)


def _valid(path: Path, *schema: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", *schema, str(path)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflows_are_as_their_hosts_want_them(name: str) -> None:
    """By the schemas that check-jsonschema carries."""
    path = HOW_TO / "publish" / name
    target, schema = WORKFLOWS[name]
    assert shown(TEXT)[target] == path.read_text("utf-8") and f"(publish/{name})" in TEXT
    done = _valid(path, *schema)
    assert done.returncode == 0, done.stdout + done.stderr


def _zizmor(path: Path) -> subprocess.CompletedProcess[str]:
    """zizmor's rules, but that GitHub's own actions may be named by their versions."""
    rules = {"unpinned-uses": {"config": {"policies": {"actions/*": "ref-pin"}}}}
    settings = path.with_name("zizmor.yml")
    settings.write_text(yaml.safe_dump({"rules": rules}), "utf-8")
    program = str(Path(sys.executable).parent / "zizmor")
    command = [program, "--offline", "--no-progress", "--config", str(settings), str(path)]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_workflow_for_github_has_no_more_rights_than_it_needs(newsletter: Path) -> None:
    path = newsletter / ".github/workflows/publish.yml"
    done = _zizmor(path)
    assert done.returncode == 0, done.stdout + done.stderr
    # It would find what is too much.
    text = path.read_text("utf-8")
    too_much = text.replace("permissions:\n      contents: read", "permissions: write-all")
    assert too_much != text
    path.write_text(too_much, "utf-8")
    assert _zizmor(path).returncode != 0


def test_the_workflow_for_pull_requests_is_valid_and_has_no_more_either(tmp_path: Path) -> None:
    text = shown((HOW_TO / "check-posts.md").read_text("utf-8"))[".github/workflows/check.yml"]
    path = tmp_path / ".github" / "workflows" / "check.yml"
    path.parent.mkdir(parents=True)
    path.write_text(text, "utf-8")
    for done in (_valid(path, "vendor.github-workflows"), _zizmor(path)):
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_job_for_merge_requests_is_valid_and_refuses_what_is_broken(
    tmp_path: Path, newsletter: Path
) -> None:
    """Beside the job that publishes, as a project has them both in one file."""
    text = shown((HOW_TO / "check-posts.md").read_text("utf-8"))[".gitlab-ci.yml"]
    path = tmp_path / ".gitlab-ci.yml"
    path.write_text(shown(TEXT)[".gitlab-ci.yml"] + text, "utf-8")
    done = _valid(path, *WORKFLOWS["gitlab-ci.yml"][1])
    assert done.returncode == 0, done.stdout + done.stderr
    for step in (script := yaml.safe_load(text)["check"]["script"]):
        _run(step, newsletter)
    (newsletter / "docs/blog/2026-05-22-this-week-3.md").write_text("+++\ntitel = 3", "utf-8")
    with pytest.raises(subprocess.CalledProcessError):
        _run(script[-1], newsletter)


@pytest.mark.parametrize("page", ["publish.md", "check-posts.md"])
def test_workflows_use_actions_that_there_are(page: str) -> None:
    files = shown((HOW_TO / page).read_text("utf-8"))
    found = [text for name, text in files.items() if name.startswith(".github/")]
    assert found
    for text in found:
        for job in yaml.safe_load(text)["jobs"].values():
            for step in job["steps"]:
                if "uses" in step:
                    assert {*step.get("with", {})} <= ACTIONS[step["uses"]], step


def _run(script: str, folder: Path) -> None:
    """A line of a workflow, in the environment of the tests, where all is installed."""
    if script.startswith("pip install --requirement requirements.txt"):
        assert (folder / "requirements.txt").read_text("utf-8").strip() == "mkdocs-twim"
        return
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = ["bash", "-euc", script]
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)


def _built(folder: Path) -> None:
    assert "Seagull has a new mast" in (folder / "blog/this-week-1/index.html").read_text("utf-8")
    assert (folder / "section/boats/atom.xml").is_file() and (folder / "archive.json").is_file()


@pytest.mark.skipif(os.name == "nt", reason="its runners have bash")
def test_the_steps_for_github_make_the_site(newsletter: Path) -> None:
    job: Any = yaml.safe_load(shown(TEXT)[".github/workflows/publish.yml"])["jobs"]["build"]
    for step in job["steps"]:
        if "run" in step:
            _run(step["run"], newsletter)
    [uploaded] = [step["with"] for step in job["steps"] if "upload" in step.get("uses", "")]
    _built(newsletter / uploaded["path"])
    # Else it would leave out what a static_dir has in .well-known/.
    assert uploaded["include-hidden-files"] is True


@pytest.mark.skipif(os.name == "nt", reason="its runners have bash")
def test_the_steps_for_gitlab_make_the_site(newsletter: Path) -> None:
    job: Any = yaml.safe_load(shown(TEXT)[".gitlab-ci.yml"])["pages"]
    for line in job["script"]:
        _run(line, newsletter)
    [uploaded] = job["artifacts"]["paths"]
    _built(newsletter / uploaded)


@pytest.mark.skipif(os.name == "nt", reason="a script for a shell")
def test_rsync_brings_it_and_leaves_what_is_the_same(newsletter: Path, tmp_path: Path) -> None:
    for name in ("rsync", "git"):
        if shutil.which(name) is None:
            absent(name)
    host = tmp_path / "news"
    script = newsletter / "publish.sh"
    text = script.read_text("utf-8")
    assert "host:/srv/news/" in text
    script.write_text(text.replace("host:/srv/news/", f"{host}/"), "utf-8")
    commit = ["-c", "user.name=Ben", "-c", "user.email=ben@harbour.example", "commit", "-qm", "x"]
    for arguments in (["init", "-q"], ["add", "mkdocs.yml", "docs"], commit):
        subprocess.run(["git", *arguments], cwd=newsletter, check=True)
    _run("sh publish.sh", newsletter)
    _built(host)
    times = {path: path.stat().st_mtime_ns for path in host.rglob("*") if path.is_file()}
    _run("sh publish.sh", newsletter)
    assert times == {path: path.stat().st_mtime_ns for path in times}
    assert not filecmp.dircmp(newsletter / "site", host).diff_files


@pytest.mark.skipif(os.name == "nt", reason="a line for a shell")
def test_a_build_that_fails_is_not_put_in_place(newsletter: Path) -> None:
    page = (HOW_TO / "host.md").read_text("utf-8")
    [line] = re.findall(r"(?m)^\$ (mkdocs build .* && mv next site)$", page)
    _run("mkdocs build --strict", newsletter)
    _run(line, newsletter)
    _built(newsletter / "site")
    (newsletter / "docs/blog/2026-05-15-more.md").write_text("![A](/img/none.png)\n", "utf-8")
    with pytest.raises(subprocess.CalledProcessError):
        _run(line, newsletter)
    _built(newsletter / "site")
    assert not (newsletter / "site/blog/more").exists()


def test_the_page_names_three_ways() -> None:
    headings = re.findall(r"(?m)^## (.*)$", TEXT)
    assert headings[:3] == ["GitHub Pages", "GitLab Pages", "Any host, by rsync"]
