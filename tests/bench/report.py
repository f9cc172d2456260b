"""What was measured, as tables of Markdown, with what was aimed at."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from tests.bench import serving
from tests.bench.comparison import Measured, Result

_MB = 1_000_000

OF_MATERIAL = 1 / 20
OF_HUGO = 1.0
OF_COLD = 1 / 2
MEMORY = 3.0
"""Aims: parts of the time of Material's blog, of Hugo, of a cold build; times the memory."""
OF_FUNCTION = 0.9
OF_ROUTE = 1.0
LATENCY = 1.5
SLOWED = 2.0
"""Aims of answers from memory: at least so many requests a second, to those of a bare ASGI function
and of a bare route; at most so many times the function's p99, and the quiet one's."""
_NOISE = 1.15
"""An issue that costs so much more in a longer newsletter may be chance."""


def markdown(result: Result) -> str:
    """Write all tables."""
    lines = [*_tools(result), "", *_growth(result), "", *_parts(result), "", *_aims(result)]
    return "\n".join(lines)


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
    yield f"{plan.against} issues, the median of {plan.rounds} builds in one run:"
    yield ""
    rows = [_tool(measured, result) for measured in result.tools.values()]
    rows.insert(1, _tool(result.rebuild, result))
    head = ("", "seconds", "to ours", "pages", "feeds", "MB written", "peak memory, MB")
    yield from _table(head, rows)


def _tool(measured: Measured, result: Result) -> tuple[str, ...]:
    ratio = measured.seconds / result.tools["twim"].seconds
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
    yield "Ours, as the newsletter grows:"
    yield ""
    rows = [
        (
            f"{size:,}",
            f"{measured.seconds:.1f}",
            f"{measured.seconds / size * 1000:.1f}",
            f"{measured.output.pages:,}",
            f"{measured.output.feeds:,}",
            f"{measured.memory / _MB:,.0f}",
        )
        for size, measured in result.sizes.items()
    ]
    head = ("issues", "seconds", "ms an issue", "pages", "feeds", "peak memory, MB")
    yield from _table(head, rows)


def _parts(result: Result) -> Iterator[str]:
    whole = sum(result.parts.values())
    yield f"What each part costs, in one more build of {result.plan.against} issues:"
    yield ""
    rows = [
        (part, f"{seconds:.1f}", f"{seconds / whole:.0%}")
        for part, seconds in sorted(result.parts.items(), key=lambda item: -item[1])
    ]
    yield from _table(("part", "seconds", "share"), rows)


def _aims(result: Result) -> Iterator[str]:
    ours = result.tools["twim"].seconds
    of_material = ours / result.tools["material"].seconds
    of_hugo = ours / result.tools["hugo"].seconds
    of_cold = result.rebuild.seconds / ours
    of_first = statistics.median(again / first for first, again in result.previews)
    ready = result.tools["ready"].seconds / result.tools["material"].seconds
    yield from _table(
        ("aim", "at most", "measured", "reached"),
        [
            _aim("of the time of Material's blog", OF_MATERIAL, of_material),
            _aim("of the time of Hugo", OF_HUGO, of_hugo),
            _aim("of a cold build, one post changed", OF_COLD, of_cold, also=result.same),
            _aim("of the first build of `mkdocs serve`, one post changed", OF_COLD, of_first),
            *_aims_of_growth(result),
        ],
    )
    yield ""
    yield f"A rebuild {'writes' if result.same else 'does not write'} the bytes of a cold build."
    yield (
        "MkDocs and Material alone, with the posts' HTML at hand and neither lists nor feeds, take "
        f"{ready:.2f} of the time of Material's blog{_memory_alone(result)}."
    )


def _memory_alone(result: Result) -> str:
    against, most = result.plan.against, max(result.sizes)
    if most == against:
        return ""
    times = result.alone.memory / (result.tools["ready"].memory or 1)
    return f", and {times:.2f} times the memory at {most:,} issues that they take at {against:,}"


def _aims_of_growth(result: Result) -> Iterator[tuple[str, ...]]:
    against, most = result.plan.against, max(result.sizes)
    if most > against:
        long, short = result.sizes[most], result.sizes[against]
        cost = long.seconds / most / (short.seconds / against)
        yield _aim(f"cost of an issue, of {most:,} to of {against:,}", _NOISE, cost)
        memory = long.memory / (short.memory or 1)
        yield _aim(f"peak memory at {most:,} to that at {against:,}", MEMORY, memory)


def _aim(name: str, aim: float, measured: float, *, also: bool = True) -> tuple[str, ...]:
    return name, f"{aim:.2f}", f"{measured:.2f}", "yes" if measured <= aim and also else "no"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table whose first column is text and whose others are numbers."""
    yield f"| {' | '.join(head)} |"
    yield f"|---|{'---:|' * (len(head) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
