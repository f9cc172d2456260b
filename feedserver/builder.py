"""Provisional: until the builder of branch wip-a is merged."""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime

from feedserver import database, sources
from feedserver.errors import FeedServerError
from feedserver.settings import Settings

log = logging.getLogger("feedserver")


class Builder:
    def __init__(self, settings: Settings) -> None:
        assert settings.state
        self._state = settings.state
        self._source = sources.find(settings.sources[0])
        self._name = settings.sources[0]
        self.folder = self._source.folder
        self._stamp = 0.0
        self._error: str | None = None
        self._success: datetime | None = None

    def refresh(self) -> bool:
        try:
            stamp = self._source.archive.stat().st_mtime
            if stamp == self._stamp:
                return False
            self._stamp = stamp
            database.write(self._source.read(), self._state / "site.sqlite")
            self._error, self._success = None, datetime.now(UTC)
            return True
        except (FeedServerError, OSError) as error:
            if self._success is None:
                raise
            self._error = str(error)
            log.warning("%s; the old archive stays", error)
            return False
        finally:
            self._write()

    def _write(self) -> None:
        values = {"name": self._name, "kind": "archive"}
        if self._success:
            values["last_success"] = self._success.isoformat()
        if self._error:
            values["error"] = self._error
            values["state"] = "refused"
        path = self._state / "status.new"
        path.write_text(json.dumps({"sources": [values]}))
        os.replace(path, self._state / "status.json")
