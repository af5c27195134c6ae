"""SIGTERM and SIGINT to what runs until it is told to end: asked once, and over in time whatever hangs.

Nothing rests on an orderly end. What is done by then is written down, and what is not is done at the next start, as
after `kill -9`; processes that were started end with this one (`crawler/process/parentage.py`). So there is a moment
after which nobody is waited for any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import threading
import time
from types import FrameType, TracebackType
from typing import Self

from broadsheet.crawler.process.interruption import UNTIL_LEFT
from broadsheet.scheduler.exits import leave

_log = logging.getLogger(__name__)

_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT})
_SECONDS_TO_SAY_SO = 0.1


class Stop:
    """Takes the two signals from entering on; entered in the main thread, before anything is begun.

    After the first, others change nothing until the process has ended. Where it has not within its time, it is left,
    also where the main thread is stuck: Python runs handlers there alone, so a thread of its own is told, by the pipe
    that the interpreter writes each signal's number to (`signal.set_wakeup_fd`).

    Args:
        seconds: How long that is, from the first signal.
    """

    def __init__(self, seconds: float = UNTIL_LEFT) -> None:
        self._seconds = seconds
        self._awaited: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None
        self._asked_at: float | None = None

    def is_asked(self) -> bool:
        """Tell whether it is time to end."""
        return self._asked_at is not None

    async def wait(self) -> None:
        """Return when it is time to end; called in one event loop."""
        if self._awaited is None:
            self._awaited = asyncio.get_running_loop(), asyncio.Event()
        _, event = self._awaited
        if not self.is_asked():
            await event.wait()

    def __enter__(self) -> Self:
        told, self._tells = os.pipe()
        os.set_blocking(self._tells, False)
        self._told_before = signal.set_wakeup_fd(self._tells, warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, _nothing) for number in _SIGNALS}
        threading.Thread(target=self._leave_in_time, args=(told,), name="stop", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.is_asked():
            for number, before in self._before.items():
                signal.signal(number, before)
            signal.set_wakeup_fd(self._told_before)
            os.close(self._tells)

    def _leave_in_time(self, told: int) -> None:
        # Not closed once asked: more signals are written to it.
        while not _SIGNALS.intersection(came := os.read(told, 64)):
            if not came:
                os.close(told)
                return  # Nobody asked as long as it mattered.
        self._asked_at = time.monotonic()
        if self._awaited is not None:
            loop, event = self._awaited
            with contextlib.suppress(RuntimeError):  # It is closed: what ran in it has ended.
                loop.call_soon_threadsafe(event.set)
        time.sleep(max(0.0, self._asked_at + self._seconds - time.monotonic()))
        # Whoever reads the log may be what hangs.
        saying = threading.Thread(target=self._say, name="stop-said", daemon=True)
        saying.start()
        saying.join(_SECONDS_TO_SAY_SO)
        leave(0, flush=False)

    def _say(self) -> None:
        said = "not everything has ended within %g s of the signal: it is left as it is, and goes on at the next start"
        _log.warning(said, self._seconds)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """Handles a signal by doing nothing, so that it does not end the process."""
