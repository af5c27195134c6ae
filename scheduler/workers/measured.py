"""What a job measures on its way into the sums of the service's database."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping

from broadsheet.crawler.errors import CrawlError
from broadsheet.scheduler.jobs.counts import Counts


class Measured:
    """What one job measures. While the database cannot be used, it waits.

    Args:
        counts: Where it is added.
        source: The source of the job, or None.
    """

    def __init__(self, counts: Counts, source: str | None) -> None:
        self._counts = counts
        self._source = source
        self._waiting: Counter[str] = Counter()  # Seconds are no whole numbers, and are added all the same.

    async def take(self, more: Mapping[str, float]) -> None:
        """Add to the sums."""
        self._waiting.update(more)
        await self.add_what_waits()

    async def add_what_waits(self) -> None:
        """Add what could not be added before, if that is possible now."""
        if not self._waiting:
            return
        try:
            await asyncio.to_thread(self._counts.add, self._source, dict(self._waiting))
        except CrawlError:
            return  # Whoever takes jobs from the same database says that it cannot be used.
        self._waiting.clear()
