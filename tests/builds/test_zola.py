"""What a Zola blog relies on, row by row of an inventory of Zola 0.20.

A test's marks name the rows; `tests/docs/test_zola_rows.py` sees that none is forgotten. Where the
contract decides otherwise than Zola, the test says so. Shortcodes are in `tests/twim/shortcodes/`.
"""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import pytest
from mkdocs.exceptions import Abort

from mkdocs_twim.content import dates, frontmatter
from mkdocs_twim.content.keys import read_post, read_section
from mkdocs_twim.markup.addresses import explicit, zola
from mkdocs_twim.markup.commonmark import Renderer, toc_tokens
from tests.sites import SITE_URL, Built, build, messages, post

row = pytest.mark.zola
PLAIN = "+++\n+++\n"


def _error(tmp_path: Path, files: dict[str, str | bytes], **options: object) -> str:
    with messages() as logged, pytest.raises(Abort):
        build(tmp_path, files, **options)  # type: ignore[arg-type]  # of every kind
    return "\n".join(logged)


def _html(text: str) -> str:
    return Renderer(pygments=False).render(text).html


def _titles(site: Built, path: str) -> list[str]:
    found = re.findall(r'(?s)<article class="twim-card">.*?<h2><a[^>]*>(.*?)</a>', site.read(path))
    return [re.sub(r"<[^>]*>", "", title) for title in found]


@row("Z1.1", "Z1.2", "Z1.4", "Z1.5", "Z1.7")
@pytest.mark.parametrize(
    ("text", "values", "body"),
    [
        ("+++\ntitle = 'a'\n+++\nbody\n", {"title": "a"}, "body\n"),
        ("---\ntitle: a\n---\nbody\n", {"title": "a"}, "body\n"),
        ("\ufeff\n \n+++\r\ntitle = 'a'\r\n+++\r\nbody\r\n", {"title": "a"}, "body\n"),
        ("+++\n+++\n\n\n    code\n", {}, "    code\n"),
        ("+++\n+++", {}, ""),
        ("+++\n[extra]\ntitle = 'b'\n+++\n", {"extra": {"title": "b"}}, ""),
    ],
)
def test_front_matter(text: str, values: dict[str, object], body: str) -> None:
    front = frontmatter.read(text, "a.md")
    assert front.values == values
    assert front.body == body


@row("Z1.1")
def test_a_post_without_front_matter_is_an_error(tmp_path: Path) -> None:
    assert "blog/a.md:1: expected front matter" in _error(tmp_path, {"blog/a.md": "# A\n"})


@row("Z1.6")
def test_unknown_keys_are_errors_in_sections_alone(tmp_path: Path) -> None:
    build(tmp_path, {"blog/a.md": post(more="nosuch = 1")}, strict=True)
    message = _error(tmp_path, {"blog/_index.md": "+++\nnosuch = 1\n+++\n"})
    assert "blog/_index.md:2: nosuch: no key of a section" in message


@row("Z2.1", "Z2.3", "Z2.4", "Z2.8", "Z2.9", "Z2.12", "Z2.15")
def test_the_keys_of_a_post() -> None:
    text = (
        "+++\ntitle = 'T'\ndate = \"2026-10-09T14:19:11+00:00\"\nupdated = 2020-01-01\n"
        "path = '/x/y'\naliases = ['old', '/older.html']\n[taxonomies]\nauthor = ['A', 'B']\n"
        "[extra]\nimage = 'i.png'\nhide_from_blog = true\n+++\n"
    )
    meta, problems = read_post(frontmatter.read(text, "blog/a.md"), "blog/a.md", ("author",))
    assert not problems
    assert (meta.title, meta.path, meta.image) == ("T", "/x/y/", "i.png")
    assert meta.date and meta.updated and meta.updated < meta.date
    assert meta.taxonomies == {"author": ("A", "B")}
    assert meta.aliases == ("/old/", "/older.html")


@row("Z2.3", "Z2.9")
def test_wrong_keys_are_errors_with_their_lines(tmp_path: Path) -> None:
    text = "+++\ndate = 'x'\n[taxonomies]\nseries = ['a']\nauthor = 'b'\ncategory = [' ']\n+++\n"
    message = _error(tmp_path, {"blog/a.md": text})
    for line in (2, 4, 5, 6):
        assert f"blog/a.md:{line}: " in message, line


