"""The documentation, which can't drift from the code, and is built with the plugin."""

from __future__ import annotations

import argparse
import ast
import dataclasses
import re
import tomllib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import jinja2.meta
import pytest
import yaml
from material.plugins.blog.config import BlogConfig  # type: ignore[import-untyped]  # it carries none
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig

import mkdocs_twim.cli
from feedserver import cli
from feedserver.check.check import check
from feedserver.feeds.catalogue import RESERVED
from feedserver.formats.formats import FORMATS
from feedserver.model import FeedKind, Reporter
from feedserver.serving.metrics import Metrics
from feedserver.serving.reports import Report
from feedserver.settings import peers
from feedserver.settings.settings import Settings, load
from feedserver.web import openapi
from mkdocs_twim.config import AliasesConfig, NamedFeedConfig, TaxonomyConfig, TwimConfig
from mkdocs_twim.content.frontmatter import FrontMatter
from mkdocs_twim.content.keys import PostMeta
from mkdocs_twim.lists import listings
from mkdocs_twim.lists.listings import Listing
from mkdocs_twim.markup.pictures import Picture
from mkdocs_twim.posts import outlines
from mkdocs_twim.shortcodes import contexts, tera
from mkdocs_twim.shortcodes.signatures import SIGNATURES
from mkdocs_twim.templating import social, views
from tests.conftest import ROOT
from tests.sites import Built, build, issue, messages, post

_NAMED_VERSION = re.compile(
    r"(?:mkdocs-twim==|mkdocs_twim-|rev: v|`(?:feedserver|mkdocs-twim) )(\d+(?:\.\d+)+)"
)
REFERENCE = ROOT / "docs" / "reference"
HOW_TO = ROOT / "docs" / "how-to"
PACKAGE = ROOT / "mkdocs_twim"
# What MkDocs gives to every template, as far as ours use it.
OF_MKDOCS = {"config", "page"}
VALUES = (
    *(listings.Listing, listings.Pager, listings.IssueUpdates, listings.FeedGroup),
    *(views.Link, views.Terms, views.PostView, views.UpdateView, views.TopicView),
    *(views.TermView, views.FeedView, Picture, Reporter, social.Social),
    *(views.AuthorView, views.RelatedLink),
    *(outlines.Outline, outlines.SectionPart, outlines.Part, outlines.Astray),
)


@pytest.fixture
def site(docs_site: Built) -> Built:
    return docs_site


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Listing, ...]:
    """All generated pages of a site that has one of each kind, and none of its own."""
    folder = tmp_path_factory.mktemp("generated")
    posts = {f"n{day:02}.md": post(date=f"2024-04-{day:02}") for day in range(1, 13)}
    posts |= {f"i{day:02}.md": issue(day) for day in range(1, 26)}
    (folder / "docs/blog").mkdir(parents=True)
    for name, text in posts.items():
        (folder / "docs/blog" / name).write_text(text, "utf-8")
    twim = {"feeds": {"quiet": {"title": "Quiet", "category": ["news"]}}}
    config = {"site_name": "Letters", "site_url": "https://letters.example/"}
    path = folder / "mkdocs.yml"
    path.write_text(yaml.safe_dump({**config, "plugins": [{"twim": twim}]}), "utf-8")
    found: list[Listing] = []
    built = listings.build

    def build(*args: object, **options: object) -> Iterator[Listing]:
        for listing in built(*args, **options):  # type: ignore[arg-type]  # of every type
            found.append(listing)
            yield listing

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listings, "build", build)
        mkdocs_build(load_config(str(path)))
    return tuple(found)


def _page(name: str) -> str:
    return (REFERENCE / f"{name}.md").read_text("utf-8")


def _parts(text: str) -> dict[str, str]:
    """The parts of a page by their headings of the third level."""
    return dict(re.findall(r"(?ms)^### (\S+)$(.*?)(?=^##|\Z)", text))


