"""Slugs and ids: those that other sites link to, and the contract's."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedserver.text.slugs import (
    HeadingIds,
    project_slug,
    project_title,
    section_slug,
    section_title,
    slug_of,
    slugify,
    without_emoji,
    without_signs,
)
from tests.conftest import ends, examples, steps

pytestmark = pytest.mark.dependency

SLUG = re.compile("[a-z0-9]+(?:-[a-z0-9]+)*|")


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Fractal", "fractal"),
        ("Dept of Spec 📜", "dept-of-spec-scroll"),
        ("Dept of Status of Matrix 🌡️", "dept-of-status-of-matrix-thermometer"),
        ("Dept of Clients 📱", "dept-of-clients-iphone"),
        ("Dept of VoIP 🤙", "dept-of-voip-call-me-hand"),
        ("Dept of Trust & Safety ⚖️", "dept-of-trust-safety-scales"),
        ("Dept of Trust & Safety 🙆", "dept-of-trust-safety-ok-woman"),
        ("Dept of Encryption 🔐", "dept-of-encryption-closed-lock-with-key"),
        ("Dept of Interesting Projects 🛰️", "dept-of-interesting-projects-satellite-orbital"),
        ("Dept of Services 🧑‍🔧", "dept-of-services-adult-wrench"),
        ("Dept of Events and Talks 🗣️", "dept-of-events-and-talks-speaking-head"),
        ("Dept of elections 🗳️", "dept-of-elections-ballot-box"),
        ("Element X iOS (website)", "element-x-ios-website"),
        ("What’s planned", "what-s-planned"),
        ("That's all I know", "that-s-all-i-know"),
        ("Matrix Live S11E18 – Happy Holidays!", "matrix-live-s11e18-happy-holidays"),
        ("日本", "ri-ben"),
        ("½ ™ ©", "1-2-tm-c"),
        ("€60", "eur60"),
        ("Cactus🌵Comments", "cactuscactus-comments"),
        ("Crème Brûlée, Škoda & Straße", "creme-brulee-skoda-strasse"),
        ("Ёлка и чай", "iolka-i-chai"),
        ("サーバー", "saba"),
        ("👍🏿 for ❤️", "1-for-red-heart"),
        ("🏳️‍⚧️", "flag-white-transgender-symbol"),
        ("e\u0301tude", "etude"),
        ("zero\u200bwidth soft\u00adhyphen", "zero-width-softhyphen"),
        ("private\ue000use", "private-use"),
        ("-- a__b --", "a-b"),
        ("", ""),
        ("…", ""),
    ],
)
def test_slugify_gives_the_slug_of_zola(text: str, slug: str) -> None:
    assert slugify(text) == slug


@given(st.text())
@settings(max_examples=examples(200))
def test_slugs_hold_letters_digits_and_single_dashes(text: str) -> None:
    slug = slugify(text)
    assert SLUG.fullmatch(slug)
    assert slugify(slug) == slug


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Dept of Ops 🛠", "Dept of Ops"),
        ("🧑‍🔧 Services 🚀", "Services"),
        ("Foo🎉Bar", "Foo Bar"),
        ("strawberry🍓 (it/pup) 🏳️‍⚧️ 🦴💜🩷", "strawberry (it/pup)"),
        ("flags 🇬🇧🏴󠁧󠁢󠁥󠁮󠁧󠁿 and hands 👋🏽", "flags and hands"),
        ("1️⃣ step", "1 step"),
        ("©️ ® Matrix™", "© ® Matrix™"),
        ("C♯ → F#", "C♯ → F#"),
        ("  wide   gap ", "wide gap"),
        ("Aß日", "Aß日"),
    ],
)
def test_without_emoji_leaves_text(text: str, plain: str) -> None:
    assert without_emoji(text) == plain


@pytest.mark.parametrize(
    ("heading", "title", "slug"),
    [
        ("Dept of Clients 📱", "Clients", "clients"),
        ("Dept of Status of Matrix 🌡️", "Status of Matrix", "status-of-matrix"),
        ("Dept of SDKs and Frameworks 🧰", "SDKs and Frameworks", "sdks-and-frameworks"),
        ("Department of Servers", "Servers", "servers"),
        ("🏓 dept. of  Ping", "Ping", "ping"),
        ("Homeserver Deployment 📥️", "Homeserver Deployment", "homeserver-deployment"),
        ("Matrix Live", "Matrix Live", "matrix-live"),
        ("Matrix Live 🎙 Demos Week", "Matrix Live Demos Week", "matrix-live"),
        ("🎙️ Matrix Live S2E1: Hello", "Matrix Live S2E1: Hello", "matrix-live"),
        ("Matrix Lively", "Matrix Lively", "matrix-lively"),
        ("GSOC Updates", "GSOC Updates", "gsoc-updates"),
        ("A Dept of Things", "A Dept of Things", "a-dept-of-things"),
        ("Dept office", "Dept office", "dept-office"),
        ("Dept of 📱", "", ""),
        ("📱", "", ""),
    ],
)
def test_a_section_is_named_without_its_department(heading: str, title: str, slug: str) -> None:
    assert section_title(heading) == title
    assert section_slug(heading) == slug


@pytest.mark.parametrize(
    ("heading", "slug"),
    [
        ("Hydrogen", "hydrogen"),
        ("Element Web/Desktop", "element-web-desktop"),
        ("FluffyChat", "fluffychat"),
        ("FluffyChat Updates", "fluffychat"),
        ("FluffyChat 0.42.0 has been released", "fluffychat"),
        ("Arch Conf 2020", "arch-conf-2020"),
        ("Element for Android 1.0.10", "element-for-android"),
        ("Synapse v0.19.0", "synapse"),
        ("Synapse 0.31.0 and 0.31.1 released", "synapse"),
        ("nheko (v0.7.0-rc1) 🎉", "nheko"),
        ("Nheko Version 0.9.0", "nheko"),
        ("Matrix Spec v1.10 release", "matrix-spec"),
        ("Cactus Comments 🌵", "cactus-comments"),
        ("Weekly Update: Releases", "weekly-update-releases"),
        ("etke.cc", "etke-cc"),
        ("Server_Stats Updates", "server-stats"),
        ("web3.0", "web3-0"),
        ("Heron 3.1.0rc2: a first look", "heron"),
        ("Heron (v1.0.10), at last", "heron"),
        ("Sign-in with Heron 2.0/SAML", "sign-in-with-heron-2-0-saml"),
        ("Heron Docs 1.18 for Dash and Zeal", "heron-docs-for-dash-and-zeal"),
        ("Heron Docs release (1.19) for Dash and Zeal", "heron-docs-for-dash-and-zeal"),
        ("Heron Docs 1.20 【for Dash and Zeal】", "heron-docs-for-dash-and-zeal"),
        ("Heron Docs 1.20 ⟨for Dash and Zeal⟩", "heron-docs-for-dash-and-zeal"),
        ("Tern 0.4.1 (for Web)", "tern-for-web"),
        ("Tern 0.4.1 [For Web] 🌊", "tern-for-web"),
        ("Tern 0.4.1 (fortnightly)", "tern"),
        ("Tern 0.4.1 (not for Web)", "tern"),
        ("Heron 1.2 for Debian 12.4 released", "heron-for-debian"),
        ("Heron 1.2 forks", "heron"),
        ("Heron v1.99.0–v1.100.0", "heron"),
        ("Heron 1.99/1.100 released", "heron"),
        ("Heron (1.9.0—1.9.2rc1)", "heron"),
        ("Heron & Owl 1.2/0.8/3.4: news", "heron-owl"),
        ("Heron 1.2/SAML 1.3", "heron-1-2-saml"),
        ("Heron v1.99.0–v1.100.0/SAML", "heron-v1-99-0-v1-100-0-saml"),
        ("Heron 2.0!", "heron-2-0"),
        # A version begins where a word does.
        ("Heron API r0.6.1", "heron-api-r0-6-1"),
        ("Heron on iOS17.4.1, at last", "heron-on-ios17-4-1-at-last"),
        ("Heron h.e.1.2", "heron-h-e-1-2"),
        ("Héroné1.2.3", "herone1-2-3"),
        ("Heron r0.6.1 released as 1.2", "heron-r0-6-1-released-as"),
        ("heron-1.2.3", "heron"),
        ("heron_1.2.3", "heron"),
        ("C++ SDK", "c-plus-plus-sdk"),
        ("C# SDK 0.4.1", "c-sharp-sdk"),
        ("Notepad++ 🎉", "notepad-plus-plus"),
        ("#heron:letters.example", "heron-letters-example"),
        ("Third Room 1", "third-room-1"),
        ("0.42.0 has been released", ""),
        ("Updates", ""),
        ("🎉", ""),
    ],
)
def test_a_project_has_one_slug_in_all_versions(heading: str, slug: str) -> None:
    assert project_slug(heading) == slug


@pytest.mark.parametrize(
    ("heading", "title"),
    [
        ("Heron 0.0.96 beta4", "Heron"),
        ("Heron: version 0.8.0", "Heron"),
        ("🐦 Heron (v0.7.0-rc1) 🎉", "Heron"),
        ("Heron Docs 1.18 for Dash and Zeal", "Heron Docs for Dash and Zeal"),
        ("Tern 0.4.1 (for Web)", "Tern (for Web)"),
        ("Tern (0.4.1 for Web)", "Tern for Web"),
        ("Tern (0.4.1) for Web (beta)", "Tern for Web (beta)"),
        ("Tern [0.4.1 for Web (beta)]", "Tern for Web (beta)"),
        ("Tern (0.4.1, for Web)", "Tern for Web"),
        ("Tern ( 0.4.1 for Web)", "Tern for Web"),
        ("Tern ((0.4.1) for Web)", "Tern for Web"),
        ("Tern (🐦 0.4.1 for Web 2.0 for X)", "Tern for Web for X"),
        ("C++ 1.0", "C++"),
        ("C# 1.0", "C#"),
        ("Heron! 1.0", "Heron!"),
        ("Cafe\u0301 1.0", "Cafe\u0301"),
        ("heron@1.2.3", "heron"),
        ("heron_1.2.3", "heron"),
        ("Heron ≥1.2.3", "Heron"),
        ("Heron >= 1.2.3", "Heron"),
        ("Heron → 1.2.3", "Heron"),
        ("Heron # 1.2.3", "Heron"),
        ("Heron release = 1.2 for Debian", "Heron for Debian"),
        ("Heron “1.2 beta”", "Heron"),
        ("Heron r0.6.1", "Heron r0.6.1"),
        ("Heron h.e.1.2", "Heron h.e.1.2"),
        ("++ 1.0", "++ 1.0"),
        ("Heron 🐦", "Heron 🐦"),
        ("Heron Updates", "Heron Updates"),
        ("Heron 2.0/SAML", "Heron 2.0/SAML"),
        ("Heron v1.99.0–v1.100.0", "Heron"),
        ("Heron 1.99/1.100", "Heron"),
        ("Heron 1.9.0~1.9.2 for Debian", "Heron for Debian"),
        ("Heron v1.99.0–v1.100.0/SAML", "Heron v1.99.0–v1.100.0/SAML"),
        # By its letter, the rule for versions wants another sign behind them.
        ("Heron 2.0!", "Heron 2.0!"),
        ("Heron 2.0?", "Heron 2.0?"),
        ("Heron 1.9/2.0!", "Heron 1.9/2.0!"),
        ("0.42.0 has been released", "0.42.0 has been released"),
    ],
)
def test_a_project_is_called_as_its_heading_is_without_a_version(heading: str, title: str) -> None:
    assert project_title(heading) == title


@pytest.mark.parametrize(
    ("name", "slug", "former"),
    [
        ("C++", "c-plus-plus", "c"),
        ("C#", "c-sharp", "c"),
        ("F#/C++ interop", "f-sharp-c-plus-plus-interop", "f-c-interop"),
        ("Си++", "si-plus-plus", "si"),
        ("e\u0301+", "e-plus", "e"),
        ("C＋＋", "c-plus-plus", "c"),
        ("Ｃ＋＋ lib", "c-plus-plus-lib", "c-lib"),
        ("F＃", "f-sharp", "f"),
        ("a＋b", "a-b", "a-b"),
        ("C++🎉", "c-plus-plus-tada", "c-tada"),
        # Not behind a letter, or not at the end of a word.
        ("C++17", "c-17", "c-17"),
        ("a+b", "a-b", "a-b"),
        ("24+", "24", "24"),
        ("Issue #5", "issue-5", "issue-5"),
        ("👍+", "1", "1"),
        # All else joins.
        ("C", "c", "c"),
        ("Zoë Ärm!", "zoe-arm", "zoe-arm"),
    ],
)
def test_signs_at_the_end_of_a_word_are_words(name: str, slug: str, former: str) -> None:
    assert slug_of(name) == slug_of(slug) == slug
    assert slug_of(without_signs(name)) == former


def test_equal_headings_are_numbered() -> None:
    ids = HeadingIds()
    assert [ids.take(text) for text in ("Synapse", "synapse!", "Synapse")] == [
        "synapse",
        "synapse-1",
        "synapse-2",
    ]


def test_ids_that_are_given_are_left_to_their_headings() -> None:
    ids = HeadingIds()
    ids.reserve("hello")
    ids.reserve("hello-2")
    assert [ids.take("Hello") for _ in range(3)] == ["hello-1", "hello-3", "hello-4"]
    assert ids.take("Hello 2") == "hello-2-1"


def test_a_heading_without_letters_is_called_heading() -> None:
    ids = HeadingIds()
    assert [ids.take("…"), ids.take(""), ids.take("Heading")] == [
        "heading",
        "heading-1",
        "heading-2",
    ]


@given(st.lists(st.sampled_from(["a", "A!", "a-1", "a 2", "", "heading"]), max_size=12))
@settings(max_examples=examples(100))
def test_no_id_is_given_twice(texts: list[str]) -> None:
    ids = HeadingIds()
    taken = [ids.take(text) for text in texts]
    assert len(set(taken)) == len(texts)
    assert all(taken)


def test_a_page_of_equal_headings_takes_linear_time() -> None:
    def take(number: int) -> None:
        ids = HeadingIds()
        for _ in range(number):
            ids.take("Synapse 🏢")

    assert steps(lambda: take(2000)) < 11 * steps(lambda: take(200))
    with ends():
        slugify("é" * 500_000)
        project_slug("1" * 200_000)


@pytest.mark.parametrize("text", ["1", "1.", "1.0 for ", "a+", "update ", "(", "1.1/"])
def test_hostile_headings_take_linear_time(text: str) -> None:
    with ends():
        project_slug(text * 20_000)
        project_title(text * 20_000)
        # What is behind a space is joined to none of them.
        assert project_title(f"Heron {text * 100_000} 2.0.1")
