"""Where requests were sent to: by the request, by proxies that are trusted, by the settings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedserver.http.problems import Problem
from feedserver.http.proxies import Origins, prefix_of
from feedserver.settings.settings import Settings

LOCAL, STRANGER = ("127.0.0.1", 5000), ("203.0.113.9", 5000)


def _base(
    headers: dict[str, str],
    client: tuple[str, int] | None = LOCAL,
    settings: Settings | None = None,
) -> str:
    raw = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    raw.setdefault(b"host", b"inner:8000")
    origins = Origins(settings or Settings())
    scope = {"scheme": "http", "client": client}
    base = origins.base(scope, raw)
    # What the answer depends on is the same for the same answer's headers.
    assert origins.key(scope, raw) == origins.key(scope, dict(raw))
    return base


@pytest.mark.parametrize(
    ("headers", "base"),
    [
        ({}, "http://inner:8000/"),
        ({"x-forwarded-proto": "https"}, "https://inner:8000/"),
        ({"x-forwarded-host": "Feeds.Example"}, "http://feeds.example/"),
        ({"x-forwarded-proto": "HTTPS", "x-forwarded-host": "a.example:8443"},
         "https://a.example:8443/"),
        ({"x-forwarded-prefix": "/news"}, "http://inner:8000/news/"),
        ({"x-forwarded-prefix": "/news/all/"}, "http://inner:8000/news/all/"),
        ({"x-forwarded-prefix": "/"}, "http://inner:8000/"),
        ({"forwarded": "for=192.0.2.1;proto=https;host=a.example"}, "https://a.example/"),
        ({"forwarded": 'For="[2001:db8::1]:4711";Proto=https;Host="a.example:81"'},
         "https://a.example:81/"),
        # What a client has sent stands before what the proxy adds.
        ({"forwarded": "proto=https;host=evil.example, for=192.0.2.1;host=a.example"},
         "http://a.example/"),
        ({"forwarded": "for=192.0.2.1;host=a.example;proto=https, for=127.0.0.1;host=b.example"},
         "https://a.example/"),
        ({"x-forwarded-host": "evil.example, a.example", "x-forwarded-for": "192.0.2.1"},
         "http://a.example/"),
        ({"x-forwarded-host": "a.example, b.example", "x-forwarded-for": "192.0.2.1, 127.0.0.1"},
         "http://a.example/"),
        ({"x-forwarded-host": "a.example", "x-forwarded-for": "127.0.0.1, [::1]:5"},
         "http://a.example/"),
        # A proxy that knows X-Forwarded lets the client's Forwarded through.
        ({"x-forwarded-proto": "https", "forwarded": "host=evil.example"}, "https://inner:8000/"),
        ({"x-forwarded-for": "192.0.2.1"}, "http://inner:8000/"),
        ({"forwarded": ""}, "http://inner:8000/"),
        ({"forwarded": "nonsense"}, "http://inner:8000/"),
        ({"forwarded": 'host="a\\.example"'}, "http://a.example/"),
        ({"forwarded": 'host=a.example, for="192.0.2.1'}, "http://inner:8000/"),
        ({"forwarded": 'for="a;b,c" ; host = "a.example"'}, "http://a.example/"),
    ],
)  # fmt: skip
def test_a_trusted_proxy_is_believed_and_nobody_else(headers: dict[str, str], base: str) -> None:
    assert _base(headers) == base
    assert _base(headers, ("::1", 1)) == base
    assert _base(headers, ("::ffff:127.0.0.1", 1)) == base
    for client in (STRANGER, ("testclient", 1), ("2001:db8::1", 1), None):
        assert _base(headers, client) == "http://inner:8000/"


@pytest.mark.parametrize(
    ("server", "base"),
    [
        (("192.0.2.1", 8000), "http://192.0.2.1:8000/"),
        (("2001:db8::1", 80), "http://[2001:db8::1]:80/"),
        (("/run/feeds.sock", None), "http://localhost/"),
    ],
)
def test_without_a_host_the_listener_is_meant(server: tuple[str, int | None], base: str) -> None:
    """HTTP/1.0 needs no Host."""
    origins, scope = Origins(Settings()), {"scheme": "http", "client": LOCAL, "server": server}
    assert origins.base(scope, {}) == base
    assert origins.key(scope, {}) != origins.key({**scope, "server": ("192.0.2.9", 1)}, {})


def test_a_host_may_be_an_address_of_ipv6() -> None:
    assert _base({"host": "[2001:DB8::1]:81"}) == "http://[2001:db8::1]:81/"


@pytest.mark.parametrize("host", ["a.example", "192.0.2.1", "[2001:db8::1]"])
def test_a_host_may_have_an_empty_port(host: str) -> None:
    """RFC 3986, 3.2.3."""
    assert _base({"host": f"{host}:"}) == _base({"host": host}) == f"http://{host}/"


def test_networks_and_unix_sockets_are_trusted_if_they_are_named() -> None:
    settings = Settings(trusted_proxies=("203.0.113.0/24", "unix"))
    told = {"x-forwarded-host": "a.example"}
    assert _base(told, STRANGER, settings) == "http://a.example/"
    assert _base(told, None, settings) == "http://a.example/"
    assert _base(told, LOCAL, settings) == "http://inner:8000/"


def test_the_settings_win() -> None:
    settings = Settings(url="https://feeds.example/all/")
    told = {"x-forwarded-host": "a.example", "host": "not a host"}
    assert _base(told, LOCAL, settings) == "https://feeds.example/all/"
    assert prefix_of("https://feeds.example/all/") == "/all"
    assert prefix_of("https://feeds.example/") == ""


@pytest.mark.parametrize(
    "headers",
    [
        {"x-forwarded-host": "a b"},
        {"x-forwarded-host": "a.example:99999"},
        {"x-forwarded-proto": "javascript"},
        {"x-forwarded-prefix": "//evil.example"},
        {"x-forwarded-prefix": "evil"},
        {"x-forwarded-prefix": "/a/../b"},
        {"x-forwarded-prefix": '/"><script>'},
        {"forwarded": "host=_/x"},
        {"host": "evil.example/<script>"},
        {"host": "[1:2]"},
        {"host": "[...]"},
        {"host": "[::1]x"},
        {"host": "..."},
        {"x-forwarded-host": "[1:2:3:4:5:6:7:8:9]"},
        {"forwarded": 'host="[1:2]"'},
    ],
)
def test_what_can_not_be_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Problem):
        _base(headers)


@given(
    st.dictionaries(
        st.sampled_from(["forwarded", "x-forwarded-host", "x-forwarded-prefix", "x-forwarded-for"]),
        st.text(st.characters(max_codepoint=255)),
    )
)
def test_any_header_is_an_address_or_a_problem(headers: dict[str, str]) -> None:
    try:
        base = _base(headers)
    except Problem:
        return
    assert base.startswith("http://") and base.endswith("/") and '"' not in base


def test_readers_behind_a_proxy_share_what_was_answered() -> None:
    origins, scope = Origins(Settings()), {"scheme": "http", "client": LOCAL}
    keys = {
        origins.key(scope, {b"host": b"a.example", b"x-forwarded-proto": proto, name: told})
        for proto in (b"http", b"https")
        for name, told in (
            (b"x-forwarded-for", b"192.0.2.1"),
            (b"x-forwarded-for", b"192.0.2.2, 127.0.0.1"),
            (b"forwarded", b"for=192.0.2.3"),
        )
    }
    assert len(keys) == 2
