"""The description of the addresses: whole, and true by schemathesis."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jsonschema
from starlette.testclient import TestClient

from feedserver import openapi
from feedserver.slices import PARAMETERS
from tests.conftest import ROOT
from tests.feedserver.servers import app_of, write_site

_SCHEMATHESIS = """
[phases.coverage]
unexpected-methods = ["POST", "DELETE"]
[phases.fuzzing]
max-examples = 3
[phases.stateful]
enabled = false
"""


def test_every_address_and_parameter_is_described(tmp_path: Path) -> None:
    write_site(tmp_path)
    with TestClient(app_of(tmp_path)) as client:
        answer = client.get(f"/{openapi.NAME}")
        found = answer.json()
        assert answer.headers["content-type"] == "application/json"
        for path in ("/atom.xml", "/section/{slug}/feed.json", "/archive.json", "/feeds.opml"):
            assert found["paths"][path].keys() >= {"get", "head", "options"}
        assert tuple(found["components"]["parameters"]) == PARAMETERS
        for path, name in (("/feed.json", "Feed"), ("/feeds.json", "Catalogue")):
            jsonschema.validate(client.get(path).json(), found["components"]["schemas"][name])
        problem = client.get("/feed.json?limit=0").json()
        jsonschema.validate(problem, found["components"]["schemas"]["Problem"])


@contextmanager
def _serving(archive: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "feedserver", "serve", str(archive), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().rpartition(" on ")[2].strip()
    finally:
        process.terminate()
        process.wait(30)
        assert process.stdout is not None
        process.stdout.close()


def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    write_site(tmp_path)
    config = tmp_path / "schemathesis.toml"
    config.write_text(_SCHEMATHESIS, "utf-8")
    with _serving(tmp_path / "archive.json") as url:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
                *("run", f"{url}{openapi.NAME}", "--checks", "all", "--seed", "1"),
                *("--no-color", "--warnings", "off", "--generation-database", "none"),
                *("--include-path-regex", r"^/((feed|feeds|archive|openapi)\.json|section/.*)$"),
            ],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "COLUMNS": "200"},
        )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
    assert "No issues found" in done.stdout
    assert json.loads(openapi.document())["openapi"] == "3.1.0"
