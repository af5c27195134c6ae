"""Looks after a crawl while it runs, and brings it to its end when it is asked to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from scrapy.crawler import Crawler

from broadsheet.crawler.crawling.parts import CrawlParts
from broadsheet.crawler.process.interruption import UNTIL_CUT_OFF, UNTIL_UNREAD
from broadsheet.crawler.reading.page_reading import PageReader
from broadsheet.crawler.wire.handler import cut_off, drop_waiting

_WATCH_SECONDS = 0.25


async def watch(
    crawler: Crawler,
    parts: CrawlParts,
    pages: PageReader,
    look: Callable[[], bool],
    end_on_fault: Callable[[BaseException], None],
) -> None:
    """Bring captures to the disk and `look`, several times a second; end the crawl when that says no, or fails.

    Args:
        crawler: Scrapy's.
        parts: What the crawl works with.
        pages: The pages that are read.
        look: Looks after the crawl, and tells whether it goes on.
        end_on_fault: Ends the crawl on a fault.
    """
    try:
        going_on = True
        while going_on:
            await asyncio.sleep(_WATCH_SECONDS)
            await parts.publisher.sync()
            going_on = look()
    except Exception as error:  # noqa: BLE001 - nobody waits for this task before the crawl is over
        end_on_fault(error)
    drop_waiting(crawler)
    ending = asyncio.ensure_future(crawler.stop_async())
    # Where it ends by itself, pages in flight have as long; a signal that comes meanwhile has nothing take longer.
    until = parts.interruption.seconds_until
    await asyncio.wait([ending], timeout=max(0.0, min(UNTIL_CUT_OFF, until(UNTIL_CUT_OFF))))
    cut_off(crawler)
    pages.show_no_more()
    parts.preparation.give_up()
    await asyncio.wait([ending], timeout=max(0.0, min(UNTIL_UNREAD - UNTIL_CUT_OFF, until(UNTIL_UNREAD))))
    pages.read_no_more()
    await ending
