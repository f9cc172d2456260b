"""What `check` tells: findings, each with its place, and the posts that were looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mkdocs_twim.posts.outlines import Outline

Level = Literal["error", "warning", "note"]
"""What a build does about it: it stops; it warns; it says so, or nothing."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong or doubtful.

    `path` is relative to the current folder where it can be; `rule` is a word for what it is about.
    `column` is 0 where it isn't known.
    """

    path: str
    line: int
    column: int
    level: Level
    rule: str
    message: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}"
        if self.column:
            place += f":{self.column}"
        message = " ".join(self.message.split())
        return f"{place}: {self.level}: {message} ({self.rule})"


@dataclass(frozen=True, slots=True)
class Post:
    """A post that was checked, and how it is divided, if it is an issue.

    Of one that can't be read there is the path alone.
    """

    path: str
    title: str | None = None
    address: str | None = None
    draft: bool = False
    outline: Outline | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What was found; `wrong` is what is wrong with the site, so that not all could be looked at.

    `named` is whether it was asked for certain posts.
    """

    posts: tuple[Post, ...]
    findings: tuple[Finding, ...]
    wrong: tuple[str, ...]
    named: bool

    def count(self, level: Level) -> int:
        """How many findings have a level."""
        return sum(finding.level == level for finding in self.findings)

    @property
    def status(self) -> int:
        """The exit status: 0 if `mkdocs build --strict` has nothing against the posts."""
        if self.wrong:
            return 2
        return 1 if self.count("error") + self.count("warning") else 0
