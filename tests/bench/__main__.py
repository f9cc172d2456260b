"""Measurements, run by hand: `./run bench build`, `./run bench serve`, `./run bench network`."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench import corpus, network, newsletter, report, serving
from tests.bench.comparison import Comparison, Plan
from tests.bench.corpus import Corpus, CorpusError
from tests.bench.load import LoadError
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
        default=[700, 3000],
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
        "--posts",
        metavar="DIR",
        type=Path,
        help="build the '+++' posts below a folder instead, all of them",
    )
    build.add_argument(
        "--rounds", metavar="N", type=_positive, default=3, help="take the median of so many builds"
    )
    build.add_argument(
        "--folder", metavar="DIR", type=Path, help="write the sites there, and leave them"
    )
    build.set_defaults(run=_build)
    serve = commands.add_parser("serve", help="answers of the server, beside those of bare ones")
    serve.add_argument(
        "--rounds", metavar="N", type=_positive, default=12, help="take the medians of so many runs"
    )
    serve.add_argument(
        "--seconds", metavar="N", type=_positive, default=2, help="how long each run takes"
    )
    serve.set_defaults(run=_serve)
    told = commands.add_parser("network", help="sources polled and subscribers told, on loopback")
    plan = network.Plan()
    for name, default, help in (
        ("sources", plan.sources, "poll so many sources, of which 1 in 100 changes a minute"),
        ("subscriptions", plan.subscriptions, "tell so many subscribers of one change"),
        ("hosts", plan.hosts, "which are at so many hosts"),
        ("poll", plan.poll, "poll each source every so many seconds"),
        ("seconds", plan.seconds, "watch that for so many seconds"),
    ):
        told.add_argument(f"--{name}", metavar="N", type=_positive, default=default, help=help)
    told.add_argument(
        "--database", choices=[*network.KINDS], help="on this one alone, which takes half as long"
    )
    told.set_defaults(run=_network)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Measure what the arguments say, and print it; the exit code."""
    options = parser().parse_args(arguments)
    try:
        result: int = options.run(options)
    except (BuildError, CorpusError, LoadError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return result


def _build(options: argparse.Namespace) -> int:
    plan, make = _of_posts(options) if options.posts else _of_newsletter(options)
    with tempfile.TemporaryDirectory(prefix="twim-bench-") as temporary:
        folder = (options.folder or Path(temporary)).resolve()
        print(report.markdown(Comparison(folder, plan, make, _tell).run()))
    return 0


def _of_newsletter(options: argparse.Namespace) -> tuple[Plan, Callable[[int], Corpus]]:
    sizes = tuple(sorted({*options.issues, options.against}))
    plan = Plan(sizes, options.against, options.rounds)
    return plan, lambda count: Corpus(lambda: newsletter.posts(count))


def _of_posts(options: argparse.Namespace) -> tuple[Plan, Callable[[int], Corpus]]:
    found = corpus.load(options.posts, _tell)
    count = sum(1 for _ in found.posts())
    return Plan((count,), count, options.rounds, "posts"), lambda count: found


def _serve(options: argparse.Namespace) -> int:
    plan = serving.Plan(options.rounds, options.seconds)
    with tempfile.TemporaryDirectory(prefix="twim-bench-") as temporary:
        print(report.answers(serving.measure(Path(temporary), plan, _tell)), flush=True)
    if (Path(__file__).parent / "slices.py").is_file():
        print()
        sys.stdout.flush()
        return subprocess.run([sys.executable, "-m", "tests.bench.slices"]).returncode
    return 0


def _network(options: argparse.Namespace) -> int:
    names = ("sources", "subscriptions", "hosts", "poll", "seconds")
    plan = network.Plan(**{name: getattr(options, name) for name in names})
    with tempfile.TemporaryDirectory(prefix="twim-bench-") as temporary:
        kinds = [options.database] if options.database else [*network.KINDS]
        print(network.markdown(network.measure(Path(temporary), plan, _tell, kinds)))
    return 0


def _tell(text: str) -> None:
    print(text, file=sys.stderr)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("expected 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
