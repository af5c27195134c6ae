"""Which encoding the bytes of a page are in.

The rule, first match wins:

1. A byte order mark.
2. UTF-8, when the bytes are valid UTF-8 and hold at least one whole multi-byte sequence: text in any other encoding
   practically never is valid UTF-8, while labels are often wrong. A sequence that is cut off by the end of
   the body counts as valid.
3. The charset of the Content-Type header, then of the markup, when the bytes decode in it without an error.
4. The same two labels again, when at most one character in a hundred cannot be decoded.
5. windows-1252, which decodes anything.

Labels are read as the WHATWG Encoding Standard reads them: ``iso-8859-1`` means windows-1252, ``gb2312``
means GB 18030, and a UTF-16 label inside markup that was read as ASCII means UTF-8.
"""

from __future__ import annotations

import codecs
import re

FALLBACK = "windows-1252"

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Encoding Standard, section 4.2, where Python's name for the label is another encoding or unknown.
_LABELS = {
    "ascii": "windows-1252",
    "us-ascii": "windows-1252",
    "iso-8859-1": "windows-1252",
    "iso8859-1": "windows-1252",
    "latin1": "windows-1252",
    "iso-8859-9": "windows-1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "x-sjis": "cp932",
    "sjis": "cp932",
    "windows-31j": "cp932",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "unicode": "utf-8",
}
# Python calls these text encodings; no page is written in them.
_NOT_FOR_PAGES = frozenset(("idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"))
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta[^>]{0,500}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)
_MARKUP_PREFIX = 4096
_TOLERATED_ERRORS = 0.01
_REPLACEMENT = "\ufffd"


def decode(body: bytes, content_type: str | None) -> tuple[str, str]:
    """Decode the bytes of a page.

    Args:
        body: The content-decoded response body.
        content_type: The Content-Type header as sent, or None.

    Returns:
        The text, without a byte order mark, and the Python name of the encoding.
    """
    for mark, encoding in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace"), encoding
    labels = [name for name in (_header_label(content_type), _markup_label(body)) if name is not None]
    return _as_utf8(body) or _as_labelled(body, labels) or (body.decode(FALLBACK, "replace"), FALLBACK)


def _as_utf8(body: bytes) -> tuple[str, str] | None:
    if body.isascii():
        return None
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(body)
    except UnicodeDecodeError:
        return None
    return None if text.isascii() else (text, "utf-8")


def _as_labelled(body: bytes, labels: list[str]) -> tuple[str, str] | None:
    for label in labels:
        try:
            return body.decode(label), label
        except UnicodeError:
            continue
    for label in labels:
        text = body.decode(label, "replace")
        if text.count(_REPLACEMENT) <= _TOLERATED_ERRORS * len(text):
            return text, label
    return None


def _header_label(content_type: str | None) -> str | None:
    match = _HEADER_CHARSET.search(content_type or "")
    return _codec(match[1]) if match else None


def _markup_label(body: bytes) -> str | None:
    prefix = body[:_MARKUP_PREFIX]
    match = _META_CHARSET.search(prefix) or _XML_ENCODING.search(prefix)
    if match is None:
        return None
    name = _codec(match[1].decode("ascii", "replace"))
    return "utf-8" if name is not None and name.startswith("utf-16") else name


def _codec(label: str) -> str | None:
    """The Python codec for a charset label, or None when the label names no text encoding."""
    name = label.strip().lower()
    name = _LABELS.get(name, name)
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    # rot13, base64 and the like are codecs but no encodings of text.
    is_text = getattr(found, "_is_text_encoding", False) and found.name.replace("_", "-") not in _NOT_FOR_PAGES
    return found.name if is_text else None
