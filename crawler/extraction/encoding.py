"""Which encoding the bytes of a page are in.

The rule, first match wins:

1. A byte order mark.
2. UTF-8, when the bytes are valid UTF-8 and hold at least one whole multi-byte sequence: text in any other encoding
   practically never is valid UTF-8, while labels are often wrong. A sequence that is cut off by the end of
   the body counts as valid.
3. The charset of the Content-Type header, then of the markup, when the bytes decode in it without an error.
4. The same two labels again, when at most one character in a hundred cannot be decoded.
5. What pages in the language of the markup were written in before UTF-8 (HTML, section 13.2.3.2, step 9), when the
   bytes decode in it without an error.
6. windows-1252, which decodes anything.

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
# Encoding Standard, section 4.2: labels that Python does not know.
_LABELS = {
    **dict.fromkeys(("unicode", "unicode-1-1-utf-8", "unicode11utf8", "unicode20utf8", "x-unicode20utf8"), "utf-8"),
    **{f"iso8859{part}": f"iso8859-{part}" for part in range(1, 17) if part != 12},
    **{f"x-cp125{page}": f"cp125{page}" for page in range(9)},
    **dict.fromkeys(("csiso88596e", "csiso88596i", "iso-8859-6-e", "iso-8859-6-i"), "iso8859-6"),
    "sun_eu_greek": "iso8859-7",
    **dict.fromkeys(("csiso88598e", "csiso88598i", "iso-8859-8-e", "iso-8859-8-i", "logical", "visual"), "iso8859-8"),
    "csisolatin9": "iso8859-15",
    **dict.fromkeys(("koi", "koi8"), "koi8-r"),
    "koi8-ru": "koi8-u",
    **dict.fromkeys(("csmacintosh", "mac", "x-mac-roman"), "mac-roman"),
    **dict.fromkeys(("x-mac-cyrillic", "x-mac-ukrainian"), "mac-cyrillic"),
    **dict.fromkeys(("dos-874", "windows-874"), "cp874"),
    **dict.fromkeys(("csgb2312", "gb_2312", "gb_2312-80", "x-gbk"), "gb18030"),
    **dict.fromkeys(("cn-big5", "x-x-big5"), "big5hkscs"),
    **dict.fromkeys(("cseucpkdfmtjapanese", "x-euc-jp"), "euc_jp"),
    **dict.fromkeys(("shift-jis", "windows-31j", "x-sjis"), "cp932"),
    **dict.fromkeys(("cseuckr", "csksc56011987", "iso-ir-149", "ks_c_5601-1989", "ksc_5601", "windows-949"), "cp949"),
}
# The same: encodings that the standard reads as another one that holds them.
_WIDER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
_BY_LANGUAGE = {
    "ar": ("cp1256",), "fa": ("cp1256",), "ba": ("cp1251",), "be": ("cp1251",), "bg": ("cp1251",), "mk": ("cp1251",),
    "ru": ("cp1251",), "sr": ("cp1251",), "uk": ("cp1251",), "kk": ("cp1251",), "cs": ("cp1250",), "hr": ("cp1250",),
    "hu": ("iso8859-2",), "pl": ("iso8859-2",), "sl": ("iso8859-2",), "sk": ("cp1250",), "ro": ("iso8859-2",),
    "el": ("cp1253",), "et": ("cp1257",), "lt": ("cp1257",), "lv": ("cp1257",), "he": ("cp1255",), "iw": ("cp1255",),
    "ja": ("euc_jp", "cp932"), "ko": ("cp949",), "th": ("cp874",), "tr": ("cp1254",), "ku": ("cp1254",),
    "vi": ("cp1258",), "zh-tw": ("big5hkscs",), "zh-hk": ("big5hkscs",), "zh-hant": ("big5hkscs",), "zh": ("gb18030",),
}  # fmt: skip
# Python calls these text encodings; no page is written in them.
_NOT_FOR_PAGES = frozenset(("idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"))
_HEADER_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_META_CHARSET = re.compile(rb"<meta[^>]{0,500}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)", re.IGNORECASE)
_LANGUAGE = re.compile(rb"<html[^>]{0,500}?\blang\s*=\s*[\"']?\s*([a-z]{2,3}(?:-[a-z]+)?)", re.IGNORECASE)
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
    found = _as_utf8(body) or _as_labelled(body, labels)
    return found or _by_language(body) or (body.decode(FALLBACK, "replace"), FALLBACK)


def is_utf8(body: bytes, text: str, encoding: str) -> bool:
    """Whether a text in UTF-8 would be the bytes that it was decoded from: most pages need no other ones.

    Args:
        body: The bytes.
        text: What `decode` made of them.
        encoding: The encoding by which it did.
    """
    if encoding != "utf-8" or body.startswith(codecs.BOM_UTF8):
        return encoding in ("cp1252", FALLBACK) and body.isascii()
    # Neither a sequence that was replaced nor one that the end cuts off.
    return body[-1:].isascii() and _REPLACEMENT not in text


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


def _by_language(body: bytes) -> tuple[str, str] | None:
    match = None if body.isascii() else _LANGUAGE.search(body[:_MARKUP_PREFIX])
    if match is None:
        return None
    language = match[1].decode("ascii").lower()
    for encoding in _BY_LANGUAGE.get(language) or _BY_LANGUAGE.get(language.partition("-")[0], ()):
        try:
            return body.decode(encoding), encoding
        except UnicodeError:
            continue
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
    return _WIDER.get(found.name, found.name) if is_text else None
