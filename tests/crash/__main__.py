"""`python -m tests.crash bot [N]`: kill the bot N times at random instants, and look what came.
`network` is in a module of its own.

One homeserver for all. What was begun goes on where it ended: the folder keeps the number of kills,
the seed and the newsletter. Each kill is a SIGKILL of the bot's process, at an instant within what
starting and polling takes.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from feedserver.bot import memory
from feedserver.bot.bot import Bot
from feedserver.bot.config import TOKEN, Config, Room
from tests.conftest import ROOT
from tests.crash import network
from tests.feedserver.running import until
from tests.rooms.newsletter import Newsletter
from tests.rooms.synapse import Member, Synapse, homeserver

_KEPT = 4
"""So many issues are left in the feed, and changed, each time the room has been looked at."""
_LOOK = 50
"""After so many kills the bot may finish, and the room is looked at."""


@dataclass(slots=True)
class Campaign:
    """What is kept of a campaign between runs."""

    seed: int
    port: int
    kills: int = 0
    room: str = ""
    published: list[str] = field(default_factory=list)
    issues: dict[int, dict[str, dict[str, str]]] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path, seed: int | None) -> Campaign:
        if path.is_file():
            told = json.loads(path.read_text("utf-8"))
            told["issues"] = {int(number): issue for number, issue in told["issues"].items()}
            return cls(**told)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        return cls(random.SystemRandom().randrange(10**6) if seed is None else seed, port)

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)), "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run crash")
    parser.add_argument("what", choices=["bot", "network"])
    parser.add_argument("kills", type=int, nargs="?", default=1000)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    folder: Path = options.folder or ROOT / ".crash" / options.what
    if options.what == "network":
        return network.campaign(folder, options.kills, options.seed)
    (folder / "synapse").mkdir(parents=True, exist_ok=True)
    campaign = Campaign.load(folder / "campaign.json", options.seed)
    print(f"seed {campaign.seed}, {campaign.kills} kills before this run", flush=True)
    with homeserver(folder / "synapse") as server, _hosted(folder / "site", campaign.port):
        return _run(server, campaign, folder, options.kills)


def _run(server: Synapse, campaign: Campaign, folder: Path, kills: int) -> int:
    ida, account = _account(server, folder, "ida"), _account(server, folder, "bot")
    campaign.room = campaign.room or ida.create()
    feed = f"http://127.0.0.1:{campaign.port}/updates/feed.json"
    room = Room(campaign.room, feed, mode="threads", first="newest", most=1000)
    config = Config(f"{server.address}/", account.user, (room,), interval=0.2)
    news = Newsletter(folder / "site", feed_limit=0)
    started, before = time.monotonic(), campaign.kills
    _publish(news, campaign, random.Random(campaign.seed))
    _finish(config, account.token, folder)
    # The instants are within what starting and polling takes on this machine.
    longest = 0.5 + 1.5 * (time.monotonic() - started)
    while campaign.kills < kills:
        dice = random.Random(f"{campaign.seed}.{campaign.kills}")
        _publish(news, campaign, dice)
        _killed(config, account.token, folder, dice.uniform(0.02, longest))
        campaign.kills += 1
        campaign.save(folder / "campaign.json")
        if campaign.kills % _LOOK and campaign.kills < kills:
            continue
        _finish(config, account.token, folder)
        if wrong := _wrong(ida, campaign):
            print(f"after {campaign.kills} kills:", *wrong, sep="\n  ")
            return 1
        # What leaves the feed has been read: nobody could post what was there unread.
        for old in sorted(campaign.issues)[:-_KEPT]:
            del campaign.issues[old]
        seconds = time.monotonic() - started
        print(f"{campaign.kills} kills: nothing lost, nothing twice ({seconds:.0f} s)", flush=True)
    edits = len(ida.events(campaign.room)) - len(ida.posted(campaign.room))
    print(
        f"{campaign.kills - before} kills in this run; the room has"
        f" {len(ida.posted(campaign.room))} messages and {edits} edits"
    )
    return 0


def _account(server: Synapse, folder: Path, name: str) -> Member:
    """An account, the same in each run."""
    path = folder / f"{name}.json"
    if path.is_file():
        return Member(server, **json.loads(path.read_text("utf-8")))
    made = server.register(name)
    path.write_text(json.dumps({"user": made.user, "token": made.token}), "utf-8")
    return made


@contextmanager
def _hosted(folder: Path, port: int) -> Iterator[None]:
    """A folder on a web server of another process: one with threads can't be copied."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL)

    def answers() -> bool:
        with socket.socket() as asked:
            return asked.connect_ex(("127.0.0.1", port)) == 0

    try:
        until(answers)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _publish(news: Newsletter, campaign: Campaign, dice: random.Random) -> None:
    """Change the newsletter: a new issue, an edit, a heading in the middle, or nothing."""
    issues = campaign.issues
    what = dice.random()
    newest = max(issues, default=0)
    if what < 0.1 or not issues:
        newest += 1
        chosen = dice.sample(range(40), dice.randrange(2, 9))
        said = {f"Owl{number}": f"It hoots {dice.random()}." for number in chosen}
        issues[newest] = {"Clients": said}
    elif what < 0.7:
        owls = issues[dice.choice(sorted(issues))]["Clients"]
        owls[dice.choice(sorted(owls))] = f"It hoots {dice.random()}."
    elif what < 0.85:
        number = dice.choice(sorted(issues))
        flock = issues[number]["Clients"]
        place = dice.randrange(len(flock))
        added = {f"Heron{dice.randrange(10**6)}": f"It waits {dice.random()}."}
        items = list(flock.items())
        issues[number]["Clients"] = dict(items[:place]) | added | dict(items[place:])
    news.issues = {number: issue for number, issue in issues.items() if number != newest}
    news.publish(newest, issues[newest])
    campaign.published = sorted({*campaign.published, *_ids(campaign)})


def _ids(campaign: Campaign) -> Iterator[str]:
    for number, issue in campaign.issues.items():
        yield f"https://owls.example/{number}/"
        for owls in issue.values():
            yield from (f"https://owls.example/{number}/#{owl.lower()}" for owl in owls)


def _killed(config: Config, token: str, folder: Path, seconds: float) -> None:
    """Be the bot in another process, and end it."""
    child = os.fork()
    if child == 0:
        try:
            with memory.opened(folder / "state") as kept:
                Bot(config, {TOKEN: token}, kept).run()
        finally:
            os._exit(1)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def _finish(config: Config, token: str, folder: Path) -> None:
    with memory.opened(folder / "state") as kept:
        assert Bot(config, {TOKEN: token}, kept).poll(all_rooms=True), kept.status(config.rooms[0])


def _wrong(ida: Member, campaign: Campaign) -> list[str]:
    """What of all that was published isn't in the room once, or isn't as it is now."""
    posted = ida.posted(campaign.room)
    count = Counter(event["content"]["org.twim.entry"]["id"] for event in posted)
    wrong = [f"{id}: {count[id]} times" for id in campaign.published if count[id] != 1]
    wrong += [f"{id}: never published" for id in count if id not in campaign.published]
    shown = {event["content"]["org.twim.entry"]["id"]: event for event in posted}
    for number, issue in campaign.issues.items():
        for owl, said in issue["Clients"].items():
            event = shown.get(f"https://owls.example/{number}/#{owl.lower()}")
            if event and said not in ida.newest(event)["body"]:
                wrong.append(f"{number}/#{owl}: it says {ida.newest(event)['body']!r}, not {said}")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
