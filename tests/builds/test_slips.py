"""Likely slips of authors: what is text, code or hidden, and was meant to be something else."""

from __future__ import annotations

from pathlib import Path

import pytest
from mkdocs.exceptions import Abort

from tests.sites import build, issue, messages, post, said

YAML = "---\ntitle: Y\ndate: 2024-01-01\ncategories: [This Week in X]\n---\n\n"
REPORT = "[Ada](https://matrix.to/#/@ada:example.org) says\n\n> News.\n\n"
START = f"## Boats\n\n{REPORT}"
"""It is six lines long, and begins at the ninth line of an issue."""


SURE = {
    "no space": (f"{START}###Heron\n\n{REPORT}", 15, "'###Heron' is no heading: write a space"),
    "no space, in a paragraph": (
        f"{START}So.\n##Weather & More\n\n{REPORT}",
        16,
        "'##Weather & More' is no heading: write a space behind '##'",
    ),
    "a space of another kind": (
        f"{START}So.\n##\u00a0Heron & Gull\n\n{REPORT}",
        16,
        "'## Heron & Gull' is no heading: write a space behind '##', and not U+00A0",
    ),
    "a sign that isn't seen": (
        f"{START}\u200b### Heron\n\n{REPORT}",
        15,
        "'### Heron' is no heading: begin the line with '###', and not with U+200B",
    ),
    "a section without a title": (
        f"{START}##\n\n### Heron\n\n{REPORT}",
        15,
        "'##' without text begins a section: write its title, or take it away",
    ),
    "a project without a title": (
        f"{START}### Heron\n\n{REPORT}### ###\n\n{REPORT}",
        21,
        "'###' without text begins a project: write its title, or take it away",
    ),
    "a person's id as a link": (
        f"{START}[Mo](@mo:allotment.example) came.\n",
        15,
        "the link to '@mo:allotment.example' leads nowhere: write "
        "https://matrix.to/#/@mo:allotment.example",
    ),
    "a rule below a sentence": (
        f"{START}The boats came home,\nlate in the evening.\n---\n\n## Weather\n\n{REPORT}",
        16,
        "'… evening.' with '---' below is a heading: write an empty line between them",
    ),
    "four spaces": (
        f"{START}    ### Heron 1 < 2\n\n{REPORT}",
        15,
        "'### Heron 1 < 2' is code, and no heading: write it at the beginning of the line",
    ),
    "a comment": (
        f"{START}<!-- more -->\n\n<!-- todo: birds\n\n### Heron\n\n{REPORT}",
        17,
        "the comment that '<!--' opens isn't closed: what stands below it is hidden",
    ),
    "code": (
        f"{START}```sh\nls\n```\n\n```\n\n### Heron\n\n{REPORT}",
        19,
        "the code that '```' opens isn't closed: headings below it are code",
    ),
    "an element": (
        f'{START}<div class="a">\n\n<div>x</div>\n\n### Heron\n\n{REPORT}### Gull\n',
        19,
        "the <div> above '### Heron' isn't closed: headings within it begin no update",
    ),
    "a section with one sign": (
        f"Hello.\n\n# Dept of Boats\n\n### Heron\n\n{REPORT}## Dept of Weather\n\n{REPORT}",
        11,
        "'# Dept of Boats' begins no section; sections are ##",
    ),
    "a picture's address with a space": (
        f"{START}![Mast & sail](/img/mast 1.png)\n",
        15,
        "'![Mast & sail](/img/mast 1.png)' is text: a picture has no space before the '(', and "
        "in its address %20 for one",
    ),
    "a picture's address with a space and brackets": (
        f"{START}![](/img/b (1).png)\n",
        15,
        "'![](/img/b (1).png)' is text: a picture has no space before the '('",
    ),
    "a picture of a telephone": (f"{START}![](/img/b 1.heic)\n", 15, "'![](/img/b 1.heic)' is"),
    "a picture's address far off": (f"{START}![T] (/img/x.png)\n", 15, "'![T] (/img/x.png)' is"),
    "a picture of a room": (
        f"{START}![M](mxc://example.org/abc)\n",
        15,
        "the picture 'mxc://example.org/abc' is on a homeserver, and no browser shows it",
    ),
}


@pytest.mark.parametrize("name", SURE)
def test_what_loses_a_part_of_an_issue_is_told_with_its_line(tmp_path: Path, name: str) -> None:
    body, line, message = SURE[name]
    [told] = build(tmp_path, {"blog/a.md": issue(1, body)}).warnings
    assert told.startswith(f"blog/a.md:{line}: {message}")


NAMED = "iframe noscript object script select style table template textarea title".split()


@pytest.mark.parametrize("tag", NAMED)
@pytest.mark.parametrize("front", ["toml", "yaml"])
def test_a_tag_in_a_report_that_swallows_the_rest_is_told(
    tmp_path: Path, tag: str, front: str
) -> None:
    quote = REPORT.replace("News.", f"It has no <b>bold and no <div>, but a <{tag}> now.")
    body = f"## Boats\n\n### Gull\n\n{quote}### Heron\n\n{REPORT}## Weather\n\n{REPORT}"
    text = issue(1, body) if front == "toml" else YAML + body
    line = text.split("\n").index("### Heron") + 1
    told = [each for each in build(tmp_path, {"blog/a.md": text}).warnings if " acts " not in each]
    assert told == [
        f"blog/a.md:{line}: the <{tag}> above '### Heron' isn't closed: headings within it begin no"
        " update"
    ]


