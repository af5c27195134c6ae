"""Messages between the crawl's process and its reader processes: a length in 4 bytes, then MessagePack."""

from __future__ import annotations

import struct

import msgspec

from broadsheet.crawler.reading.page import CapturedPage, HtmlPage, Reading

HEADER = struct.Struct(">I")
ENDED = struct.Struct(">i")
"""How a reader process ended: its exit status, or the signal that ended it as a negative number."""
MEMORY_EXCEEDED = 77
"""The exit status by which a reader process says that a page took more memory than it may."""

_encoder = msgspec.msgpack.Encoder()
_pages: msgspec.msgpack.Decoder[CapturedPage | HtmlPage] = msgspec.msgpack.Decoder(CapturedPage | HtmlPage)
_readings = msgspec.msgpack.Decoder(Reading)


def frame(message: CapturedPage | HtmlPage | Reading) -> bytearray:
    """Return a message ready to be sent."""
    buffer = bytearray(HEADER.size)
    _encoder.encode_into(message, buffer, HEADER.size)
    HEADER.pack_into(buffer, 0, len(buffer) - HEADER.size)
    return buffer


def decode_page(payload: bytes) -> CapturedPage | HtmlPage:
    """Return the page in a frame's payload."""
    return _pages.decode(payload)


def decode_reading(payload: bytes) -> Reading:
    """Return the reading in a frame's payload.

    Raises:
        msgspec.DecodeError: The payload is no reading: its sender is not to be trusted any more.
    """
    return _readings.decode(payload)
