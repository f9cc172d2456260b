"""Peers: sites whose entries stand in the network, and what of them is taken (`[[peers]]`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from feedserver.errors import SettingsError
from feedserver.feeds.parameters import OF_SLUGS
from feedserver.model import Query
from feedserver.settings import values
from feedserver.settings.places import place, unknown


@dataclass(frozen=True, slots=True)
class Peer:
    """A site that is read. `sections` and `projects` lead from its slugs to ours.

    `query` is what of it is taken, by the slugs that entries have here. `hosts` are its own beside
    that of `url`. `entries` and `bytes` are how much it may have, if it isn't as much as others.
    """

    url: str
    title: str | None = None
    hosts: tuple[str, ...] = ()
    query: Query = field(default_factory=dict)
    sections: Mapping[str, str] = field(default_factory=dict)
    projects: Mapping[str, str] = field(default_factory=dict)
    history: bool = True
    entries: int | None = None
    bytes: int | None = None


_READERS: Mapping[str, Callable[[object], object]] = {
    "url": values.address,
    "title": values.text,
    "hosts": values.hosts,
    **dict.fromkeys(OF_SLUGS, values.slugs),
    "sections": values.slug_map,
    "projects": values.slug_map,
    "history": values.flag,
    "entries": values.whole(1, 10**6),
    "bytes": values.whole(1, 10**10),
}


def read(value: object, text: str, path: Path) -> tuple[Peer, ...]:
    """The peers of a file of settings; `text` is all of it, which tells where each stands.

    Raises:
        SettingsError: a name is unknown, or a value is wrong.
    """
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise SettingsError("peers: expected tables [[peers]]", place(text, path, "peers"))
    found: dict[str, Peer] = {}
    for number, table in enumerate(value):
        peer = _peer(table, number, text, path)
        if peer.url in found:
            message = f"peers: {peer.url} stands there twice"
            raise SettingsError(message, place(text, path, "peers", str(number), "url"))
        found[peer.url] = peer
    return tuple(found.values())


def _peer(table: Mapping[str, object], number: int, text: str, path: Path) -> Peer:
    here = ("peers", str(number))
    told = dict(_told(table, here, text, path))
    if "url" not in told:
        raise SettingsError("peers: expected a url", place(text, path, *here))
    query = {name: told.pop(name) for name in OF_SLUGS if name in told}
    # Each value was read by the type of its field.
    return Peer(query=query, **told)  # type: ignore[arg-type]  # as told above


def _told(
    table: Mapping[str, object], here: tuple[str, ...], text: str, path: Path
) -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        where = place(text, path, *here, name)
        if name not in _READERS:
            raise SettingsError(f"peers: {unknown(name, _READERS)}", where)
        try:
            yield name, _READERS[name](value)
        except ValueError as error:
            message = f"peers.{name}: expected {error}, found {values.shown(value)}"
            raise SettingsError(message, where) from error