def test_a_tag_that_a_later_report_closes_is_told(tmp_path: Path) -> None:
    open_, close = (REPORT.replace("News.", f"Of <{tag}>.") for tag in ("script", "/script"))
    body = f"## Boats\n\n### Gull\n\n{open_}### Heron\n\n{close}### Tern\n\n{REPORT}"
    acts, told = build(tmp_path, {"blog/a.md": issue(1, body)}).warnings
    assert acts.startswith("blog/a.md:15: '<script>' in a report acts on the page")
    assert told.startswith("blog/a.md:17: the <script> above '### Heron' isn't closed")


def test_a_section_with_one_sign_that_becomes_the_title_is_told(tmp_path: Path) -> None:
    text = issue(1, f"# Dept of Boats\n\n{REPORT}").replace('title = "This Week in Letters 1"', "")
    assert build(tmp_path, {"blog/a.md": text}).warnings == [
        "blog/a.md:9: '# Dept of Boats' begins no section; sections are ##"
    ]


def test_marks_of_git_are_told_in_every_post(tmp_path: Path) -> None:
    marks = "<<<<<<< HEAD\nOne.\n=======\nTwo.\n>>>>>>> other\n"
    message = "'<<<<<<<' begins what git couldn't merge: choose one side, and take its marks away"
    files: dict[str, str | bytes] = {
        "blog/a.md": post("A", f"Text.\n\n{marks}"),
        "blog/y.md": f"{YAML}{marks}",
    }
    told = build(tmp_path, files).warnings
    assert [line for line in told if "git" in line] == [
        f"blog/a.md:11: {message}",
        f"blog/y.md:7: {message}",
    ]


FINE = f"""\
Hello. <!-- a comment --> A room: ##rust:example.org, and a #tag.

##boats:example.org is the room. `<!--` opens a comment, `![a](b c.png)` is code.

\\![Not](a picture.png), and ![a picture](</img/a b.png>) with ![a title](/img/b.png "A title").

\u200b##boats:example.org has [files](@/blog/b.md), and `[x](@mo:a.org)`.
[Mo](mailto:mo@example.org).

<!-- more -->

## Boats

{REPORT}> ## Heading of a quote
>
> ##
>
> ###tag in a quote
>
> ###\u00a0tag
>
> ```
> ### code in a quote

- a list

  ```md
  ## Code in a list

## ![Terns](/img/b.png)

Text.

---

Terns
---

A sentence.

---

<!--
##todo
-->

## Gulls ([room](https://matrix.to/#/#gulls:example.org))

> <div>
>
> A quote closes it.

```md
###glued
<<<<<<< HEAD
A sentence.
---
##
###\u00a0blank
    ### indented
<!-- open
![S](/img/mast 1.png)
<div>
```

    make all
    # is a comment

**The list**

- of things

<details>
<summary>More</summary>

### Heron

Text.

</details>

<div>

Text.

</div>

## Weather

{REPORT}
"""


def test_what_is_meant_so_is_not_told(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "blog/a.md": issue(1, FINE),
        "blog/b.md": issue(2, f"# Boats\n\n### Heron\n\n{REPORT}"),
        "blog/c.md": issue(3, f"<div>\n\n## Boats\n\n### Heron\n\n{REPORT}"),
        "blog/d.md": post("D", "Code:\n\n```sh\n# install\nmake\n"),
        "img/a b.png": b"",
        "img/b.png": b"",
    }
    with said() as lines:
        assert build(tmp_path, files).warnings == []
    assert not [line for line in lines if line.startswith("blog/")]


def test_slips_in_yaml_posts_are_told_as_they_are_rendered(tmp_path: Path) -> None:
    body = f"{START}###Heron\n\n    ### Gull\n\n{REPORT}##\n\n![S](/img/mast 1.png) ![T] (x.png)\n"
    files: dict[str, str | bytes] = {"blog/y.md": f"{YAML}{body}", "img/mast 1.png": b""}
    assert [line.partition(":")[2][:40] for line in build(tmp_path, files).warnings] == [
        "23: '![T] (x.png)' is text: a picture ha",
        "15: '### Gull' is code, and no heading: ",
        "21: '##' without text begins a section: ",
    ]


def test_a_title_that_loses_its_last_sign_is_told(tmp_path: Path) -> None:
    fine = "### Heron#s\n\n### Gull ##\n\n### Tern###\n\n### C# #\n\n### C#  \n\n### F\\#\n\n"
    body = f"## F# & C#\n\n{fine}### C#\n\n{REPORT}```\n### D#\n```\n"
    files: dict[str, str | bytes] = {"blog/a.md": f"{YAML}{body}", "blog/b.md": issue(1, body)}
    assert build(tmp_path, files).warnings == [
        "blog/a.md:7: '## F# & C#' is '## F# & C' on the page: write '## F# & C\\#'",
        "blog/a.md:21: '### C#' is '### C' on the page: write '### C\\#'",
    ]


