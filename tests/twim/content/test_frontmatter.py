from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mkdocs_twim.content.frontmatter import read
from mkdocs_twim.errors import FrontMatterError
from tests.conftest import examples

POST = """\
+++
title = "Hello"
date = 2024-05-17T10:00:00+02:00
path = "/blog/hello"

[taxonomies]
author = ["Ann"]
category = [
  "News",
]

[extra]
image = "/x.png"
+++

  indented

end
"""


def error(text: str) -> FrontMatterError:
    with pytest.raises(FrontMatterError) as found:
        read(text, "blog/x.md")
    assert found.value.path == "blog/x.md"
    return found.value


def test_toml() -> None:
    found = read(POST, "blog/x.md")
    assert found.style == "toml"
    assert found.values["title"] == "Hello"
    assert found.values["taxonomies"] == {"author": ["Ann"], "category": ["News"]}
    assert found.values["extra"] == {"image": "/x.png"}
    assert isinstance(found.values["date"], datetime)


def test_the_body_keeps_its_indent_and_its_lines() -> None:
    found = read(POST, "blog/x.md")
    assert found.body == "  indented\n\nend\n"
    assert found.body_line == 16
    assert POST.split("\n")[found.body_line - 1] == "  indented"


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("title", 2),
        ("taxonomies", 6),
        ("taxonomies.author", 7),
        ("taxonomies.category", 8),
        ("extra.image", 13),
        ("extra.other", 12),
        ("nothing", 1),
        ("", 1),
    ],
)
def test_lines_of_toml_keys(key: str, line: int) -> None:
    assert read(POST, "x.md").line_of(key) == line


def test_lines_of_unusual_toml_keys() -> None:
    text = (
        '\n\n+++\n"ti tle" = 1\nextra.image = "x"\ndescription = """\ntitle = "no"\n"""\n'
        "weight = 1\nother = '''one line'''\n[[extra.list]]\nx = 1\n"
        "[ extra . 'more' ]\ny=2\ntaxonomies = { category = [] }\n+++\n"
    )
    found = read(text, "x.md")
    lines = ("ti tle", "extra.image", "title", "weight", "other", "extra.list.x", "extra.more.y")
    assert [found.line_of(key) for key in lines] == [4, 5, 3, 9, 10, 12, 14]
    assert found.line_of("extra.more.taxonomies.category") == 15


def test_yaml() -> None:
    text = (
        "---\ntitle: Hello\ndate: 2024-05-17\nupdated: 2024-05-17T10:00:00Z\n"
        "local: 2024-05-17 10:00:00\nextra:\n  image: /x.png\n  list: [{a: 1}]\n---\nbody\n"
    )
    found = read(text, "x.md")
    assert found.style == "yaml"
    assert found.values["date"] == date(2024, 5, 17)
    assert found.values["updated"] == datetime(2024, 5, 17, 10, tzinfo=UTC)
    assert found.values["local"] == datetime(2024, 5, 17, 10)
    assert (found.body, found.body_line) == ("body\n", 10)
    assert [found.line_of(key) for key in ("title", "extra.image", "none")] == [2, 7, 1]


def test_keys_that_python_frontmatter_has_a_use_for() -> None:
    text = '+++\ncontent = "a"\nhandler = "b"\nmetadata = "c"\n+++\nbody'
    assert read(text, "x.md").values == {"content": "a", "handler": "b", "metadata": "c"}


def test_yaml_anchors_and_merged_keys() -> None:
    text = "---\nbase: &b {x: 1, y: 2}\nmore:\n  <<: *b\n  x: 3\nagain: *b\n---\n"
    values = read(text, "x.md").values
    assert values["more"] == {"x": 3, "y": 2}
    assert values["again"] == {"x": 1, "y": 2}


