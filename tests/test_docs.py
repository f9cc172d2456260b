"""The documentation, which can't drift from the code, and is built with the plugin."""

from __future__ import annotations

import argparse
import dataclasses
import re

import pytest
import yaml
from mkdocs.commands.build import build as mkdocs_build
from mkdocs.config import load_config

import mkdocs_twim
from feedserver import cli
from feedserver.catalogue import FEED_FILES, RESERVED
from feedserver.check import check
from mkdocs_twim.config import NamedFeedConfig, TaxonomyConfig, TwimConfig
from mkdocs_twim.postmeta import PostMeta
from mkdocs_twim.shortcodes import SIGNATURES
from tests.conftest import ROOT
from tests.sites import Built, messages

REFERENCE = ROOT / "docs" / "reference"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Built:
    built = Built(tmp_path_factory.mktemp("docs") / "site")
    with messages() as built.warnings:
        mkdocs_build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(built.folder), strict=True))
    return built


def _page(name: str) -> str:
    return (REFERENCE / f"{name}.md").read_text("utf-8")


def test_every_option_is_documented() -> None:
    text = _page("options")
    for name, _ in TwimConfig._schema:
        assert f"\n### {name}\n" in text, name
    for config in (TaxonomyConfig, NamedFeedConfig):
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


def test_every_key_of_front_matter_is_documented() -> None:
    text = _page("front-matter")
    fields = {field.name for field in dataclasses.fields(PostMeta)} - {"stem", "image", "image_alt"}
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


def test_every_address_is_documented() -> None:
    text = _page("addresses")
    for file in FEED_FILES:
        assert f"`/{file}`" in text
    for path in ("/updates/", "/section/", "/project/", "/author/", "/category/"):
        assert f"`{path}" in text
    for file in ("/feeds.json", "/feeds.opml", "/archive.json"):
        assert file in text


def test_every_command_and_flag_is_documented() -> None:
    text = _page("commands")
    actions = cli.parser()._actions
    [commands] = [action for action in actions if isinstance(action, argparse._SubParsersAction)]
    for name, parser in commands.choices.items():
        part = text.split(f"## feedserver {name}\n")[1].split("\n## ")[0]
        for action in parser._actions:
            flags = [flag for flag in action.option_strings if flag.startswith("--")]
            for flag in flags:
                assert flag == "--help" or flag in part, f"{name} {flag}"
            if not flags:
                assert str(action.metavar) in part


def test_every_verb_of_run_is_documented() -> None:
    verbs = set(re.findall(r"(?m)^  (\w+)\)$", (ROOT / "run").read_text("utf-8")))
    assert {"serve", "test", "check", "docs", "clean"} <= verbs
    readme = (ROOT / "README.md").read_text("utf-8")
    for verb in verbs:
        assert f"`./run {verb}`" in readme and f"`./run {verb}`" in _page("commands"), verb


def test_the_readme_begins_with_the_two_commands() -> None:
    first_screen = "\n".join((ROOT / "README.md").read_text("utf-8").splitlines()[:20])
    assert "./run serve" in first_screen and "./run test" in first_screen


def test_the_changelog_has_the_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    newest = re.search(r"(?m)^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", text)
    assert newest and newest[1] == mkdocs_twim.__version__


def test_every_message_is_that_of_the_code() -> None:
    code = "".join(
        path.read_text("utf-8")
        for package in ("mkdocs_twim", "feedserver")
        for path in (ROOT / package).glob("*.py")
    )
    code = re.sub(r'"\s*f?"', "", code)
    cells = re.findall(r"(?m)^\| (`.*?`) \|", _page("messages"))
    for message in [message for cell in cells for message in re.findall("`(.*?)`", cell)]:
        words = [part for part in re.split(r"…|\b[AB]\b|'@/|'|/x/|found 3|2024-01-22", message)]
        for part in words:
            if len(part.strip(" :,")) > 6:
                assert part.strip(" :,") in code, message


def test_the_site_is_built_without_a_warning(site: Built) -> None:
    assert site.warnings == []


def test_the_newsletter_has_its_pages_and_feeds(site: Built) -> None:
    posts = [i for i in site.json("archive.json")["items"] if i["_twim"]["kind"] == "post"]
    assert len([post for post in posts if post["_twim"].get("sections")]) >= 4
    for post in posts:
        page = post["url"].removeprefix("https://mkdocs-twim.example/")
        assert (site.folder / page / "index.html").is_file()
    history = site.json("project/feedserver/feed.json")["items"]
    assert len({item["_twim"]["issue"]["id"] for item in history}) >= 2


def test_nothing_is_wrong_with_its_feeds(site: Built) -> None:
    for feed in site.json("feeds.json")["feeds"]:
        for address in feed["formats"].values():
            path = address.removeprefix("https://mkdocs-twim.example/")
            assert check((site.folder / path).read_bytes(), address=address) == ()


def test_links_to_feeds_on_its_pages_lead_somewhere(site: Built) -> None:
    for page in ("index.html", "blog/index.html"):
        for path in re.findall(r'href="/([^"]*\.(?:xml|json|opml))"', site.read(page)):
            assert (site.folder / path).is_file(), path
