"""The words of our pages in the language of a site: the catalogues in `translations/`."""

from __future__ import annotations

import json
from pathlib import Path

from feedserver import words

_FOLDER = Path(__file__).parent / "translations"


class Words(words.Words):
    """The catalogue of one language; `locale` is that of dates."""

    def __init__(self, language: str | None) -> None:
        super().__init__(language, _FOLDER)

    def script(self) -> str:
        """What the script says, as JSON."""
        names = ("copy", "copied", "feed_address", "count_feeds")
        chosen = {name: self.raw(name) for name in names}
        return json.dumps({"lang": self.language, **chosen}, ensure_ascii=False)