@pytest.mark.parametrize("prefix", ["", "\ufeff", "\n\n", "\ufeff \n"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("fence", ["+++", "---"])
def test_marks_blank_lines_and_line_ends_before_the_text(prefix: str, end: str, fence: str) -> None:
    text = prefix.replace("\n", end) + end.join([fence, fence + " ", "", "\t", "  a", "b", ""])
    found = read(text, "x.md")
    assert found.values == {}
    assert found.body == "  a\nb\n"
    assert found.body_line == prefix.count("\n") + 5


@pytest.mark.parametrize("text", ["+++\n+++", "+++\n+++\n", "+++\n+++\n\n  \n", "---\n---   "])
def test_an_empty_block_and_an_empty_body(text: str) -> None:
    found = read(text, "x.md")
    assert (found.values, found.body) == ({}, "")


def test_fences_in_the_body_stay() -> None:
    assert read("+++\n+++\na\n+++\n---\n++++\n", "x.md").body == "a\n+++\n---\n++++\n"


def test_a_closing_fence_ends_its_line_but_need_not_begin_it() -> None:
    found = read('+++\ntitle = "C+++ 1" # +++ not yet\nx = 1 +++\nbody', "x.md")
    assert found.values == {"title": "C+++ 1", "x": 1}
    assert found.body == "body"
    assert read("---\n# ---------\ntitle: x\n---\nbody", "x.md").values == {"title": "x"}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "expected front matter"),
        ("# Hello\n", 1, "expected front matter"),
        ("\n\nHello\n+++\n+++\n", 3, "expected front matter"),
        ("++++\ntitle = 1\n++++\n", 1, "expected front matter"),
        ("+++ toml\n+++\n", 1, "expected front matter"),
        ("+++", 1, "expected front matter"),
        ("+++\ntitle = 1\n", 1, r"has no closing '\+\+\+'"),
        ("+++\n", 1, r"has no closing '\+\+\+'"),
        ("\n---\ntitle: x\n", 2, "has no closing '---'"),
        ("+++\ntitle = 1\n++++\nbody\n", 3, r"a fence is '\+\+\+', found '\+\+\+\+'"),
        ("---\ntitle: x\n-----\nbody\n---\n", 3, "a fence is '---', found '-----'"),
        ("+++\ntitle = 1\n---\nbody\n", 3, r"opens with '\+\+\+' must close with it, found '---'"),
        ("---\ntitle: 1\n+++\nbody\n", 3, "opens with '---' must close with it"),
        ("\n\n+++\n\ntitle = \n+++\n", 5, "invalid TOML: Invalid value"),
        ("+++\ntitle = 'A'\ndate = 2026-13-45\n+++\n", 3, "; a date is one of the calendar"),
        ("+++\ntitle = 'A'\ndate = 2026-02-30\n+++\n", 3, "; a date is one of the calendar"),
        ("+++\ntitle = News\n+++\n", 2, 'Invalid value; a text stands in quotes: title = "…"'),
        ("+++\ntitle = 12 boats\n+++\n", 2, '; a text stands in quotes: title = "…"'),
        ("+++\ntitle = “News”\n+++\n", 2, "; the quotes of a text must be straight, found “"),
        ("+++\na = 1\na = 2\n+++\n", 3, "invalid TOML: Cannot overwrite"),
        ('+++\na = """x\n\n+++\n', 2, "invalid TOML: Unterminated"),
        ("+++\na = 2024-02-30\n+++\n", 2, "invalid TOML: Invalid date"),
        (f"+++\na = {'9' * 5000}\n+++\n", 2, "invalid TOML: "),
        (f"+++\na = {'[' * 5000}\n+++\n", 2, "nested too deeply"),
        ("---\na: 1\nb: [\n---\n", 4, "invalid YAML: "),
        ("---\na: 1\n b: 2\n---\n", 3, "invalid YAML: mapping values"),
        ("---\na: 1\nb: 2\na: 3\n---\n", 4, "the key 'a' stands here twice"),
        ("---\na:\n  b: 1\n  b: 2\n---\n", 4, "the key 'b' stands here twice"),
        ("---\na: 1\n2024: x\n---\n", 3, "a key must be a word, or stand in quotes"),
        ("---\nyes: x\n---\n", 2, "a key must be a word"),
        ("---\n? [a]\n: x\n---\n", 2, "a key must be a word"),
        ("---\na: 1\nb: 2024-02-30\n---\n", 3, "this is no timestamp: day is out of range"),
        ("---\nx: !!timestamp no\n---\n", 2, "this is no timestamp"),
        ("---\nx: !!bool no-bool\n---\n", 2, "this is no bool"),
        ("---\nx: !!python/object:os.system {}\n---\n", 2, "could not determine a constructor"),
        ("---\na: &x [*x]\n---\n", 2, "can't contain itself"),
        ("---\na: *b\n---\n", 2, "undefined alias"),
        ("---\na: \x01\n---\n", 2, "special characters are not allowed"),
        ("---\na\u2028: 1\nb: \x01\n---\n", 3, "special characters are not allowed"),
        (f"---\na: {'[' * 3000}\n---\n", 2, "nested too deeply"),
        ("---\n- a\n---\n", 2, r"expected keys and values \(title: …\), found a list"),
        ("---\nhello\n---\n", 2, "found a value"),
        ("---\nnull\n---\n", 2, "found nothing"),
    ],
)
def test_errors_name_the_line(text: str, line: int, message: str) -> None:
    found = error(text)
    assert found.line == line
    with pytest.raises(FrontMatterError, match=message):
        raise found


