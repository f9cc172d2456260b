"""What users of Material's blog plugin have: its keys, its addresses, its languages."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort
from selectolax.lexbor import LexborHTMLParser, LexborNode

from tests.sites import Built, build, issue, messages, post

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x08\x08\2\0\0\0"
AUTHORS = """\
authors:
  ada:
    name: Ada Lovelace
    description: Writes <notes>
    avatar: img/ada.png
    url: https://ada.example/
    slug: countess
  bo:
    name: Bo
    description: Fixes things
    avatar: https://cdn.example/bo.png
"""
MATERIAL = {"name": "material", "font": False}


def _post(title: str = "Hello", date: str = "2024-05-17", more: str = "", body: str = "") -> str:
    return f"---\ndate: {date}\n{more}---\n\n# {title}\n\n{body or 'Some text.'}\n"


def _tree(built: Built, path: str) -> LexborHTMLParser:
    return LexborHTMLParser(built.read(f"{path}index.html"))


def _one(tree: LexborHTMLParser | LexborNode, selector: str) -> LexborNode:
    found = tree.css_first(selector)
    assert found is not None, selector
    return found


def _texts(nodes: list[LexborNode]) -> list[str]:
    return [" ".join(node.text().split()) for node in nodes]


def _error(folder: Path, files: Mapping[str, str | bytes]) -> str:
    with messages() as logged, pytest.raises(Abort):
        build(folder, files)
    return "\n".join(logged)


def _files(more: Mapping[str, str | bytes] = {}) -> dict[str, str | bytes]:
    return {
        "blog/.authors.yml": AUTHORS,
        "img/ada.png": PNG,
        "blog/posts/one.md": _post("One", more="authors: [ada, bo]\ncategories: [News]\n"),
        "blog/posts/two.md": _post("Two", "2023-01-02", "authors:\n  - bo\n"),
        **more,
    }


def test_ids_of_authors_become_their_names(tmp_path: Path) -> None:
    built = build(tmp_path, _files(), strict=True)
    byline = _one(_tree(built, "blog/2024/05/17/one/"), ".twim-byline")
    assert _texts(byline.css("li"))[:3] == ["May 17, 2024", "by Ada Lovelace, Bo", "in News"]
    links = [a.attributes["href"] for a in byline.css("a")]
    assert links[:2] == ["../../../../../author/ada-lovelace/", "../../../../../author/bo/"]
    [item, _] = built.json("feed.json")["items"]
    assert item["authors"] == [
        {"name": "Ada Lovelace", "url": "https://ada.example/"},
        {"name": "Bo"},
    ]


def test_faces_stand_beside_the_names(tmp_path: Path) -> None:
    built = build(tmp_path, _files(), strict=True, theme=MATERIAL)
    for path, root in (("blog/2024/05/17/one/", "../../../../../"), ("blog/", "../")):
        faces = _tree(built, path).css(".twim-byline img.twim-avatar")
        sources = [face.attributes["src"] for face in faces][:2]
        assert sources == [f"{root}img/ada.png", "https://cdn.example/bo.png"]
        # The name stands beside it: there is nothing to say of the picture.
        assert {face.attributes["alt"] for face in faces} <= {"", None}


def test_the_page_of_an_author_says_who_that_is(tmp_path: Path) -> None:
    built = build(tmp_path, _files(), strict=True)
    profile = _one(_tree(built, "author/ada-lovelace/"), ".twim-profile")
    assert _texts(profile.css("p")) == ["Writes <notes>", "Website"]
    assert _one(profile, "a").attributes["href"] == "https://ada.example/"
    assert _one(profile, "img").attributes["src"] == "../../img/ada.png"
    cards = _texts(_tree(built, "author/").css(".twim-terms li"))
    assert cards[1] == "Bo 2 posts Fixes things Latest: One, May 17, 2024"
    assert not _tree(built, "category/news/").css(".twim-profile")


def test_the_slug_of_an_author_leads_to_the_page(tmp_path: Path) -> None:
    built = build(tmp_path, _files(), strict=True)
    assert "https://letters.example/author/ada-lovelace/" in built.read(
        "author/countess/index.html"
    )
    assert built.json("archive.json")["_twim"]["redirects"]["/author/countess/"]
    clash = _files({"blog/posts/three.md": _post("Three", more="authors: [Countess]\n")})
    message = _error(tmp_path / "clash", clash)
    assert "the slug of ada in blog/.authors.yml and the generated page 'Countess'" in message


def test_posts_in_toml_have_the_same_authors(tmp_path: Path) -> None:
    text = post("Zola").replace('"Ada"', '"Ada Lovelace"')
    built = build(tmp_path, _files({"blog/zola.md": text}), strict=True)
    assert _tree(built, "blog/zola/").css(".twim-byline img.twim-avatar")
    assert "min read" not in _one(_tree(built, "blog/zola/"), ".twim-byline").text()


def test_authors_that_the_file_lacks_are_a_warning_with_file_and_line(tmp_path: Path) -> None:
    files = _files({"blog/a.md": _post("A", more="title: A\nauthors: [Cy, Bo]\n")})
    built = build(tmp_path, files)
    assert built.warnings == ["blog/a.md:4: authors: there is no 'Cy' in blog/.authors.yml"]
    assert "by Cy, Bo" in _texts(_tree(built, "blog/2024/05/17/a/").css(".twim-byline li"))
    del files["blog/.authors.yml"]
    (tmp_path / "docs/blog/.authors.yml").unlink()
    assert build(tmp_path, files).warnings == []


def test_an_avatar_that_is_not_there_is_a_warning_with_file_and_line(tmp_path: Path) -> None:
    files = _files()
    del files["img/ada.png"]
    built = build(tmp_path, files)
    assert built.warnings == ["blog/.authors.yml:5: the picture 'img/ada.png' is not there"]


def test_the_file_of_authors_is_checked_and_not_published(tmp_path: Path) -> None:
    built = build(tmp_path, _files())
    assert not list(built.folder.rglob("*authors.yml"))
    message = _error(tmp_path / "b", _files({"blog/.authors.yml": "authors:\n  ada: {}\n"}))
    assert message.startswith("blog/.authors.yml:2: authors.ada: expected a table with a name")


def test_without_a_taxonomy_author_names_are_those_of_feeds(tmp_path: Path) -> None:
    built = build(tmp_path, _files(), strict=True, twim={"taxonomies": {"category": {}}})
    [item, _] = built.json("feed.json")["items"]
    assert [author["name"] for author in item["authors"]] == ["Ada Lovelace", "Bo"]
    assert not (built.folder / "author").exists()


def test_pinned_posts_stand_first_in_the_blog_alone(tmp_path: Path) -> None:
    files = _files(
        {
            "blog/old.md": _post("Old", "2020-01-01", "pin: true\ncategories: [News]\n"),
            "blog/older.md": _post("Older", "2019-01-01", "pin: true\n"),
        }
    )
    built = build(tmp_path, files, strict=True)
    for path in ("blog/", ""):
        cards = _tree(built, path).css(".twim-card")
        titles = [_one(card, "h2").text() for card in cards]
        assert titles == ["Old", "Older", "One", "Two"]
        assert [bool(card.css(".twim-pin")) for card in cards] == [True, True, False, False]
    assert _one(_tree(built, "blog/"), ".twim-pin").text().strip() == "Pinned"
    assert _texts(_tree(built, "category/news/").css(".twim-card h2")) == ["One", "Old"]
    assert built.json("feed.json")["items"][0]["title"] == "One"


@pytest.mark.parametrize(
    ("more", "body", "shown"),
    [
        ("", "word " * 200, "2 min read"),  # with the heading it is 201 words (Z9.9)
        ("", "word " * 150, "1 min read"),
        ("readtime: 15\n", "word", "15 min read"),
        ("readtime: 0\n", "word", None),
    ],
)
def test_reading_time_is_given_or_counted(
    tmp_path: Path, more: str, body: str, shown: str | None
) -> None:
    built = build(tmp_path, {"blog/a.md": _post("A", more=more, body=body)})
    for path in ("blog/2024/05/17/a/", "blog/"):
        found = [text for text in _texts(_tree(built, path).css("li")) if "min read" in text]
        assert found == ([shown] if shown else [])


@pytest.mark.parametrize(
    ("own", "folder", "shown"),
    [
        ("", "", None),
        ("readtime = true", "", "2 min read"),
        ("readtime = 15", "", "15 min read"),
        ("[extra]\nreadtime = true", "", "2 min read"),
        ("[extra]\nreadtime = 15", "", "15 min read"),
        ('[extra]\nreadtime = "long"', "", None),
        ("", "[extra]\nreadtime = true", "2 min read"),
        ("readtime = false", "[extra]\nreadtime = true", None),
        ("readtime = 0", "[extra]\nreadtime = true", None),
    ],
)
def test_reading_time_of_toml_posts_is_there_if_asked_for(
    tmp_path: Path, own: str, folder: str, shown: str | None
) -> None:
    files = {
        "blog/2024/a.md": f'+++\ntitle = "A"\ndate = 2024-05-17\n{own}\n+++\n\n' + "word " * 201,
        "blog/_index.md": f"+++\n{folder}\n+++\n",
    }
    built = build(tmp_path, files, strict=True)
    for path in ("blog/2024/a/", "blog/"):
        found = [text for text in _texts(_tree(built, path).css("li")) if "min read" in text]
        assert found == ([shown] if shown else [])


def test_the_reading_time_of_a_yaml_post_may_be_refused(tmp_path: Path) -> None:
    built = build(tmp_path, {"blog/a.md": _post("A", more="readtime: false\n", body="word")})
    assert "min read" not in built.read("blog/2024/05/17/a/index.html")


def test_wrong_values_of_these_keys_have_their_lines(tmp_path: Path) -> None:
    more = "pin: 1\nreadtime: fast\nlinks:\n  a: b\n"
    assert _error(tmp_path, {"blog/a.md": _post("A", more=more)}).splitlines() == [
        "blog/a.md:3: pin: expected true or false, found 1",
        "blog/a.md:4: readtime: expected a whole number, found 'fast'",
        "blog/a.md:5: links: expected a list of links as in nav:, found {'a': 'b'}",
    ]


LINKS = """\
links:
  - about.md
  - The plan: guide/plan.md#part
  - Elsewhere:
    - https://x.example/?a=1&b=2
    - Data: data.csv#row=2
    - Anywhere: https://x.example/#part
    - Top: about.md#top
    - blog/a.md#gone
  - No part: guide/plan.md#gone
  - Gone: gone.md
  - "javascript:alert(1)"
