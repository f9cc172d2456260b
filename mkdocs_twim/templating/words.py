"""The words of our pages in the language of a site: the catalogues in `translations/`."""

from __future__ import annotations

import json
from pathlib import Path

from feedserver.text import words

_FOLDER = Path(__file__).parents[1] / "translations"
_OF_EMBEDDING = (
    *("close", "copied_it", "copy_it", "embed_auto", "embed_cards", "embed_colours"),
    *("embed_compact", "embed_component", "embed_dark", "embed_entries", "embed_frame"),
    *("embed_layout", "embed_light", "embed_list", "embed_picture", "embed_preview"),
    "embed_title",
)


class Words(words.Words):
    """The catalogue of one language; `locale` is that of dates."""

    def __init__(self, language: str | None) -> None:
        super().__init__(language, _FOLDER)

    def script(self) -> str:
        """What the script says, as JSON."""
        counted = ("count_feeds", "count_sections", "count_projects", "nothing_found")
        names = ("copy", "copied", "feed_address", *counted, *_OF_EMBEDDING)
        chosen = {name: self.raw(name) for name in names}
        return json.dumps({"lang": self.language, **chosen}, ensure_ascii=False)
