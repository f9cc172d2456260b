"""A post's page, as other plugins find it."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mkdocs_twim.posts.page import PostPage
from tests.sites import build, issue


@given(st.text(st.characters()))
def test_texts_of_a_page_come_back_as_they_were_put(text: str) -> None:
    page = PostPage.__new__(PostPage)
    assert page.content is None
    page.content = page.markdown = text
    assert (page.content, page.markdown) == (text, text)
    page.content = None
    assert (page.content, page.markdown) == (None, text)


def test_other_plugins_find_a_posts_markdown_and_content(tmp_path: Path) -> None:
    hook = tmp_path / "hook.py"
    hook.write_text(
        "import json\n"
        "from pathlib import Path\n"
        "def on_page_context(context, *, page, config, nav):\n"
        "    if page.url == 'blog/one/':\n"
        "        seen = json.dumps([page.markdown, page.content])\n"
        "        Path(config.config_file_path).with_name('seen.json').write_text(seen)\n",
        "utf-8",
    )
    text = "## Dept of Clients 📱\n\nText.\n"
    build(tmp_path / "site", {"blog/one.md": issue(1, text)}, hooks=[str(hook)])
    [seen] = tmp_path.rglob("seen.json")
    markdown, content = json.loads(seen.read_text("utf-8"))
    assert markdown.strip() == text.strip()
    assert '<h2 id="dept-of-clients-iphone">Dept of Clients 📱</h2>' in content