def _in_tables(text: str) -> set[str]:
    """What stands, as code, in the first column of a text's tables."""
    cells = re.findall(r"(?m)^\| (`.*?`) \|", text)
    return {name for cell in cells for name in re.findall(r"`([\w-]+)[^`]*`", cell)}


def test_every_option_is_documented() -> None:
    text = _page("options")
    for name, _ in TwimConfig._schema:
        assert f"\n### {name}\n" in text, name
    for config in (AliasesConfig, TaxonomyConfig, NamedFeedConfig):
        for name, _ in config._schema:
            assert re.search(rf"[`\s]{name}[`:]", text), name
    for name in RESERVED:
        assert re.search(rf"\b{name}\b", text), name


def test_every_default_is_as_documented() -> None:
    blocks = dict(re.findall(r"### (\w+)\n\n`(?:\w+): (.*?)`", _page("options")))
    defaults = {name: option.default for name, option in TwimConfig._schema}
    for name, shown in blocks.items():
        assert yaml.safe_load(shown) == defaults[name], name
    assert {"blog_dir", "issues", "ignore_sections", "feed_limit", "markdown"} <= blocks.keys()
    table = re.findall(r"(?m)^\| \[`(\w+)`\]\(#\1\) \| .+ \| `(.*)` \|$", _page("options"))
    assert {name: yaml.safe_load(shown) for name, shown in table} == defaults


def test_every_setting_is_documented_with_its_default() -> None:
    rows = dict(re.findall(r"(?m)^\| `(\w+)` \| ?(.*?) ?\|", _page("settings")))
    assert rows.keys() == {field.name for field in dataclasses.fields(Settings)}
    for name, shown in rows.items():
        default = getattr(Settings(), name)
        default = list(default) if isinstance(default, tuple) else default
        written = tomllib.loads(f"x = {shown.strip('`')}")["x"] if shown else None
        assert written == default, name


def test_the_settings_that_are_shown_can_be_read(tmp_path: Path) -> None:
    files = _files(REFERENCE / "settings.md") | _files(HOW_TO / "operate.md")
    shown = [text for name, text in files.items() if name.endswith(".toml")]
    assert len(shown) == 2
    for text in shown:
        path = tmp_path / "feedserver.toml"
        path.write_text(text, "utf-8")
        assert load(path, {}, {}).workers == 2


def test_the_peers_that_are_shown_can_be_read(tmp_path: Path) -> None:
    pages = (REFERENCE / "peers.md", HOW_TO / "join-a-network.md")
    shown = [text for page in pages for _, text in _files(page).items()]
    shown += re.findall(r"(?ms)^```toml\n(.*?)^```$", pages[1].read_text("utf-8"))
    assert len(shown) == 3
    for text in shown:
        path = tmp_path / "feedserver.toml"
        path.write_text(text, "utf-8")
        assert load(path, {}, {}).peers
    keys = re.findall(r"`(\w+)`", "".join(re.findall(r"(?m)^\| (`.*?) \|", _page("peers"))))
    assert {*keys} == {*peers._READERS}


def test_every_metric_is_documented() -> None:
    metrics = Metrics(lambda: datetime.now(UTC))
    metrics.add(Report({}, (), 1, 1, datetime.now(UTC)))
    names = set(re.findall(r"# TYPE (\S+)", metrics.text().decode()))
    text = (HOW_TO / "operate.md").read_text("utf-8").split("## Watch it")[1]
    assert len(names) > 5 and names == set(re.findall(r"`(feedserver_\w+)`", text))


def test_every_key_of_front_matter_is_documented() -> None:
    text = _page("front-matter")
    own = {"stem", "image", "image_alt", "is_timed"}
    fields = {field.name for field in dataclasses.fields(PostMeta)} - own
    for name in (*fields, "extra.image", "extra.image_alt"):
        assert f"| `{name}` |" in text, name