"""


def test_related_links_are_those_of_a_nav(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "about.md": "# About & more\n",
        "guide/plan.md": "# Plan\n\n## Part\n",
        "data.csv": "1,2",
        "blog/a.md": _post("A", more=LINKS),
    }
    built = build(tmp_path, files)
    assert built.warnings == [
        "blog/a.md:3: links: the link to 'blog/a.md#gone' leads to no heading",
        "blog/a.md:12: links: the link to 'guide/plan.md#gone' leads to no heading",
        "blog/a.md:13: links: the link to 'gone.md' leads nowhere",
        "blog/a.md:3: links: the link to 'javascript:alert(1)' leads nowhere",
    ]
    related = _one(_tree(built, "blog/2024/05/17/a/"), ".twim-related")
    assert related.attributes["aria-label"] == "Related links"
    root = "../../../../../"
    assert [(a.text(), a.attributes["href"]) for a in related.css("a")] == [
        ("About & more", f"{root}about/"),
        ("The plan", f"{root}guide/plan/#part"),
        ("https://x.example/?a=1&b=2", "https://x.example/?a=1&b=2"),
        ("Data", f"{root}data.csv#row=2"),
        ("Anywhere", "https://x.example/#part"),
        ("Top", f"{root}about/#top"),
        ("A", "#gone"),
        ("No part", f"{root}guide/plan/#gone"),
    ]
    assert _texts(related.css("ul ul li"))[:2] == ["https://x.example/?a=1&b=2", "Data"]
    assert {"Gone", "javascript:alert(1)"} <= set(_texts(related.css("li")))
    assert "Related links" not in json.dumps(built.json("archive.json"))


def test_keys_of_material_are_none_of_toml_posts(tmp_path: Path) -> None:
    text = post("Zola", more='pin = "yes"\nlinks = 1\nreadtime = "long"')
    assert build(tmp_path, {"blog/a.md": text}).warnings == []


def test_there_is_an_archive_of_each_year(tmp_path: Path) -> None:
    files = _files({"blog/zola.md": post("Zola", date="2024-12-31T23:30:00-05:00")})
    built = build(tmp_path, files, strict=True, twim={"paginate_by": 1})
    tree = _tree(built, "blog/archive/2024/")
    assert _one(tree, "h1").text() == "Posts of 2024"
    assert _texts(tree.css(".twim-card h2")) == ["Zola"]
    assert _texts(_tree(built, "blog/archive/2024/page/2/").css(".twim-card h2")) == ["One"]
    assert _texts(_tree(built, "blog/archive/2023/").css(".twim-card h2")) == ["Two"]
    assert _one(tree, ".twim-up a").attributes["href"] == "../../"
    links = _tree(built, "blog/").css(".twim-browse")[1].css("a")
    assert [(a.text(), a.attributes["href"]) for a in links] == [
        ("2024", "archive/2024/"),
        ("2023", "archive/2023/"),
    ]
    assert not tree.css(".twim-feeds")


def test_a_post_at_the_address_of_a_year_is_an_error(tmp_path: Path) -> None:
    files = _files({"blog/zola.md": post("Zola", more='path = "blog/archive/2024"')})
    message = "'Posts of 2024' and blog/zola.md both have the address /blog/archive/2024/"
    assert message in _error(tmp_path, files)


def _serve(folder: Path) -> None:
    config = load_config(str(folder / "mkdocs.yml"))
    config.plugins.on_startup(command="serve", dirty=False)
    mkdocs_build(config, serve_url="http://127.0.0.1:8000/")


def test_a_draft_is_marked_in_a_preview(tmp_path: Path) -> None:
    files = _files({"blog/draft.md": _post("Soon", more="draft: true\nauthors: [ada]\n")})
    built = build(tmp_path, files, theme={**MATERIAL, "language": "de"})
    assert not (built.folder / "blog/2024/05/17/soon").exists()
    _serve(tmp_path)
    assert _one(_tree(built, "blog/2024/05/17/soon/"), ".twim-draft").text().strip() == "Entwurf"
    assert not _tree(built, "blog/2024/05/17/one/").css(".twim-draft")


def _in(language: str, folder: Path) -> Built:
    feeds = {"quiet": {"title": "Quiet", "category": ["news"]}}
    more: dict[str, str | bytes] = {"blog/issue.md": issue(1), "img/a.png": PNG}
    more |= {"blog/pin.md": _post("Pin", more="pin: true\nlinks: [https://x.example/]\n")}
    for day in range(1, 13):
        more[f"blog/n{day}.md"] = post(f"N{day}", date=f"2022-03-{day:02}")
    theme = {**MATERIAL, "language": language}
    return build(folder, _files(more), strict=True, theme=theme, twim={"feeds": feeds})


def _ours(built: Built, path: str) -> str:
    """What our parts show on a page."""
    content = _one(_tree(built, path), "article.md-content__inner")
    return " ".join(content.text().split())


def test_all_words_are_those_of_the_language(tmp_path: Path) -> None:
    built = _in("de", tmp_path)
    assert 'lang="de"' in built.read("blog/index.html")
    blog = _ours(built, "blog/")
    for words in (
        "Abonnieren",
        "Stöbern: Autoren, Kategorien, Rubriken, Projekte, Neuigkeiten",
        "Archiv: 2024, 2023, 2022",
        "Angeheftet",
        "17. Mai 2024",
        "von Ada Lovelace, Bo",
        "1 Min. Lesezeit",
        "Weiterlesen: One",
        "Ältere",
    ):
        assert words in blog, words
    assert "N1, Seite 2" not in blog
    assert "Neuere" in _ours(built, "blog/page/2/")
    assert _one(_tree(built, "blog/page/2/"), "h1").text() == "Blog, Seite 2"
    assert _one(_tree(built, "blog/archive/2022/"), "h1").text() == "Beiträge aus 2022"
    terms = _ours(built, "category/")
    assert "13 Beiträge" in terms and "1 Beitrag" in terms
    assert "2 Rubriken." in _ours(built, "section/") and "Ausgaben" in _ours(built, "section/")
    assert "1 Neuigkeit in 1 Ausgabe, seit 1. Mai 2024" in _ours(built, "section/bots/")
    assert "gemeldet von Ada" in _ours(built, "section/clients/")
    assert "Weiterführende Links" in _ours(built, "blog/2024/05/17/pin/")
    assert "Alle Neuigkeiten: Fractal" in built.read("blog/issue/index.html")
    catalogue = _ours(built, "feeds/")
    assert "Alle Beiträge" in catalogue and "Feeds durchsuchen" in catalogue
    said = _one(_tree(built, "feeds/"), "[data-twim-words]").attributes["data-twim-words"]
    assert json.loads(str(said))["copied"] == "Adresse von {name} kopiert"


ENGLISH = re.compile(
    r"\b(Subscribe|Browse|Archive|Older|Newer|Page|Pages|Continue|Related|Pinned|min read|updates?"
    r"|issues?|posts?|sections?|projects?|reported|since|feeds?|Latest|Website|There are|All)\b",
    re.IGNORECASE,
)
# What is said so in the language too.
SHARED = {"de": {"feed", "feeds", "website"}, "fr": {"archive", "page", "pages"}, "ar": set[str]()}


@pytest.mark.parametrize("language", ["de", "fr", "ar"])
def test_no_english_is_left(language: str, tmp_path: Path) -> None:
    built = _in(language, tmp_path)
    looked = 0
    for path in built.folder.rglob("index.html"):
        name = f"{path.parent.relative_to(built.folder).as_posix()}/"
        tree = _tree(built, "" if name == "./" else name)
        for node in tree.css(".twim-excerpt, .twim-content, script, pre"):
            node.decompose()
        content = tree.css_first("article.md-content__inner")
        if content is None:
            # An old address, which leads on.
            continue
        looked += 1
        attributes = [
            str(value)
            for node in content.css("[aria-label], [title]")
            for key, value in node.attributes.items()
            if key in ("aria-label", "title")
        ]
        text = " ".join([content.text(), *attributes]).replace("feeds.", "")
        found = {word.lower() for word in ENGLISH.findall(text)}
        assert found <= SHARED[language], name
    assert looked > 10


def test_languages_that_are_written_from_right_to_left(tmp_path: Path) -> None:
    built = _in("ar", tmp_path)
    page = built.read("blog/index.html")
    assert '<html lang="ar"' in page and 'dir="rtl"' in page
    blog = _ours(built, "blog/")
    for words in ("اشترك", "أكمل القراءة", "مثبّتة", "قراءة دقيقة واحدة", "بقلم Ada Lovelace، Bo"):
        assert words in blog, words
    assert "17 مايو 2024" in blog
    assert "تحديث واحد، عدد واحد" in _ours(built, "section/bots/")
    assert "قسمان." in _ours(built, "section/")
    assert _one(_tree(built, "blog/page/2/"), "h1").text() == "المدونة، صفحة 2"


def test_the_style_sheet_knows_no_left_and_right() -> None:
    css = (Path(__file__).parents[2] / "mkdocs_twim/assets/twim.css").read_text("utf-8")
    # HTML's attribute has no other words.
    css = re.sub(r'\[(?:align|style\*)="[\w: ]+"\]', "", css)
    sided = re.findall(r"(?m)^.*\b(?:left|right)\b.*$", css)
    # The triangle of a player points to the right, and a picture floats where its author says, in
    # every language.
    floats = ["margin-right: 1em;", "margin-left: 1em;"]
    assert [line.strip() for line in sided] == ["margin-left: 0.35em;", *floats]
    for shorthand in re.findall(r"(?m)^\s*(?:margin|padding|border-radius): (.*);$", css):
        values = re.sub(r"calc\(.*\)|max\(.*\)", "x", shorthand).split()
        assert len(values) < 4 or values[1] == values[3], shorthand


@pytest.mark.parametrize("permalink", [False, True])
def test_a_title_in_the_text_is_shown_once(tmp_path: Path, permalink: bool) -> None:
    body = "Intro.\n\n<!-- more -->\n\nRest.\n\n# Another"
    files = _files(
        {
            "blog/tips.md": _post("Tips &amp; *tricks*", more="authors: [bo]\n", body=body),
            "blog/other.md": _post("Mine", more="title: Theirs\n", body=body),
            "blog/zola.md": post("Zola", f"# Zola\n\n{body}"),
            "blog/plain.md": "---\n---\n\n# No date\n\nIntro.\n\n<!-- more -->\n",
        }
    )
    extensions = [{"toc": {"permalink": permalink}}]
    built = build(tmp_path, files, markdown_extensions=extensions)
    for path in ("blog/", "author/bo/"):
        excerpts = _texts(_tree(built, path).css(".twim-excerpt"))
        assert "Intro." in excerpts and "Tips & tricks Intro." not in excerpts
    # What isn't the post's title is part of its text.
    assert sum("Mine" in text for text in _texts(_tree(built, "blog/").css(".twim-excerpt"))) == 1
    items = built.json("feed.json")["items"]
    found = {item["title"]: item["content_html"] for item in items}
    for title in ("Tips & tricks", "Zola"):
        assert found[title].startswith("<p>Intro.</p>") and "Another</h1>" in found[title]
    assert found["Theirs"].startswith('<h1 id="mine">Mine</h1>')
    # On its page it is the heading, and the other one is part of the text.
    for item in items:
        if "Another" not in item["content_html"]:
            continue
        path = item["url"].removeprefix("https://letters.example/")
        assert len(_tree(built, path).css("h1")) == 2, path


def test_a_wrong_author_is_told_once(tmp_path: Path) -> None:
    error = _error(tmp_path, {"blog/a.md": _post(more="authors: nobody\n")})
    assert error == "blog/a.md:3: authors: expected a list of strings, found 'nobody'"


def test_drafts_of_a_folder_are_shown_in_a_preview(tmp_path: Path) -> None:
    """Z6.12"""
    files: dict[str, str | bytes] = {
        "blog/wip/_index.md": "+++\ndraft = true\n+++\n",
        "blog/wip/a.md": post("A", category="Only a draft's"),
        "blog/wip/deep/wrong.md": "+++\ntitle = 1\n+++\n",
        "blog/b.md": post("B"),
    }
    built = build(tmp_path, files, strict=True)
    assert not (built.folder / "blog/wip").exists()
    _serve(tmp_path)
    page = _tree(built, "blog/wip/a/")
    assert _one(page, ".twim-draft") and not (built.folder / "blog/wip/deep/wrong").exists()
    # A term that no post has is nowhere to lead to.
    byline = _one(page, ".twim-byline")
    assert "in Only a draft's" in _texts(byline.css("li"))
    assert [link.attributes["href"] for link in byline.css("a")] == ["../../../author/ada/"]
    assert _texts(_tree(built, "blog/").css(".twim-card h2")) == ["B"]


def test_shortcodes_speak_the_language_of_the_site(tmp_path: Path) -> None:
    calls = (
        '{{ youtube_player(video_id="lv26TYmLZvE") }}\n\n{{ figureVideo(vid="/a.mp4" caption="") }}'
    )
    files = _files({"blog/video.md": post("Video", calls), "a.mp4": b""})
    built = build(tmp_path, files, theme={**MATERIAL, "language": "de"}, strict=True)
    page = _tree(built, "blog/video/")
    assert _one(page, ".twim-video-text").text() == "Video ansehen"
    hint = _one(page, ".twim-video-hint").text()
    assert hint == "Spielt nach einem Klick von youtube-nocookie.com"
    assert _one(page, ".figureVideo a").text() == "Video ansehen"
    (item,) = (item for item in built.json("feed.json")["items"] if item["title"] == "Video")
    assert item["content_html"].count(">Video ansehen</a>") == 2


def test_marks_of_footnotes_are_no_part_of_excerpts_and_summaries(tmp_path: Path) -> None:
    """Z9.6"""
    body = "First paragraph.[^1]\n\n<!-- more -->\n\nMore.\n\n[^1]: A note.\n"
    files = {"blog/zola.md": post("Zola", body), "blog/yaml.md": _post("Yaml", body=body)}
    built = build(tmp_path, files, strict=True, markdown_extensions=["footnotes"])
    assert _texts(_tree(built, "blog/").css(".twim-excerpt")) == ["First paragraph."] * 2
    for item in built.json("feed.json")["items"]:
        assert item["summary"] == "First paragraph."
        assert "<sup" in item["content_html"]


def test_the_notes_of_a_report_are_at_its_end_in_feeds(tmp_path: Path) -> None:
    body = "## Boats\n\n### Gull\n\nFast[^1].\n\n### Tern\n\nSlow.\n\n[^1]: Ten knots.\n"
    files = {
        "blog/zola.md": issue(body=body),
        "blog/yaml.md": _post("Y", more="categories: [This Week in Letters]\n", body=body),
    }
    built = build(tmp_path, files, strict=True, markdown_extensions=["footnotes"])
    items = built.json("updates/feed.json")["items"]
    assert [("Ten knots." in item["content_html"]) for item in items] == [True, False] * 2
    assert "Ten knots." in items[0]["_matrix"]["content"]["body"]
    assert [item["summary"] for item in items] == ["Fast.", "Slow."] * 2


DRAWN = """\
## Boats

