"""The command line of the plugin, `python -m mkdocs_twim`."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

import mkdocs_twim.check.command
import mkdocs_twim.migrate.command

_UNREAD = 128 + 13
"""The exit code of programs that SIGPIPE ends."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code: 0, 1 if something is wrong, 2 if it can't be done."""
    try:
        try:
            return _run(arguments)
        finally:
            # What can't be written is to be known here, and not when Python ends.
            print(end="", flush=True)
    except BrokenPipeError:
        # Who reads it, such as `head`, has had enough. What is left goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return _UNREAD


def _run(arguments: Sequence[str] | None) -> int:
    options = parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        # A title may have what the console's encoding hasn't.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    result: int = options.run(options)
    return result


def parser() -> argparse.ArgumentParser:
    """The grammar of the command line."""
    top = argparse.ArgumentParser(prog="python -m mkdocs_twim", description="Tools of the plugin.")
    told = f"mkdocs-twim {version('mkdocs-twim')}"
    top.add_argument("--version", action="version", version=told, help="tell the version")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    mkdocs_twim.check.command.add(commands)
    mkdocs_twim.migrate.command.add(commands)
    return top
