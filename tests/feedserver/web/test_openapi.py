"""The description of the addresses: whole, and true by schemathesis."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from starlette.applications import Starlette
from starlette.routing import Match
from starlette.testclient import TestClient

from feedserver.feeds.parameters import OF_NETWORK
from feedserver.formats.formats import FORMATS
from feedserver.http.answers import FastPath
from feedserver.serving import operations
from feedserver.web import openapi
from feedserver.web.routes import Row
from tests.conftest import DEEP
from tests.feedserver.network import hubs
from tests.feedserver.servers import app_of, running, write_site


def test_every_address_and_parameter_is_described(tmp_path: Path) -> None:
    write_site(tmp_path)
    with TestClient(app_of(tmp_path)) as client:
        answer = client.get(f"/{openapi.NAME}")
        found = answer.json()
        assert answer.headers["content-type"] == "application/json"
        for path in ("/atom.xml", "/section/{slug}/feed.json", "/archive.json", "/feeds/"):
            assert found["paths"][path].keys() >= {"get", "head", "options"}
        assert tuple(found["components"]["parameters"]) == tuple(OF_NETWORK)
        assert all(form.schema in found["components"]["schemas"] for form in FORMATS.values())
        for path, name in (("/feed.json", "Feed"), ("/feeds.json", "Catalogue")):
            jsonschema.validate(client.get(path).json(), found["components"]["schemas"][name])
        address = "/oembed?url=https://feeds.example/section/clients/"
        jsonschema.validate(client.get(address).json(), found["components"]["schemas"]["Embed"])
        for path in ("/embed.js", "/embed/", "/embed/section/{slug}/", "/embed/updates.svg"):
            assert "200" in found["paths"][path]["get"]["responses"]
        problem = client.get("/feed.json?limit=0").json()
        jsonschema.validate(problem, found["components"]["schemas"]["Problem"])


def test_every_description_has_a_row_and_every_row_a_description(tmp_path: Path) -> None:
    with hubs.hub(tmp_path) as running:
        app = running.client.app
    assert isinstance(app, FastPath) and isinstance(app._app, Starlette)
    rows = [route for route in app._app.routes if isinstance(route, Row)]
    assert rows == app._app.routes
    # What takes everything is the last.
    assert not rows[-1].include_in_schema and rows[-1].path == "/{path:anything}"
    paths = json.loads(openapi.document())["paths"]
    # These are answered in front of all others, where there is a folder of the server's own.
    assert {operations.HEALTH, operations.METRICS} <= paths.keys()
    answering = []
    for path, item in paths.items():
        if path in (operations.HEALTH, operations.METRICS):
            continue
        for each in item.get("parameters", ()):
            path = path.replace(f"{{{each['name']}}}", each["example"])
        method = "GET" if "get" in item else "POST"
        scope = {"type": "http", "method": method, "path": path}
        row = next(row for row in rows if row.matches(scope)[0] is Match.FULL)
        assert row.include_in_schema, path
        assert row.methods == {name.upper() for name in item} - {"PARAMETERS"}, path
        answering.append(row.path)
    assert {*answering} == {row.path for row in rows if row.include_in_schema}


def test_the_hub_answers_as_it_is_described(tmp_path: Path) -> None:
    described = json.loads(openapi.document())["paths"]["/hub"]["post"]
    [(media_type, form)] = described["requestBody"]["content"].items()
    with hubs.hub(tmp_path) as running:
        asked = {"hub.mode": "subscribe", "hub.topic": hubs.ATOM, "hub.callback": "http://b/"}
        jsonschema.validate(asked, form["schema"])
        answers = [
            running.client.post("/hub", data=asked),
            running.client.post("/hub", data={"hub.mode": "subscribe"}),
            running.client.post("/hub", content=b"x", headers={"Content-Type": media_type}),
            running.client.post("/hub", content=b"x"),
            running.client.post("/hub", data={"x": "x" * 20_000}),
        ]
        assert [each.status_code for each in answers] == [202, 400, 400, 415, 413]
        for answer in answers:
            content = described["responses"][str(answer.status_code)]["content"]
            assert [*content] == [answer.headers["content-type"]]


def test_an_address_ends_where_its_row_does(tmp_path: Path) -> None:
    write_site(tmp_path)
    with TestClient(app_of(tmp_path)) as client:
        for path in ("feeds.json", "atom.xml", "feeds/", "embed.svg", "embed.js", "openapi.json"):
            assert client.get(f"/{path}").status_code == 200
            assert client.get(f"/{path}%0A").status_code == 404


FEEDS = {
    True: r"^/((atom|rss)\.xml|.*feeds?\.json|archive\.json)$",
    False: r"^/(section/\{slug\}/feed\.json|feeds\.json)$",
}
EMBEDDED = {
    True: r"^/(embed\.js|embed/(section/.*)?|embed\.svg|oembed)$",
    False: r"^/(embed/section/\{slug\}/|oembed)$",
}


# What a description can't say: that a query has at most 50 parameters.
HOOKS = """
import schemathesis


@schemathesis.hook
def filter_query(context, query):
    return sum(len(v) if isinstance(v, list) else 1 for v in (query or {}).values()) <= 50
"""


# What is beside the checks: oEmbed wants 501 for a format. Another 5xx isn't described, so it is
# found all the same.
@pytest.mark.parametrize(
    ("paths", "beside"),
    [(FEEDS[DEEP], ""), (EMBEDDED[DEEP], "negative_data_rejection,not_a_server_error")],
)
def test_schemathesis_finds_nothing(tmp_path: Path, paths: str, beside: str) -> None:
    write_site(tmp_path)
    (tmp_path / "hooks.py").write_text(HOOKS)
    with running(tmp_path / "archive.json") as url:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}{openapi.NAME}"),
                *("--checks", "all", "--seed", "1", "--max-examples", "5"),
                *("--phases", "examples,coverage,fuzzing"),
                *("--no-color", "--warnings", "off", "--generation-database", "none"),
                *("--include-path-regex", paths),
                *(("--exclude-checks", beside) if beside else ()),
            ],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "COLUMNS": "200", "SCHEMATHESIS_HOOKS": "hooks"},
        )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
    assert "No issues found" in done.stdout
    assert json.loads(openapi.document())["openapi"] == "3.1.0"
