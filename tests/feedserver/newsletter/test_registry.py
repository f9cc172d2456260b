"""hebbot's configuration and a site's aliases, read strictly."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedserver.errors import RegistryError
from feedserver.newsletter import registry
from feedserver.newsletter.registry import Aliases, Registered, Registry

HEBBOT = """\
bot_user_id = '@bot:example.org'

[[sections]]
emoji = '🌡️'
name = 'status'
title = 'Dept of *Status of Matrix* 🌡️'
order = 20
usual_reporters = []

[[sections]]
name = 'clients'
title = 'Dept of Clients 📱'
order = 10
aliases = ["Apps", "Dept of Programs"]

[[projects]]
emoji = 'Emt Web'
name = 'element-web'
title = 'Element Web/Desktop'
description = 'Secure. Talk in [#web:x.example](https://matrix.to/#/#web:x.example)!'
website = 'https://Element.example'
default_section = 'clients'
usual_reporters = 7
aliases = ["Riot 0.9"]
"""


def _read(text: str | None = HEBBOT, aliases: Aliases | None = None) -> Registry:
    data = None if text is None else text.encode()
    return registry.read(data, "hebbot.toml", aliases, "settings")


def _error(text: str | None = HEBBOT, aliases: Aliases | None = None) -> str:
    with pytest.raises(RegistryError) as error:
        _read(text, aliases)
    return str(error.value)


def test_what_is_taken_of_it() -> None:
    found = _read()
    assert found.find("project", "element-web-desktop") == Registered(
        "element-web-desktop",
        "Element Web/Desktop",
        "Secure. Talk in #web:x.example!",
        "https://element.example/",
        None,
        ("riot",),
    )
    assert found.find("section", "status-of-matrix") == Registered(
        "status-of-matrix", "Status of Matrix", None, None, 1
    )


@pytest.mark.parametrize("slug", ["element-web-desktop", "element-web", "riot"])
def test_a_title_a_name_and_an_alias_are_one(slug: str) -> None:
    assert _read().slug("project", slug) == "element-web-desktop"


def test_kinds_are_apart_and_what_is_unknown_stays() -> None:
    found = _read()
    assert found.slug("section", "riot") == "riot"
    assert found.slug("project", "clients") == "clients"
    assert found.slug("section", "programs") == "clients"


def test_sections_stand_in_its_order_and_others_after_them() -> None:
    slugs = ["status-of-matrix", "zebras", "clients", "ants"]
    found = _read()
    assert sorted(slugs, key=lambda slug: found.place("section", slug)) == [
        "clients",
        "status-of-matrix",
        "ants",
        "zebras",
    ]


def test_of_equal_orders_the_first_in_the_file_stands_first() -> None:
    text = "".join(f"[[sections]]\ntitle = '{name}'\norder = 1\n" for name in ("B", "A"))
    assert sorted("ab", key=lambda slug: _read(text).place("section", slug)) == ["b", "a"]


def test_a_title_comes_before_a_name() -> None:
    text = "[[projects]]\nname = 'element'\ntitle = 'Element X'\n[[projects]]\ntitle = 'Element'\n"
    assert _read(text).slug("project", "element") == "element"


@pytest.mark.parametrize(
    "website", ["@/about.md", "about/", "javascript:alert(1)", "", "mailto:a@b"]
)
def test_what_is_no_address_of_the_web_is_no_website(website: str) -> None:
    found = _read(f"[[projects]]\ntitle = 'A'\nwebsite = '{website}'\n").find("project", "a")
    assert found and found.website is None


def test_titles_and_descriptions_are_plain_text() -> None:
    text = (
        "[[projects]]\ntitle = '1. < FC > & co'\ndescription = '''<script>x</script>a\nb <b>c'''\n"
    )
    found = _read(text).find("project", "1-fc-co")
    assert found and (found.title, found.description) == ("1. < FC > & co", "a b c")


def test_a_mark_and_windows_line_ends() -> None:
    found = registry.read(b"\xef\xbb\xbf" + HEBBOT.replace("\n", "\r\n").encode(), "x")
    assert found == _read()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = [\n1", "hebbot.toml:2: invalid TOML: Unclosed array"),
        ("a = 1\na = ", "hebbot.toml:2: invalid TOML: Invalid value"),
        ("a = 1" + "0" * 5000, "hebbot.toml: invalid TOML: "),
        ("a = " + "[" * 50_000, "hebbot.toml: it is nested too deeply"),
        ("sections = 3", "hebbot.toml: sections: expected tables [[sections]], found 3"),
        (
            "[projects]\na = 1",
            "hebbot.toml: projects: expected tables [[projects]], found {'a': 1}",
        ),
        ("\n[[projects]]\n", "hebbot.toml:2: project '1': title: expected text, found nothing"),
        ("[[projects]]\ntitle = '**'", "project '**': no slug can be made of its title"),
        ("[[projects]]\ntitle = ' '\nname = 'x'", "project 'x': title: expected text"),
        ("[[projects]]\ntitle = 3\nname = 'x'", "project 'x': title: expected text, found 3"),
        ("projects = [{title = 'X', name = 3}]", "hebbot.toml: project 'X': name: expected text"),
        (
            "[[projects]]\ntitle = 'X'\n\n[[projects]]\ntitle = 'Y'\nwebsite = []",
            "hebbot.toml:4: project 'Y': website: expected text, found []",
        ),
        ("[[sections]]\ntitle = 'X'\norder = true", "order: expected a whole number, found True"),
        ("[[sections]]\ntitle = 'X'\norder = 1.5", "order: expected a whole number, found 1.5"),
        ("[[sections]]\ntitle = 'X'\naliases = 'Y'", "aliases: expected a list, found 'Y'"),
        ("[[sections]]\ntitle = 'X'\naliases = [1]", "aliases: expected text, found 1"),
        ("[[sections]]\ntitle = 'X'\naliases = ['📱']", "no slug can be made of the alias '📱'"),
        (
            "[[projects]]\ntitle = 'X'\n[[projects]]\ntitle = 'X 2.0'",
            "hebbot.toml:3: project 'X 2.0': its title has the slug of that of 'X'",
        ),
        (
            "[[projects]]\ntitle = 'X'\nname = 'a'\n[[projects]]\ntitle = 'Y'\nname = 'a'",
            "hebbot.toml:4: project 'Y': its name has the slug of that of 'X'",
        ),
        (
            "[[projects]]\ntitle = 'X'\naliases = ['Z']\n"
            "[[projects]]\ntitle = 'Y'\naliases = ['z']",
            "hebbot.toml:4: project 'Y': the alias 'z' is one of 'X' too",
        ),
        (
            "[[projects]]\ntitle = 'X'\naliases = ['Y']\n[[projects]]\ntitle = 'Y'",
            "hebbot.toml:1: project 'X': the alias 'Y' names 'Y', which stands by itself",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, message: str) -> None:
    assert message in _error(text)


def test_a_file_that_is_no_text() -> None:
    with pytest.raises(RegistryError, match=r"^hebbot.toml:2: it isn't UTF-8$"):
        registry.read(b"a = 1\nb = '\xff'", "hebbot.toml")


def test_a_long_value_is_cut_in_an_error() -> None:
    assert len(_error(f"sections = '{'x' * 500}'")) < 150


def test_aliases_of_settings_join_an_entry_by_any_of_its_names() -> None:
    aliases: Aliases = {
        "project": {"element-web": ["Riot Web"], "Element Web/Desktop": ["vector", "Riot Web"]}
    }
    found = _read(aliases=aliases).find("project", "vector")
    assert found and found.slug == "element-web-desktop"
    assert found.aliases == ("riot", "riot-web", "vector")


def test_aliases_need_no_registry() -> None:
    found = _read(None, {"section": {"clients": ["Dept of Apps 📱", "clients"]}})
    assert found.find("section", "apps") == Registered("clients", aliases=("apps",))
    assert found.place("section", "clients") == (True, 0, "clients")
    assert registry.read(None, "") == Registry({"section": {}, "project": {}})


@pytest.mark.parametrize(
    ("aliases", "message"),
    [
        (
            {"a": ["b"], "b": ["c"]},
            "settings: project 'a': the alias 'b' names 'b', which stands by itself",
        ),
        ({"a": ["c"], "b": ["C"]}, "settings: project 'b': the alias 'C' is one of 'a' too"),
        ({"a": ["b"], "b": ["a"]}, "settings: project 'a': the alias 'b' names 'b'"),
        (
            {"a": ["element-web"]},
            "project 'a': the alias 'element-web' names 'Element Web/Desktop'",
        ),
        (
            {"Riot": ["x"]},
            "settings: project 'Riot': it is an alias of 'Element Web/Desktop', and can't have any",
        ),
        ({"📱": ["x"]}, "settings: project '📱': no slug can be made of it"),
        ({"a": ["1.0"]}, "settings: project 'a': no slug can be made of the alias '1.0'"),
    ],
)
def test_chains_and_aliases_of_two_are_errors(aliases: dict[str, list[str]], message: str) -> None:
    assert message in _error(HEBBOT, {"project": aliases})


_VALUES = st.recursive(
    st.booleans() | st.integers(-9, 9) | st.text("abC1. -*[]📱", max_size=6),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=4,
)


def _literal(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return str(value).lower() if isinstance(value, bool) else repr(value)


@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["title", "name", "aliases", "order", "website", "emoji"]), _VALUES
        ),
        max_size=4,
    )
)
def test_any_table_is_read_or_refused_with_a_place(tables: list[dict[str, object]]) -> None:
    text = "".join(
        "[[projects]]\n" + "".join(f"{key} = {_literal(value)}\n" for key, value in table.items())
        for table in tables
    )
    try:
        found = _read(text)
    except RegistryError as error:
        assert error.line and text.split("\n")[error.line - 1] == "[[projects]]"
        return
    for slug, registered in found.by_slug["project"].items():
        assert found.slug("project", registered.slug) == registered.slug
        assert found.slug("project", slug) == registered.slug
        assert set(registered.aliases) <= found.by_slug["project"].keys() - {registered.slug}


def test_the_registry_of_this_week_in_matrix(corpus: Path) -> None:
    path = corpus.parent / "hebbot-config.toml"
    found = registry.read(path.read_bytes(), path.name)
    sections = {entry.slug: entry for entry in found.by_slug["section"].values()}
    projects = {entry.slug: entry for entry in found.by_slug["project"].values()}
    assert (len(sections), len(projects)) == (33, 132)
    assert all(entry.order is not None for entry in sections.values())
    assert all(entry.title and entry.description for entry in projects.values())
    # Six working groups and the board lead to pages of the foundation's, by links of Zola.
    assert len([entry for entry in projects.values() if not entry.website]) == 7
    assert found.slug("section", "tns") == "trust-safety"
    polycule = projects["polycule"]
    assert polycule.title == "< polycule >"
