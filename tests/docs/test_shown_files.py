"""What the how-tos show for GitHub and for containers: held against schemas and a linter."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT
from tests.docs.test_docker import shown

PAGES = sorted((ROOT / "docs" / "how-to").glob("*.md"))
FILES = {
    f"{page.name}: {name}": text
    for page in PAGES
    for name, text in shown(page.read_text("utf-8")).items()
}
WORKFLOWS = [name for name in FILES if ".github/workflows/" in name]
CONTAINERS = [name for name in FILES if re.search(r"\bcompose\.[\w.]*yaml$", name)]


def test_they_are_found() -> None:
    assert {
        "check-posts.md: .github/workflows/check.yml",
        "publish.md: .github/workflows/publish.yml",
    } <= {*WORKFLOWS}
    assert {
        "docker.md: compose.yaml",
        "docker.md: compose.override.yaml",
        "newsletter.md: hebbot/compose.yaml",
    } <= {*CONTAINERS}


@pytest.mark.parametrize("name", [*WORKFLOWS, *CONTAINERS])
def test_a_file_is_as_its_reader_wants_it(tmp_path: Path, name: str) -> None:
    """By the schemas that check-jsonschema carries; it doesn't read tags of compose's own."""
    schema = "vendor.github-workflows" if name in WORKFLOWS else "vendor.compose-spec"
    path = tmp_path / "file.yml"
    path.write_text(re.sub(r"!(?:override|reset) ", "", FILES[name]), "utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_has_no_more_rights_than_it_needs(tmp_path: Path, name: str) -> None:
    """zizmor's rules, but that GitHub's own actions may be named by their versions."""
    rules = {"unpinned-uses": {"config": {"policies": {"actions/*": "ref-pin"}}}}
    (tmp_path / "zizmor.yml").write_text(yaml.safe_dump({"rules": rules}), "utf-8")
    path = tmp_path / ".github" / "workflows" / "file.yml"
    path.parent.mkdir(parents=True)
    path.write_text(FILES[name], "utf-8")
    program = str(Path(sys.executable).parent / "zizmor")
    command = [program, "--offline", "--no-progress", "--config", str(tmp_path / "zizmor.yml")]
    done = subprocess.run([*command, str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_names_actions_that_there_are(name: str) -> None:
    """A slip in a name of an action breaks it at GitHub alone, and no schema knows them."""
    known = {
        "actions/checkout@v5",
        "actions/configure-pages@v5",
        "actions/deploy-pages@v4",
        "actions/setup-python@v6",
        "actions/upload-pages-artifact@v4",
        "actions/upload-pages-artifact@v5",
    }
    jobs = yaml.safe_load(FILES[name])["jobs"].values()
    used = {step["uses"] for job in jobs for step in job["steps"] if "uses" in step}
    assert used <= known
