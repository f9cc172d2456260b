"""Which builds are measured, and in which order.

One after the other, and the tools in turn, so that what else the machine does falls on all alike.
"""

from __future__ import annotations

import shutil
import statistics
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.corpus import Corpus
from tests.bench.preview import preview
from tests.bench.runs import Output, Run, build, clear, output
from tests.bench.sites import MATERIAL, TOOLS, TWIM, edit, page

AT_EVERY_SIZE = ("twim", "ready")
"""The tools that build every size: ours, and what MkDocs and Material do anyway."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The sizes that are built; at `against`, one of `sizes`, by all tools.

    `unit` is what is counted: issues of the newsletter, or posts of a folder.
    """

    sizes: tuple[int, ...]
    against: int
    rounds: int
    unit: str = "issues"


@dataclass(frozen=True, slots=True)
class Measured:
    """All builds of a site by one tool, and what the first of them wrote."""

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
    """What was measured: by size and tool, and the seconds until a preview shows a change."""

    plan: Plan
    sizes: Mapping[int, Mapping[str, Measured]]
    previews: Sequence[float]

    @property
    def tools(self) -> Mapping[str, Measured]:
        """All tools, at the size at which they are compared."""
        return self.sizes[self.plan.against]

    @property
    def preview(self) -> float:
        return statistics.median(self.previews)


class Comparison:
    """A run of all measurements, in a folder for the sites.

    `corpus` makes the posts of a size; `say` is told what is going on.
    """

    def __init__(
        self, folder: Path, plan: Plan, corpus: Callable[[int], Corpus], say: Callable[[str], None]
    ) -> None:
        self._folder = folder
        self._plan = plan
        self._corpus = corpus
        self._say = say

    def run(self) -> Result:
        """Measure.

        Raises:
            BuildError: a tool can't build its site.
        """
        plan = self._plan
        sizes = {plan.against: self._builds(plan.against, tuple(TOOLS))}
        previews = self._previews()
        for size in plan.sizes:
            if size not in sizes:
                sizes[size] = self._builds(size, AT_EVERY_SIZE)
        for folder in self._folder.iterdir():
            clear(folder)
        return Result(plan, dict(sorted(sizes.items())), previews)

    def _builds(self, size: int, names: Sequence[str]) -> dict[str, Measured]:
        """Build one size, from nothing each time, in as many rounds as are planned."""
        for name in names:
            self._write(name, size)
        runs: dict[str, list[Run]] = {name: [] for name in names}
        outputs: dict[str, Output] = {}
        for number in range(self._plan.rounds):
            for name in names:
                # It takes minutes, in which what the machine does else is evened out.
                if number and TOOLS[name] is MATERIAL:
                    continue
                runs[name].append(self._build(name, size))
                if not number:
                    outputs[name] = output(self._site(name, size))
        return {
            name: Measured(TOOLS[name].title, tuple(runs[name]), outputs[name]) for name in names
        }

    def _previews(self) -> list[float]:
        """Change the newest post as often as there are rounds, each time under a new server."""
        size = self._plan.against
        folder = self._site("twim", size)
        newest = deque(self._corpus(size).posts(), maxlen=1).pop()
        found = []
        for number in range(1, self._plan.rounds + 1):
            sentence = f"This sentence came in round {number} when the site had been built."

            def change(sentence: str = sentence) -> None:
                edit(folder / TWIM.post(newest), sentence)

            found.append(preview(folder, page(newest), change, sentence))
            self._say(f"bench: mkdocs serve, {size} {self._plan.unit}: {found[-1]:.2f} s")
        return found

    def _site(self, name: str, size: int) -> Path:
        return self._folder / f"{name}-{size}"

    def _write(self, name: str, size: int) -> None:
        folder = self._site(name, size)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        TOOLS[name].write(folder, self._corpus(size))

    def _build(self, name: str, size: int) -> Run:
        tool, folder = TOOLS[name], self._site(name, size)
        run = build(tool.command(folder), folder)
        self._say(f"bench: {tool.title}, {size} {self._plan.unit}: {run.seconds:.1f} s")
        return run