### Seagull

Take one:

=== "Sail"

    ``` python title="tide.py"
    tide = 7
    ```

=== "Oar"

    With arms.

<!-- more -->

Below.
"""


def test_what_material_draws_is_plain_in_lists_and_feeds(tmp_path: Path) -> None:
    more = "categories: [This Week in Boats]\n"
    text = _post("This Week in Boats", more=more, body=DRAWN)
    built = build(
        tmp_path,
        {"blog/a.md": text},
        theme=MATERIAL,
        markdown_extensions=[
            {"toc": {"permalink": "Link"}},
            {"pymdownx.highlight": {"linenums": True, "linenums_style": "table"}},
            "pymdownx.superfences",
            {"pymdownx.tabbed": {"alternate_style": True}},
        ],
    )
    content = built.json("feed.json")["items"][0]["content_html"]
    card = _one(_tree(built, "blog/"), ".twim-card").html or ""
    for html in (content, card):
        shown = " ".join(re.sub("<[^>]*>", " ", html).split())
        assert "Sail tide.py tide = 7 Oar With arms" in shown
        assert "tabbed-" not in html and "linenos" not in html
    assert _one(_tree(built, "blog/2024/05/17/this-week-in-boats/"), ".tabbed-set")
    [project] = [f["path"] for f in built.json("feeds.json")["feeds"] if "project" in f["path"]]
    assert project == "/project/seagull/"
    assert "Link</a>" not in built.read("archive.json")


def test_the_search_has_no_marks_of_footnotes_in_titles(tmp_path: Path) -> None:
    body = "## Boats[^1]\n\nA sloop.[^1] 10<sup>2</sup>\n\n### Heron[^2] 2\n\nText.\n"
    notes = "\n[^1]: One.\n\n[^2]: Two.\n"
    yaml = f"---\ntitle: Y\ndate: 2024-05-17\n---\n\n{body}{notes}"
    files: dict[str, str | bytes] = {"blog/t.md": post("T", body + notes), "blog/y.md": yaml}
    site = build(tmp_path, files, theme=MATERIAL, markdown_extensions=["footnotes"], strict=True)
    found = [each["title"] for each in site.json("search/search_index.json")["docs"]]
    for title in ("Boats", "Heron 2"):
        assert found.count(title) == 2
    assert not [title for title in found if "<sup>" in title or re.search("Boats.", title)]
    # Where they are read, they stay.
    assert site.read("blog/t/index.html").count('href="#1"') == 2
