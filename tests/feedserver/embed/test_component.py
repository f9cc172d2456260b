"""The component's script: its size, what it doesn't do, and that its reference is complete."""

from __future__ import annotations

import gzip
import re
import subprocess
from pathlib import Path

import pytest

from feedserver.embed import component
from tests.conftest import ROOT, absent

SOURCE = ROOT / "feedserver" / "embed" / "embed.js"


def test_it_is_below_6_kb() -> None:
    script = component.component()
    assert len(gzip.compress(script.body, 6, mtime=0)) < 6000
    assert script.media_type == "text/javascript; charset=utf-8"
    assert script == component.component() and len(script.digest) == 64


def test_it_is_made_of_its_source(tmp_path: Path) -> None:
    terser = ROOT / ".node" / "node_modules" / ".bin" / "terser"
    if not terser.is_file():
        absent("terser")
    made = tmp_path / "embed.min.js"
    options = ["--module", "--compress", "--mangle", "--output", str(made)]
    command = [str(terser), str(SOURCE), *options]
    subprocess.run(command, check=True)
    assert made.read_bytes() == component.component().body, "./run component makes it anew"


@pytest.mark.parametrize("script", [component.component().body.decode(), SOURCE.read_text("utf-8")])
def test_it_has_no_sink_for_html(script: str) -> None:
    sinks = (
        r"innerHTML|outerHTML|insertAdjacent|DOMParser|setHTML|document\.write|\beval\b|Function"
    )
    assert not re.search(sinks, script)
    assert not re.search("localStorage|sessionStorage|indexedDB|cookie|sendBeacon", script)


def test_everything_is_documented() -> None:
    text = (ROOT / "docs" / "reference" / "embed.md").read_text("utf-8")
    script = SOURCE.read_text("utf-8")
    parts = dict(re.findall(r"(?ms)^## (.*?)$(.*?)(?=^## |\Z)", text))
    first = {title: set(re.findall(r"(?m)^\| `(.*?)` \|", part)) for title, part in parts.items()}
    [observed] = re.findall(r'observedAttributes =\s+"(.*?)"', script)
    assert first["Attributes"] == set(observed.split())
    assert first["Custom properties"] == set(re.findall(r"--twim-[\w-]+", script))
    # Those of `tell` are of this function alone.
    made = set(re.findall(r'make\(\s*"\w+",\s*"(\w+)"|tell\("(\w+)"|heading, "(\w+)"', script))
    assert first["Parts"] == {name for names in made for name in names if name}
    errors = {
        re.sub(r"\$\{.*?\}", "404", each) for each in re.findall(r"Error\([\"`](.*?)[\"`]", script)
    }
    assert first["Events"] == errors
    assert f"--twim-gap` | the distance between entries | `{_default(script, 'gap')}`" in text
    assert f"least width of a card | `{_default(script, 'card-width')}`" in text


def _default(script: str, name: str) -> str:
    [value] = set(re.findall(rf"var\(--twim-{name}, (.*?)\)", script))
    return str(value)
