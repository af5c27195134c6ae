"""The event loop that the crawls of a process run in: Twisted's on asyncio, for Scrapy; once in a process."""

from __future__ import annotations

import asyncio
import gc
import importlib
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from scrapy.utils.reactor import install_reactor

from broadsheet.crawler.job import CrawlJob
from broadsheet.crawler.process.memory import keep_large_memory_apart, share_memory_between_threads
from broadsheet.crawler.wire.resolver import GuardedResolver

_GARBAGE_THRESHOLDS = (20_000, 20, 20)


def run_in_reactor(everything: Callable[[], Awaitable[None]], jobs: Sequence[CrawlJob]) -> None:
    """Run something to its end in the reactor, and raise what it raises.

    Args:
        everything: What to run.
        jobs: What it crawls: their addresses are the ones that names may be resolved to.
    """
    # What is loaded by now stays, and much is made that lives for one page: scanning it all costs a tenth.
    gc.freeze()
    gc.set_threshold(*_GARBAGE_THRESHOLDS)
    share_memory_between_threads()
    keep_large_memory_apart()
    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    reactor: Any = importlib.import_module("twisted.internet.reactor")
    # Twisted counts seconds by the machine's clock: where that is set forward by a minute, every fetch would be given
    # up as too slow, and where it is set back, no timer would come for as long.
    reactor.seconds = time.monotonic
    errors: list[BaseException] = []

    async def run_and_stop() -> None:
        try:
            await everything()
        except BaseException as error:  # noqa: BLE001 - raised again below, outside the reactor
            errors.append(error)
        finally:
            reactor.stop()

    GuardedResolver(
        reactor,
        allow_private=any(job.allow_private for job in jobs),
        allow_public=any(job.allow_public for job in jobs),
    ).install_on_reactor()
    reactor.callWhenRunning(lambda: asyncio.ensure_future(run_and_stop()))
    reactor.run(installSignalHandlers=False)
    if errors:
        raise errors[0]
