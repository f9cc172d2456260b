"""The log: lines on standard error, for people or as JSON for programs.

A record's `fields` (`extra={"fields": {…}}`) are members of the JSON; a plain line is its message.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from feedserver.settings.settings import Settings


class JsonFormatter(logging.Formatter):
    """One object a record: when, how bad, who says it, what, and its fields."""

    def format(self, record: logging.LogRecord) -> str:
        values: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
        }
        values |= getattr(record, "fields", {})
        if record.exc_info:
            values["exception"] = self.formatException(record.exc_info)
        return json.dumps(values, ensure_ascii=False)


@contextmanager
def configured(settings: Settings) -> Iterator[None]:
    """Let the log of this process be as the settings say, as long as the block runs."""
    handler = logging.StreamHandler(sys.stderr)
    plain = logging.Formatter("%(levelname)s: %(message)s")
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else plain)
    # uvicorn tells of each start and stop, which the parent process tells better.
    levels = {"": settings.log_level.upper(), "uvicorn": "WARNING"}
    before = {name: logging.getLogger(name).level for name in levels}
    root = logging.getLogger()
    root.addHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    try:
        yield
    finally:
        for name, number in before.items():
            logging.getLogger(name).setLevel(number)
        root.removeHandler(handler)
