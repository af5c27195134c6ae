"""When a host may be asked next, kept where every process of the machine sees it.

A re-crawl may run beside a crawl of the same host, in another process. Both take their turns out of one small file, so
that the host sees one pace, whoever asks it.

Moments are those of the monotonic clock, which all processes of a machine share: no step of the wall clock moves them.
"""

from __future__ import annotations

import fcntl
import hashlib
import math
import os
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct

_STORED = struct.Struct("<dddd")
# Files of earlier versions hold no delay that was stated.
_STORED_BEFORE = struct.Struct("<ddd")
_LONGEST_NAME = 200
_NEVER = -math.inf


class _State(Struct):
    """What the file of a host says.

    Attributes:
        sent: When the last request was sent.
        free: From when on no turn is reserved.
        paused_until: Until when the host is to be left alone.
        stated: The seconds between requests that its robots.txt asked for when it was read last.
    """

    sent: float = _NEVER
    free: float = _NEVER
    paused_until: float = _NEVER
    stated: float = 0.0


class HostPace:
    """The turns of one host.

    A process reserves one turn, waits for it, and takes it when it sends; only then it reserves the next. So processes
    alternate, and one that is killed costs the others one turn.

    Args:
        directory: Where the files of all hosts lie; it is made where it is not there.
        host: The host.
        believed: How many seconds ahead a moment may lie. What is further ahead was written before the machine was
            started again, whose clock began anew with that.

    Raises:
        OSError: From each method: the file cannot be opened, read or written.
    """

    def __init__(self, directory: Path, host: str, *, believed: float) -> None:
        name = quote(host, safe="")
        if len(name) > _LONGEST_NAME:
            name = hashlib.sha256(host.encode()).hexdigest()
        self._path = directory / f"{name}.pace"
        self._believed = believed
        self._file: int | None = None

    def reserve(self, delay: float, *, not_before: float = _NEVER) -> float:
        """Reserve the next turn that is free, and return its moment.

        Args:
            delay: Seconds from one request to the next.
            not_before: The first moment that it may be: one that asks has sent requests that were no turns.
        """
        with self._state() as (state, now):
            turn = max(now, state.free, state.sent + delay, state.paused_until, not_before)
            state.free = turn + delay
        return turn

    def take(self, delay: float) -> float | None:
        """Take the turn that was reserved, when its moment has come: note that a request is sent now.

        Returns:
            None, or the moment to ask again, where another process was late with its request, or a pause was noted.
        """
        with self._state() as (state, now):
            earliest = max(state.sent + delay, state.paused_until)
            if earliest > now:
                return earliest
            state.sent = now
            state.free = max(state.free, now + delay)
        return None

    def went_out(self) -> None:
        """Note that what took its turn goes out only now: its connection had to be made first."""
        with self._state() as (state, now):
            state.sent = max(state.sent, now)

    def pause(self, until: float) -> None:
        """Have the host left alone by every process until a moment."""
        with self._state() as (state, _):
            state.paused_until = max(state.paused_until, until)

    def stated(self) -> float:
        """Return the seconds between requests that the host's robots.txt asked for when it was read last."""
        with self._state() as (state, _):
            return state.stated

    def note_stated(self, seconds: float) -> None:
        """Note what its robots.txt asks for: who begins with the host holds to it before it has read that."""
        with self._state() as (state, _):
            state.stated = seconds

    def close(self) -> None:
        """Close the file; it is opened again when it is needed."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    @contextmanager
    def _state(self) -> Iterator[tuple[_State, float]]:
        """Give what the file says and the present moment, alone, and write down what was made of it."""
        file = self._opened()
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            now = time.monotonic()
            state = self._believable(os.pread(file, _STORED.size, 0), now)
            yield state, now
            # One write of so few bytes is there as a whole or not at all, whenever the process is killed.
            os.pwrite(file, _STORED.pack(state.sent, state.free, state.paused_until, state.stated), 0)
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)

    def _believable(self, stored: bytes, now: float) -> _State:
        if len(stored) == _STORED_BEFORE.size:
            stored += struct.pack("<d", 0.0)
        if len(stored) != _STORED.size:
            return _State()
        sent, free, paused_until, stated = _STORED.unpack(stored)
        latest = now + self._believed
        return _State(
            sent=sent if sent <= now else _NEVER,
            free=free if free <= latest else _NEVER,
            paused_until=paused_until if paused_until <= latest else _NEVER,
            stated=stated if 0 <= stated <= self._believed else 0.0,
        )

    def _opened(self) -> int:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        return self._file
