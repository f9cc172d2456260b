"""A server that runs on the folder of a site while MkDocs builds the site anew."""

from __future__ import annotations

import json
from pathlib import Path

from tests.feedserver.running import running, until
from tests.sites import build, issue

_HOOK = '''\
import json
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).parent


def on_nav(nav, config, files):
    """In the midst of a build: the folder is empty, and the server has looked at it since."""
    address = HERE.joinpath("address").read_text()
    if not address:
        return
    seen = [path.name for path in Path(config.site_dir).iterdir()]
    for _ in range(200):
        answers = {}
        for path in ("/feed.json", "/section/clients/atom.xml", "/healthz"):
            with urllib.request.urlopen(address + path) as answer:
                answers[path] = answer.read().decode()
        if json.loads(answers["/healthz"])["status"] != "ok":
            break
        time.sleep(0.1)
    HERE.joinpath("seen.json").write_text(json.dumps([seen, answers]))
'''


def test_feeds_are_served_as_they_were_until_the_build_is_complete(tmp_path: Path) -> None:
    (tmp_path / "hook.py").write_text(_HOOK)
    (tmp_path / "address").write_text("")
    built = build(tmp_path, {"blog/one.md": issue(1)}, hooks=["hook.py"])
    with running(built.folder, settings="interval = 0.1") as server:
        before = server.get("/section/clients/atom.xml").body
        (tmp_path / "address").write_text(server.address)
        build(tmp_path, {"blog/two.md": issue(2)}, hooks=["hook.py"])
        seen, answers = json.loads((tmp_path / "seen.json").read_text())
        assert seen == []
        assert len(json.loads(answers["/feed.json"])["items"]) == 1
        # The address of the request is the same: so are the bytes.
        assert answers["/section/clients/atom.xml"].encode() == before
        assert json.loads(answers["/healthz"])["status"] == "degraded"
        until(lambda: len(json.loads(server.get("/feed.json").body)["items"]) == 2)
        until(lambda: server.health()["status"] == "ok")
        assert server.get("/blog/two/").status == 200