@pytest.mark.parametrize("permalink", ["Anchor", "§ link", True])
def test_links_of_headings_to_themselves_are_no_part_of_messages(
    tmp_path: Path, permalink: object
) -> None:
    body = f"{START}#### Deep room\n\n{REPORT}# Bye\n\n{REPORT}"
    files: dict[str, str | bytes] = {
        "blog/a.md": f"{YAML}{body}",
        "blog/b.md": "---\ndate: 2024-01-02\ncategories: [This Week in X]\n---\n\n"
        f"# Dept of Boats\n\n{REPORT}",
    }
    extensions = [{"toc": {"permalink": permalink}}]
    with said() as lines:
        build(tmp_path, files, markdown_extensions=extensions)
    assert {line for line in lines if line.startswith("blog/")} == {
        "blog/a.md:13: the report below '#### Deep room' is part of the section; projects are ###",
        "blog/a.md:19: what stands below '# Bye' is in no update; sections are ##",
        "blog/b.md:6: '# Dept of Boats' begins no section; sections are ##",
    }


def test_a_bold_line_above_a_report_may_be_a_project(tmp_path: Path) -> None:
    body = f"{START}**Heron**\n\n{REPORT}**Not this**\n\nText.\n"
    with said() as lines:
        built = build(tmp_path, {"blog/a.md": issue(1, body)})
    assert built.warnings == []
    assert [line for line in lines if line.startswith("blog/")] == [
        "blog/a.md:15: '**Heron**' above a report is no heading: if it is a project, write "
        "'### Heron'"
    ]


def test_posts_that_look_like_issues_and_are_none_are_told_of_once(tmp_path: Path) -> None:
    body = f"## Dept of Boats\n\n{REPORT}### Heron\n\n{REPORT}"
    files: dict[str, str | bytes] = {
        "blog/a.md": post("A", body, category="Alpine Radio"),
        "blog/b.md": post("B", body),
        "blog/c.md": post("C", f"## Boats\n\n{REPORT}"),
        "blog/d.md": issue(1, body),
    }
    with said() as lines:
        assert build(tmp_path, files).warnings == []
    assert [line for line in lines if line.startswith("blog/")] == [
        "blog/a.md:4: reports below ##, as issues have, but no category of 'This Week in *': it "
        "isn't divided; so in 1 more"
    ]


def test_keys_that_are_nearly_one_that_is_read_are_told_of_once(tmp_path: Path) -> None:
    wrong = '+++\ntitel = "{0}"\ndate = 2024-01-0{0}\nauthors = ["Ida"]\nlinks = "x"\n+++\n'
    other = "---\ntitle: Y\nTitle: Y\ndate: 2024-01-01\nhide: [toc]\nupdate: x\nimage: x\n---\n"
    image = '+++\ntitle = "Z"\ndate = 2024-01-01\nimage = "/x.png"\n'
    files: dict[str, str | bytes] = {
        **{f"blog/{day}.md": wrong.format(day) for day in (1, 2)},
        "blog/y.md": other,
        "blog/z.md": f"{image}+++\n",
        "blog/terms.md": (
            '+++\ntitle = "T"\ndate = 2024-01-01\n[taxonomy]\ncategory = ["This Week in X"]\n+++\n'
        ),
        "blog/both.md": f'{image}[extra]\nimage = "/x.png"\n+++\n',
        "blog/2024-01-01-dated.md": '+++\ntitle = "D"\ndtae = 2024-01-02\n+++\n',
        "x.png": b"",
    }
    with said() as lines:
        assert build(tmp_path, files).warnings == []
    assert [line for line in lines if line.startswith("blog/")] == [
        "blog/2024-01-01-dated.md:3: dtae: this key isn't read; is 'date' meant?",
        "blog/z.md:4: image: this key isn't read; is 'extra.image' meant?",
        "blog/terms.md:4: taxonomy: this key isn't read; is 'taxonomies' meant?",
        "blog/1.md:2: titel: this key isn't read; is 'title' meant?; so in 1 more",
        "blog/y.md:6: update: this key isn't read; is 'updated' meant?",
    ]


def test_a_wrong_shortcode_hides_no_other_fault(tmp_path: Path) -> None:
    body = "{{ figure(img=5) }}\n\n![](/none.png) [x](none.md)\n"
    with messages() as told, pytest.raises(Abort):
        build(tmp_path, {"blog/a.md": post("A", body), "blog/b.md": post("B", "[a](a.md#x)\n")})
    assert [line for line in told if "is not there" in line or "nowhere" in line] == [
        "blog/a.md:11: the link to 'none.md' leads nowhere",
        "blog/a.md:11: the picture '/none.png' is not there",
    ]
    assert [line.partition(": ")[0] for line in told if "figure" in line] == ["blog/a.md:9:1"]
