"""A story's photograph, drawn from its number and set into the page, so that a captured page replays whole."""

from __future__ import annotations

import base64
import random
import struct
import zlib
from functools import cache

_WIDTH, _HEIGHT = 480, 200
_SHADES = 16
_HORIZON = 0.62


@cache
def photograph(number: int) -> str:
    """Return the picture of a story as a ``data:`` URI: a PNG of sky and sea in film grain."""
    return "data:image/png;base64," + base64.b64encode(_png(number)).decode("ascii")


def _png(number: int) -> bytes:
    grain = random.Random(number)  # noqa: S311 - a picture, no secret; the same number draws the same one
    rows = b"".join(_row(y / _HEIGHT, grain) for y in range(_HEIGHT))
    palette = bytes(channel for shade in range(_SHADES) for channel in _tint(shade, number))
    header = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 4, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in chunks)


def _row(place: float, grain: random.Random) -> bytes:
    """One row of a PNG with four bits a pixel: a filter byte, then two pixels a byte (PNG, section 7.2)."""
    middle = 12 - 6 * place if place < _HORIZON else 3 + 4 * (place - _HORIZON)
    shades = [min(_SHADES - 1, max(0, round(grain.gauss(middle, 1.6)))) for _ in range(_WIDTH)]
    return b"\0" + bytes(left << 4 | right for left, right in zip(shades[::2], shades[1::2], strict=True))


def _tint(shade: int, number: int) -> tuple[int, int, int]:
    light = 255 * shade // (_SHADES - 1)
    return light, min(255, light + number % 9), min(255, light * 3 // 4 + 40 + number % 23)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