@row("Z2.13", "Z6.4", "Z6.5", "Z13.3")
def test_zolas_templates_are_left_out(tmp_path: Path) -> None:
    # Templates of MkDocs' themes take their place.
    section = "+++\ntemplate = 'blog.html'\npage_template = 'post.html'\n+++\n"
    files: dict[str, str | bytes] = {
        "blog/_index.md": section,
        "blog/a.md": post(more="template = 'blog-archive.html'"),
    }
    built = build(tmp_path, files, strict=True)
    assert "twim-header" in built.read("blog/a/index.html")
    assert "twim-card" in built.read("blog/index.html")


@row("Z3.1", "Z3.2", "Z3.4")
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-01-22", "2024-01-22T00:00:00+00:00"),
        (datetime.date(2024, 1, 22), "2024-01-22T00:00:00+00:00"),
        ("2024-01-22T12:30:00Z", "2024-01-22T12:30:00+00:00"),
        ("2024-01-22 12:30:00.5+02:00", "2024-01-22T12:30:00+02:00"),
        (datetime.datetime(2024, 1, 22, 12, 30), "2024-01-22T12:30:00+00:00"),
    ],
)
def test_dates(value: object, expected: str) -> None:
    assert dates.parse(value).isoformat() == expected


@row("Z3.7", "Z3.8", "Z3.9", "Z4.3")
@pytest.mark.parametrize(
    ("name", "date", "slug"),
    [
        ("2014-09-03-hello-world", "2014-09-03", "hello-world"),
        ("2014-09-03_x", "2014-09-03", "x"),
        # As in 0.20: the date alone is no date, but the slug.
        ("2024-09-22", None, "2024-09-22"),
        ("16-twim", None, "16-twim"),
        ("2026-03-trademark-policy", None, "2026-03-trademark-policy"),
        ("2025-03-27-matrix-v1.14-release", "2025-03-27", "matrix-v1-14-release"),
    ],
)
def test_names_of_files(name: str, date: str | None, slug: str) -> None:
    found, rest = dates.from_stem(name)
    assert (found and found.date().isoformat()) == date
    assert zola(f"blog/{name}.md", rest, None) == f"/blog/{slug}/"


@row("Z4.1")
def test_a_path_is_kept_as_it_is() -> None:
    for path in ("blog/2024/Matrix-2.0", "/blog/2024/Matrix-2.0", " /blog/2024/Matrix-2.0/ "):
        assert explicit(path) == "/blog/2024/Matrix-2.0/"


@row("Z4.2", "Z4.4", "Z4.6", "Z4.7", "Z4.8", "Z4.10")
def test_where_posts_go(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "blog/2025/10/2025-10-29-wrap.up.md": post("A"),
        "blog/2026/10/x.md": post("B", more='path = "/blog/2026/10/09/twim"'),
        "blog/.hidden.md": "no post",
        "blog/2025/note.txt": "no post",
    }
    built = build(tmp_path, files, strict=True)
    assert (built.folder / "blog/2025/10/wrap-up/index.html").is_file()
    assert (built.folder / "blog/2026/10/09/twim/index.html").is_file()
    ids = {item["id"] for item in built.json("feed.json")["items"]}
    assert ids == {f"{SITE_URL}blog/2025/10/wrap-up/", f"{SITE_URL}blog/2026/10/09/twim/"}


@row("Z4.9", "Z5.3")
def test_two_outputs_of_one_path_are_an_error(tmp_path: Path) -> None:
    # Otherwise than in Zola an alias may not lie below a page either, whatever its slashes.
    files: dict[str, str | bytes] = {
        "blog/a.md": post(more="aliases = ['blog/b']"),
        "blog/b.md": post(),
    }
    assert "both have the address /blog/b/" in _error(tmp_path, files)


@row("Z5.1", "Z5.2", "Z5.3")
def test_aliases(tmp_path: Path) -> None:
    built = build(tmp_path, {"blog/a.md": post(more="aliases = ['old', '/x/y.html/']")})
    for path in ("old/index.html", "x/y.html"):
        page = built.read(path)
        assert f'<link rel="canonical" href="{SITE_URL}blog/a/">' in page
        assert f'content="0; url={SITE_URL}blog/a/"' in page and f'<a href="{SITE_URL}' in page
    assert "/old/" not in built.read("sitemap.xml")


