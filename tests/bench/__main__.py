"""Measurements, run by hand: `./run bench build`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.bench import report
from tests.bench.comparison import Comparison, Plan
from tests.bench.runs import BuildError


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    parser = argparse.ArgumentParser(prog="./run bench", description="Measure this project.")
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="builds of a newsletter, beside those of other tools")
    build.add_argument(
        "--issues",
        metavar="N",
        type=_positive,
        nargs="+",
        default=[100, 700, 3000],
        help="build newsletters of so many issues",
    )
    build.add_argument(
        "--against",
        metavar="N",
        type=_positive,
        default=700,
        help="compare with other tools at so many issues",
    )
    build.add_argument(
        "--rounds", metavar="N", type=_positive, default=3, help="take the median of so many builds"
    )
    build.add_argument(
        "--folder", metavar="DIR", type=Path, help="write the sites there, and leave them"
    )
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Measure what the arguments say, and print it; the exit code."""
    options = parser().parse_args(arguments)
    plan = Plan(tuple(sorted({*options.issues, options.against})), options.against, options.rounds)
    try:
        with tempfile.TemporaryDirectory(prefix="twim-bench-") as temporary:
            folder = (options.folder or Path(temporary)).resolve()
            result = Comparison(folder, plan, lambda text: print(text, file=sys.stderr)).run()
    except BuildError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    print(report.markdown(result))
    return 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("expected 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
