"""The file of authors: where it is, what it may hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mkdocs_twim.content import authors
from mkdocs_twim.content.authors import Author
from mkdocs_twim.errors import AuthorError

FULL = """\
---
authors:
  ada:
    name: Ada Lovelace
    description: Writes notes
    avatar: img/ada.png
    url: https://ada.example/
    slug: countess
  bo:
    name: Bo
"""


def _write(folder: Path, text: str, path: str = "blog/.authors.yml") -> Path:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(text.encode())
    return folder


def test_all_keys_are_read(tmp_path: Path) -> None:
    found = authors.read(_write(tmp_path, FULL), "blog")
    assert found.path == "blog/.authors.yml"
    ada = Author(
        "Ada Lovelace", "Writes notes", "img/ada.png", "https://ada.example/", "countess", 6
    )
    assert found.by_id == {"ada": ada, "bo": Author("Bo", avatar_line=9)}
    assert found.names == {"ada": "Ada Lovelace", "bo": "Bo"}
    assert found.called("ada  lovelace") == ada
    assert list(found.moved()) == [
        ("/author/countess/", "/author/ada-lovelace/", "the slug of ada in blog/.authors.yml")
    ]


def test_the_file_of_the_blog_comes_before_that_of_the_docs(tmp_path: Path) -> None:
    assert authors.read(tmp_path, "blog").path is None
    _write(tmp_path, FULL.replace("Bo", "Root"), ".authors.yml")
    assert authors.read(tmp_path, "blog").names["bo"] == "Root"
    assert authors.read(tmp_path, "").names["bo"] == "Root"
    assert authors.read(_write(tmp_path, FULL), "blog").names["bo"] == "Bo"


def test_ids_and_names_are_known_and_all_are_without_a_file(tmp_path: Path) -> None:
    assert authors.read(tmp_path, "blog").knows("anybody")
    found = authors.read(_write(tmp_path, FULL), "blog")
    known = [name for name in ("ada", "Ada Lovelace", "bo", "Cy") if found.knows(name)]
    assert known == ["ada", "Ada Lovelace", "bo"]


@pytest.mark.parametrize("text", ["", "authors:\n", "authors: {}\n", "other: 1\n"])
def test_a_file_without_authors_is_allowed(tmp_path: Path, text: str) -> None:
    assert authors.read(_write(tmp_path, text), "blog").by_id == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n", ":1: expected keys and values"),
        ("authors: [a]\n", ":1: authors: expected a table of authors"),
        ("authors:\n  a: b\n", ":2: authors.a: expected a table with a name"),
        ("authors:\n  a:\n    url: b\n", ":2: authors.a: expected a table with a name"),
        ("authors:\n  a:\n    name: '!'\n", ":2: authors.a: expected a table with a name"),
        ("authors:\n  a:\n    name: 3\n", ":3: authors.a.name: expected a string, found 3"),
        (
            "authors:\n  a:\n    name: A\n    avatar: [x]\n",
            ":4: authors.a.avatar: expected a string, found ['x']",
        ),
        ("authors:\n  a:\n   name: A\n   name: B\n", ":4:4: invalid YAML: the key 'name'"),
        ("authors:\n  'a\n", "invalid YAML"),
    ],
)
def test_what_is_wrong_has_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(AuthorError) as raised:
        authors.read(_write(tmp_path, text), "blog")
    shown = str(raised.value)
    assert shown.startswith("blog/.authors.yml:") and message in shown


def test_a_file_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".authors.yml").write_bytes(b"\xff\xfe")
    with pytest.raises(AuthorError, match=r"\.authors\.yml: can't be read"):
        authors.read(tmp_path, "")


@given(st.text())
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "any"
    folder.mkdir(exist_ok=True)
    (folder / ".authors.yml").write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        authors.read(folder, "")
    except AuthorError as error:
        assert error.path == ".authors.yml"
