"""The log of requests. It has no query, since people search with it, and no reader's address."""

from __future__ import annotations

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
