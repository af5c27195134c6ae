"""Style sheets as they are shown from the archive: every address in them leads to what was archived there."""

from __future__ import annotations

import re

from broadsheet.scheduler.rewriting.addresses import Destinations, absolute

# Every repetition is possessive: a style made to be slow takes no longer than another.
# CSS Syntax 3, sections 4.3.5 and 4.3.6; CSS Cascade 5, section 2. A namespace only looks like an address.
_ADDRESS = re.compile(
    r"(?P<namespace>@namespace\b[^;{}]*+)"
    r"|url\(\s*+(?:\"(?P<double>(?:[^\"\\\n]|\\[\s\S])*+)\"|'(?P<single>(?:[^'\\\n]|\\[\s\S])*+)'"
    r"|(?P<bare>(?:[^\"'()\\\s]|\\[0-9a-fA-F]{1,6}+\s?+|\\[\s\S])*+))\s*+\)"
    r"|@import\s*+(?:\"(?P<import_double>(?:[^\"\\\n]|\\[\s\S])*+)\"|'(?P<import_single>(?:[^'\\\n]|\\[\s\S])*+)')",
    re.IGNORECASE,
)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})[ \t\n\f\r]?|(\n)|([\s\S]))")
_KINDS = ("double", "single", "bare", "import_double", "import_single")
_CHARSET = re.compile(rb'@charset "([\x20-\x7e]{1,40})";')
_LABEL = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_LAST_CHARACTER = 0x10FFFF


def rewritten(style: str, url: str, to: Destinations) -> str:
    """Return a style sheet, or what stands in a ``style`` attribute, with every address leading into the archive.

    Args:
        style: The style sheet.
        url: What its addresses rest on.
        to: Where they are to lead.
    """

    def other(found: re.Match[str]) -> str:
        written = next((found[kind] for kind in _KINDS if found[kind] is not None), None)
        address = None if written is None else absolute(_ESCAPE.sub(_unescaped, written), url)
        if address is None:
            return found[0]
        shown = to.requisite([address])
        return f'@import "{shown}"' if found[0].startswith("@") else f'url("{shown}")'

    return _ADDRESS.sub(other, style)


def decoded(style: bytes, content_type: str | None) -> str:
    """Return the text of a style sheet (CSS Syntax 3, section 3.2)."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if style.startswith(mark):
            return style[len(mark) :].decode(encoding, "replace")
    stated, inside = _LABEL.search(content_type or ""), _CHARSET.match(style)
    labels = [stated[1]] if stated else []
    labels += [inside[1].decode("ascii")] if inside else []
    for label in labels:
        try:
            return style.decode(label, "replace")
        except (LookupError, ValueError):
            continue
    return style.decode("utf-8", "replace")


def _unescaped(found: re.Match[str]) -> str:
    if found[1]:
        code = int(found[1], 16)
        return chr(code) if 0 < code <= _LAST_CHARACTER and not 0xD800 <= code < 0xE000 else "\ufffd"
    return "" if found[2] else found[3]
