"""A room that follows a newsletter over four builds, as a member reads it.

The page that shows it is held against what is read. To make its transcripts anew:
`TWIM_WRITE=1 ./run test tests/rooms/test_transcript.py`.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import indent
from typing import Any

from tests.feedserver.running import Running, running, until
from tests.rooms import pages
from tests.rooms.synapse import Member, Synapse
from tests.sites import build

PAGE = pages.path("how-to/room-transcript")
URL = "https://harbour.example/"
FIRST = (
    "## Dept of Boats\n\n### Seagull\n\n[Ada](https://matrix.to/#/@ada:owls.test) says\n\n> Soon.\n"
)
RAFT = "### Raft\n\n[Ada](https://matrix.to/#/@ada:owls.test) says\n\n> It doesn't sink.\n\n"
SECOND = """\
## Dept of Boats

{raft}### Seagull 1.2

[Ada](https://matrix.to/#/@ada:owls.test) says

> Seagull has a *new mast*.

### Dinghy

[Cleo](https://matrix.to/#/@cleo:owls.test) reports

> The crane is broken{crane}. Until it is mended:
>
> - carry your boat,
> - or [swim](https://harbour.example/swim/).

## Dept of Weather

[Ada](https://matrix.to/#/@ada:owls.test) reports

> The wind comes from the west.
"""


def _publish(folder: Path, raft: str = "", crane: str | None = None) -> None:
    """Build the site with the first issue and, if it is told of the crane, with the second."""
    texts = {"2026-05-08": FIRST}
    if crane is not None:
        texts["2026-05-15"] = SECOND.format(raft=raft, crane=crane)
    posts: dict[str, str | bytes] = {
        f"blog/{date}-week-{number}.md": (
            f'+++\ntitle = "This Week in the Harbour {date}"\n\n[taxonomies]\n'
            f'category = ["This Week in the Harbour"]\n+++\n\n{text}'
        )
        for number, (date, text) in enumerate(texts.items(), start=1)
    }
    assert build(folder, posts, site_url=URL, site_name="The Harbour News").warnings == []


@contextmanager
def _bot(settings: Path, account: Member) -> Iterator[None]:
    """The bot as a process, until it is told to end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "feedserver", "bot", "--config", str(settings)],
        env={**pages.ENVIRONMENT, "TWIM_MATRIX_TOKEN": account.token},
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_the_page_shows_what_a_member_reads(server: Synapse, ida: Member, tmp_path: Path) -> None:
    _publish(tmp_path)
    rooms: list[str] = []
    with running(tmp_path / "site") as feeds:
        account, room = server.register("harbour-news"), ida.create()
        settings = tmp_path / "bot.toml"
        settings.write_text(
            f'homeserver = "{server.address}"\nuser = "{account.user}"\nstate = "bot"\n'
            f'interval = 0.5\n[[rooms]]\nroom = "{room}"\nmode = "threads"\n'
            f'feed = "{feeds.address}/updates/feed.json"\n'
        )

        def come(count: int) -> None:
            until(lambda: len(ida.events(room)) == count)
            rooms.append(_room(ida, room))

        with _bot(settings, account):
            until(lambda: (tmp_path / "bot/bot.sqlite").is_file() and _read(settings))
            come(0)
            _publish(tmp_path, crane="")
            come(4)
            _publish(tmp_path, crane=", and so is the winch")
            come(5)
        server.stop()
        _publish(tmp_path, crane=", and so is the winch, says Bo")
        _served(feeds, "says Bo")
        server.start()
        with _bot(settings, account):
            come(6)
            _publish(tmp_path, raft=RAFT, crane=", and so is the winch, says Bo")
            come(8)
        # Nothing more comes.
        command = [sys.executable, "-m", "feedserver", "bot", "--config", str(settings), "--once"]
        environment = {**pages.ENVIRONMENT, "TWIM_MATRIX_TOKEN": account.token}
        subprocess.run(command, env=environment, check=True)
        events = ida.events(room)
        assert len(events) == 8

    found = [*((".room", text) for text in rooms), (".events", _events(events))]
    if os.environ.get("TWIM_WRITE") == "1":
        _write(found)
    shown = [text for mark in (".room", ".events") for text in pages.blocks(_NAME, mark)]
    assert shown == [text for _, text in found]


_NAME = "how-to/room-transcript"


def _read(settings: Path) -> bool:
    """Whether the bot has read its feed."""
    command = [sys.executable, "-m", "feedserver", "bot", "--config", str(settings), "--status"]
    said = subprocess.run(command, env=pages.ENVIRONMENT, capture_output=True, text=True).stdout
    return "last read: 2" in said


def _served(feeds: Running, words: str) -> None:
    until(lambda: words in feeds.get("/updates/feed.json").body.decode())


def _room(ida: Member, room: str) -> str:
    """The messages of a room as they stand after edits; those in a thread below its root."""
    lines = []
    for event in ida.posted(room):
        marks = "".join([": ", *("(edited) " for _ in ida.edits(event)[:1])])
        body = event["sender"].partition(":")[0][1:] + marks + ida.newest(event)["body"]
        in_thread = "m.relates_to" in event["content"]
        lines.append(indent(body, "    │ " if in_thread else "", lambda line: True))
    text = "\n\n".join(lines) if lines else "(nothing)"
    return re.sub(r"(?m)[ \t]+$", "", text) + "\n"


def _events(events: list[dict[str, Any]]) -> str:
    """All events in their order, each in a line."""
    numbers = {event["event_id"]: number for number, event in enumerate(events, start=1)}
    lines = []
    for number, event in enumerate(events, start=1):
        content = event["content"]
        relation = content.get("m.relates_to", {})
        of = numbers.get(relation.get("event_id"))
        kind = {"m.thread": f"in the thread of {of}", "m.replace": f"edits {of}"}
        entry = content["org.twim.entry"]["id"].removeprefix(URL)
        what = kind.get(relation.get("rel_type"), "message")
        lines.append(f"{number}  {what:20} {entry}\n")
    return "".join(lines)


def _write(found: list[tuple[str, str]]) -> None:
    text = PAGE.read_text("utf-8")
    parts = iter(found)

    def filled(match: re.Match[str]) -> str:
        return f"{match[1]}{next(parts)[1]}```"

    written = re.sub(r"(?ms)^(```text \{ \.(?:room|events) \}\n).*?^```$", filled, text)
    PAGE.write_text(written, "utf-8")