@row("Z5.4", "Z7.1")
def test_first_pages_and_redirects_of_folders(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"blog/{n}.md": post(str(n)) for n in range(3)}
    files["blog/old/_index.md"] = "+++\nredirect_to = 'blog'\naliases = ['older']\n+++\n"
    built = build(tmp_path, files, twim={"paginate_by": 2}, strict=True)
    # The home page is the list of posts, and is the address to cite.
    for path, to in (("blog/page/1/", ""), ("blog/old/", "blog/")):
        assert f'href="{SITE_URL}{to}"' in built.read(f"{path}index.html"), path
    assert built.json("archive.json")["_twim"]["redirects"]["/blog/page/1/"] == "/"


def _folders(**keys: str) -> dict[str, str | bytes]:
    """Posts in a folder, in two below it, and in one below those."""
    sections = {"blog/2025": "2025", "blog/2025/10": "October", "blog/2025/11": "November"}
    files: dict[str, str | bytes] = {
        f"{path}/_index.md": f"+++\ntitle = '{title}'\n{keys.get(title, '')}\n+++\n\n## About\n"
        for path, title in sections.items()
    }
    names = {"2025/a": 1, "2025/10/b": 2, "2025/11/c": 3, "2025/11/deep/d": 4}
    for name, day in names.items():
        title = name.rpartition("/")[2].upper()
        files[f"blog/{name}.md"] = post(title, date=f"2025-01-0{day}", more=f"weight = {9 - day}")
    return files


@row("Z4.5", "Z6.1", "Z6.2", "Z6.8", "Z6.9")
def test_folders_have_lists_of_their_posts(tmp_path: Path) -> None:
    built = build(
        tmp_path,
        _folders(October="transparent = true\nrender = false", November="sort_by = 'date'"),
        strict=True,
    )
    page = built.read("blog/2025/index.html")
    assert ">2025</h1>" in page and '<h2 id="about">' in page
    # Of those below it the transparent ones, upward; `deep` is in no section.
    assert _titles(built, "blog/2025/index.html") == ["B", "A"]
    assert not (built.folder / "blog/2025/10/index.html").exists()
    assert (built.folder / "blog/2025/10/b/index.html").is_file()
    assert _titles(built, "blog/2025/11/index.html") == ["C"]
    # The contract lists every dated post, where Zola would leave D an orphan.
    assert _titles(built, "blog/index.html") == ["D", "C", "B", "A"]


@row("Z6.1")
@pytest.mark.parametrize("blog_dir", ["blog", "."])
def test_a_list_without_a_title_is_called_by_its_path(tmp_path: Path, blog_dir: str) -> None:
    folder = "2025/09" if blog_dir == "." else "blog/2025/09"
    # As those of matrix.org's months.
    files = {f"{folder}/_index.md": "+++\nsort_by = 'date'\n+++\n", f"{folder}/a.md": post("A")}
    built = build(tmp_path, files, strict=True, twim={"blog_dir": blog_dir})
    page = built.read(f"{folder}/index.html")
    assert ">2025/09</h1>" in page and "<title>2025/09 - Letters</title>" in page


@row("Z6.2")
@pytest.mark.parametrize(
    ("sort_by", "order"),
    [
        ("date", "DCBA"),
        ("none", "DCBA"),
        ("title", "ABCD"),
        ("title_bytes", "ABCD"),
        ("slug", "ABCD"),
        ("weight", "DCBA"),
        ("update_date", "DCBA"),
    ],
)
def test_the_order_of_a_list(tmp_path: Path, sort_by: str, order: str) -> None:
    files = _folders()
    files["blog/_index.md"] = f"+++\nsort_by = '{sort_by}'\n+++\n"
    built = build(tmp_path, files)
    assert "".join(_titles(built, "blog/index.html")) == order


@row("Z6.2")
def test_what_lacks_the_key_comes_last(tmp_path: Path) -> None:
    # Otherwise than in Zola, which drops it: the contract lists every dated post.
    files: dict[str, str | bytes] = {
        "blog/_index.md": "+++\nsort_by = 'weight'\n+++\n",
        "blog/a.md": post("A", date="2024-01-01"),
        "blog/b.md": post("B", date="2024-01-02"),
        "blog/c.md": post("C", date="2023-01-01", more="weight = 5"),
    }
    assert _titles(build(tmp_path, files), "blog/index.html") == ["C", "B", "A"]


