"""The archive is read in threads, so that the event loop goes on: so many at once, and each for so long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from broadsheet.scheduler.web.errors import ProblemError

_MOST_THREADS = 16
_SECONDS = 25.0

_T = TypeVar("_T")


class Threads:
    """Runs what waits for the archive."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_MOST_THREADS, thread_name_prefix="web-read")

    async def run(self, call: Callable[[], _T]) -> _T:
        """Return what a call returns.

        Raises:
            ProblemError: It takes too long; it is left alone, and ends by the deadline of the store.
        """
        try:
            return await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(self._pool, call), _SECONDS)
        except TimeoutError as error:
            detail = f"the archive did not answer within {_SECONDS:g} s; try again"
            raise ProblemError(503, "archive_slow", detail, {"Retry-After": "10"}) from error

    def close(self) -> None:
        """Take no more calls; those that run are left alone."""
        self._pool.shutdown(wait=False, cancel_futures=True)
