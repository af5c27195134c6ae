"""What a damaged segment still holds: every gzip member that is whole, before, between and behind the damage.

Members are independent of each other (ISO 28500:2017, annex D; RFC 1952, section 2.2): behind one that cannot be read,
the next is found by the bytes that every member begins with, and is believed where its checksums and digests are right.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from broadsheet.storage.captures import Capture, Request
from broadsheet.storage.errors import RecordError
from broadsheet.storage.segments import warc
from broadsheet.storage.segments.warc import WarcRecord

# Magic and compression method (RFC 1952, section 2.3.1): there is no other.
_BEGINNING = b"\x1f\x8b\x08"


class Gap(NamedTuple):
    """Bytes `start` to `end` of a segment, which hold no record that can be read."""

    start: int
    end: int


class Salvage:
    """Reads a segment whatever is damaged in it.

    Args:
        segment: The file.
    """

    def __init__(self, segment: Path) -> None:
        self._segment = segment
        self._gaps: set[Gap] = set()

    @property
    def gaps(self) -> list[Gap]:
        """What could not be read, in its order, once all `records` were."""
        return sorted(self._gaps)

    def records(self) -> Iterator[tuple[int, int, WarcRecord]]:
        """Yield offset and length in bytes of each member that is whole, and its record; one is held at a time."""
        size = self._segment.stat().st_size
        offset = 0
        while offset < size:
            try:
                for start, length, record in self._whole_from(offset):
                    yield start, length, record
                    offset = start + length
            except RecordError:
                end = self._next_whole(offset + 1, size)
                self._gaps.add(Gap(offset, end))
                offset = end

    def is_sure_of(self, capture: Capture, following: Sequence[Capture]) -> bool:
        """Tell whether it is known why a capture was made: its metadata stands behind it, and may be in a gap.

        Args:
            capture: One that was read.
            following: The one behind it, or nothing.
        """
        end = min((other.offset for other in following), default=None)
        beginning = capture.offset + capture.length
        behind = [gap for gap in self.gaps if gap.start >= beginning and (end is None or gap.start < end)]
        return not behind or capture.request != Request()

    def _whole_from(self, offset: int) -> Iterator[tuple[int, int, WarcRecord]]:
        with self._segment.open("rb") as stream:
            stream.seek(offset)
            for start, length, record in warc.iterate(stream):
                if not warc.block_is_intact(record):
                    raise RecordError(f"the block of {record.record_id} is not what its digest says")
                yield offset + start, length, record

    def _next_whole(self, offset: int, size: int) -> int:
        """Return where the next member that is whole begins, from a byte on; the end of the file where none does."""
        with self._segment.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            while (offset := data.find(_BEGINNING, offset)) >= 0:
                if self._is_whole_at(offset):
                    return offset
                offset += 1
        return size

    def _is_whole_at(self, offset: int) -> bool:
        try:
            return next(self._whole_from(offset), None) is not None
        except RecordError:
            return False
