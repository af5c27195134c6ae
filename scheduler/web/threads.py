"""The archive is read in threads, so that the event loop goes on: so many at once, and each for so long.

Nearly all that is asked for is small, and answered by several threads at once with what is small. Whatever turns out to
be large is done again in a thread of its own, one after another, so that memory stays bounded whatever is asked for.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from msgspec.structs import replace

from broadsheet.crawler.process.memory import give_back_free_memory
from broadsheet.scheduler.web.bounded_store import BoundedStore
from broadsheet.scheduler.web.errors import ProblemError
from broadsheet.scheduler.web.parts import Parts
from broadsheet.storage.archive import Archive
from broadsheet.storage.errors import TooLargeError

_THREADS = 12
_OTHER_THREADS = 4
_SMALL = 512 * 1024
_LARGE = 40 * 1024 * 1024
_SECONDS = 25.0
_SECONDS_OF_LARGE = 120.0
_MOST_WAITING = 300

_T = TypeVar("_T")


class Threads:
    """Runs what waits for the archive.

    Args:
        parts: What it works with.
    """

    def __init__(self, parts: Parts) -> None:
        self._small = replace(parts, archive=lambda: _bounded(parts, _SMALL), longest_body=_SMALL)
        self._large = replace(parts, archive=lambda: Archive(parts.archive().store, longest_record=_LARGE))
        self._of_small = ThreadPoolExecutor(_THREADS, thread_name_prefix="web-read")
        self._of_large = ThreadPoolExecutor(1, thread_name_prefix="web-read-large")
        self._of_others = ThreadPoolExecutor(_OTHER_THREADS, thread_name_prefix="web-ask")
        self._waiting = 0

    async def run(self, call: Callable[[Parts], _T]) -> _T:
        """Return what a call returns that is given the parts to work with.

        Raises:
            ProblemError: Too many wait already, or it takes too long; it is then left alone, and ends by the deadline
                of the store.
        """
        if self._waiting >= _MOST_WAITING:
            raise _slow("too much is asked of the archive at once")
        self._waiting += 1
        try:
            # Outside of a handler, so that nothing that the error holds is held while it waits.
            with contextlib.suppress(TooLargeError):
                return await self._result(self._of_small.submit(call, self._small), _SECONDS)
            return await self._result(self._of_large.submit(_run_large, call, self._large), _SECONDS_OF_LARGE)
        finally:
            self._waiting -= 1

    async def ask(self, call: Callable[[], _T]) -> _T:
        """Return what a call returns that waits for something else than the archive, such as the database.

        Raises:
            ProblemError: It takes too long.
        """
        return await self._result(self._of_others.submit(call), _SECONDS)

    def close(self) -> None:
        """Take no more calls; those that run are left alone."""
        for pool in (self._of_small, self._of_large, self._of_others):
            pool.shutdown(wait=False, cancel_futures=True)

    @staticmethod
    async def _result(running: Future[_T], seconds: float) -> _T:
        try:
            return await asyncio.wait_for(asyncio.wrap_future(running), seconds)
        except TimeoutError as error:
            raise _slow(f"there was no answer within {seconds:g} s") from error


def _bounded(parts: Parts, most: int) -> Archive:
    return Archive(BoundedStore(parts.archive().store, most), longest_record=most)


def _run_large(call: Callable[[Parts], _T], parts: Parts) -> _T:
    try:
        return call(parts)
    finally:
        give_back_free_memory()


def _slow(what: str) -> ProblemError:
    return ProblemError(503, "archive_slow", f"{what}; try again", {"Retry-After": "10"})
