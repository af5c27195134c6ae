"""Ctrl-C and SIGTERM: a crawl is asked to end, and has so long for it.

Whatever ends counts from the moment of the signal, by one timetable: what takes its time at one point has less at the
next, and nothing adds up. Service managers kill after ten seconds (`docker stop`), and eight are promised for the
service. It hands the signal on to its crawls at once, so that its moment is theirs.
"""

from __future__ import annotations

import asyncio
import math
import signal
import time
from types import FrameType, TracebackType
from typing import Self

UNTIL_CUT_OFF = 3.25
"""Seconds from the signal until pages in flight are cut off."""
UNTIL_UNREAD = 4.0
"""Until pages that arrived are read no further, but by the next start: what is read is still to be published."""
UNTIL_UNPUBLISHED = 5.0
"""Until a crawl waits for its store no more, but leaves what it has in the spool."""
UNTIL_KILLED = 5.75
"""Until a service kills a crawl that has not ended."""
UNTIL_LEFT = 7.25
"""Until a service leaves whatever it has not brought to an end: on a busy machine that, too, takes a moment."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Takes the two signals from entering to leaving, in a running event loop; after one, also what follows.

    Attributes:
        requested: Set by the first signal. Those after it change nothing.
    """

    def __init__(self) -> None:
        self.requested = asyncio.Event()
        self._asked_at = math.inf

    @property
    def seconds_left(self) -> float:
        """How long the store may still be waited for; for ever, as long as no signal has come."""
        return self.seconds_until(UNTIL_UNPUBLISHED)

    def seconds_until(self, moment: float) -> float:
        """How many seconds are left until so many have passed since the signal; infinite, as long as none has come."""
        return self._asked_at + moment - time.monotonic()

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        # Not the loop's own handlers: they run when the loop gets to it, and the time counts from the signal.
        self._before = {number: signal.signal(number, self._request) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            # What is left to do takes a moment, and is not to be cut off by who asks once more.
            signal.signal(number, signal.SIG_IGN if math.isfinite(self._asked_at) else before)

    def _request(self, _number: int, _frame: FrameType | None) -> None:
        if math.isinf(self._asked_at):
            self._asked_at = time.monotonic()
            self._loop.call_soon_threadsafe(self.requested.set)