def test_every_shortcode_and_argument_is_documented() -> None:
    parts = dict(re.findall(r"(?ms)^## (\w+)\n(.*?)(?=^## |\Z)", _page("shortcodes")))
    templates = ROOT / "mkdocs_twim" / "templates" / "shortcodes"
    assert parts.keys() == SIGNATURES.keys()
    assert parts.keys() == {path.name.partition(".")[0] for path in templates.glob("*.html")}
    for name, signature in SIGNATURES.items():
        for parameter in signature.parameters:
            assert f"| `{parameter}` |" in parts[name], parameter


def test_every_filter_test_and_function_of_shortcodes_is_documented() -> None:
    text = (HOW_TO / "port-shortcodes.md").read_text("utf-8")
    plain, extended = jinja2.Environment(), jinja2.Environment()
    tera.extend(extended)
    filters, tests = extended.filters.items(), extended.tests.items()
    own = {name for name, of in filters if plain.filters.get(name) is not of} | {"markdown"}
    assert own <= _in_tables(text)
    assert all(f"`{name}`" in text for name, of in tests if plain.tests.get(name) is not of)
    found = {name for name, of in extended.globals.items() if plain.globals.get(name) is not of}
    assert found and all(f"`{name}(" in text for name in found)
    # Those of Jinja that it names are there.
    [named] = re.findall("of which these are in Tera: (.*?)\\.", text)
    assert set(re.findall("`(.*?)`", named)) <= plain.filters.keys()


def test_every_value_of_a_shortcode_is_documented() -> None:
    text = (HOW_TO / "port-shortcodes.md").read_text("utf-8")
    front = FrontMatter("toml", {}, b"", 1, 1, {})
    meta = PostMeta(date=datetime(2026, 5, 15, tzinfo=UTC), description="x", weight=1)
    config = MkDocsConfig()
    config.load_dict({"site_name": "x", "site_url": "https://a.example/", "theme": "material"})
    assert config.validate() == ([], [])
    given = {**contexts.of_site(config), **contexts.of_post(meta, front, "x.md", "/x/", "y")}
    assert given.keys() == {"page", "config", "lang"}
    for name, values in given.items():
        [row] = re.findall(rf"(?m)^\| `{name}` \| (.*) \|$", text)
        for value in values if isinstance(values, dict) else ():
            assert f"`{value}`" in row, f"{name}.{value}"


def test_every_address_is_documented() -> None:
    text = _page("addresses")
    for file in FORMATS:
        assert f"`/{file}`" in text
    for path in ("/updates/", "/section/", "/project/", "/author/", "/category/"):
        assert f"`{path}" in text
    for file in ("/feeds.json", "/feeds.opml", "/archive.json", f"/{openapi.NAME}"):
        assert file in text


def test_every_kind_of_page_has_its_address_documented(generated: tuple[Listing, ...]) -> None:
    table = _page("addresses").split("\n## ")[0]
    cells = re.findall(r"(?m)^\| ((?:`/.*?)) \|", table)
    patterns = [
        re.sub(r"<\w+>", r"[^/]+", shown).replace("page/2", r"page/\d+")
        for cell in cells
        for shown in re.findall("`(/[^`]*/|/)`", cell)
        # These fit anything; what has a name of its own is to be found by it.
        if not shown.startswith(("/<taxonomy>", "/<name>", "/<folder>")) and "page/1" not in shown
    ]
    addresses = {listing.address for listing in generated} - {"/quiet/"}
    assert {"/", "/blog/page/2/", "/category/news/page/2/", "/section/clients/page/2/"} <= addresses
    for address in addresses:
        assert any(re.fullmatch(pattern, address) for pattern in patterns), address
    for pattern in patterns:
        assert any(re.fullmatch(pattern, address) for address in addresses), pattern
    assert "`/<name>/`" in table


def test_every_option_of_material_s_blog_is_compared() -> None:
    part = _page("material").split("## Options of the blog plugin")[1].split("\n## ")[0]
    compared = _in_first_cells(part)
    assert {name for name, _ in BlogConfig._schema} <= compared


