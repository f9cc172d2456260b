"""Every row of the inventory of Zola that a blog relies on has a test that carries its number.

`pytest -m zola --collect-only -q` lists those tests; this prints them by number:
`pytest tests/docs/test_zola_rows.py -s`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT

# Rows that matrix.org's blog uses, or rarely uses, as of the inventory of Zola 0.20.
ROWS = """
Z1.1 Z1.2 Z1.4 Z1.5 Z1.6 Z1.7
Z2.1 Z2.3 Z2.4 Z2.8 Z2.9 Z2.12 Z2.13 Z2.15
Z3.1 Z3.2 Z3.4 Z3.7 Z3.8 Z3.9
Z4.1 Z4.2 Z4.3 Z4.4 Z4.5 Z4.6 Z4.7 Z4.8 Z4.9 Z4.10
Z5.1 Z5.2 Z5.3 Z5.4
Z6.1 Z6.2 Z6.4 Z6.5 Z6.6 Z6.7 Z6.8 Z6.9
Z7.1 Z7.3 Z7.4 Z7.6 Z7.7
Z8.1 Z8.2 Z8.3 Z8.4 Z8.5 Z8.6 Z8.7 Z8.8 Z8.9 Z8.10 Z8.11 Z8.13 Z8.14 Z8.15 Z8.16
Z9.1 Z9.2 Z9.3 Z9.4 Z9.5 Z9.8
Z10.1 Z10.2 Z10.3 Z10.4 Z10.5 Z10.7 Z10.11 Z10.12 Z10.13 Z10.14 Z10.15 Z10.18 Z10.19 Z10.20 Z10.21
Z10.22 Z10.23 Z10.24 Z10.25 Z10.26 Z10.27 Z10.28 Z10.29
Z11.1 Z11.2 Z11.3 Z11.4 Z11.6 Z11.7 Z11.8 Z11.9
Z12.1 Z12.2 Z12.3 Z12.4 Z12.5 Z12.6 Z12.8 Z12.9 Z12.10 Z12.14
Z13.1 Z13.2 Z13.3 Z13.4 Z13.5 Z13.6 Z13.7 Z13.9
""".split()


def _marked() -> Iterator[tuple[str, str]]:
    """Row and test, of all tests in whose text a number stands: in a mark, or in words."""
    folders = (ROOT / "tests" / "twim", ROOT / "tests" / "builds")
    for path in sorted(path for folder in folders for path in folder.rglob("test_*.py")):
        text = path.read_text("utf-8")
        lines = text.split("\n")
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                first = min([node.lineno, *(part.lineno for part in node.decorator_list)])
                for row in _rows("\n".join(lines[first - 1 : node.end_lineno])):
                    yield row, f"{path.stem}::{node.name}"


def _rows(text: str) -> Iterator[str]:
    for match in re.finditer(r"\bZ(\d+)\.(\d+)(?: to Z\1\.(\d+))?", text):
        for number in range(int(match[2]), int(match[3] or match[2]) + 1):
            yield f"Z{match[1]}.{number}"


def test_every_row_has_its_test() -> None:
    tests: dict[str, list[str]] = {}
    for row, name in _marked():
        tests.setdefault(row, []).append(name)
    for row in sorted(tests, key=lambda row: [int(part) for part in row[1:].split(".")]):
        print(row, *tests[row])
    missing = [row for row in ROWS if row not in tests]
    assert not missing


def test_the_list_of_rows_is_that_of_the_inventory() -> None:
    path = ROOT.parent / "shared" / "zola.md"
    if not path.is_file():
        pytest.skip("the inventory of Zola is absent: it stands beside the project or nowhere")
    found = []
    for line in path.read_text("utf-8").splitlines():
        match = re.match(r"\| `(Z\d+\.\d+)`", line)
        cells = re.split(r"\s*\|\s*", line)
        uses = [cell for cell in cells[2:] if re.match(r"[YRN]\b", cell)]
        if match and not (uses and uses[0].startswith("N")):
            found.append(match[1])
    assert set(ROWS) == set(found)
