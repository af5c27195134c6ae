"""The circuit breaker: a host that refuses or fails again and again is left alone, and at last given up.

One page that is forbidden or broken says nothing of its host; ten in a row do, and so does one answer that says that it
was asked too often. Who goes on asking then is a burden to a server in trouble, or is being told to go away.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Self, cast

from msgspec import Struct
from twisted.python.failure import Failure

from broadsheet.crawler.courtesy.tdm import TDM_FILE
from broadsheet.crawler.errors import (
    BlockedAddressError,
    CrawlStopped,
    HostGivenUp,
    NoContactError,
    OptedOut,
    RobotsDisallowed,
)

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from broadsheet.crawler.courtesy.paced_slot import PacedSlot

logger = logging.getLogger(__name__)

FAILURES_IN_A_ROW = 10
PAUSES = 3

LONGEST_PAUSE = 15 * 60.0
"""How many seconds a host is left alone for at most."""

_FORBIDDEN = 403
# RFC 6585 section 4. 4xx else is about the page.
_ASKED_TOO_OFTEN = 429
_OURS = (BlockedAddressError, CrawlStopped, NoContactError, OptedOut, RobotsDisallowed)


class Circuit(Struct):
    """What is known of one host.

    Attributes:
        first_pause: Seconds that it is left alone for at first; twice as long each time after.
        failures: How many answers in a row were refusals or failures since the last pause.
        pauses: How many pauses it has had since it last served a page.
    """

    first_pause: float
    failures: int = 0
    pauses: int = 0

    @property
    def given_up(self) -> bool:
        """Whether the host is asked for nothing any more."""
        return self.pauses > PAUSES

    def served(self) -> None:
        """Note that it served a page, or said that there is none."""
        self.failures = self.pauses = 0

    def failed(self, *, asked_too_often: bool = False) -> float | None:
        """Note a refusal or failure; return how long to leave the host alone now, if it is time for that.

        Args:
            asked_too_often: Whether the host says that this is why: then it is, however many there were before.
        """
        self.failures += 1
        # After a pause, one more failure is enough: the host is as it was.
        if self.failures < FAILURES_IN_A_ROW and not self.pauses and not asked_too_often:
            return None
        self.failures = 0
        self.pauses += 1
        return min(self.first_pause * float(2 ** (self.pauses - 1)), LONGEST_PAUSE)


class BreakerMiddleware:
    """Scrapy downloader middleware that notes how each host fares, and lets no request to one pass that is given up.

    Settings:
        BREAKER_PAUSE: Seconds that a host is left alone for after ten refusals or failures in a row: the statuses 403,
            429 and 5xx, time-outs and broken connections; after one 429 that does not say itself how long, by
            Retry-After. Default 30. After each pause one request is tried; after the third without success the host is
            given up for this crawl: `HostGivenUp`.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._first_pause = crawler.settings.getfloat("BREAKER_PAUSE", 30.0)
        self._circuits: dict[str, Circuit] = {}
        self._open_until: dict[str, float] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return the middleware, as Scrapy asks for it."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Let a request pass, unless its host is given up.

        Raises:
            HostGivenUp: It is.
        """
        host = self._host(request)
        circuit = self._circuits.get(host)
        if circuit is not None and circuit.given_up:
            raise _given_up(host)

    def process_response(self, request: Request, response: Response) -> Response:
        """Note how an answer speaks for its host."""
        if not _is_of_the_site(request):
            if response.status == _ASKED_TOO_OFTEN:
                # Where it says when to come again, it is left alone until then: see `Courtesy`.
                said = b"Retry-After" in response.headers
                self._failed(request, f"HTTP {response.status}", asked_too_often=not said)
            elif response.status == _FORBIDDEN or response.status >= 500:
                self._failed(request, f"HTTP {response.status}")
            else:
                self._circuit(request).served()
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Note a request without an answer, unless it was us who did not let it out."""
        if not _is_of_the_site(request) and not isinstance(exception, (*_OURS, HostGivenUp)):
            self._failed(request, str(exception) or type(exception).__name__)

    def _failed(self, request: Request, cause: str, *, asked_too_often: bool = False) -> None:
        host = self._host(request)
        if time.monotonic() < self._open_until.get(host, 0.0):
            return  # It was on its way when the pause began.
        circuit = self._circuit(request)
        pause = circuit.failed(asked_too_often=asked_too_often)
        if pause is None:
            return
        if circuit.given_up:
            logger.warning("%s: given up for this crawl, after %d pauses: %s", host, PAUSES, cause)
            self._refuse_what_waits(host)
            return
        why = "it says that it is asked too often" if asked_too_often else "it refuses or fails again and again"
        logger.warning("%s: left alone for %g s, %s: %s", host, pause, why, cause)
        self._open_until[host] = time.monotonic() + pause
        if (slot := self._slot(host)) is not None:
            slot.pause(pause)

    def _refuse_what_waits(self, host: str) -> None:
        slot = self._slot(host)
        while slot is not None and slot.queue:
            _, waiting = slot.queue.popleft()
            waiting.errback(Failure(_given_up(host)))  # type: ignore[no-untyped-call]

    def _circuit(self, request: Request) -> Circuit:
        return self._circuits.setdefault(self._host(request), Circuit(self._first_pause))

    def _host(self, request: Request) -> str:
        assert self._crawler.engine is not None  # noqa: S101 - requests come from it
        return self._crawler.engine.downloader.get_slot_key(request)

    def _slot(self, host: str) -> PacedSlot | None:
        assert self._crawler.engine is not None  # noqa: S101 - requests come from it
        return cast("PacedSlot | None", self._crawler.engine.downloader.slots.get(host))


def _is_of_the_site(request: Request) -> bool:
    """Whether it is for a file that many sites do not have, or that is asked for whether pages are or not."""
    return bool(request.meta.get("robots") or request.meta.get(TDM_FILE))


def _given_up(host: str) -> HostGivenUp:
    return HostGivenUp(
        f"{host} refuses or fails again and again, {PAUSES} pauses did not help: given up for this crawl"
    )
