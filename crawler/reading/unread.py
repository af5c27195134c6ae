"""Pages that were captured and never reached the spider, because their crawl was ended before."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

from broadsheet.crawler.capturing.publisher import Publisher
from broadsheet.crawler.errors import ReaderStartError
from broadsheet.crawler.measures import Meter
from broadsheet.crawler.reading.findings import finding_of, page_of
from broadsheet.crawler.reading.pool import ReadingPool


async def read_unread(
    publisher: Publisher, pool: ReadingPool, meter: Meter, seconds_left: Callable[[], float]
) -> ReaderStartError | None:
    """Read what a crawl that has ended captured and did not read.

    What there is no time for any more stays in the spool, where the next start reads it.

    Args:
        publisher: What holds the captures.
        pool: What reads them.
        meter: Where it is measured.
        seconds_left: How long they may still be read; infinite where nobody waits.

    Returns:
        Why they could not be read, or None.
    """
    for segment, capture in publisher.unread():
        left = seconds_left()
        reading_it = pool.read(page_of(capture, segment.block(capture)))
        try:
            reading = await asyncio.wait_for(reading_it, None if math.isinf(left) else max(left, 0.0))
        except TimeoutError:
            return None
        except ReaderStartError as error:
            return error
        finding = finding_of(reading, expected=capture.request.expected)
        meter.read(finding.article, finding.failure)
        segment.settle(capture, finding)
    return None
