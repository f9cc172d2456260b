"""What the command `feedserver bot` does: be the bot, show what it would do, and how it stands."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import platformdirs

from feedserver.bot.bot import Bot
from feedserver.bot.config import Config
from feedserver.bot.memory import opened
from feedserver.text.slugs import slugify


def run(config: Config, environment: Mapping[str, str], *, once: bool) -> bool:
    """Be the bot until a signal ends it, or for one poll; whether all went well.

    Raises:
        StateError: what was sent can't be kept, or another bot of this account runs.
    """
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    with opened(folder(config)) as kept:
        bot = Bot(config, environment, kept)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: bot.stop())
        if once:
            return bot.poll(all_rooms=True)
        bot.run()
    return True


def preview(config: Config) -> Iterator[str]:
    """What the next poll would send, in lines for people; nothing is sent.

    Raises:
        SourceError: no feed can be read.
        StateError: what was sent can't be read.
    """
    with opened(folder(config), reading=True) as kept:
        yield from Bot(config, {}, kept).preview()


def status(config: Config) -> Iterator[str]:
    """How it stands with each room, in lines for people."""
    with opened(folder(config), reading=True) as kept:
        for room in config.rooms:
            found = kept.status(room)
            yield f"{room.room} from {room.feed}"
            yield f"  messages: {kept.count(room)}"
            yield f"  last read: {_when(found.read)}, next: {_when(found.due)}"
            yield f"  problem: {found.problem or 'none'}"
            if found.notice:
                yield f"  notice: {found.notice}"


def folder(config: Config) -> Path:
    """Where the bot keeps what it has sent: never in a cache, for that may be emptied."""
    if config.state is not None:
        return config.state
    account = slugify(f"{config.user} {config.homeserver}")
    return Path(platformdirs.user_data_dir("feedserver", False)) / "bot" / account


def _when(seconds: float | None) -> str:
    if seconds is None:
        return "never"
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
