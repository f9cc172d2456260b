"""The pictures of posts: on their pages, on cards, for the socials, in feeds."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mkdocs.structure.files import File, Files

from mkdocs_twim.markup.pictures import Gallery, Picture
from tests.sites import SITE_URL, Built, build, post

pytestmark = pytest.mark.dependency

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 640, 360) + b"\x08\2\0\0\0"
GIF = b"GIF89a" + struct.pack("<HH", 30, 20) + b"\0\0\0"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"/>'
WEBP = b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\x0f\0\0" + b"\x07\0\0"


def _post(image: str, alt: str = "", **more: Any) -> str:
    extra = f"[extra]\nimage = {image!r}\n" + (f"image_alt = {alt!r}\n" if alt else "")
    return post(**more).replace("[taxonomies]", f"{extra}[taxonomies]")


def _gallery(**files: bytes) -> Gallery:
    found = []
    for name, data in files.items():
        file = File(name.replace("_", "."), None, "site", True)
        file.content_bytes = data
        found.append(file)
    return Gallery(Files(found), SITE_URL)


@pytest.mark.parametrize(
    ("name", "data", "type", "size"),
    [
        ("a_png", PNG, "image/png", (640, 360)),
        ("a_gif", GIF, "image/gif", (30, 20)),
        ("a_svg", SVG, "image/svg+xml", (40, 30)),
        ("a_webp", WEBP, "image/webp", (16, 8)),
        ("a_avif", b"no avif", "image/avif", (None, None)),
        ("a_jpg", b"", "image/jpeg", (None, None)),
    ],
)
def test_what_is_known_of_a_picture(
    name: str, data: bytes, type: str, size: tuple[int | None, int | None]
) -> None:
    path = name.replace("_", ".")
    assert _gallery(**{name: data}).picture(f"{SITE_URL}{path}", "Alt") == Picture(
        f"{SITE_URL}{path}", path, "Alt", type, len(data), *size
    )


def test_of_others_pictures_only_the_type_is_known() -> None:
    url = "https://elsewhere.example/x.PNG?size=2"
    assert _gallery().picture(url) == Picture(url, url, "", "image/png")
    assert _gallery().picture("https://elsewhere.example/x").type is None


@given(st.binary(max_size=300), st.sampled_from([PNG, GIF, SVG, WEBP, b"\xff\xd8\xff\xe0", b"BM"]))
def test_broken_pictures_have_no_size(rest: bytes, start: bytes) -> None:
    picture = _gallery(a_png=start[:9] + rest).picture(f"{SITE_URL}a.png")
    assert (picture.width is None) == (picture.height is None)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Built:
    files: dict[str, str | bytes] = {
        "img/a b.png": PNG,
        "blog/root.md": _post("/img/a b.png", 'A "box"', title="Root"),
        "blog/beside/index.md": _post("shot.png", title="Beside"),
        "blog/beside/shot.png": PNG,
        "blog/own.md": _post(f"{SITE_URL}img/a%20b.png", title="Own"),
        "blog/far.md": _post("https://far.example/x.webp", title="Far"),
        "blog/none.md": post("None"),
        "img/card.png": GIF,
    }
    return build(
        tmp_path_factory.mktemp("pictures"),
        files,
        strict=True,
        twim={"default_image": "/img/card.png"},
    )


def test_the_picture_stands_at_the_head_of_the_post(site: Built) -> None:
    size = 'width="640" height="360" loading="lazy">'
    assert (
        f'<img class="twim-banner" src="../../img/a%20b.png" alt="A &#34;box&#34;" {size}'
        in site.read("blog/root/index.html")
    )
    assert f'<img class="twim-banner" src="shot.png" alt="" {size}' in site.read(
        "blog/beside/index.html"
    )
    assert f'src="../../img/a%20b.png" alt="" {size}' in site.read("blog/own/index.html")
    far = site.read("blog/far/index.html")
    assert '<img class="twim-banner" src="https://far.example/x.webp" alt="" loading="lazy">' in far
    # The default is for the socials.
    assert "<img" not in site.read("blog/none/index.html")


def test_cards_have_it_with_its_size_and_outside_the_tab_order(site: Built) -> None:
    page = site.read("category/news/index.html")
    assert page.count('class="twim-thumb-image"') == 4
    assert (
        '<a class="twim-thumb" href="../../blog/beside/" tabindex="-1" aria-hidden="true">'
        '<img class="twim-thumb-image" src="../../blog/beside/shot.png" alt="" '
        'width="640" height="360" loading="lazy"></a>' in page
    )


def test_feeds_have_it_with_type_and_length(site: Built) -> None:
    items = {item["title"]: item for item in site.json("feed.json")["items"]}
    assert items["Root"]["image"] == f"{SITE_URL}img/a%20b.png"
    assert items["Beside"]["_twim"]["image"] == {"type": "image/png", "length": len(PNG)}
    assert "image" not in items["None"]


@pytest.mark.parametrize("name", ["a(1)", "a+b", "it's", "a&b,!", "é ö", "a%2b"])
def test_pictures_of_any_name_are_at_hand(tmp_path: Path, name: str) -> None:
    quoted = name.replace("%", "%25")
    files: dict[str, str | bytes] = {
        f"img/{name}.png": PNG,
        "blog/a.md": post("A").replace(
            "[taxonomies]", f'[extra]\nimage = "/img/{quoted}.png?v=1"\n[taxonomies]'
        ),
    }
    built = build(tmp_path, files, strict=True)
    assert 'width="640" height="360"' in built.read("blog/a/index.html")
    assert built.json("feed.json")["items"][0]["_twim"]["image"]["length"] == len(PNG)


def test_a_picture_may_lie_beside_any_post(tmp_path: Path) -> None:
    yaml = "---\ndate: 2024-05-01\nextra: {image: pic.png}\n---\n# P\n"
    files: dict[str, str | bytes] = {
        "blog/posts/p.md": yaml,
        "blog/2024/q.md": _post("../posts/pic.png", title="Q", more='path = "/q"'),
        "blog/posts/pic.png": PNG,
    }
    built = build(tmp_path, files, strict=True)
    assert 'src="../../../../posts/pic.png"' in built.read("blog/2024/05/01/p/index.html")
    assert 'src="../blog/posts/pic.png"' in built.read("q/index.html")


def test_a_missing_picture_is_a_warning_with_its_line(tmp_path: Path) -> None:
    built = build(
        tmp_path,
        {
            "blog/a.md": _post("/img/gone.png", title="A"),
            "blog/b.md": _post(f"{SITE_URL}img/gone.png", title="B"),
            "blog/c.md": _post("gone.png", title="C"),
            "blog/d.md": _post("https://far.example/gone.png", title="D"),
        },
        twim={"default_image": "img/gone.png"},
    )
    assert sorted(built.warnings) == [
        "blog/a.md:5: the picture '/img/gone.png' is not there",
        f"blog/b.md:5: the picture '{SITE_URL}img/gone.png' is not there",
        "blog/c.md:5: the picture 'gone.png' is not there",
        "mkdocs.yml: twim: default_image: the picture 'img/gone.png' is not there",
    ]
