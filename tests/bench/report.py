"""What was measured, as tables of Markdown, with what was aimed at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.bench import serving
from tests.bench.comparison import Measured, Result

_MB = 1_000_000

OF_FLOOR = 1.5
OF_MATERIAL = 1 / 10
OF_COLD = 2 / 15
COST = 1.15
MEMORY = 1.6
"""Aims: times the floor's seconds, part of those of Material's blog, part of a cold build's until a
preview shows a change; times the cost of an issue in a shorter newsletter; times the floor's
memory. The floor is what MkDocs and Material take with the posts' HTML at hand."""
OF_FUNCTION = 0.9
OF_ROUTE = 1.0
LATENCY = 1.5
SLOWED = 2.0
"""Aims of answers from memory: at least so many requests a second, to those of a bare ASGI function
and of a bare route; at most so many times the function's p99, and the quiet one's."""


def markdown(result: Result) -> str:
    """Write all tables."""
    growth = [*_growth(result), ""] if len(result.sizes) > 1 else []
    return "\n".join([*_tools(result), "", *growth, *_preview(result), "", *_aims(result)])


def answers(result: serving.Result) -> str:
    """Write the tables of answers from the server's memory."""
    plan = result.plan
    return "\n".join(
        [
            f"A feed of {result.size:,} bytes, the medians of {plan.rounds} runs "
            f"of {plan.seconds} s each, in turns:",
            "",
            *_table(
                ("", "status", "requests/s", "to the function", "p99, ms", "to the function"),
                [
                    _server(result, kind, status)
                    for status in serving.STATUSES
                    for kind in serving.KINDS
                ],
            ),
            "",
            *_table(("aim", "wanted", "measured", "reached"), list(_aims_of_answers(result))),
        ]
    )


def _server(result: serving.Result, kind: str, status: int) -> tuple[str, ...]:
    return (
        serving.KINDS[kind],
        str(status),
        f"{result.rate(kind, status):,.0f}",
        f"{result.ratio(kind, status, serving.rate):.2f}",
        f"{result.p99(kind, status):.1f}",
        f"{result.ratio(kind, status, serving.p99):.2f}",
    )


def _aims_of_answers(result: serving.Result) -> Iterator[tuple[str, ...]]:
    for status in serving.STATUSES:
        speed = result.ratio("ours", status, serving.rate)
        of_route = speed / result.ratio("route", status, serving.rate)
        yield _floor(f"{status}: requests/s, to the bare function", OF_FUNCTION, speed)
        yield _floor(f"{status}: requests/s, to the bare route", OF_ROUTE, of_route)
        times = result.ratio("ours", status, serving.p99)
        name, aim, measured, reached = _aim(f"{status}: p99, to the bare function", LATENCY, times)
        yield name, f"≤ {aim}", measured, reached
    what = f"p99 beside {result.plan.slow} slow connections, to the quiet one"
    name, aim, measured, reached = _aim(what, SLOWED, result.slowed)
    yield name, f"≤ {aim}", measured, reached


def _floor(name: str, aim: float, measured: float) -> tuple[str, ...]:
    return name, f"≥ {aim:.2f}", f"{measured:.2f}", "yes" if measured >= aim else "no"


def _tools(result: Result) -> Iterator[str]:
    plan = result.plan
    builds = "one build"
    if plan.rounds > 1:
        builds = f"the median of {plan.rounds} builds in one run; of Material's blog, which takes "
        builds += "minutes, one"
    yield f"{plan.against:,} {plan.unit}, each time from nothing, {builds}:"
    yield ""
    rows = [_tool(measured, result) for measured in result.tools.values()]
    head = ("", "seconds", "to the floor", "pages", "feeds", "MB written", "peak memory, MB")
    yield from _table(head, rows)
    yield ""
    yield f"The floor is {result.tools['ready'].title}."


def _tool(measured: Measured, result: Result) -> tuple[str, ...]:
    ratio = measured.seconds / result.tools["ready"].seconds
    return (
        measured.title,
        f"{measured.seconds:.1f}",
        f"{ratio:.2f}",
        f"{measured.output.pages:,}",
        f"{measured.output.feeds:,}",
        f"{measured.output.size / _MB:,.0f}",
        f"{measured.memory / _MB:,.0f}",
    )


def _growth(result: Result) -> Iterator[str]:
    yield "As the newsletter grows:"
    yield ""
    rows = [
        (
            f"{size:,}",
            *(cell for name in ("twim", "ready") for cell in _at(measured[name], size)),
            f"{measured['twim'].seconds / measured['ready'].seconds:.2f}",
        )
        for size, measured in result.sizes.items()
    ]
    columns = ("seconds", "ms an issue", "peak memory, MB")
    ours, floors = ([f"{whose}: {column}" for column in columns] for whose in ("ours", "floor"))
    yield from _table((result.plan.unit, *ours, *floors, "seconds, to the floor"), rows)


def _at(measured: Measured, size: int) -> tuple[str, ...]:
    return (
        f"{measured.seconds:.1f}",
        f"{_cost(measured, size) * 1000:.1f}",
        f"{measured.memory / _MB:,.0f}",
    )


def _cost(measured: Measured, size: int) -> float:
    return measured.seconds / size


def _preview(result: Result) -> Iterator[str]:
    size = f"{result.plan.against:,} {result.plan.unit}"
    each = ", ".join(f"{seconds:.2f}" for seconds in result.previews)
    what = f"`mkdocs serve`, {size}: the newest changes, until its page shows it"
    yield from _table(("preview", "seconds", "of"), [(what, f"{result.preview:.2f}", each)])


def _aims(result: Result) -> Iterator[str]:
    tools = result.tools
    ours = tools["twim"].seconds
    rows = [
        _aim("cold, to the floor", OF_FLOOR, ours / tools["ready"].seconds),
        _aim("cold, to Material's blog", OF_MATERIAL, ours / tools["material"].seconds),
        _aim("preview after a change, to cold", OF_COLD, result.preview / ours),
        *_aims_of_growth(result),
    ]
    yield from _table(("aim", "at most", "measured", "reached"), rows)
    yield ""
    yield f"Cold, ours takes {ours / tools['hugo'].seconds:.2f} times as long as Hugo."


def _aims_of_growth(result: Result) -> Iterator[tuple[str, ...]]:
    against, most = result.plan.against, max(result.sizes)
    long = result.sizes[most]
    if most > against:
        cost = _cost(long["twim"], most) / _cost(result.tools["twim"], against)
        yield _aim(f"cost of an issue, of {most:,} to of {against:,}", COST, cost)
    memory = long["twim"].memory / (long["ready"].memory or 1)
    yield _aim(f"peak memory at {most:,} {result.plan.unit}, to the floor", MEMORY, memory)


def _aim(name: str, aim: float, measured: float) -> tuple[str, ...]:
    return name, f"{aim:.2f}", f"{measured:.2f}", "yes" if measured <= aim else "no"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table whose first column is text and whose others are numbers."""
    yield f"| {' | '.join(head)} |"
    yield f"|---|{'---:|' * (len(head) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