def test_every_option_of_the_rss_plugin_is_compared() -> None:
    part = _page("material").split("## Options of mkdocs-rss-plugin")[1].split("\n## ")[0]
    # Those of its version 1.19, which isn't installed.
    names = (
        "abstract_chars_count abstract_delimiter cache_dir categories comments_path date_from_meta "
        "enabled feed_description feed_title feed_ttl feeds_filenames image json_feed_enabled "
        "length match_path pretty_print rss_feed_enabled url_parameters use_git use_material_blog "
        "use_material_social_cards"
    )
    assert set(names.split()) <= _in_first_cells(part)


def _in_first_cells(text: str) -> set[str]:
    cells = re.findall(r"(?m)^\| (.*?) \|", text)
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def test_every_kind_of_feed_is_documented() -> None:
    [kinds] = re.findall(r"(?m)^`kind` is (.*?)\.", _page("addresses"))
    assert set(re.split(r", | or ", kinds)) == set(get_args(FeedKind))


def test_every_template_is_documented() -> None:
    folder = PACKAGE / "templates"
    templates = {path.relative_to(folder).as_posix() for path in folder.glob("twim/**/*.html")}
    documented = {name for name in _parts(_page("templates")) if name.startswith("twim/")}
    assert documented == templates


def test_every_value_of_a_template_is_documented(generated: tuple[Listing, ...]) -> None:
    text = _page("templates")
    parts = _parts(text)
    [for_lists] = re.findall(r"(?ms)^## Parts$(.*?)^### ", text)
    env = jinja2.Environment()
    env.filters |= dict.fromkeys(("url", "twim_date", "twim_title", "twim_name", "twim_below"), str)
    given: dict[str, set[str]] = {}
    for listing in generated:
        given.setdefault(f"twim/parts/{listing.template}", set()).update(listing.values)
    paths = [*(PACKAGE / "templates").glob("twim/**/*.html")]
    assert {"post.html", "list.html"} <= {path.name for path in paths}
    for path in paths:
        name = path.relative_to(PACKAGE / "templates").as_posix()
        used = jinja2.meta.find_undeclared_variables(env.parse(path.read_text("utf-8")))
        known = _in_tables(parts[name]) | OF_MKDOCS
        assert given.get(name, set()) <= known, name
        # Pieces are imported with the values of the part that shows them.
        for_part = name in given or name == "twim/parts/pieces.html"
        assert used <= (known | _in_tables(for_lists) if for_part else known), name
        # And nothing is documented that isn't there.
        assert not given.get(name) or known - OF_MKDOCS == given[name], name


def test_every_field_of_a_value_is_documented() -> None:
    parts = _parts(_page("templates"))
    for kind in VALUES:
        names = {*vars(kind), *(field.name for field in dataclasses.fields(kind))}
        public = {name for name in names if not name.startswith("_")}
        assert _in_tables(parts[kind.__name__]) == public, kind.__name__


def test_every_macro_and_filter_is_documented() -> None:
    text = _page("templates")
    pieces = (PACKAGE / "templates/twim/parts/pieces.html").read_text("utf-8")
    macros = re.findall(r"\{% macro (\w+\(.*?\)) -?%\}", pieces)
    assert len(macros) > 5
    for macro in macros:
        assert f"`{macro}`" in _parts(text)["twim/parts/pieces.html"], macro
    for name in re.findall(
        r'filters\["(\w+)"\]', (PACKAGE / "templating" / "parts.py").read_text("utf-8")
    ):
        assert f"| `{name}` |" in text, name


def test_every_custom_property_is_documented() -> None:
    css = (PACKAGE / "assets" / "twim.css").read_text("utf-8")
    properties = set(re.findall(r"(?m)^\s*(--twim-[\w-]+):", css))
    assert properties
    documented = _page("templates").split("## Custom properties")[1].split("\n## ")[0]
    assert set(re.findall(r"(?m)^\| `(--[\w-]+)` \|", documented)) == properties


