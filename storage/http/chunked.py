"""The chunked transfer coding, read the way browsers read it (RFC 9112, section 7.1)."""

from __future__ import annotations

import re

MAX_LINE = 8 * 1024
MAX_TRAILERS = 64 * 1024

_SIZE_LINE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?", re.DOTALL)


class ChunkedDecoder:
    """Takes the framing off a chunked body that arrives in pieces of any size.

    Lines may end in a bare LF; chunk extensions and trailer fields are passed over. The wire and the
    archive use this one decoder, so what was complete when it was fetched is complete when it is read.

    Attributes:
        started: A chunk-size line was understood.
        finished: The last chunk and the trailer section were read.
        broken: What is wrong with the framing, or None. Nothing is decoded behind the broken place.
        rest: Once finished, the bytes that were fed behind the end of the body.
    """

    def __init__(self) -> None:
        self.started = False
        self.finished = False
        self.broken: str | None = None
        self.rest = b""
        self._expects = self._size_line
        self._unfinished_line = b""
        self._remaining = 0
        self._trailer_bytes = 0

    def feed(self, data: bytes, start: int = 0) -> bytes:
        """Decode the next piece of the body.

        Args:
            data: Bytes as received.
            start: Where in `data` to begin.

        Returns:
            The bytes of the body in this piece, without framing.
        """
        parts = []
        position = start
        while position < len(data) and not self.finished and self.broken is None:
            if self._remaining:
                part = data[position : position + self._remaining]
                parts.append(part)
                position += len(part)
                self._remaining -= len(part)
            else:
                position = self._read_line(data, position)
        if self.finished:
            self.rest += data[position:]
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _read_line(self, data: bytes, position: int) -> int:
        newline = data.find(b"\n", position)
        stop = len(data) if newline < 0 else newline
        line = self._unfinished_line + data[position:stop] if self._unfinished_line else data[position:stop]
        if len(line) > MAX_LINE:
            self.broken = f"a line of the chunk framing is longer than {MAX_LINE} bytes"
            return stop
        if newline < 0:
            self._unfinished_line = line
            return stop
        self._unfinished_line = b""
        self._expects(line.removesuffix(b"\r"))
        return newline + 1

    def _size_line(self, line: bytes) -> None:
        match = _SIZE_LINE.fullmatch(line)
        if match is None:
            self.broken = f"{line[:40]!r} is no chunk size"
            return
        self.started = True
        self._remaining = int(match[1], 16)
        self._expects = self._chunk_end if self._remaining else self._trailer_line

    def _chunk_end(self, line: bytes) -> None:
        if line:
            self.broken = f"{line[:40]!r} stands where a chunk should have ended"
        self._expects = self._size_line

    def _trailer_line(self, line: bytes) -> None:
        self._trailer_bytes += len(line)
        if self._trailer_bytes > MAX_TRAILERS:
            self.broken = f"the trailer fields are longer than {MAX_TRAILERS} bytes"
        self.finished = not line
