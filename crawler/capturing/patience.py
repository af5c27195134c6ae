"""With a store that does not answer: when to try again, and when to wait no longer."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

from broadsheet.storage.errors import StoreUnavailableError

_log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""Seconds between two tries."""

PATIENCE = 120.0
"""Seconds for which the end of a crawl waits for the store, from the last page or the store's last sign of life."""


class Patience:
    """Waits between tries, longer and longer, for as long as a crawl goes on, and `PATIENCE` seconds after it.

    Attributes:
        trouble: Why the last try failed; None as soon as one succeeds.
    """

    def __init__(self) -> None:
        self.trouble: StoreUnavailableError | None = None
        self._pause = FIRST_PAUSE
        self._ending = asyncio.Event()
        self._ends_at = 0.0

    @property
    def is_exhausted(self) -> bool:
        """Whether the crawl is over, the store does not answer, and has been waited for long enough."""
        return self._ending.is_set() and self.trouble is not None and time.monotonic() > self._ends_at

    def end(self) -> None:
        """Note that the crawl is over: what waits for the next try does not wait any longer."""
        self._ending.set()
        self._pause = FIRST_PAUSE
        self._ends_at = time.monotonic() + PATIENCE

    def note_success(self) -> None:
        """Note that the store has taken something."""
        if self.trouble is not None:
            _log.warning("the archive takes what is captured again")
        self.trouble = None
        self._pause = FIRST_PAUSE
        self._ends_at = time.monotonic() + PATIENCE

    async def after(self, trouble: StoreUnavailableError) -> None:
        """Note that a try failed; return when it is time for the next."""
        if self.trouble is None:
            _log.warning("the archive takes nothing now, what is captured waits in the spool meanwhile: %s", trouble)
        self.trouble = trouble
        pause, self._pause = self._pause, min(2 * self._pause, LONGEST_PAUSE)
        if self._ending.is_set():
            await asyncio.sleep(pause)
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), pause)
