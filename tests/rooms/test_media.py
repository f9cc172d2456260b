"""Pictures of a room are fetched as the how-to on hebbot says, and not as the bot says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import ROOT, absent
from tests.rooms.synapse import Member, Synapse

PAGE = (ROOT / "docs" / "how-to" / "hebbot.md").read_text("utf-8")
NAME = "a b; touch gone $(c).png"


@pytest.mark.skipif(os.name == "nt", reason="a line for a shell")
def test_a_picture_is_fetched_with_a_token_and_a_quoted_name(
    server: Synapse, ida: Member, tmp_path: Path
) -> None:
    if shutil.which("curl") is None:
        absent("curl")
    headers = {"Authorization": f"Bearer {ida.token}", "Content-Type": "image/png"}
    upload = urllib.request.Request(f"{server.address}/_matrix/media/v3/upload", b"PNG", headers)
    with urllib.request.urlopen(upload, timeout=60) as answer:
        place, _, id = json.loads(answer.read())["content_uri"][len("mxc://") :].partition("/")
    [line] = re.findall(r"(?m)^\$ (curl .*)$", PAGE)
    for shown, meant in (
        ("https://matrix.harbour.example", server.address),
        ("harbour.example/ID", f"{place}/{id}"),
        ("NAME", f"{id}_{NAME}"),
    ):
        assert shown in line
        line = line.replace(shown, meant)
    (tmp_path / "docs/img").mkdir(parents=True)
    environment = {**os.environ, "TOKEN": ida.token}
    subprocess.run(["sh", "-c", line], cwd=tmp_path, env=environment, check=True)
    assert (tmp_path / f"docs/img/{id}_{NAME}").read_bytes() == b"PNG"
    assert not (tmp_path / "gone").exists()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{server.address}/_matrix/media/r0/download/{place}/{id}")
