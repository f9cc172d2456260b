"""A store of a built site, whose database stands beside the site's folder."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path
from socket import create_server

from feedserver.settings.settings import Settings
from feedserver.sources.builder import DATABASE, Builder
from feedserver.store.store import Store


class Rebuilt(Store):
    """A store whose database is written anew, in this process, when a source has changed."""

    def __init__(self, builder: Builder, path: Path) -> None:
        self._builder = builder
        builder.refresh()
        super().__init__(path)

    def refresh(self) -> bool:
        self._builder.refresh()
        return super().refresh()


_PAGING = re.compile(rb'\s*<(?:atom:)?link [^>]*rel="(?:first|next)"[^>]*/>|"next_url":"[^"]*",')


def served(folder: Path) -> Rebuilt:
    """The store of the site in a folder; the database is written anew with its archive."""
    state = folder.parent / f"{folder.name}.state"
    state.mkdir(exist_ok=True)
    builder = Builder(Settings(sources=(str(folder),), state=state))
    return Rebuilt(builder, state / DATABASE)


def without_paging(data: bytes) -> bytes:
    """A document less the links that only a server's answers have, for a file leads nowhere."""
    return _PAGING.sub(b"", data)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens at just now."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [each.getsockname()[1] for each in sockets]
