"""The bytes of an XML document as text (https://www.w3.org/TR/xml/, appendix F, and RFC 7303)."""

from __future__ import annotations

import codecs
import re

_DECLARATION = re.compile(r"<\?xml\b[^<>]{0,300}>")
_ENCODING = re.compile(rb"\s*<\?xml\b[^>]{0,300}?\bencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_CHARSET = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9._-]{1,40})", re.IGNORECASE)
# Text codecs of the web (https://encoding.spec.whatwg.org). Python knows others, such as UTF-7,
# in which a declaration can hide.
_CODECS = re.compile(
    r"utf-8|ascii|iso8859-\d+|cp125\d|cp866|koi8-[ru]|mac-(?:roman|cyrillic)|gbk|gb2312|gb18030"
    r"|big5|euc_jp|shift_jis|iso2022_jp|euc_kr"
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0?\0", "utf-16-le"),
    (b"\0<\0?", "utf-16-be"),
)
_NO_XML = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def decoded(data: bytes, content_type: str | None) -> tuple[str, list[str]]:
    """The text of a document, without its declaration, and what is to be said of what was lost.

    `content_type` is what it was fetched as.
    """
    lost = []
    codec = next((codec for mark, codec in _MARKS if data.startswith(mark)), None)
    declared = _ENCODING.match(data[:400])
    names = [match[1] for match in (_CHARSET.search(content_type or ""),) if match]
    names += [declared[1].decode()] if declared else []
    for name in names:
        codec = codec or _codec(name)
    try:
        text = data.decode(codec or "utf-8")
    except (UnicodeDecodeError, LookupError):
        text = data.decode(codec or "utf-8", "replace")
        lost.append(f"is not in {codec or 'utf-8'}, as it should be: characters are lost")
    text = text.removeprefix("\ufeff")
    text, count = _NO_XML.subn("", text)
    if count:
        lost.append(f"has characters that XML can't hold: {count}")
    return _DECLARATION.sub("", text, count=1).lstrip(), lost


def _codec(name: str) -> str | None:
    try:
        codec = codecs.lookup(name).name
    except LookupError:
        return None
    return codec if _CODECS.fullmatch(codec) else None
