"""`python -m mkdocs_twim migrate SITE TARGET`: move a Zola site or a Material blog in.

What is to be written is decided by `zola_site` and `material_blog`; it is written here, into an
empty folder, and read back as the plugin would.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from feedserver.text import terminal
from feedserver.text.words import counted
from mkdocs_twim.content import frontmatter
from mkdocs_twim.content.keys import read_post
from mkdocs_twim.errors import TwimError
from mkdocs_twim.markup import addresses
from mkdocs_twim.migrate import material_blog, mkdocs_yml, zola_config, zola_site
from mkdocs_twim.migrate.migration import Folder, Migration, MigrationError, report
from mkdocs_twim.posts.source import address_of


def add(commands: argparse._SubParsersAction[terminal.Parser]) -> None:
    """Add the command to the grammar of the command line."""
    mover = commands.add_parser("migrate", help="move a Zola site or a Material blog in")
    mover.add_argument(
        "site", metavar="SITE", type=Path, help="the folder of config.toml or mkdocs.yml"
    )
    mover.add_argument("target", metavar="TARGET", type=Path, help="a folder that is empty or new")
    mover.set_defaults(run=_migrate)


def _migrate(options: argparse.Namespace) -> int:
    try:
        with terminal.said(f"reading {options.site}"):
            migration = plan(options.site, options.target)
        write(migration, options.target)
        wrong = list(check(migration, options.target))
    except (TwimError, OSError) as error:
        print(f"migrate: {error}", file=sys.stderr)
        return 2
    print(report(migration))
    for line in wrong:
        print(f"wrong: {line}")
    said = "post has the address that it had", "posts have the addresses that they had"
    print(f"Checked: {counted(len(migration.posts), *said)}.")
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
    for name, content in terminal.counted(migration.outputs.items(), "files written"):
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content.read_bytes()
        with path.open("xb") as file:
            file.write(data)


def check(migration: Migration, target: Path) -> Iterator[str]:
    """Read back what was written: which posts would not be at the address that they must keep."""
    blog = addresses.blog(migration.blog_dir).strip("/")
    mkdocs_yml.MkDocsYml((target / mkdocs_yml.FILE).read_bytes().decode())
    for post in terminal.counted(migration.posts, "posts read back"):
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