@row("Z6.6", "Z7.1", "Z7.2", "Z7.4", "Z7.6")
def test_pages_of_lists(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        f"blog/p{n}.md": post(f"P{n}", date=f"2024-01-0{n}") for n in "123"
    }
    keys = "paginate_by = 2\npaginate_path = 'p'\npaginate_reversed = true"
    files["blog/_index.md"] = f"+++\n{keys}\n+++\n"
    built = build(tmp_path, files, strict=True)
    assert _titles(built, "blog/index.html") == ["P1", "P2"]
    assert _titles(built, "blog/p/2/index.html") == ["P3"]
    assert 'rel="next" href="p/2/"' in built.read("blog/index.html")
    assert 'rel="prev" href="../../"' in built.read("blog/p/2/index.html")
    assert 'type="application/atom+xml"' in built.read("blog/p/2/index.html")
    files["blog/_index.md"] = "+++\npaginate_by = 2\npaginate_path = ''\n+++\n"
    built = build(tmp_path, files, strict=True)
    assert _titles(built, "blog/2/index.html") == ["P1"]


@row("Z5.4", "Z7.1", "Z7.2")
@pytest.mark.parametrize(("path", "first"), [("p", "p/1/"), ("", "1/"), ("ü", "ü/1/")])
def test_first_pages_lead_from_where_the_others_are(tmp_path: Path, path: str, first: str) -> None:
    files: dict[str, str | bytes] = {f"blog/a/x{n}.md": post(str(n)) for n in range(3)}
    files["blog/a/_index.md"] = f"+++\npaginate_by = 2\npaginate_path = '{path}'\n+++\n"
    built = build(tmp_path, files, strict=True)
    assert f'href="{SITE_URL}blog/a/"' in built.read(f"blog/a/{first}index.html")
    assert not (built.folder / "blog/a/page").exists()


@row("Z6.7", "Z8.15")
def test_links_of_headings_to_themselves(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "blog/_index.md": "+++\ninsert_anchor_links = 'right'\n+++\n",
        "blog/a.md": post("A", "## One & *two*\n"),
        "blog/deep/_index.md": "+++\ninsert_anchor_links = 'left'\n+++\n",
        "blog/deep/b.md": post("B", "## One\n"),
        "blog/none/c.md": post("C", "## One\n"),
        "blog/head/_index.md": "+++\ninsert_anchor_links = 'heading'\n+++\n",
        "blog/head/d.md": post("D", "## One\n"),
    }
    built = build(tmp_path, files, strict=True)
    link = '<a class="zola-anchor" href="#one" aria-label="Anchor link for: one">🔗</a>'
    assert f'<h2 id="one">{link}One</h2>' in built.read("blog/deep/b/index.html")
    assert link.replace("one", "one-two") + "</h2>" in built.read("blog/a/index.html")
    # Of the folder itself, and not inherited.
    assert '<h2 id="one">One</h2>' in built.read("blog/none/c/index.html")
    heading = '<h2 id="one"><a class="zola-anchor" href="#one">One</a></h2>'
    assert heading in built.read("blog/head/d/index.html")
    # In feeds they would be noise.
    assert "🔗" not in built.read("feed.json")


@row("Z6.10", "Z6.12", "Z6.13")
def test_folders_that_are_not_shown(tmp_path: Path) -> None:
    files = _folders(October="draft = true", November="in_search_index = false\naliases = ['nov']")
    built = build(tmp_path, files, theme={"name": "material", "font": False}, strict=True)
    assert not (built.folder / "blog/2025/10").exists()
    assert "B" not in _titles(built, "blog/index.html")
    assert f'href="{SITE_URL}blog/2025/11/"' in built.read("nov/index.html")
    found = {doc["location"] for doc in built.json("search/search_index.json")["docs"]}
    assert "blog/2025/" in found and "blog/2025/11/" not in found


@row("Z6.8", "Z6.10")
def test_the_list_of_the_blog_is_always_there(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "blog/a.md": post("A"),
        "blog/_index.md": "+++\ntitle = 'x'\nrender = false\n+++\n",
    }
    built = build(tmp_path, files)
    assert _titles(built, "blog/index.html") == ["A"]
    assert built.warnings == [
        "blog/_index.md:3: render: the list of the blog is written all the same"
    ]


@row("Z6.2", "Z6.7", "Z6.10")
def test_wrong_keys_of_sections() -> None:
    text = "+++\nsort_by = 'size'\ninsert_anchor_links = 'top'\nredirect_to = '../x'\n+++\n"
    _, problems = read_section(frontmatter.read(text, "b.md"), "b.md")
    assert [str(problem).split(": ")[:2] for problem in problems] == [
        ["b.md:2", "sort_by"],
        ["b.md:3", "insert_anchor_links"],
        ["b.md:4", "redirect_to"],
    ]


