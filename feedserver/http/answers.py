"""What was asked before, remembered with all its headers, and answered at once: no routing, no
objects, no headers made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from itertools import islice
from weakref import ref

from starlette.types import ASGIApp, Receive, Scope, Send

from feedserver.http.proxies import Origins
from feedserver.http.representations import Representation
from feedserver.store.snapshots import Snapshot
from feedserver.store.store import Store

_CAPACITY = 4096
_MAX_LENGTH = 2000


class Answers:
    """Representations by what was asked."""

    def __init__(self, store: Store, origins: Origins) -> None:
        self._store = store
        self._origins = origins
        self._snapshot = store.snapshot
        self._known: dict[Hashable, ref[Representation]] = {}

    def find(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Representation | None:
        """What a request of this kind was answered with, of the snapshot served now."""
        if self._store.snapshot is not self._snapshot:
            self._known.clear()
            self._snapshot = self._store.snapshot
            return None
        found = self._known.get(self._key(scope, headers))
        return None if found is None else found()

    def remember(
        self,
        scope: Scope,
        headers: Mapping[bytes, bytes],
        snapshot: Snapshot,
        answer: Representation,
    ) -> None:
        """Keep an answer that was made of a snapshot."""
        length = len(scope["path"]) + len(scope["query_string"])
        length += sum(map(len, headers.values()))
        if snapshot is not self._snapshot or length > _MAX_LENGTH:
            return
        if len(self._known) >= _CAPACITY:
            for key in list(islice(self._known, _CAPACITY // 4)):
                del self._known[key]
        self._known[self._key(scope, headers)] = ref(answer)

    def _key(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Hashable:
        get = headers.get
        return (
            scope["path"],
            scope["query_string"],
            get(b"accept-encoding"),
            get(b"accept"),
            self._origins.key(scope, headers),
        )


_RARE = frozenset({b"if-match", b"if-unmodified-since"})


class FastPath:
    """Answers GET and HEAD for what is remembered, and hands everything else on.

    `answers` gives what was answered at addresses such as a path.
    """

    def __init__(self, app: ASGIApp, answers: Callable[[str], Answers | None]) -> None:
        self._app = app
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            headers = dict(scope["headers"])
            # A header that stands there twice is put together by the app; what can fail, too.
            if len(headers) == len(scope["headers"]) and headers.keys().isdisjoint(_RARE):
                answers = self._answers(scope["path"])
                answer = answers.find(scope, headers) if answers else None
                if answer is not None:
                    await answer.answer(scope["method"], headers, send)
                    return
        await self._app(scope, receive, send)
