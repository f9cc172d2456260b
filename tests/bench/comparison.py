"""Which builds are measured, and in which order.

One after the other, and the tools in turn, so that what else the machine does falls on all alike.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.runs import BuildError, Output, Run, build, clear, output, preview, set_aside
from tests.bench.sites import READY, TOOLS, TWIM, Tool, edit


@dataclass(frozen=True, slots=True)
class Plan:
    """The newsletters that are built; at `against` issues, one of `sizes`, by all tools."""

    sizes: tuple[int, ...]
    against: int
    rounds: int


@dataclass(frozen=True, slots=True)
class Measured:
    """All builds of a site by one tool, and what the last of them wrote."""

    title: str
    runs: tuple[Run, ...]
    output: Output

    @property
    def seconds(self) -> float:
        return statistics.median(run.seconds for run in self.runs)

    @property
    def memory(self) -> int:
        return max(run.memory for run in self.runs)


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured: `tools` at one size, `rebuild` after a change, ours at all `sizes`.

    `previews` are the seconds of a first build of `mkdocs serve`, and of one after a change.
    `alone` is MkDocs with Material, without any plugin, at the largest size. `same` is whether a
    rebuild wrote the bytes of a build from nothing. `parts` are the seconds of each part of one
    build of ours.
    """

    plan: Plan
    tools: Mapping[str, Measured]
    rebuild: Measured
    same: bool
    sizes: Mapping[int, Measured]
    previews: Sequence[tuple[float, float]]
    alone: Measured
    parts: Mapping[str, float]


class Comparison:
    """A run of all measurements, in a folder for the sites; `say` is told what is going on."""

    def __init__(self, folder: Path, plan: Plan, say: Callable[[str], None]) -> None:
        self._folder = folder
        self._plan = plan
        self._say = say

    def run(self) -> Result:
        """Measure.

        Raises:
            BuildError: a tool can't build its site.
        """
        count = self._plan.against
        tools, rebuilds = self._tools(count)
        rebuild = Measured("one post changed", tuple(rebuilds), output(self._site(TWIM, count)))
        # The site that was changed, without what is known of it from before.
        self._build(TWIM, count)
        same = output(self._site(TWIM, count)).digest == rebuild.output.digest
        parts = self._parts(self._site(TWIM, count))
        previews = [self._preview(count) for _ in range(self._plan.rounds)]
        sizes = {}
        for size in self._plan.sizes:
            runs = None if size == count else self._repeat(TWIM, size)
            sizes[size] = runs or tools["twim"]
        alone = self._repeat(READY, max(sizes), rounds=1)
        for folder in self._folder.iterdir():
            clear(folder)
        return Result(self._plan, tools, rebuild, same, sizes, previews, alone, parts)

    def _tools(self, count: int) -> tuple[dict[str, Measured], list[Run]]:
        for tool in TOOLS.values():
            self._write(tool, count)
        runs: dict[str, list[Run]] = {name: [] for name in TOOLS}
        outputs: dict[str, Output] = {}
        rebuilds: list[Run] = []
        for number in range(self._plan.rounds):
            for name, tool in TOOLS.items():
                runs[name].append(self._build(tool, count))
                if number == 0:
                    outputs[name] = output(self._site(tool, count))
                if tool is TWIM:
                    edit(tool, self._site(tool, count), count)
                    rebuilds.append(self._build(tool, count, again=True))
        measured = {
            name: Measured(TOOLS[name].title, tuple(each), outputs[name])
            for name, each in runs.items()
        }
        return measured, rebuilds

    def _preview(self, count: int) -> tuple[float, float]:
        folder = self._site(TWIM, count)
        first, again = preview(folder, lambda: edit(TWIM, folder, count))
        self._say(f"bench: mkdocs serve, {count} issues: {first:.1f} s, and {again:.1f} s")
        return first, again

    def _repeat(self, tool: Tool, count: int, rounds: int | None = None) -> Measured:
        self._write(tool, count)
        runs = tuple(self._build(tool, count) for _ in range(rounds or self._plan.rounds))
        return Measured(tool.title, runs, output(self._site(tool, count)))

    def _site(self, tool: Tool, count: int) -> Path:
        [name] = [name for name, each in TOOLS.items() if each is tool]
        return self._folder / f"{name}-{count}"

    def _write(self, tool: Tool, count: int) -> None:
        folder = self._site(tool, count)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        tool.write(folder, count)

    def _build(self, tool: Tool, count: int, *, again: bool = False) -> Run:
        folder = self._site(tool, count)
        run = build(tool.command(folder), folder, again=again)
        changed = ", one post changed" if again else ""
        self._say(f"bench: {tool.title}, {count} issues{changed}: {run.seconds:.1f} s")
        return run

    def _parts(self, folder: Path) -> dict[str, float]:
        set_aside(folder)
        command: Sequence[str] = [sys.executable, "-m", "tests.bench.parts"]
        done = subprocess.run(
            [*command, str(folder / "mkdocs.yml")], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise BuildError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
        parts: dict[str, float] = json.loads(done.stdout)
        return parts