@row("Z7.3", "Z13.8")
def test_a_list_of_nothing(tmp_path: Path) -> None:
    built = build(tmp_path, {"index.md": "# Home\n", "blog/2025/_index.md": PLAIN}, strict=True)
    for path in ("blog/", "blog/2025/"):
        assert "There are no posts yet." in built.read(f"{path}index.html")
    assert not (built.folder / "category").exists()


@row("Z7.7")
def test_every_page_of_a_list_has_its_own_address(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"blog/{n}.md": post(str(n)) for n in range(2)}
    built = build(tmp_path, files, twim={"paginate_by": 1})
    assert f'property="og:url" content="{SITE_URL}blog/page/2/"' in built.read(
        "blog/page/2/index.html"
    )


@row("Z8.1", "Z8.2", "Z8.3", "Z8.4", "Z8.5", "Z8.6", "Z8.7", "Z8.8", "Z8.9", "Z8.10")
@pytest.mark.parametrize(
    ("heading", "id"),
    [
        ("Dept of Spec 📜", "dept-of-spec-scroll"),
        ("Dept of *Status of Matrix* 🌡️", "dept-of-status-of-matrix-thermometer"),
        ("Dept of Clients 📱", "dept-of-clients-iphone"),
        ("Dept of VoIP 🤙", "dept-of-voip-call-me-hand"),
        ("Dept of Trust & Safety ⚖️", "dept-of-trust-safety-scales"),
        ("Element X iOS ([website](https://x.example))", "element-x-ios-website"),
        ("What’s planned", "what-s-planned"),
        ("That's all I know", "that-s-all-i-know"),
        ("Matrix Live S11E18 – Happy Holidays!", "matrix-live-s11e18-happy-holidays"),
        ("日本", "ri-ben"),
        ("½ ™ ©", "1-2-tm-c"),
        ("€60", "eur60"),
        ("a `code` ![alt](x.png)<br>*b*[^1]\n\n[^1]: x", "a-code-altb"),
    ],
)
def test_ids_of_headings(heading: str, id: str) -> None:
    assert Renderer().render(f"## {heading}\n").headings[0].id == id


@row("Z8.11", "Z8.13", "Z8.14")
def test_equal_headings_also_in_quotes_and_lists() -> None:
    text = "## x\n\n> ## x\n\n- ### x\n\n<h2>x</h2>\n\n## x\n"
    assert [heading.id for heading in Renderer().render(text).headings] == [
        "x",
        "x-1",
        "x-2",
        "x-3",
    ]


@row("Z8.11")
def test_a_heading_without_an_id() -> None:
    # The contract: an id that would be empty is "heading".
    headings = Renderer().render("## …\n\n## …\n").headings
    assert [heading.id for heading in headings] == ["heading", "heading-1"]


@row("Z8.16")
def test_the_table_of_contents_is_nested_as_in_zola() -> None:
    headings = Renderer().render("### A\n\n# B\n\n### C\n\n## D\n\n# E\n").headings
    tokens = toc_tokens(headings)
    assert [token["id"] for token in tokens] == ["a", "b", "e"]
    assert [token["id"] for token in tokens[1]["children"]] == ["c", "d"]


@row("Z9.1", "Z9.3")
def test_the_mark_for_more() -> None:
    for mark in ("<!-- more -->", "<!--more-->", "<!--  MORE\t-->"):
        assert '<span id="continue-reading"></span>' in _html(f"a\n\n{mark}\n\nb")
    assert _html("a\n\n<!-- more -->\n\n<!-- more -->\n").count("continue-reading") == 1
    assert "continue-reading" not in _html("<!-- more\n-->\n")


