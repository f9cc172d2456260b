"""The command line of the plugin, `python -m mkdocs_twim`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib.metadata import version

import mkdocs_twim.check.command
import mkdocs_twim.migrate.command
from feedserver.text import terminal


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code: 0, 1 if something is wrong, 2 if it can't be done."""
    return terminal.run(parser(), arguments)


def parser() -> argparse.ArgumentParser:
    """The grammar of the command line."""
    top = terminal.Parser(prog="python -m mkdocs_twim", description="Tools of the plugin.")
    told = f"mkdocs-twim {version('mkdocs-twim')}"
    top.add_argument("--version", action="version", version=told, help="tell the version")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    mkdocs_twim.check.command.add(commands)
    mkdocs_twim.migrate.command.add(commands)
    return top
