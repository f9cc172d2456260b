"""How the sources are: `status.json` in the state folder, written by the builder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

FILE = "status.json"


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """When a source was read last, and how it is; `error` says what is wrong.

    `state` is current, stale, refused or missing, as the builder writes it.
    """

    name: str
    kind: str
    last_success: datetime | None
    error: str | None
    state: str

    @property
    def current(self) -> bool:
        """Whether what the source has now is what is served."""
        return self.state == "current"


def read(folder: Path) -> tuple[SourceStatus, ...]:
    """Read the file; nothing if there is none yet."""
    try:
        data = json.loads((folder / FILE).read_bytes())
    except FileNotFoundError:
        return ()
    return tuple(_source(values) for values in data["sources"])


def _source(values: Mapping[str, str]) -> SourceStatus:
    success = values.get("last_success")
    return SourceStatus(
        values["name"],
        values["kind"],
        datetime.fromisoformat(success) if success else None,
        values.get("error"),
        values["state"],
    )