@row("Z9.2", "Z9.4", "Z9.5", "Z9.8")
def test_summaries(tmp_path: Path) -> None:
    # Otherwise than in Zola nothing is lost behind the mark, and without one there are the first
    # sentences; a cut within an element closes it and needs no sign, for a link follows.
    files: dict[str, str | bytes] = {
        "blog/a.md": post("A", "Above.\n\n<!-- more --> tail\n\nBelow.\n"),
        "blog/b.md": post("B", "First. Second.\n"),
        "blog/c.md": post("C", "> quoted <!-- more --> rest\n"),
    }
    built = build(tmp_path, files, strict=True)
    cards = built.read("blog/index.html").split('<article class="twim-card">')[1:]
    assert "<p>Above.</p>" in cards[0] and "Below" not in cards[0]
    assert 'href="a/#continue-reading">Continue reading' in cards[0]
    assert "tail" in built.read("blog/a/index.html")
    assert "First. Second." in cards[1] and 'href="b/">Continue' in cards[1]
    assert re.search(r"<blockquote>\s*<p>quoted ?</p>\s*</blockquote>", cards[2])


@row("Z11.1")
def test_the_extensions_of_markdown() -> None:
    assert "<table>" in _html("| a |\n|---|\n| b |\n")
    assert _html("~~x~~ ~y~") == "<p><del>x</del> <del>y</del></p>\n"
    assert 'type="checkbox"' in _html("- [x] done\n")
    assert 'class="footnote-reference"' in _html("a[^1]\n\n[^1]: b\n")
    assert '<h2 id="own" class="c">' in _html("## a {#own .c}\n")


@row("Z11.2")
def test_what_is_off() -> None:
    text = 'https://x.example "quoted" -- ... :smile: $x$ ^a^ [[w]]'
    assert _html(text).count("<a ") == 0
    for sign in ('"', "--", "...", ":smile:", "$x$", "^a^", "[[w]]"):
        assert sign.replace('"', "&quot;") in _html(text) or sign in _html(text)
    assert "[!NOTE]" in _html("> [!NOTE]\n> x\n")


@row("Z11.3", "Z11.4")
def test_html_passes() -> None:
    assert _html("<div>\n*a*\n\n*b*\n</div>\n") == "<div>\n*a*\n<p><em>b</em></p>\n</div>\n"
    assert _html("![*a* b](x.png)  \nc") == '<p><img src="x.png" alt="a b" /><br />\nc</p>\n'
    assert 'style="text-align: right"' in _html("| a |\n|--:|\n| b |\n")


@row("Z11.6")
def test_code() -> None:
    # Classes of Pygments, which the themes style, where Zola writes colours.
    assert (
        'class="language-rust highlight"'
        in Renderer().render("```rust,linenos\nfn a() {}\n```\n").html
    )
    assert "language-nosuch" in _html("```nosuch\nx\n```\n")
    # Where the theme highlights, and of a language that isn't known, the rest of the info goes.
    for renderer, info in ((Renderer(pygments=False), "Rust"), (Renderer(), "nosuch")):
        html = renderer.render(f"```{info},linenos,hl_lines=1\na < 'b' & c\n```\n\nx").html
        code = f"<pre><code class=\"language-{info}\">a &lt; 'b' &amp; c\n</code></pre>"
        assert html == f"{code}\n<p>x</p>\n"
    plain = "<pre><code>x\n</code></pre>\n"
    assert [_html(f"```{info}\nx\n```") for info in ("", ",linenos")] == [plain, plain]


@row("Z11.7", "Z11.8")
def test_pictures_and_links_are_plain() -> None:
    assert _html("![](a.png) [b](https://x.example/)") == (
        '<p><img src="a.png" alt="" /> <a href="https://x.example/">b</a></p>\n'
    )


@row("Z11.9")
def test_markdown_is_rendered_once(tmp_path: Path) -> None:
    body = '{{ figure(img="a.png" caption="x") }}\n\n<pre>a\n\n    b</pre>\n\n{{/* figure() */}}\n'
    files: dict[str, str | bytes] = {"blog/a/index.md": post("A", body), "blog/a/a.png": b""}
    page = build(tmp_path, files, strict=True).read("blog/a/index.html")
    assert "<pre>a\n\n    b</pre>" in page and "{{ figure() }}" in page


