"""What is asked of others' hubs: by `POST`, which they may hand on (WebSub, section 5.1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode, urljoin

from feedserver.errors import FetchError
from feedserver.sources.client import Client, Limits, Request

LIMITS = Limits(timeout=20.0, size=100_000, redirects=5)
_HANDED_ON = {307, 308}
_HOPS = 3
_SHOWN = 200


def ask(client: Client, hub: str, fields: Mapping[str, str]) -> None:
    """Ask a hub for something.

    Raises:
        FetchError: it can't be reached, or doesn't take it.
    """
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    content = urlencode(fields).encode()
    address = hub
    for _ in range(_HOPS):
        with client.ask(Request(address, "POST", form, content)) as answer:
            location = answer.header("Location")
            if answer.status in _HANDED_ON and location:
                address = urljoin(answer.address, location)
                continue
            if 200 <= answer.status < 300:
                return
            said = answer.read().decode("utf-8", "replace").split("\n")[0].strip()[:_SHOWN]
            message = f"it answers {answer.status} {answer.reason}".strip()
            message = f"{message}: {said!a}" if said else message
            raise FetchError(message, answer.retry_after)
    raise FetchError(f"{hub}: it leads from hub to hub")


def publish(client: Client, hub: str, topic: str) -> None:
    """Tell a hub that a topic has changed. Raises as `ask` does.

    The recommendation leaves open how; this is what PubSubHubbub 0.4 and all hubs have.
    """
    ask(client, hub, {"hub.mode": "publish", "hub.url": topic, "hub.topic": topic})
