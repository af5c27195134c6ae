"""A segment of a crawl from its first record to its publication: its captures, and what reading their pages came to."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import threading
import time
from typing import BinaryIO

import msgspec

from broadsheet.storage.captures import Capture, Rendering
from broadsheet.storage.publishing.batch import Batch
from broadsheet.storage.publishing.publication import Plan, Published
from broadsheet.storage.segments import warc
from broadsheet.storage.versions import Finding

SEGMENT_BYTES = 128 * 1024 * 1024
SEGMENT_SECONDS = 300.0
# What is known of its captures is in memory until it is published, and publishing takes a multiple of that.
SEGMENT_CAPTURES = 500

Pair = tuple[Capture, Finding | None]


class OpenSegment:
    """The segment that captures go to now, with what has to be known of it until it is published.

    Attributes:
        batch: The batch in the spool.
        warcinfo_id: The record id of the warcinfo record that the segment begins with.
        captured: How many captures it has.
        settled: Set when the segment is closed and no reading of its pages is to be waited for any more.
        planned: The plan of its publication and what becomes of its captures, as soon as that is decided.
    """

    def __init__(self, batch: Batch, warcinfo_id: str) -> None:
        self.batch = batch
        self.warcinfo_id = warcinfo_id
        self.captured = 0
        self.settled = asyncio.Event()
        self.planned: tuple[Plan, list[Published]] | None = None
        self._captures: dict[str, Capture] = {}
        self._findings: dict[str, Finding] = {}
        self._set_down: BinaryIO | None = None
        self._bytes_set_down = 0
        self._released = False
        self._moving = threading.Lock()  # What it knows goes to the disk in one thread and is asked for in another.
        self._head_bytes = batch.size
        self._opened_at = time.monotonic()
        self._awaited: set[str] = set()
        self._closed = False

    @property
    def is_full(self) -> bool:
        """Whether the next exchange should go to another segment."""
        age = time.monotonic() - self._opened_at
        if self.captured >= SEGMENT_CAPTURES:
            return True
        return bool(self.captured) and (self.batch.size >= SEGMENT_BYTES or age >= SEGMENT_SECONDS)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was recorded behind its warcinfo record."""
        return self.batch.size == self._head_bytes

    @property
    def size(self) -> int:
        """What it takes of the disk, in bytes."""
        return self.batch.size + self._bytes_set_down

    @property
    def unread(self) -> list[Capture]:
        """The captures whose pages are still to be read."""
        return [self._captures[record_id] for record_id in self._awaited]

    def append(self, members: bytes) -> int:
        """Append the records of an exchange; return the offset of the first, in bytes.

        Raises:
            OSError: The spool cannot take them; nothing of them is left in the segment.
        """
        return self.batch.append(members)

    def add(self, capture: Capture, *, to_be_read: bool) -> None:
        """Note a capture whose records were appended; with `to_be_read`, `settle` has to follow."""
        self._captures[capture.record_id] = capture
        self.captured += 1
        if to_be_read:
            self._awaited.add(capture.record_id)

    def add_rendering(self, capture: Capture, rendering: Rendering) -> None:
        """Note what was made of a captured page whose reading is awaited."""
        self._captures[capture.record_id] = msgspec.structs.replace(capture, rendering=rendering)

    def block(self, capture: Capture) -> bytes:
        """Return the response of a capture in this segment, as received."""
        return warc.read_member(self.batch.read(capture.offset, capture.length)).block

    def settle(self, capture: Capture, finding: Finding) -> None:
        """Note what reading the page of a capture came to."""
        self._findings[capture.record_id] = finding
        self._awaited.discard(capture.record_id)
        self._see_whether_all_is_read()

    def close(self) -> None:
        """Take no more records; findings may still come."""
        self._closed = True
        self._see_whether_all_is_read()

    def give_up_reading(self) -> None:
        """Wait for no finding any more: nobody will read what is unread by now."""
        self.settled.set()

    def pairs(self) -> list[Pair]:
        """Return the captures in the order of their records, each with what reading its page came to.

        Raises:
            ValueError: They were released: whoever publishes the segment now must not take it for an empty one.
        """
        with self._moving:
            return self._pairs()

    def set_down(self) -> None:
        """Keep in a nameless file what would wait in memory for the segment's turn; where there is no room, keep it.

        The file is gone with the process: recovery reads everything from the records.
        """
        with self._moving, contextlib.suppress(OSError), contextlib.ExitStack() as opened:
            if self._set_down is not None or self.planned is not None or self._released:
                return
            encoded = msgspec.msgpack.encode(self._pairs())
            file = opened.enter_context(tempfile.TemporaryFile(dir=self.batch.segment.parent))
            file.write(encoded)
            file.flush()
            opened.pop_all()
            self._forget()
            self._set_down, self._bytes_set_down = file, len(encoded)

    def keep_plan(self, plan: Plan, published: list[Published]) -> None:
        """Note what was decided of the publication: nothing else of the segment is needed any more."""
        with self._moving:
            self.planned = (plan, published)
            self._forget()

    def release(self) -> None:
        """Let go of all that is known of the captures: this process publishes the segment no more."""
        with self._moving:
            self._released = True
            self._forget()

    def _pairs(self) -> list[Pair]:
        if self._released:
            raise ValueError(f"what was known of the captures of batch {self.batch.name} is released")
        if self.planned is not None:
            return [(published.capture, None) for published in self.planned[1]]
        if self._set_down is not None:
            self._set_down.seek(0)
            return msgspec.msgpack.decode(self._set_down.read(), type=list[Pair])
        return [(capture, self._findings.get(record_id)) for record_id, capture in self._captures.items()]

    def _forget(self) -> None:
        if self._set_down is not None:
            self._set_down.close()
            self._set_down, self._bytes_set_down = None, 0
        self._captures = {}
        self._findings = {}

    def _see_whether_all_is_read(self) -> None:
        if self._closed and not self._awaited:
            self.settled.set()
