"""The Robots Exclusion Protocol, RFC 9309: robots.txt is asked first, and where it cannot be had nothing is.

Scrapy's own middleware fetches on where robots.txt is unreachable, keeps it for as long as the crawl lasts,
and takes one robots.txt for all schemes of a host; hence this one.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Self

from msgspec import Struct
from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
)

from broadsheet.crawler.courtesy.robots_rules import RobotsRules
from broadsheet.crawler.courtesy.site_files import SiteFiles, fetch_site_file, file_in
from broadsheet.crawler.entries import absolute
from broadsheet.crawler.errors import (
    ROBOTS_UNREACHABLE,
    BlockedAddressError,
    NoContactError,
    OptedOut,
    ProxyError,
    RobotsDisallowed,
    UntrustedCertificateError,
)
from broadsheet.storage.errors import MessageError
from broadsheet.storage.optouts import Reservation, in_order, reserved

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger(__name__)

ROBOTS_DECISION = "robots_decision"
"""The key of a request's meta that holds what allowed it."""
RESERVATIONS = "broadsheet_reservations"
"""The key of a request's meta that holds what the files of its site state of its URL (`Reservation`)."""
PASSED_OVER_IF = "broadsheet_passed_over_if"
"""The key of a request's meta that holds the opt-outs for which it is not made, where robots.txt states one of them."""
MAXIMUM_ROBOTS = 512 * 1024
"""How many bytes of a robots.txt are parsed; RFC 9309 section 2.5 asks for at least 500 KiB."""

_CAUSES: tuple[tuple[type[Exception], str], ...] = (
    (DownloadTimeoutError, "timeout"),
    (CannotResolveHostError, "host not found"),
    (DownloadConnectionRefusedError, "connection refused"),
    (BlockedAddressError, "address not public"),
    (NoContactError, "no contact given"),
    (ProxyError, "the proxy opens no way"),
    (UntrustedCertificateError, "certificate refused"),
    (MessageError, "unreadable"),
)


class RobotsPolicy(Struct, frozen=True):
    """What one origin allows.

    Attributes:
        basis: What the policy rests on, for people: ``robots.txt``, ``no robots.txt (HTTP 404)``,
            ``robots.txt unreachable (HTTP 503)``.
        rules: The rules, where a robots.txt was read.
        reachable: Whether it is known what the origin allows; if not, it allows nothing.
        crawl_delay: Seconds between requests that it asks for, or None. Not in RFC 9309, but widely used.
        sitemaps: The sitemaps it names.
        cause: What kept us from reading it, where no HTTP response did.
        size: How many bytes of a robots.txt were parsed.
    """

    basis: str
    rules: RobotsRules | None = None
    reachable: bool = True
    crawl_delay: float | None = None
    sitemaps: list[str] = []
    cause: Exception | None = None
    size: int = 0

    def refusal(self, url: str) -> str | None:
        """Return why a URL may not be fetched, or None when it may."""
        if not self.reachable:
            return self.basis
        if self.rules is not None and not self.rules.allows(url):
            return "robots.txt disallows"
        return None

    def reservations(self, url: str) -> list[Reservation]:
        """Return what is stated of the use of a URL."""
        return self.rules.reservations(url) if self.rules is not None else []


class RobotsMiddleware:
    """Scrapy downloader middleware that lets no request pass that robots.txt does not allow.

    A robots.txt is fetched through the engine, redirects hop by hop, so that each exchange is recorded and
    guarded like any other. Requests with ``robots`` in their meta are these fetches and pass.

    A request that passes has in its meta ``robots_decision``, what allowed it, ``crawl_delay``, the seconds that the
    origin asks for between requests, or None, and under `RESERVATIONS` what robots.txt reserves. Any other ends with
    `RobotsDisallowed`, or, where its meta has `PASSED_OVER_IF`, with `OptedOut`.

    Settings: ``ROBOTSTXT_USER_AGENT``, the product token that rules are looked up for.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._product_token: str = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self._policies = SiteFiles(self._read, size=lambda policy: policy.size)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return the middleware, as Scrapy asks for it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Let a request pass, or refuse it.

        Raises:
            RobotsDisallowed: robots.txt disallows the URL, or could not be read; its ``__cause__`` tells why.
            OptedOut: robots.txt reserves what the request is not made for.
        """
        if request.meta.get("robots"):
            return
        policy = await self.policy(request.url)
        refusal = policy.refusal(request.url)
        if refusal is not None:
            raise RobotsDisallowed(refusal) from policy.cause
        reservations = policy.reservations(request.url)
        obeyed = set(request.meta.get(PASSED_OVER_IF, ())).intersection(reserved(reservations))
        if obeyed:
            raise OptedOut(f"its publisher reserves it: {', '.join(in_order(obeyed))}")
        request.meta[RESERVATIONS] = reservations
        request.meta[ROBOTS_DECISION] = "allowed by robots.txt" if policy.rules else policy.basis
        request.meta["crawl_delay"] = policy.crawl_delay

    async def policy(self, url: str) -> RobotsPolicy:
        """Return what the origin of a URL allows."""
        return await self._policies.of(url)

    async def _read(self, origin: str) -> RobotsPolicy:
        try:
            policy = self._judge(await fetch_site_file(self._crawler, f"{origin}/robots.txt", {"robots": True}))
        except Exception as error:  # noqa: BLE001 - whatever keeps us from reading it: complete disallow (2.3.1.4)
            logger.warning("%s/robots.txt cannot be read: %s", origin, str(error) or type(error).__name__)
            said = next((text for kind, text in _CAUSES if isinstance(error, kind)), "no answer")
            policy = _unreachable(said, error)
        logger.info("%s: %s", origin, policy.basis)
        return policy

    def _judge(self, response: Response) -> RobotsPolicy:
        """What an answer means (RFC 9309 section 2.3.1)."""
        if response.status >= 500:
            return _unreachable(f"HTTP {response.status}")
        if not 200 <= response.status < 300:
            # 4xx, and redirects that lead to no robots.txt within five hops: there are no rules.
            return RobotsPolicy(basis=f"no robots.txt (HTTP {response.status})")
        robots = _robots(response)
        rules = RobotsRules(robots, self._product_token)
        sitemaps = (absolute(stated, response.url) for stated in rules.sitemaps)
        return RobotsPolicy(
            basis="robots.txt",
            rules=rules,
            crawl_delay=rules.crawl_delay,
            sitemaps=list(dict.fromkeys(sitemap for sitemap in sitemaps if sitemap is not None)),
            size=len(robots),
        )


async def named_sitemaps(crawler: Crawler, url: str) -> list[str]:
    """Return the sitemaps that the robots.txt of a URL's origin names; they may lie on other hosts."""
    robots = crawler.get_downloader_middleware(RobotsMiddleware)
    assert isinstance(robots, RobotsMiddleware)  # noqa: S101 - settings.py names it
    return (await robots.policy(url)).sitemaps


def _unreachable(said: str, cause: Exception | None = None) -> RobotsPolicy:
    return RobotsPolicy(basis=f"{ROBOTS_UNREACHABLE} ({said})", reachable=False, cause=cause)


def _robots(response: Response) -> bytes:
    """The bytes of a robots.txt, at most `MAXIMUM_ROBOTS` of it: a rule that is cut through is left out."""
    body = file_in(response)
    if len(body) > MAXIMUM_ROBOTS:
        body = body[:MAXIMUM_ROBOTS].rpartition(b"\n")[0]
    return body