def test_an_error_of_syntax_has_its_column() -> None:
    assert str(error("+++\ntitle = x\n+++\n")).startswith("blog/x.md:2:9: invalid TOML: ")
    assert str(error("---\na: b: c\n---\n")).startswith("blog/x.md:2:5: invalid YAML: ")


def test_front_matter_errors_are_no_value_errors() -> None:
    assert not issubclass(FrontMatterError, ValueError)


def test_aliases_of_aliases_take_no_time() -> None:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60))]
    text = "---\n" + "\n".join(lines) + "\n---\n"
    assert len(read(text, "x.md").values) == 60


def test_the_corpus(corpus: Path) -> None:
    found = {path: read(path.read_text("utf-8"), path.name) for path in corpus.rglob("*.md")}
    assert {front.style for front in found.values()} == {"toml"}
    for path, front in found.items():
        lines = path.read_text("utf-8").split("\n")
        if front.body:
            assert lines[front.body_line - 1 :] == front.body.split("\n")
        for key in front.values:
            assert key in lines[front.line_of(key) - 1]


BLOCK = st.text(st.sampled_from("+-\n\r =[]{}\"'&*!:#abc19é\u2028\x00"), max_size=40)


@given(st.one_of(st.text(), BLOCK, st.tuples(BLOCK, BLOCK).map("+++\n{0[0]}\n+++\n{0[1]}".format)))
@settings(max_examples=examples(200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = read(text, "x.md")
    except FrontMatterError as refused:
        assert refused.line is not None
        assert 1 <= refused.line <= text.count("\n") + text.count("\r") + 2
    else:
        assert text.replace("\r\n", "\n").replace("\r", "\n").endswith(found.body)


@given(BLOCK)
@settings(max_examples=examples(100))
def test_any_yaml_is_read_or_refused(block: str) -> None:
    try:
        values = read(f"---\n{block}\n---\n", "x.md").values
    except FrontMatterError:
        return
    assert all(isinstance(key, str) for key in values)


@given(
    st.dictionaries(st.from_regex(r"\A[a-z]{1,5}\Z"), st.text(max_size=10), max_size=3),
    st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"]), max_size=40),
)
@settings(max_examples=examples(60))
def test_what_is_written_is_read(values: dict[str, str], body: str) -> None:
    block = yaml.safe_dump(values, allow_unicode=False)
    body = f"  x{body}"
    found = read(f"---\n{block}---\n{body}", "x.md")
    assert found.values == values
    assert found.body == body
    assert found.body_line == block.count("\n") + 3
