"""Ctrl-C and SIGTERM: a crawl is asked to end, and has so long for it."""

from __future__ import annotations

import asyncio
import math
import signal
import time
from types import TracebackType
from typing import Self

GRACE = 6.0
"""Seconds from the signal until a crawl waits for nothing any more: what stops services kills them after ten."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption:
    """Takes the two signals from entering to leaving, in a running event loop.

    Attributes:
        requested: Set by the first signal.
    """

    def __init__(self) -> None:
        self.requested = asyncio.Event()
        self._ends_at = math.inf

    @property
    def seconds_left(self) -> float:
        """How long may still be waited for anything; for ever, as long as no signal has come."""
        return self._ends_at - time.monotonic()

    def __enter__(self) -> Self:
        self._before = {number: signal.getsignal(number) for number in _SIGNALS}
        for number in _SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._request)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in _SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)
            signal.signal(number, self._before[number])  # the loop leaves the system's default behind

    def _request(self) -> None:
        if not self.requested.is_set():
            self.requested.set()
            self._ends_at = time.monotonic() + GRACE
