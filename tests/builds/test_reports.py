"""What in the reports of an issue acts on its page, and lines that name their reporters in vain."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sites import build, issue, post, said

ADA = "[Ada](https://matrix.to/#/@ada:example.org) says\n\n"
START = f"## Boats\n\n{ADA}> News.\n\n### Gull\n\nA boat.\n\n"
"""It is ten lines long, and begins at the ninth line of an issue."""
ACTING = {
    "a script": ("<script>alert(1)</script> hello", "<script>"),
    "a script in capitals": ("So: <SCRIPT SRC=//evil.example></SCRIPT>", "<script>"),
    "a handler": ("<b class='x' ONCLICK=alert(1)>x</b>", "onclick="),
    "a drawing": ("<svg onload=alert(1)></svg>", "onload="),
    "a link": ("[sails](javascript:alert(1))", "javascript:"),
    "a link in disguise": ('<a href="java&#115;cript:alert(1)">sails</a>', "javascript:"),
    "a link in lines": ('<a href="javas\n> cript:alert(1)">sails</a>', "javascript:"),
    "a frame's own page": ('<iframe srcdoc="<p>x</p>"></iframe>', "srcdoc="),
    "text to one, and not to another": (
        '<noscript><p title="</noscript><b onclick=alert(1)>x</b>"></noscript>',
        "<noscript>",
    ),
    "a style": ("<style>p {display: none}</style>", "<style>"),
}


@pytest.mark.parametrize("front", ["toml", "yaml"])
@pytest.mark.parametrize("name", ACTING)
def test_what_acts_in_a_report_is_told_with_its_line(tmp_path: Path, name: str, front: str) -> None:
    written, shown = ACTING[name]
    body = f"{START}{ADA}> It has `<script>` in\n>\n> {written}\n\n## Weather\n\n{ADA}> Rain.\n"
    yaml = "---\ntitle: Y\ndate: 2024-01-01\ncategories: [This Week in X]\n---\n\n"
    text = issue(1, body) if front == "toml" else yaml + body
    told = build(tmp_path, {"blog/a.md": text}).warnings
    message = f"'{shown}' in a report acts on the page: write it in backticks, or take it away"
    assert [each.partition(": ")[2] for each in told] == [message]
    # In disguise it is told with the line of who reports.
    lines = text.split("\n")
    number = int(told[0].split(":")[1])
    assert number in range(lines.index("### Gull") + 1, lines.index("## Weather"))
    assert shown not in written.lower() or written.split("\n")[0] in lines[number - 1]


def test_the_end_of_a_quote_in_a_report_is_told(tmp_path: Path) -> None:
    code = "`</blockquote>`\n>\n> ```html\n> <b></b>\n> ```"
    escape = "</blockquote><script>alert(1)</script><blockquote>"
    body = f"{START}{ADA}> {code}\n>\n> {{}}\n\n<blockquote>\nOurs.\n</blockquote>\n"
    files: dict[str, str | bytes] = {
        "blog/a.md": issue(1, body.format(escape)),
        "blog/b.md": issue(2, body.format("Text.")),
    }
    [told] = build(tmp_path, files, theme={"name": "material", "font": False}).warnings
    assert told.startswith("blog/a.md:27: '</blockquote>' in a report acts on the page")


def test_a_name_with_a_script_is_told(tmp_path: Path) -> None:
    line = ADA.replace("Ada", "<b onclick='x'>Ada</b>")
    [told] = build(tmp_path, {"blog/a.md": issue(1, f"{START}{line}> News.\n")}).warnings
    assert told.startswith("blog/a.md:19: 'onclick=' in a report acts on the page")


def test_two_reports_with_scripts_are_two_lines(tmp_path: Path) -> None:
    body = f"{START}{ADA}> <script></script>\n\n{ADA}> <script></script> <b onclick=''>x</b>\n"
    told = build(tmp_path, {"blog/a.md": issue(1, body)}).warnings
    assert [each.split(" in a")[0] for each in told] == [
        "blog/a.md:21: '<script>'",
        "blog/a.md:25: '<script>'",
        "blog/a.md:25: 'onclick='",
    ]


def test_a_frame_of_another_site_is_noted(tmp_path: Path) -> None:
    body = f'{START}{ADA}> <iframe src="https://video.example/1"></iframe>\n'
    with said() as lines:
        assert build(tmp_path, {"blog/a.md": issue(1, body)}).warnings == []
    assert [line for line in lines if line.startswith("blog/a.md")] == [
        "blog/a.md:21: '<iframe>' in a report shows a page of another site"
    ]


def test_what_maintainers_write_and_what_is_code_is_theirs(tmp_path: Path) -> None:
    script = "<script>1</script> <b onclick='x'>x</b> [x](javascript:x)"
    code = "`<script>` and `onclick=`, `javascript:`\n>\n> ```html\n> <script>\n> ```"
    report = f"{ADA}> {code} on = 5, JavaScript: &copy;\n"
    body = f"{script}\n\n{START}{script}\n\n{report}\nSo:\n\n> {script}\n"
    files: dict[str, str | bytes] = {
        "blog/a.md": issue(1, body),
        "blog/b.md": post("B", f"{ADA}> {script}\n"),
    }
    with said() as lines:
        assert build(tmp_path, files).warnings == []
    assert not [line for line in lines if " acts " in line]


def test_code_that_was_escaped_is_noted(tmp_path: Path) -> None:
    code = "A `Vec&lt;T>` and a &lt;b>.\n>\n> ```\n> a\n> if a &lt; b\n> ```"
    ours = "So: `&lt;`\n\n> `&lt;`\n"
    with said() as lines:
        build(tmp_path, {"blog/a.md": issue(1, f"{START}{ADA}> Hi.\n>\n> {code}\n\n{ours}")})
    assert [line for line in lines if line.startswith("blog/a.md")] == [
        "blog/a.md:23: 'Vec&lt;T>' is code, and shows '&lt;' as it is: write '<'",
        "blog/a.md:27: 'if a &lt; b' is code, and shows '&lt;' as it is: write '<'",
    ]


UNNAMED = {
    "a bracket too many": "[Ada]](https://matrix.to/#/@ada:h.example) says",
    "a bracket in the name": "[Ada ]](https://matrix.to/#/@ada:h.example) says",
    "a space": "[Ada] (https://matrix.to/#/@ada:h.example) says",
    "no link": "Ada, matrix.to: https://matrix.to/#/@ada:h.example",
    "a name alone": "Ada says",
    "an account": "@dora:harbour.example says",
    "a bold name": "**Dora** reports:",
    "a name and an account": "Ada (@ada:harbour.example) said:",
    "an account without a verb": "From @ada:harbour.example:",
    "a link to somewhere else": "[Gull](https://github.com/harbour/gull) announced",
}


@pytest.mark.parametrize("name", UNNAMED)
def test_a_line_above_a_quote_that_names_nobody_is_noted(tmp_path: Path, name: str) -> None:
    line = UNNAMED[name]
    with said() as lines:
        built = build(tmp_path, {"blog/a.md": issue(1, f"{START}{line}\n\n> News.\n")})
    assert built.warnings == []
    shown = line.replace("**", "").replace("[Gull](https://github.com/harbour/gull)", "Gull")
    assert [each for each in lines if each.startswith("blog/a.md")] == [
        f"blog/a.md:19: '{shown}' names no reporter: write [name](https://matrix.to/#/@id:server)"
    ]


def test_a_line_that_names_somebody_or_no_quote_is_not_noted(tmp_path: Path) -> None:
    body = (
        f"{START}[Ada]](https://matrix.to/#/@ada:h.example) says\n\nText.\n\n"
        f"{ADA}> See [x]](https://matrix.to/#/@ada:h.example).\n\n"
        "<https://matrix.to/#/@ada:h.example>:\n\n> A\n\n"
        "Ada says\n\nText.\n\n"
        f"{ADA}> Bo says\n>\n> > Ahoy.\n\n"
        "As the harbour's rules of the year in which it was built have it, in what their end says\n"
        "\n> A\n\nThe guide of the harbour\nsays\n\n> A\n\n"
        "In [#gull](https://matrix.to/#/#gull:h.example) Bo says\n\n> A\n\n"
        "And this is new:\n\n> A\n\nWrite to ada@harbour.example: she knows\n\n> A\n"
    )
    with said() as lines:
        build(tmp_path, {"blog/a.md": issue(1, body)})
    assert not [line for line in lines if "names no reporter" in line]
