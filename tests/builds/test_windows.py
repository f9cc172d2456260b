"""What editors on Windows write: files with CRLF and a byte order mark, and paths with \\."""

from __future__ import annotations

from pathlib import Path

import pytest

from mkdocs_twim.cli import main
from tests.builds import test_migrate_material as material
from tests.builds import test_migrate_zola as zola
from tests.sites import ISSUE, Built, build, issue, post

BODY = """\
Hello, [there](@/news/letters/b.md#part).

<!-- more -->

{% hint(
  text="of two
lines"
) %}
- one
- two

{{ badge(text="inner") }}
{% end %}

{{ figure(img="/a.png",
          caption="A *figure*") }}

| a | b |
|---|---|
| 1 | 2 |

```python
x = 1

y = 2
```

~~~
{{/* badge(text="x") */}}
~~~
"""
FILES = {
    "index.md": '---\ntitle: Home\n---\n\n# Home\n\n{{ badge(text="x") }}\n',
    "section/clients.md": "---\ntitle: Clients!\n---\n\nSoftware.\n",
    "news/letters/_index.md": "+++\ntitle = 'Letters'\n+++\n\nAbout *them*.\n",
    "news/letters/.authors.yml": "authors:\n  ada:\n    name: Ada\n    description: |\n      Has\n"
    "      written.\n",
    "news/letters/a.md": post("A", BODY, more='description = """\nTwo\nlines"""'),
    "news/letters/b.md": f"---\ntitle: B\ndate: 2024-05-18\nauthors: [ada]\n"
    f"links:\n  - index.md#home\n---\n\n## Part\n\n{BODY}",
    "news/letters/c.md": issue(3, ISSUE.replace("/img/a.png", "/a.png")),
    "news/letters/2024-05-19-d/index.md": post("D", "Text.\n", date=None),
}
TEMPLATES = {
    "hint.md": "## Hint\n\n{{ text }}\n\n{{ body }}\n",
    "badge.html": "<b>{{ text }}</b>\n<i>{{ page.title }}</i>\n",
}
REGISTRY = """\
[[sections]]
title = "Clients"
name = "clients"
emoji = "📱"
order = 1

[[projects]]
title = "Fractal"
name = "fractal"
description = "A client"
website = "https://fractal.example"
default_section = "clients"
"""


def _windows(text: str) -> bytes:
    return b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()


def _plain(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\xef\xbb\xbf", b"")


def _built(folder: Path, *, windows: bool) -> Built:
    content = _windows if windows else str.encode
    others = {f"shortcodes/{name}": text for name, text in TEMPLATES.items()}
    for name, text in {**others, "registry.toml": REGISTRY, "static/z.txt": ""}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content(text))
    files = {name: content(text) for name, text in FILES.items()}
    options = {
        "blog_dir": "news\\letters" if windows else "news/letters",
        "registry": "registry.toml",
        "feeds": {"plain": {"title": "Plain", "category": ["news"]}},
    }
    return build(folder, {**files, "a.png": b""}, twim=options, strict=True)


def test_line_ends_and_byte_order_marks_make_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    plain, windows = (_built(tmp_path / str(kind), windows=kind) for kind in (False, True))
    ours, theirs = plain.files(), windows.files()
    assert ours.keys() == theirs.keys()
    assert not [name for name, data in ours.items() if theirs[name] != data]
    assert b"\r" not in ours["news/letters/a/index.html"]


@pytest.mark.parametrize("files", [zola.FILES, material.FILES])
def test_a_site_of_windows_moves_in_as_any(
    files: dict[str, str | bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = {
        name: _windows(text) if isinstance(text, str) else text for name, text in files.items()
    }
    reports, moved = [], []
    for kind, content in (("plain", files), ("windows", written)):
        zola.lay_out(tmp_path / kind / "old", content)
        new = tmp_path / kind / "new"
        assert main(["migrate", str(tmp_path / kind / "old"), str(new)]) == 0
        reports.append(capsys.readouterr().out.replace(str(new), "new"))
        moved.append({name: _plain(data) for name, data in zola.contents(new).items()})
    assert reports[0] == reports[1]
    assert moved[0] == moved[1]
