"""A download slot of Scrapy whose requests go out at the turns of their host, which all processes share."""

from __future__ import annotations

import logging
import math
import time

from scrapy.core.downloader import Slot

from broadsheet.crawler.courtesy.pace import HostPace

logger = logging.getLogger(__name__)

# With no delay at all, a slot forgets a pause, and Scrapy 2.19 on asyncio sends whatever is queued at once, past
# CONCURRENT_REQUESTS_PER_DOMAIN: it counts a request only once its task has begun.
SHORTEST_DELAY = 0.001


class PacedSlot(Slot):
    """The slot of one host.

    A host without a delay is asked as often as it answers, and its turns are not kept, once it is known that it asks
    for none: until then, each request may be the one that the first delay counts from.

    Args:
        concurrency: How many requests may be under way at a time.
        delay: Seconds from one request to the next.
        pace: The turns of the host.

    Attributes:
        is_settled: Whether it is known what delay the host asks for.
    """

    __slots__ = ("_pace", "_turn", "is_settled")

    def __init__(self, concurrency: int, delay: float, pace: HostPace) -> None:
        super().__init__(concurrency, delay, jitter=0)
        self._pace: HostPace | None = pace
        self._turn: float | None = None
        self.is_settled = False

    def download_delay(self) -> float:
        """Return how long after `lastseen` the next request goes out; Scrapy asks before it sends one, and after."""
        if self._pace is None or self._is_free:
            self._turn = None
            return self.delay
        if not self.queue or self.free_transfer_slots() <= 0:
            self._turn = None
            return self.delay
        try:
            turn = self._next_turn(self._pace)
        except OSError as error:
            # Raised here, it would only end the timer that asked, and nothing would be sent ever after.
            logger.warning("the pace of a host is kept within this process only, its file cannot be used: %s", error)
            self._pace = None
            return self.delay
        return -math.inf if turn is None else turn - self.lastseen

    def went_out(self) -> None:
        """Note that a request goes out now, later than its turn by the time that its connection took."""
        if self._is_free:
            return
        self.lastseen = max(self.lastseen, time.monotonic())
        if self._pace is None:
            return
        try:
            self._pace.went_out()
        except OSError as error:
            logger.warning("when a host was asked is not noted, its file cannot be used: %s", error)

    def pause(self, seconds: float) -> None:
        """Send nothing for so long, and have other processes send nothing either."""
        # The slot sends its next request one delay after it was last used, and is not discarded before.
        self.lastseen = max(self.lastseen, time.monotonic() + seconds - self.delay)
        if self._pace is None:
            return
        try:
            self._pace.pause(time.monotonic() + seconds)
        except OSError as error:
            logger.warning("other processes are not told to leave a host alone, its file cannot be used: %s", error)

    def note_stated(self, seconds: float) -> None:
        """Note the delay that the host asks for, for other processes and later crawls."""
        self.is_settled = True
        if self._pace is None:
            return
        try:
            self._pace.note_stated(seconds)
        except OSError as error:
            logger.warning("other crawls are not told what delay a host asks for, its file cannot be used: %s", error)

    def close(self) -> None:
        """Drop the plan to look at the queue again."""
        super().close()
        if self._pace is not None:
            self._pace.close()

    @property
    def _is_free(self) -> bool:
        """Whether it is known that the host has no delay."""
        return self.is_settled and self.delay <= SHORTEST_DELAY

    def _next_turn(self, pace: HostPace) -> float | None:
        """Return the moment of the next turn, or None where it has come and is taken."""
        if self._turn is None:
            # What was sent while there was no delay was sent, too.
            self._turn = pace.reserve(self.delay, not_before=self.lastseen + self.delay)
        if self._turn > time.monotonic():
            return self._turn
        self._turn = pace.take(self.delay)
        return self._turn
