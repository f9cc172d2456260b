"""The log: lines on standard error, for people or as JSON for programs; and a line a request.

A record's `fields` (`extra={"fields": {…}}`) are members of the JSON; a plain line is its message.
The line of a request has no query, since people search with it, and no reader's address.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

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


_FOR_DEBUGGING = (
    # Anybody can send as many as he likes.
    "Invalid HTTP request received.",
    "Unsupported upgrade request.",
    "No supported WebSocket library detected.",
    # Who ends an answer early says why.
    "ASGI callable returned without completing response.",
)


def _quieter(record: logging.LogRecord) -> bool:
    """Take some of uvicorn's messages down to the level debug."""
    if str(record.msg).startswith(_FOR_DEBUGGING):
        record.levelno, record.levelname = logging.DEBUG, logging.getLevelName(logging.DEBUG)
        return logging.getLogger().isEnabledFor(logging.DEBUG)
    return True


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
    server = logging.getLogger("uvicorn.error")
    server.addFilter(_quieter)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    try:
        yield
    finally:
        for name, number in before.items():
            logging.getLogger(name).setLevel(number)
        server.removeFilter(_quieter)
        root.removeHandler(handler)


log = logging.getLogger("feedserver.requests")


class AccessLog:
    """Logs each request when it is answered; readers' addresses only if `clients` says so."""

    def __init__(self, app: ASGIApp, *, clients: bool) -> None:
        self._app = app
        self._clients = clients

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        status = size = 0

        async def logged(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, logged)
        finally:
            fields = self._fields(scope, status, size, time.perf_counter() - start)
            log.info(" ".join(map(str, fields.values())), extra={"fields": fields})

    def _fields(self, scope: Scope, status: int, size: int, took: float) -> dict[str, object]:
        # As it was sent, so that no line break gets into the log.
        path = scope.get("raw_path") or scope["path"].encode()
        agent = next((value for name, value in scope["headers"] if name == b"user-agent"), b"-")
        fields: dict[str, object] = {
            "method": scope["method"],
            "path": _shown(path),
            "status": status,
            "bytes": size,
            "milliseconds": round(took * 1000, 1),
            "agent": _shown(agent[:200]),
        }
        if self._clients:
            fields["client"] = (scope.get("client") or ("-",))[0]
        return fields


def _shown(data: bytes) -> str:
    text = data.decode("ascii", "backslashreplace")
    return text if text.isprintable() else repr(text)