def _files(page: Path) -> dict[str, str]:
    """The files that a page shows whole: the code blocks with a title."""
    blocks = re.findall(r'(?ms)^```\w+ title="(.*?)"\n(.*?)^```$', page.read_text("utf-8"))
    # So a page shows a call without making one.
    return {name: re.sub(r"\{\{/\* (.*?) \*/\}\}", r"{{ \1 }}", text) for name, text in blocks}


def _follow(page: str, folder: Path) -> Built:
    """A site in which there is what a how-to says, beside the newsletter of the tutorial."""
    files = _files(ROOT / "docs" / "tutorial.md") | _files(HOW_TO / f"{page}.md")
    # The tutorial's reader may have any picture.
    files |= {"docs/blog/2026-05-15-regatta/finish.svg": "<svg/>", "docs/img/card.png": ""}
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    built = Built(folder / "site")
    with messages() as built.warnings:
        mkdocs_build(load_config(str(folder / "mkdocs.yml"), strict=True))
    assert built.warnings == []
    return built


def test_the_how_to_on_the_theme_does_what_it_says(tmp_path: Path) -> None:
    built = _follow("theme", tmp_path)
    blog, about = built.read("blog/index.html"), built.read("blog/this-week-1/index.html")
    assert 'class="harbour-posts"' in blog and "twim-card" not in blog
    assert 'class="twim-feeds"' in blog and "May 8, 2026" in blog
    for page in (blog, about):
        assert '<meta name="theme-color" content="#b3261e">' in page
        assert 'property="og:title"' in page
        assert "css/look.css" in page
    assert "Come to the harbour's room" in about and "Come to the harbour's room" not in blog


def test_the_how_to_on_named_feeds_does_what_it_says(tmp_path: Path) -> None:
    built = _follow("named-feeds", tmp_path)
    assert "This Week in the Harbour 2026-05-08" in built.read("weather/index.html")
    assert len(built.json("weather/feed.json")["items"]) == 1
    # No post fits it.
    assert not (built.folder / "announcements").exists()


def test_the_how_to_on_histories_does_what_it_says(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "mkdocs.plugins.twim"):
        built = _follow("histories", tmp_path)
    [shown] = re.findall("INFO    -  (.*)", (HOW_TO / "histories.md").read_text("utf-8"))
    assert shown in [record.getMessage() for record in caplog.records]
    assert len(built.json("project/the-gull/feed.json")["items"]) == 2
    assert "/project/the-gull/" in built.read("project/seagull/index.html")
    assert len(built.json("section/vessels/feed.json")["items"]) == 3
    assert "A boat for two, which floats." in built.read("project/dinghy-two/index.html")
    sections = built.read("section/index.html")
    assert sections.index(">Weather</a>") < sections.index(">Vessels</a>")


def test_the_how_to_on_pictures_does_what_it_says(tmp_path: Path) -> None:
    built = _follow("pictures", tmp_path)
    page = built.read("blog/regatta/index.html")
    shown = "https://harbour.example/blog/regatta/finish.svg"
    assert 'src="finish.svg" alt="Two boats cross the finishing line at once"' in page
    assert f'<meta property="og:image" content="{shown}">' in page
    items = built.json("feed.json")["items"]
    assert [item.get("image") for item in items] == [shown, None]
    default = '<meta property="og:image" content="https://harbour.example/img/card.png">'
    assert default in built.read("blog/index.html")
    assert default in built.read("blog/this-week-1/index.html")


def test_the_how_to_on_own_text_does_what_it_says(tmp_path: Path) -> None:
    built = _follow("own-text", tmp_path)
    page = built.read("section/boats/index.html")
    assert page.count("<h1") == 1
    assert page.index("Everything that floats.") < page.index("Dinghy 2.1")
    for address in ("section/boats/", "feeds/", "updates/", "author/"):
        assert f'href="{address}"' in built.read("index.html")


