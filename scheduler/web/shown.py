"""As what a body that was archived is shown: as something that a browser shows without running it, or not at all."""

from __future__ import annotations

import re

NOT_SHOWN = "application/octet-stream"
STYLE = "text/css"

_PAGES = {"text/html", "application/xhtml+xml"}
_PICTURES = {f"image/{kind}" for kind in ("png", "jpeg", "gif", "webp", "avif")}
_CHARSET = re.compile(r"charset\s*=\s*\"?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
# Pictures and fonts by their first bytes (MIME Sniffing, sections 6.1 and 6.2), whatever the server called them.
_BEGINNINGS: tuple[tuple[re.Pattern[bytes], str], ...] = tuple(
    (re.compile(beginning, re.DOTALL), kind)
    for beginning, kind in (
        (rb"\x89PNG\r\n\x1a\n", "image/png"),
        (rb"\xff\xd8\xff", "image/jpeg"),
        (rb"GIF8[79]a", "image/gif"),
        (rb"RIFF....WEBPVP", "image/webp"),
        (rb"....ftypavi[fs]", "image/avif"),
        (rb"BM....\x00\x00\x00\x00", "image/bmp"),
        (rb"\x00\x00\x01\x00", "image/x-icon"),
        (rb"wOFF", "font/woff"),
        (rb"wOF2", "font/woff2"),
        (rb"OTTO", "font/otf"),
        (rb"\x00\x01\x00\x00", "font/ttf"),
    )
)


def media_type(content_type: str) -> str:
    """Return the media type that a Content-Type header states, in lower case and without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def is_page(content_type: str) -> bool:
    """Tell whether a body is a page by its header."""
    return media_type(content_type) in _PAGES


def by_itself(content_type: str) -> str:
    """Return the type under which a body is shown by itself.

    Args:
        content_type: The header of the archived answer.
    """
    kind = media_type(content_type)
    if kind in _PICTURES:
        return kind
    if kind not in _PAGES and kind != "text/plain":
        return NOT_SHOWN
    shown = "text/html" if kind in _PAGES else kind
    charset = _CHARSET.search(content_type)
    return f"{shown}; charset={charset[1]}" if charset else shown


def in_page(content_type: str, body: bytes) -> str | None:
    """Return the type under which a body is shown within a page: a picture, a font or a style sheet, else None.

    Args:
        content_type: The header of the archived answer.
        body: The body, or its beginning.
    """
    found = next((kind for beginning, kind in _BEGINNINGS if beginning.match(body)), None)
    if found is not None:
        return found
    stated = media_type(content_type)
    return stated if stated in ("image/svg+xml", STYLE) else None
