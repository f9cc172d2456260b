"""The numbers of a server, in the text format of Prometheus.

The parent process has them; workers tell it what they answered. So counters go on when a worker
is started anew, and none is asked for what others know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from threading import Lock
from typing import TypeVar

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from feedserver.ledger.work import Queue
from feedserver.serving.reports import Asked, Report
from feedserver.serving.subscribers import Subscribers
from feedserver.sources.statefolder import SourceStatus

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_Labels = TypeVar("_Labels", bound=tuple[str, ...])
_MAX_FEEDS = 2000
"""How many feeds have numbers of their own; a source may make up any number of sections."""


class Metrics(Collector):
    """Collects what is told; may be read in another thread."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._lock = Lock()
        self._asked: Counter[tuple[str, str, str]] = Counter()
        self._feeds: Counter[tuple[str, str, str]] = Counter()
        self._known: set[str] = set()
        self._subscribers = Subscribers(now)
        self._latest: Report | None = None
        self._sources: Sequence[SourceStatus] = ()
        self._restarts = 0
        self._queues: Sequence[Queue] = ()
        self.registry = CollectorRegistry(auto_describe=False)
        self.registry.register(self)

    def add(self, report: Report) -> None:
        """Add what a worker reports."""
        with self._lock:
            for asked, count in report.asked.items():
                status = str(asked.status)
                self._asked[asked.kind, asked.format, status] += count
                if asked.feed is not None and self._counted(asked):
                    self._feeds[asked.feed, asked.format, status] += count
            for address, told in report.subscriptions:
                self._subscribers.add(address, told)
            if self._latest is None or report.modified >= self._latest.modified:
                self._latest = report

    def tell(
        self, sources: Sequence[SourceStatus], restarts: int, queues: Sequence[Queue] = ()
    ) -> None:
        """Take up how the sources are, how often workers were started anew, and what is due."""
        with self._lock:
            self._sources = sources
            self._restarts = restarts
            self._queues = queues

    def text(self) -> bytes:
        """All numbers, as they are served."""
        return generate_latest(self.registry)

    def collect(self) -> Iterable[Metric]:
        with self._lock:
            return list(self._collect())

    def _counted(self, asked: Asked) -> bool:
        if asked.feed and len(self._known) < _MAX_FEEDS:
            self._known.add(asked.feed)
        return asked.feed in self._known

    def _collect(self) -> Iterable[Metric]:
        yield _counter("requests", "Requests answered.", ("kind", "format", "status"), self._asked)
        feeds = ("feed", "format", "status")
        yield _counter("feed_requests", "Requests of the feeds that there are.", feeds, self._feeds)
        yield _counter("worker_restarts", "Workers started anew.", (), {(): self._restarts})
        if self._latest is not None:
            yield _gauge("entries", "Entries served.", (), {(): self._latest.entries})
            yield _gauge("feeds", "Feeds served.", (), {(): self._latest.feeds})
            changed = {(): self._latest.modified.timestamp()}
            yield _gauge("last_change_timestamp_seconds", "When the site changed.", (), changed)
        read = {
            (each.name,): each.last_success.timestamp()
            for each in self._sources
            if each.last_success is not None
        }
        text = "When a source was read last."
        yield _gauge("source_last_success_timestamp_seconds", text, ("source",), read)
        text = "1 if what a source has now is served, 0 if it is stale or refused."
        current = {(each.name,): float(each.current) for each in self._sources}
        yield _gauge("source_current", text, ("source",), current)
        yield from self._work()
        text = "Readers of a feed, as services that fetch it tell."
        yield _gauge("subscribers", text, ("feed", "reader"), self._subscribers.counts())

    def _work(self) -> Iterator[Metric]:
        due = {(each.kind,): each.due for each in self._queues}
        yield _gauge("work_due", "What is to be done now.", ("kind",), due)
        waiting = {(each.kind,): each.waiting for each in self._queues}
        yield _gauge("work_waiting", "What is to be done later.", ("kind",), waiting)
        retried = {(each.kind,): each.retried for each in self._queues}
        text = "What is to be done, now or later, and was tried before."
        yield _gauge("work_retried", text, ("kind",), retried)
        broken = {(each.kind,): len(each.broken) for each in self._queues}
        text = "Shards in which a fault of the server's lets nothing be done."
        yield _gauge("work_broken_shards", text, ("kind",), broken)


def _counter(
    name: str, text: str, labels: Sequence[str], values: Mapping[_Labels, float]
) -> Metric:
    family = CounterMetricFamily(f"feedserver_{name}", text, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(key, value)
    return family


def _gauge(name: str, text: str, labels: Sequence[str], values: Mapping[_Labels, float]) -> Metric:
    family = GaugeMetricFamily(f"feedserver_{name}", text, labels=labels)
    for key, value in sorted(values.items()):
        family.add_metric(key, value)
    return family