@row("Z12.1", "Z12.2", "Z12.3", "Z12.4", "Z12.5")
def test_links_within_the_site(tmp_path: Path) -> None:
    body = (
        "[a](@/blog/2025-01-01-b.md) [b](@/page.md#part) [c](@/blog/_index.md) [d](#here)\n"
        "[e](#) [f](/abs/) [g](mailto:a@b.example) [h](https://x.example) [i](#top)\n\n"
        "## Here\n\n<a name='raw'></a>\n\n[j](#raw) [k](@/blog/2025-01-01-b.md#raw-id)\n\n"
        "[l](@/gone.md) [m](@/page.md#gone) [n](#gone) [o](@/blog/2025-01-01-b.md#gone)\n"
    )
    files: dict[str, str | bytes] = {
        "blog/a.md": post("A", body),
        "blog/2025-01-01-b.md": post("B", "<p id='raw-id'>x</p>\n", more='path = "/moved/b"'),
        "page.md": "# P\n\n## Part\n",
    }
    built = build(tmp_path, files)
    # Where Zola fails they are warnings, which `--strict` fails on.
    assert built.warnings == [
        "blog/a.md:18: the link to '@/gone.md' leads nowhere",
        "blog/a.md:18: the link to '#gone' leads to no heading",
        "blog/a.md:18: the link to '@/blog/2025-01-01-b.md#gone' leads to no heading",
        "blog/a.md:18: the link to '@/page.md#gone' leads to no heading",
    ]
    page = built.read("blog/a/index.html")
    for name, to in (
        ("a", "../../moved/b/"),
        ("b", "../../page/#part"),
        ("c", "../"),
        ("d", "#here"),
        ("e", "#"),
        ("f", "/abs/"),
    ):
        assert f'<a href="{to}">{name}</a>' in page, name


@row("Z12.6", "Z12.8")
def test_relative_addresses_are_below_the_post(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "blog/a/index.md": post("A", "![x](img.png) ![y](/img/y.png) [z](other.html)\n"),
        "blog/a/img.png": b"",
        "blog/a/other.html": b"",
        "img/y.png": b"",
    }
    built = build(tmp_path, files, strict=True)
    content = built.json("feed.json")["items"][0]["content_html"]
    for address in ("blog/a/img.png", "img/y.png", "blog/a/other.html"):
        assert f'"{SITE_URL}{address}"' in content


@row("Z12.9", "Z12.10")
def test_html_and_front_matter_are_not_touched(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"blog/a.md": post("A", '<a href="#nowhere">x</a>\n')}
    built = build(tmp_path, files)
    assert '<a href="#nowhere">x</a>' in built.read("blog/a/index.html")
    # Zola says nothing of it.
    assert built.warnings == ["blog/a.md:9: the link to '#nowhere' leads to no heading"]
    built = build(tmp_path, {"blog/a.md": post("A", "[x](@/category/news.md)\n")})
    assert built.warnings == ["blog/a.md:9: the link to '@/category/news.md' leads nowhere"]


@row("Z12.12", "Z12.14")
def test_files_beside_posts_and_sections(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "blog/2025-01-01-a/index.md": post("A", more='path = "/moved/a"'),
        "blog/2025-01-01-a/deep/x.png": b"",
        "blog/2025/_index.md": PLAIN,
        "blog/2025/y.png": b"",
    }
    built = build(tmp_path, files, strict=True)
    assert (built.folder / "moved/a/deep/x.png").is_file()
    assert (built.folder / "blog/2025/y.png").is_file()


@row("Z13.1", "Z13.2", "Z13.4", "Z13.5", "Z13.6", "Z13.7", "Z13.9")
def test_taxonomies(tmp_path: Path) -> None:
    text = "+++\ntitle = '{}'\ndate = 2024-01-0{}\n[taxonomies]\n'My Tags' = [{}]\n+++\n"
    files: dict[str, str | bytes] = {
        "blog/a.md": text.format("A", 1, "'GSoC', 'b'"),
        "blog/b.md": text.format("B", 2, "'b', 'GSOC'"),
        "blog/c.md": text.format("C", 3, "'gsoc'"),
    }
    built = build(
        tmp_path,
        files,
        strict=True,
        twim={"taxonomies": {"My Tags": {"paginate_by": 2, "feed": False}}},
    )
    # Otherwise than in Zola, which appends the posts of another spelling, newest first.
    assert _titles(built, "my-tags/gsoc/index.html") == ["C", "B"]
    assert _titles(built, "my-tags/gsoc/page/2/index.html") == ["A"]
    assert ">GSOC</h1>" in built.read("my-tags/gsoc/index.html")
    terms = re.findall(r'<strong><a href="(.*?)">', built.read("my-tags/index.html"))
    assert terms == ["b/", "gsoc/"]
    assert not (built.folder / "my-tags/gsoc/atom.xml").exists()
    byline = built.read("blog/b/index.html").split("twim-byline")[1]
    assert byline.index(">b</span></a>") < byline.index(">GSOC</a>")
