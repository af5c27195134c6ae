"""SIGTERM and SIGINT to what runs until it is told to end: asked once, and over in time whatever hangs.

Nothing rests on an orderly end. What is done by then is written down, and what is not is done at the next start, as
after `kill -9`; processes that were started end with this one (`crawler/process/parentage.py`). So there is a moment
after which nobody is waited for any more.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import time
from types import FrameType, TracebackType
from typing import Self

from broadsheet.crawler.process.interruption import UNTIL_LEFT
from broadsheet.scheduler.exits import leave

_log = logging.getLogger(__name__)

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_SECONDS_TO_SAY_SO = 0.1


class Stop:
    """Takes the two signals from entering on; entered in the main thread, before anything is begun.

    After the first, others change nothing until the process has ended. Where it has not within its time, it is left.

    Args:
        seconds: How long that is, from the first signal.
    """

    def __init__(self, seconds: float = UNTIL_LEFT) -> None:
        self._seconds = seconds
        self._asked = threading.Event()
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
        threading.Thread(target=self._leave_in_time, name="stop", daemon=True).start()
        self._before = {number: signal.signal(number, self._ask) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.is_asked():
            for number, before in self._before.items():
                signal.signal(number, before)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        # In a handler, which another signal may interrupt: nothing here waits for a lock that the first could hold.
        if self._asked_at is None:
            self._asked_at = time.monotonic()
            self._asked.set()
            if self._awaited is not None:
                loop, event = self._awaited
                loop.call_soon_threadsafe(event.set)

    def _leave_in_time(self) -> None:
        self._asked.wait()
        assert self._asked_at is not None  # noqa: S101 - set before
        time.sleep(max(0.0, self._asked_at + self._seconds - time.monotonic()))
        # Whoever reads the log may be what hangs.
        saying = threading.Thread(target=self._say, name="stop-said", daemon=True)
        saying.start()
        saying.join(_SECONDS_TO_SAY_SO)
        leave(0, flush=False)

    def _say(self) -> None:
        said = "not everything has ended within %g s of the signal: it is left as it is, and goes on at the next start"
        _log.warning(said, self._seconds)
