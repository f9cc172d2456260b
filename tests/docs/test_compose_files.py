"""Each compose file that a how-to shows is as compose wants it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.test_docker import shown

FILES = {
    f"{page.name}: {name}": text
    for page in sorted((ROOT / "docs" / "how-to").glob("*.md"))
    for name, text in shown(page.read_text("utf-8")).items()
    if re.fullmatch(r"(.*/)?compose(\.\w+)?\.yaml", name)
}


def test_they_are_found() -> None:
    assert {"docker.md: compose.override.yaml", "newsletter.md: hebbot/compose.yaml"} <= {*FILES}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_as_compose_wants_it(tmp_path: Path, name: str) -> None:
    """By the schema that check-jsonschema carries; it doesn't read tags of compose's own."""
    path = tmp_path / "compose.yaml"
    path.write_text(re.sub(r"!(?:override|reset) ", "", FILES[name]), "utf-8")
    schema = ["--builtin-schema", "vendor.compose-spec"]
    command = [sys.executable, "-m", "check_jsonschema", *schema, str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
