"""How often a host is asked: a delay that grows with its latency, Crawl-delay and Retry-After, each within a cap."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast

from scrapy import signals

from broadsheet.crawler.courtesy.breaker import LONGEST_PAUSE
from broadsheet.crawler.courtesy.pace import HostPace
from broadsheet.crawler.courtesy.paced_slot import SHORTEST_DELAY, PacedSlot
from broadsheet.crawler.wire.addresses import is_public
from broadsheet.crawler.wire.handler import tell_when_sent

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger(__name__)

DELAY = "broadsheet_delay"
"""The key of a request's meta that holds the seconds left between two requests to its host when it was made."""

_SHARE_OF_LATEST = 0.5


class Courtesy:
    """Scrapy downloader middleware that keeps each host's download slot as slow as the host wants it.

    It is the one nearest to the slots: it makes them, as `PacedSlot`, before Scrapy would make its own. Robots.txt
    reaches it as ``crawl_delay`` in the meta of a request (see `RobotsMiddleware`). A delay counts from the request
    before, be that the one for robots.txt; what robots.txt asked for the last time holds until it is read again.

    Settings:
        PACE_DIRECTORY: Where the turns of each host are kept for all processes of the machine.
        DOWNLOAD_DELAY: Seconds between the starts of two requests to a host.
        PRIVATE_HOST_DELAY: The same for hosts whose address is not public: the operator's own machines, which
            only answer where private addresses are allowed at all. Default 0.
        LATENCY_FACTOR: A host that has a delay at all is left alone between two requests for this many times as long
            as its answers lately took to begin: a server that grows slow is asked less. Default 2.
        LATENCY_DELAY_CAP: The most seconds that this comes to. Default 10.
        CRAWL_DELAY_CAP: The most seconds that a Crawl-delay is followed for. Default 120.
        RETRY_AFTER_CAP: The most seconds that a host is left alone for its Retry-After. Default 300.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        settings = crawler.settings
        self._delay = settings.getfloat("DOWNLOAD_DELAY")
        self._private_delay = settings.getfloat("PRIVATE_HOST_DELAY", 0.0)
        self._latency_factor = settings.getfloat("LATENCY_FACTOR", 2.0)
        self._latency_delay_cap = settings.getfloat("LATENCY_DELAY_CAP", 10.0)
        self._crawl_delay_cap = settings.getfloat("CRAWL_DELAY_CAP", 120.0)
        self._retry_after_cap = settings.getfloat("RETRY_AFTER_CAP", 300.0)
        self._concurrency = settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN")
        self._pace_directory = Path(settings["PACE_DIRECTORY"])
        self._private: set[str] = set()
        # What robots.txt asks for in this crawl; and what it asked for the last time.
        self._crawl_delays: dict[str, float] = {}
        self._remembered: dict[str, float] = {}
        self._latencies: dict[str, float] = {}
        tell_when_sent(crawler, self._went_out)
        crawler.signals.connect(self._before_request, signal=signals.request_reached_downloader)
        crawler.signals.connect(self._after_response, signal=signals.response_downloaded)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return the middleware, as Scrapy asks for it."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Make the slot that a request is about to go to, where there is none."""
        downloader = self._crawler.engine.downloader
        host = downloader.get_slot_key(request)
        if host not in downloader.slots:
            longest = max(LONGEST_PAUSE, self._retry_after_cap, self._crawl_delay_cap, self._delay)
            pace = HostPace(self._pace_directory, host, believed=2 * longest)
            self._remembered[host] = _remembered(pace, host)
            slot = PacedSlot(self._concurrency, self._current_delay(host), pace)
            slot.is_settled = host in self._crawl_delays
            downloader.slots[host] = slot

    def _before_request(self, request: Request) -> None:
        """Runs when a request has come to its slot, before the slot decides when it goes out."""
        host = request.meta["download_slot"]
        if _is_private_literal(host):
            self._private.add(host)
        if "crawl_delay" in request.meta:
            self._learn_crawl_delay(host, request.meta["crawl_delay"] or 0.0)
        self._set_delay(host)
        delay = self._current_delay(host)
        request.meta[DELAY] = 0.0 if delay <= SHORTEST_DELAY else round(delay, 3)

    def _went_out(self, request: Request) -> None:
        """Runs when a request goes over the wire: connections take long, and what the host sees counts."""
        if (slot := self._slot(request.meta["download_slot"])) is not None:
            slot.went_out()

    def _after_response(self, response: Response, request: Request) -> None:
        """Runs when a response has arrived, before the slot sends its next request."""
        host = request.meta["download_slot"]
        if response.ip_address is not None and not is_public(str(response.ip_address)):
            self._private.add(host)
        self._learn_latency(host, request.meta.get("download_latency"))
        # RFC 9110 section 10.2.3 has it beside 503 and redirects, RFC 6585 section 4 beside 429; servers have more.
        if not 200 <= response.status < 300 and (value := response.headers.get("Retry-After")) is not None:
            self._pause(host, value.decode("latin-1"))
        self._set_delay(host)

    def _learn_latency(self, host: str, latest: float | None) -> None:
        if latest is not None:
            known = self._latencies.get(host, latest)
            self._latencies[host] = known + _SHARE_OF_LATEST * (latest - known)

    def _learn_crawl_delay(self, host: str, stated: float) -> None:
        known = self._crawl_delays.get(host)
        if known is not None and stated <= known:
            return
        self._crawl_delays[host] = stated
        if (slot := self._slot(host)) is not None:
            slot.note_stated(min(stated, self._crawl_delay_cap))
        if not stated:
            return
        if stated > self._crawl_delay_cap:
            logger.warning("%s: Crawl-delay of %g s cut to %g s (CRAWL_DELAY_CAP)", host, stated, self._crawl_delay_cap)
        else:
            logger.info("%s: Crawl-delay of %g s", host, stated)

    def _pause(self, host: str, retry_after: str) -> None:
        asked = seconds_to_wait(retry_after, now=datetime.now(UTC))
        slot = self._slot(host)
        if asked is None or slot is None:
            return
        seconds = min(asked, self._retry_after_cap)
        if seconds < asked:
            logger.warning("%s: Retry-After of %g s cut to %g s (RETRY_AFTER_CAP)", host, asked, self._retry_after_cap)
        else:
            logger.info("%s: asked to be left alone for %g s (Retry-After)", host, seconds)
        slot.pause(seconds)

    def _set_delay(self, host: str) -> None:
        slot = self._slot(host)
        if slot is None:
            return
        delay = self._current_delay(host)
        if delay < slot.delay:
            # The slot has planned its next look at the queue for the end of the longer delay: drop that plan.
            slot.close()
        slot.delay = delay

    def _current_delay(self, host: str) -> float:
        delay = self._private_delay if host in self._private else self._delay
        if delay > 0:
            delay = max(delay, min(self._latency_factor * self._latencies.get(host, 0.0), self._latency_delay_cap))
        stated = self._crawl_delays.get(host, self._remembered.get(host, 0.0))
        return max(delay, min(stated, self._crawl_delay_cap), SHORTEST_DELAY)

    def _slot(self, host: str) -> PacedSlot | None:
        return cast("PacedSlot | None", self._crawler.engine.downloader.slots.get(host))


def seconds_to_wait(retry_after: str, *, now: datetime) -> float | None:
    """Return how many seconds a Retry-After (RFC 9110 section 10.2.3) asks for, or None if it makes no sense.

    Args:
        retry_after: The header's value: seconds or an HTTP date.
        now: The present moment, aware.
    """
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    # An HTTP date is in GMT even where a sloppy server leaves the zone out.
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def _remembered(pace: HostPace, host: str) -> float:
    """The Crawl-delay that a host had when its robots.txt was read last, maybe by another process."""
    try:
        return pace.stated()
    except OSError as error:
        logger.warning("%s: what delay it asked for the last time cannot be read: %s", host, error)
        return 0.0


# Asked at every request.
@lru_cache(maxsize=4096)
def _is_private_literal(host: str) -> bool:
    """Whether a host is a private address itself; which address a name has is known once it has answered."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return not is_public(host)