def test_the_how_to_on_embedding_builds_what_others_publish(tmp_path: Path) -> None:
    """Its snippets for pages of others are tried in tests/browser/test_embed_how_to.py."""
    news = build(tmp_path / "news", {"blog/one.md": issue(1)}, site_url="https://news.example/")
    text = (HOW_TO / "embed.md").read_text("utf-8")
    [source, folder] = re.findall(r"\$ feedserver export (\S+) (\S+)", text)[0]
    archive = source.replace("https://news.example", str(news.folder))
    assert cli.main(["export", archive, str(tmp_path / "site" / folder)]) == 0
    built = _follow("embed", tmp_path / "site")
    page = built.read("clients/index.html")
    assert "Hydrogen 1.2.3" in page and "https://news.example/section/clients/" in page
    assert "feeds.example" not in page


def test_every_picture_says_what_it_shows() -> None:
    found = 0
    for path in (ROOT / "docs").rglob("*.md"):
        text = path.read_text("utf-8")
        pictures = re.findall(r"(?m)!\[([^\]]*)\]\([^)\s]+\)", re.sub(r"`[^`\n]*`", "", text))
        assert all(len(alt) > 10 for alt in pictures), path
        assert text.count("\nimage = ") == text.count("\nimage_alt = "), path
        found += len(pictures)
    assert found


def test_every_page_is_in_the_nav(site: Built) -> None:
    nav = (ROOT / "mkdocs.yml").read_text("utf-8").split("\nnav:\n")[1]
    names = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert {"index.md", "contributing.md", "how-to/embed.md"} <= names
    for name in names:
        if not name.startswith(("blog/", "section/")):
            assert f" {name}\n" in f"{nav}\n", name


def test_every_command_and_flag_is_documented() -> None:
    text = _page("commands")
    actions = cli.parser()._actions
    [commands] = [action for action in actions if isinstance(action, argparse._SubParsersAction)]
    for flag in _flags(actions):
        assert f"\n## feedserver {flag}\n" in text
    for name, parser in commands.choices.items():
        part = text.split(f"## feedserver {name}\n")[1].split("\n## ")[0]
        for action in parser._actions:
            flags = [flag for flag in action.option_strings if flag.startswith("--")]
            for flag in flags:
                assert flag == "--help" or flag in part, f"{name} {flag}"
            if not flags:
                assert str(action.metavar) in part


def test_every_command_of_the_plugin_is_documented() -> None:
    actions = mkdocs_twim.cli.parser()._actions
    [commands] = [action for action in actions if isinstance(action, argparse._SubParsersAction)]
    for flag in _flags(actions):
        assert f"\n## python -m mkdocs_twim {flag}\n" in _page("commands")
    for name, parser in commands.choices.items():
        part = _page("commands").split(f"## python -m mkdocs_twim {name}\n")[1].split("\n## ")[0]
        for action in parser._actions:
            assert action.option_strings or f"`{action.metavar}`" in part


def _flags(actions: Iterable[argparse.Action]) -> set[str]:
    """The flags that stand in a command's own place, where no other command does."""
    flags = {flag for action in actions for flag in action.option_strings}
    return {flag for flag in flags if flag.startswith("--")} - {"--help"}


def test_all_that_needs_a_hand_is_documented() -> None:
    hands = "\n## What needs a hand\n"
    documented = [
        [part.strip(" …:,`") for part in message.split("…") if part.strip(" …:,`")]
        for page in ("move-from-zola", "move-from-material")
        for cell in re.findall(
            r"(?m)^\| (`.*?`(?:, `.*?`)*) \|",
            (HOW_TO / f"{page}.md").read_text("utf-8").split(hands)[1],
        )
        for message in re.findall("`(.*?)`", cell)
    ]
    told = [
        _shown(node.args[1])
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "hand"
    ]
    assert len(told) > 30
    for message in told:
        fits = any(all(part in message for part in parts) for parts in documented if parts)
        assert fits or message in ("…", "rss: …", "blog: …"), message


