"""Text without what no feed can hold, and entries whose content is ready to be written.

XML 1.0 (fifth edition), section 2.2, and what HTML calls a parse error.
"""

from __future__ import annotations

import re

from feedserver.model import Entry, PackedEntry

# What XML 1.0 can't hold, what is a parse error in HTML, and U+FFFD, which says that text is lost.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffd-\uffff]+"
)
_PLANE_ENDS = "".join(
    chr(plane | 0xFFFE) + chr(plane | 0xFFFF) for plane in range(0x10000, 0x110000, 0x10000)
)
# The range in front makes it ten times as fast as the set alone.
_FORBIDDEN_BEYOND = re.compile(f"[\U0001fffe-\U0010ffff](?<=[{_PLANE_ENDS}])")
# A text whose bytes have none of these is clean; that is known in a tenth of the time.
_SUSPECT_CONTROLS = bytes(range(32)).replace(b"\t", b"").replace(b"\n", b"") + b"\x7f"
_SUSPECT_BYTES = (b"\xc2", b"\xed", b"\xef", b"\xbf\xbe", b"\xbf\xbf")


def clean(text: str) -> str:
    """Drop the characters that a feed can't hold; a carriage return is a line's end."""
    if text.isascii() and text.isprintable():
        return text
    data = text.encode("utf-8", "surrogatepass")
    if len(data.translate(None, _SUSPECT_CONTROLS)) == len(data):
        for suspect in _SUSPECT_BYTES:
            if suspect in data:
                break
        else:
            return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _FORBIDDEN_BEYOND.sub("", _FORBIDDEN.sub("", text))


def packed(entry: Entry) -> PackedEntry:
    """An entry whose content is ready to be written: checked, and in UTF-8."""
    if isinstance(entry, PackedEntry) and entry.clean:
        return entry
    text = entry.content
    if text is None:
        return PackedEntry.of(entry, None)
    # What is blank only is as little to be written as what has to be cleaned.
    is_clean = clean(text) == text and not text.isspace()
    return PackedEntry.of(entry, text.encode("utf-8", "replace"), clean=is_clean)
