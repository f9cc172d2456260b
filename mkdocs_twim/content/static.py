"""The files of `static_dir`, which go to the site's root as they are, Markdown too (as in Zola)."""

from __future__ import annotations

import os
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel


class StaticFile(File):
    """A file that is copied; `shown` is what to call it in an error."""

    shown: str = ""

    def is_documentation_page(self) -> bool:
        return False


def add(files: Files, folder: str, config: MkDocsConfig) -> None:
    """Add the files below a folder, in a fixed order. They come before those of the theme."""
    theme = {
        file.dest_uri: file
        for file in files
        if file.src_dir is not None and file.src_dir in config.theme.dirs
    }
    name = os.path.basename(os.path.normpath(folder))
    # By text, for paths of Windows are sorted without case.
    for path in sorted(Path(folder).rglob("*"), key=Path.as_posix):
        if not path.is_file():
            continue
        dest_uri = path.relative_to(folder).as_posix()
        src_uri = Path(os.path.relpath(path, config.docs_dir)).as_posix()
        file = StaticFile(
            src_uri,
            config.docs_dir,
            config.site_dir,
            config.use_directory_urls,
            dest_uri=dest_uri,
            inclusion=InclusionLevel.INCLUDED,
        )
        file.shown = f"{name}/{dest_uri}"
        known = theme.get(dest_uri) or files.get_file_from_path(src_uri)
        if known is not None:
            files.remove(known)
        files.append(file)
