"""The archive is read in threads, so that the event loop goes on: so many at once, and each for so long.

Nearly all that is asked for is small, and answered by several threads at once with what is small. Whatever turns out to
be large is done again in a thread of its own, one after another, so that memory stays bounded whatever is asked for.
What goes through much of the archive (the change feed, the days, the sites) has few threads of its own, lest it keep
those that look something up, and the event loop, from going on. Nobody has all threads of a kind.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from msgspec.structs import replace

from broadsheet.crawler.process.memory import give_back_free_memory
from broadsheet.scheduler.web.bounded_store import BoundedStore
from broadsheet.scheduler.web.errors import slow
from broadsheet.scheduler.web.parts import Parts
from broadsheet.scheduler.web.turns import Kind, Turns
from broadsheet.storage.archive import Archive
from broadsheet.storage.errors import TooLargeError

_THREADS = 12
_SCANNING_THREADS = 3
_OTHER_THREADS = 4
# Of one asker.
_AT_ONCE: Mapping[Kind, int] = {"small": 8, "scan": 2, "large": 1}
_MOST_OF_ONE = 64
_SMALL = 512 * 1024
_SHORT_LIST = 1_000
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
        self._small = replace(
            parts, archive=lambda: _bounded(parts, _SMALL), longest_body=_SMALL, longest_list=_SHORT_LIST
        )
        self._large = replace(parts, archive=lambda: _timed(parts))
        self._of_small = ThreadPoolExecutor(_THREADS, thread_name_prefix="web-read")
        self._of_scans = ThreadPoolExecutor(_SCANNING_THREADS, thread_name_prefix="web-scan")
        self._of_large = ThreadPoolExecutor(1, thread_name_prefix="web-read-large")
        self._of_others = ThreadPoolExecutor(_OTHER_THREADS, thread_name_prefix="web-ask")
        self._turns = Turns(_AT_ONCE, _MOST_OF_ONE)
        self._waiting = 0
        self._asking: dict[Callable[[], Any], asyncio.Future[Any]] = {}

    async def run(self, asker: str, call: Callable[[Parts], _T], *, scans: bool = False) -> _T:
        """Return what a call returns that is given the parts to work with.

        Args:
            asker: Who asks, as `Access` tells it.
            call: What is to be called.
            scans: Whether it goes through much of the archive.

        Raises:
            ProblemError: Too many wait already, or it takes too long; it is then left alone, and ends when it asks the
                store for more.
        """
        if self._waiting >= _MOST_WAITING:
            raise slow("too much is asked of the archive at once")
        kind: Kind = "scan" if scans else "small"
        pool = self._of_scans if scans else self._of_small
        self._waiting += 1
        try:
            with self._turns.request(asker) as waiting:
                # Outside of a handler, so that nothing that the error holds is held while it waits.
                with contextlib.suppress(TooLargeError):
                    async with _within(_SECONDS), waiting.turns[kind]:
                        return await asyncio.wrap_future(pool.submit(call, self._small))
                async with _within(_SECONDS_OF_LARGE), waiting.turns["large"]:
                    return await asyncio.wrap_future(self._of_large.submit(_run_large, call, self._large))
        finally:
            self._waiting -= 1

    async def ask(self, call: Callable[[], _T]) -> _T:
        """Return what a call returns that waits for something else than the archive, such as the database.

        Raises:
            ProblemError: It takes too long.
        """
        async with _within(_SECONDS):
            return await asyncio.wrap_future(self._of_others.submit(call))

    async def ask_together(self, call: Callable[[], _T]) -> _T:
        """Return what `ask` does; whoever asks while it is asked already is given the same answer.

        What has to be answered however often somebody asks keeps one thread so.
        """
        asking = self._asking.get(call)
        if asking is None:
            asking = self._asking[call] = asyncio.ensure_future(self.ask(call))
            asking.add_done_callback(lambda _: self._asking.pop(call))
        return await asyncio.shield(asking)

    def close(self) -> None:
        """Take no more calls; those that run are left alone."""
        for pool in (self._of_small, self._of_scans, self._of_large, self._of_others):
            pool.shutdown(wait=False, cancel_futures=True)


@asynccontextmanager
async def _within(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds) as waiting:
            yield
    except TimeoutError as error:
        if not waiting.expired():
            raise
        raise slow(f"there was no answer within {seconds:g} s") from error


def _bounded(parts: Parts, most: int) -> Archive:
    return Archive(BoundedStore(parts.archive().store, most, seconds=_SECONDS), longest_record=most)


def _timed(parts: Parts) -> Archive:
    store = BoundedStore(parts.archive().store, None, seconds=_SECONDS_OF_LARGE)
    return Archive(store, longest_record=_LARGE)


def _run_large(call: Callable[[Parts], _T], parts: Parts) -> _T:
    try:
        return call(parts)
    finally:
        give_back_free_memory()
