"""Looks after a crawl while it runs, and brings it to its end when it is asked to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from scrapy.crawler import Crawler

from broadsheet.crawler.crawling.parts import CrawlParts
from broadsheet.crawler.reading.page_reading import PageReader
from broadsheet.crawler.wire.handler import cut_off, drop_waiting

_WATCH_SECONDS = 0.25
# Less than `Interruption.GRACE`: what arrived of them is still to be published.
_SECONDS_FOR_PAGES_IN_FLIGHT = 4.0
_SECONDS_FOR_READING = 1.0


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
    await asyncio.wait([ending], timeout=_SECONDS_FOR_PAGES_IN_FLIGHT)
    cut_off(crawler)
    pages.show_no_more()
    parts.preparation.give_up()
    await asyncio.wait([ending], timeout=_SECONDS_FOR_READING)
    pages.read_no_more()
    await ending
