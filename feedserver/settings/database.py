"""The setting `database`, and the password for it, which stands in no setting."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from feedserver.errors import SettingsError

PASSWORD = "DATABASE_PASSWORD"
"""The variable that has it; else the file that the settings name."""
_MOST = 4096


def address(value: object) -> str:
    """An address of PostgreSQL without a password: who shows his settings shows that, too.

    Raises:
        ValueError: it is none.
    """
    expected = "an address such as postgresql://feedserver@localhost/feedserver"
    if not isinstance(value, str) or not re.match(r"postgres(ql)?://", value):
        raise ValueError(expected)
    try:
        parts = urlsplit(value)
        secret = parts.password
        _ = parts.port
    except ValueError as error:
        raise ValueError(expected) from error
    if secret or any(name.endswith("password") for name, _ in parse_qsl(parts.query)):
        raise ValueError(
            f"{expected}, without its password, which {PASSWORD} or database_password_file has"
        )
    return value


def password(file: Path | None, environ: Mapping[str, str]) -> str | None:
    """The password; without one PostgreSQL's own ways are left, such as `~/.pgpass`.

    Raises:
        SettingsError: the file can't be read, or is none of a password.
    """
    if found := environ.get(PASSWORD):
        return found
    if file is None:
        return None
    place = "database_password_file"
    try:
        with file.open(encoding="utf-8") as opened:
            text = opened.read(_MOST + 1)
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror}", place) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file}: it isn't UTF-8", place) from error
    found = text.rstrip("\r\n")
    if not found or len(found) >= _MOST or "\n" in found:
        raise SettingsError(f"{file}: expected one line, the password", place)
    return found
