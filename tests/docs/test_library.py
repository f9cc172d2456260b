"""The page on the library: its example is run, and the names that it promises are there."""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.docs.test_docker import shown

TEXT = (ROOT / "docs" / "reference" / "library.md").read_text("utf-8")


def test_the_example_prints_what_the_page_says(tmp_path: Path) -> None:
    (tmp_path / "divide.py").write_text(shown(TEXT)["divide.py"], "utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(tmp_path / "divide.py")],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
    )
    assert done.stderr == "" and done.returncode == 0
    [printed] = re.findall(r"(?ms)^```text \{ \.printed \}\n(.*?)^```$", TEXT)
    assert done.stdout == printed


def test_what_is_promised_is_there_and_described() -> None:
    rows = re.findall(r"(?m)^\| `(feedserver\.[\w.]+)` \| (.*?) \|", TEXT)
    assert len(rows) == 11
    for name, names in rows:
        module = importlib.import_module(name)
        for promised in re.findall(r"`(\w+)`", names):
            found = getattr(module, promised)
            assert found is not None
            if inspect.isfunction(found) or inspect.isclass(found):
                assert found.__doc__, f"{name}.{promised}"


def test_the_example_uses_nothing_else() -> None:
    promised = {
        (name, each)
        for name, names in re.findall(r"(?m)^\| `(feedserver\.[\w.]+)` \| (.*?) \|", TEXT)
        for each in re.findall(r"`(\w+)`", names)
    }
    imports = re.findall(r"(?m)^from (feedserver\.[\w.]+) import (.*)$", shown(TEXT)["divide.py"])
    used = {(name, each) for name, names in imports for each in names.split(", ")}
    assert used and used <= promised
