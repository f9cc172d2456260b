import hashlib

from feedserver.model import Entry
from feedserver.text import html


def version(entry: Entry) -> str:
    texts = [
        entry.title if not entry.update else entry.update.issue.title,
        entry.url,
        html.sanitised_text(entry.content or ""),
    ]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:12]