def test_every_verb_of_run_is_documented() -> None:
    verbs = set(re.findall(r"(?m)^  (\w+)\)$", (ROOT / "run").read_text("utf-8")))
    assert {"serve", "test", "check", "docs", "clean"} <= verbs
    readme = (ROOT / "README.md").read_text("utf-8")
    for verb in verbs:
        assert f"`./run {verb}`" in readme and f"`./run {verb}`" in _page("commands"), verb


def test_the_readme_begins_with_the_two_commands() -> None:
    first_screen = "\n".join((ROOT / "README.md").read_text("utf-8").splitlines()[:20])
    assert "./run serve" in first_screen and "./run test" in first_screen


def test_the_version_that_pages_name_is_this_one() -> None:
    named = {
        f"{path.relative_to(ROOT)}: {found[0]}"
        for folder in (HOW_TO, REFERENCE)
        for path in sorted(folder.rglob("*"))
        if path.suffix in ("", ".md", ".yml", ".yaml") and path.is_file()
        for found in _NAMED_VERSION.finditer(path.read_text("utf-8"))
        if found[1] != mkdocs_twim.__version__
    }
    assert not named


def test_the_changelog_has_the_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    newest = re.search(r"(?m)^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", text)
    assert newest and newest[1] == mkdocs_twim.__version__


def _documented() -> list[list[str]]:
    """The messages that are documented: of each the words, without what differs from one to one."""
    cells = re.findall(r"(?m)^\| (`.*?`) \|", _page("messages"))
    found = []
    for message in [message for cell in cells for message in re.findall("`(.*?)`", cell)]:
        parts = re.split(r"…|\b[AB]\b|'@/|'|/x/|found 3|2024-01-22", message)
        found.append([part.strip(" :,") for part in parts if len(part.strip(" :,")) > 6])
    return found


def _shown(node: ast.expr) -> str:
    """The text of a literal, with dots for what is put into it."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_shown(value) for value in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else "…"


_TELLING = ("problem", "warning", "fail", "_fail", "Doubt", "_doubt", "_tell", "_of_key")


def _messages(path: Path) -> Iterator[str]:
    """What a module raises, collects or warns of."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            name = node.func.id if isinstance(node.func, ast.Name) else name
            if name.endswith("Error") or name in _TELLING:
                yield from (text for text in map(_shown, node.args) if " " in text)
        elif (
            isinstance(node, ast.Assign)
            and path.stem == "checks"
            and ast.unparse(node.targets[0]) == "message"
        ):
            # What is then warned of.
            yield from (text for text in [_shown(node.value)] if " " in text)


def test_the_how_to_on_links_does_what_it_says(tmp_path: Path) -> None:
    text = (HOW_TO / "link.md").read_text("utf-8")
    links = re.findall(r"(?m)^\| `(\[.*?\]\(.*?\))` \|", text)
    assert len(links) == 8
    [row] = re.findall(r"(?m)^\| `\[all sections\].*$", text)
    lists = re.findall(r"`([\w/]+\.md)`", row)
    assert {"section/index.md", "feeds.md", "author/index.md"} < {*lists}
    body = "## Dept of Boats ⛵\n\n### Seagull\n\nText.\n\n" + "\n".join(links)
    body += "".join(f"\n[list](../{name})" for name in lists)
    terms = 'author = ["Ada"]\ncategory = ["This Week in X"]\n'
    issue = f'+++\ntitle = "{{}}"\n[taxonomies]\n{terms}+++\n\n{body}'
    files: dict[str, str | bytes] = {
        "about.md": "# About\n" + "".join(f"\n[list]({name})" for name in lists),
        "blog/2026-05-08-this-week-1.md": issue.format(1),
        "blog/2026-05-15-this-week-2.md": issue.format(2),
    }
    built = build(tmp_path, files, strict=True)
    assert ".md" not in built.read("blog/this-week-1/index.html").split("<h2")[1].split("footer")[0]
    assert ".md" not in built.read("section/boats/feed.json")


