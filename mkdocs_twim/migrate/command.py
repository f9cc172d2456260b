"""`python -m mkdocs_twim migrate SITE TARGET`: move a Zola site or a Material blog in.

What is to be written is decided by `zola_site` and `material_blog`; it is written here, into an
empty folder, and read back as the plugin would.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

from feedserver.text import progress
from mkdocs_twim.content import frontmatter
from mkdocs_twim.content.keys import read_post
from mkdocs_twim.errors import TwimError
from mkdocs_twim.markup import addresses
from mkdocs_twim.migrate import material_blog, mkdocs_yml, zola_config, zola_site
from mkdocs_twim.migrate.migration import Folder, Migration, MigrationError, report
from mkdocs_twim.posts.source import address_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code: 0, 1 if it didn't come out as planned, 2 if it can't be."""
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
    mover = commands.add_parser("migrate", help="move a Zola site or a Material blog in")
    mover.add_argument(
        "site", metavar="SITE", type=Path, help="the folder of config.toml or mkdocs.yml"
    )
    mover.add_argument("target", metavar="TARGET", type=Path, help="a folder that is empty or new")
    mover.set_defaults(run=_migrate)
    return top


def _migrate(options: argparse.Namespace) -> int:
    try:
        with progress.said(f"reading {options.site}"):
            migration = plan(options.site, options.target)
        write(migration, options.target)
        wrong = list(check(migration, options.target))
    except (TwimError, OSError) as error:
        print(f"migrate: {error}", file=sys.stderr)
        return 2
    print(report(migration))
    for line in wrong:
        print(f"wrong: {line}")
    print(f"Checked: {len(migration.posts)} posts have the addresses that they had.")
    print(f"Now: cd {options.target} && python -m mkdocs build")
    return 1 if wrong else 0


def plan(site: Path, target: Path) -> Migration:
    """What moving a site in comes to.

    Raises:
        MigrationError: it is no site of either kind, or the target isn't free.
    """
    if not site.is_dir():
        raise MigrationError(f"there is no folder {site}")
    if target.resolve().is_relative_to(site.resolve()):
        raise MigrationError(f"{target} is within the site, into which nothing is written")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise MigrationError(f"{target} is there already, and is not empty")
    folder = Folder(site)
    if zola_config.FILE in folder and folder.below("content"):
        return zola_site.plan(folder)
    if mkdocs_yml.FILE in folder:
        return material_blog.plan(folder)
    raise MigrationError(f"{site} is no site: neither config.toml with content/, nor mkdocs.yml")


def write(migration: Migration, target: Path) -> None:
    """Write a migration's files; what stands there already is never written over.

    Raises:
        OSError: a file can't be read or written.
    """
    for name, content in progress.counted(migration.outputs.items(), "files written"):
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content.read_bytes()
        with path.open("xb") as file:
            file.write(data)


def check(migration: Migration, target: Path) -> Iterator[str]:
    """Read back what was written: which posts would not be at the address that they must keep."""
    blog = addresses.blog(migration.blog_dir).strip("/")
    mkdocs_yml.MkDocsYml((target / mkdocs_yml.FILE).read_bytes().decode())
    for post in progress.counted(migration.posts, "posts read back"):
        try:
            text = (target / migration.docs / post.file).read_bytes().decode()
            front = frontmatter.read(text, post.file)
            meta, _ = read_post(front, post.file, migration.taxonomies)
            address = address_of(post.file, front, meta, blog)
        except TwimError as error:
            yield str(error)
        else:
            if address != post.address:
                yield f"{post.file}: it is at {address}, and was at {post.address}"
