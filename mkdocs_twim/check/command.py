"""`python -m mkdocs_twim check [POST…]`: what is wrong with posts, without a build."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from feedserver.text import terminal
from mkdocs_twim.check import report, running
from mkdocs_twim.check.running import CheckError


def add(commands: argparse._SubParsersAction[terminal.Parser]) -> None:
    """Add the command to the grammar of the command line."""
    checker = commands.add_parser(
        "check", help="say what is wrong with posts, and how issues are divided"
    )
    checker.add_argument(
        "posts", metavar="POST", nargs="*", type=Path, help="a post's file; without any, all"
    )
    checker.add_argument("--json", action="store_true", help="write one document of JSON")
    checker.add_argument(
        "-f", "--config-file", metavar="FILE", help="the site's mkdocs.yml, if it isn't here"
    )
    checker.set_defaults(run=_check)


def _check(options: argparse.Namespace) -> int:
    try:
        result = running.run(options.config_file, options.posts)
    except CheckError as error:
        print(f"check: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(report.as_json(result))
    else:
        for line in report.text(result):
            print(line)
    for wrong in result.wrong:
        print(f"check: {wrong}", file=sys.stderr)
    return result.status