def test_every_message_is_that_of_the_code() -> None:
    code = "".join(
        path.read_text("utf-8")
        for package in ("mkdocs_twim", "feedserver")
        for path in (ROOT / package).rglob("*.py")
    )
    code = re.sub(r'"\s*f?"', "", code)
    for words in _documented():
        assert all(part in code for part in words), words


def test_every_message_of_the_plugin_is_documented() -> None:
    documented = [words for words in _documented() if words]
    count = 0
    for path in PACKAGE.rglob("*.py"):
        for message in _messages(path):
            # What hands on another's message, and what a call's argument is expected to be.
            handed_on = message in ("…: …", "twim: …", "mkdocs.yml: twim: …")
            if handed_on or re.match("a |the (addr|id )", message):
                continue
            count += 1
            fits = any(all(part in message for part in words) for words in documented)
            assert fits, f"{path.name}: {message}"
    assert count > 30, count


def test_the_site_is_built_without_a_warning(site: Built) -> None:
    assert site.warnings == []


def test_the_newsletter_has_its_pages_and_feeds(site: Built) -> None:
    posts = [i for i in site.json("archive.json")["items"] if i["_twim"]["kind"] == "post"]
    assert len([item for item in posts if item["_twim"].get("sections")]) >= 5
    for item in posts:
        page = item["url"].removeprefix("https://mkdocs-twim.example/")
        assert (site.folder / page / "index.html").is_file()
    for project in ("feedserver", "front-matter", "catalogue"):
        history = site.json(f"project/{project}/feed.json")["items"]
        assert len({item["_twim"]["issue"]["id"] for item in history}) >= 2


def test_the_newsletter_shows_every_feature(site: Built) -> None:
    posts = [i for i in site.json("archive.json")["items"] if i["_twim"]["kind"] == "post"]
    pictures = [item.get("image", "") for item in posts]
    assert any(picture.startswith("https://mkdocs-twim.example/blog/img/") for picture in pictures)
    assert any(picture.endswith("/this-month-in-twim/feeds.png") for picture in pictures)
    assert any(len(item["authors"]) > 1 for item in posts)
    blog, second = site.read("blog/index.html"), site.read("blog/page/2/index.html")
    assert "#continue-reading" in blog and 'class="twim-pager"' in blog and "twim-card" in second
    every = "".join(item["content_html"] for item in posts)
    for mark in ("<table", "<figure", "<ul", "<pre", "www.youtube.com/watch", "<del"):
        assert mark in every, mark
    updates = [i["_twim"] for i in site.json("archive.json")["items"] if "issue" in i["_twim"]]
    assert any("project" not in update for update in updates)
    for page in ("no-newsletter", "tag/pages", "author/ines-duarte", "section/feeds", "feeds"):
        assert (site.folder / page / "index.html").is_file(), page
    assert "what feed readers make of it" in site.read("section/feeds/index.html")


def test_nothing_is_wrong_with_its_feeds(site: Built) -> None:
    feeds = site.json("feeds.json")["feeds"]
    assert len(feeds) > 10
    for feed in feeds:
        for address in feed["formats"].values():
            path = address.removeprefix("https://mkdocs-twim.example/")
            assert check((site.folder / path).read_bytes(), address=address, own=True) == ()


def test_links_to_feeds_on_its_pages_lead_somewhere(site: Built) -> None:
    for page in ("index.html", "blog/index.html"):
        paths = re.findall(r'href="([^":]*\.(?:xml|json|opml))"', site.read(page))
        assert paths, page
        for path in paths:
            assert (site.folder / page).parent.joinpath(path).is_file(), path
