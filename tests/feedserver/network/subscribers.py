"""A subscriber for tests: it agrees to what it is asked, and keeps what it is sent."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.feedserver import origin
from tests.feedserver.origin import Answer, Request, Web


@dataclass
class Subscriber:
    """`asked` are verifications, `got` deliveries; `status` is what it answers to these."""

    web: Web
    asked: list[Request] = field(default_factory=list)
    got: list[Request] = field(default_factory=list)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    agrees: Callable[[Request], Answer] | None = None

    @property
    def callback(self) -> str:
        return f"{self.web.origin}/callback"

    def answer(self, request: Request) -> Answer:
        if request.method == "POST":
            self.got.append(request)
            return Answer(b"thanks", self.status, self.headers)
        self.asked.append(request)
        return self.agrees(request) if self.agrees else agreed(request)


def agreed(request: Request) -> Answer:
    return Answer(fields(request).get("hub.challenge", "").encode())


def fields(request: Request) -> Mapping[str, str]:
    """The parameters of a verification; the last of each name, which is the hub's."""
    found = parse_qs(urlsplit(request.path).query, keep_blank_values=True)
    return {name: values[-1] for name, values in found.items()}


@contextmanager
def subscriber() -> Iterator[Subscriber]:
    with origin.serving() as web:
        found = Subscriber(web)
        web.answer = found.answer
        yield found


def post(address: str, form: Mapping[str, str]) -> tuple[int, str]:
    """Ask a hub; status and text of the answer."""
    request = urllib.request.Request(address, urlencode(form).encode())
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
