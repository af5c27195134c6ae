"""The Robots Exclusion Protocol, RFC 9309: robots.txt is asked first, and where it cannot be had nothing is.

Scrapy's own middleware fetches on where robots.txt is unreachable, keeps it for as long as the crawl lasts,
and takes one robots.txt for all schemes of a host; hence this one.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Self
from urllib.parse import urljoin, urlsplit

from msgspec import Struct
from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
)
from scrapy.http.request import NO_CALLBACK

from broadsheet.crawler.courtesy.robots_rules import RobotsRules
from broadsheet.crawler.entries import absolute
from broadsheet.crawler.errors import (
    BlockedAddressError,
    NoContactError,
    RobotsDisallowed,
    UntrustedCertificateError,
)
from broadsheet.storage.errors import MessageError
from broadsheet.storage.http.codings import remove_codings
from broadsheet.storage.http.messages import list_values

if TYPE_CHECKING:
    from scrapy.crawler import Crawler
    from scrapy.http import Response

logger = logging.getLogger(__name__)

ROBOTS_DECISION = "robots_decision"
"""The key of a request's meta that holds what allowed it."""
MAXIMUM_ROBOTS = 512 * 1024
"""How many bytes of a robots.txt are parsed; RFC 9309 section 2.5 asks for at least 500 KiB."""

_LARGEST_DECODED = 8 * 1024 * 1024
_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SECONDS_KEPT = 24 * 60 * 60
# Of robots.txt, in bytes: their rules take ten times as much. What was wanted longest ago is read again when it is.
_MOST_KEPT = 4 * 1024 * 1024
_LEAST_SIZE = 1024
_BEFORE_ALL_PAGES = 1_000
_CAUSES: tuple[tuple[type[Exception], str], ...] = (
    (DownloadTimeoutError, "timeout"),
    (CannotResolveHostError, "host not found"),
    (DownloadConnectionRefusedError, "connection refused"),
    (BlockedAddressError, "address not public"),
    (NoContactError, "no contact given"),
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


class RobotsMiddleware:
    """Scrapy downloader middleware that lets no request pass that robots.txt does not allow.

    A robots.txt is fetched through the engine, redirects hop by hop, so that each exchange is recorded and
    guarded like any other. Requests with ``robots`` in their meta are these fetches and pass.

    A request that passes has in its meta ``robots_decision``, what allowed it, and ``crawl_delay``, the
    seconds that the origin asks for between requests, or None. Any other ends with `RobotsDisallowed`.

    Settings: ``ROBOTSTXT_USER_AGENT``, the product token that rules are looked up for.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._product_token: str = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self._policies: OrderedDict[str, tuple[float, asyncio.Task[RobotsPolicy]]] = OrderedDict()
        self._sizes: dict[str, int] = {}
        self._kept = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Return the middleware, as Scrapy asks for it."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Let a request pass, or refuse it.

        Raises:
            RobotsDisallowed: robots.txt disallows the URL, or could not be read; its ``__cause__`` tells why.
        """
        if request.meta.get("robots"):
            return
        policy = await self._policy(request.url)
        refusal = policy.refusal(request.url)
        if refusal is not None:
            raise RobotsDisallowed(refusal) from policy.cause
        request.meta[ROBOTS_DECISION] = "allowed by robots.txt" if policy.rules else policy.basis
        request.meta["crawl_delay"] = policy.crawl_delay

    async def sitemaps(self, url: str) -> list[str]:
        """Return the sitemaps that the robots.txt of a URL's origin names; they may lie on other hosts."""
        return (await self._policy(url)).sitemaps

    async def _policy(self, url: str) -> RobotsPolicy:
        """The policy of an origin, read once a day at most, whoever asks first."""
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        read_at, reading = self._policies.get(origin, (0.0, None))
        if reading is None or time.monotonic() - read_at > _SECONDS_KEPT:
            reading = asyncio.ensure_future(self._read(origin))
            self._policies[origin] = (time.monotonic(), reading)
        self._policies.move_to_end(origin)
        # Shielded: the one who asked first may give up, and the others still want to know.
        policy = await asyncio.shield(reading)
        self._keep(origin, policy)
        return policy

    def _keep(self, origin: str, policy: RobotsPolicy) -> None:
        """Count what is kept of an origin, and forget others where that is too much: hosts may be without end."""
        if origin not in self._policies:
            return
        size = max(_LEAST_SIZE, policy.size)
        self._kept += size - self._sizes.get(origin, 0)
        self._sizes[origin] = size
        while self._kept > _MOST_KEPT and len(self._sizes) > 1:
            oldest = next(known for known in self._policies if known in self._sizes)
            del self._policies[oldest]
            self._kept -= self._sizes.pop(oldest)

    async def _read(self, origin: str) -> RobotsPolicy:
        try:
            policy = self._judge(await self._fetch(f"{origin}/robots.txt"))
        except Exception as error:  # noqa: BLE001 - whatever keeps us from reading it: complete disallow (2.3.1.4)
            logger.warning("%s/robots.txt cannot be read: %s", origin, str(error) or type(error).__name__)
            said = next((text for kind, text in _CAUSES if isinstance(error, kind)), "no answer")
            policy = _unreachable(said, error)
        logger.info("%s: %s", origin, policy.basis)
        return policy

    async def _fetch(self, url: str) -> Response:
        """The answer for a robots.txt behind at most five redirects (RFC 9309 section 2.3.1.2)."""
        for _ in range(_MOST_REDIRECTS + 1):
            response = await self._ask(url)
            location = response.headers.get("Location")
            if response.status not in _REDIRECTS or location is None:
                break
            url = urljoin(url, location.decode("utf-8", "replace"))
        return response

    async def _ask(self, url: str) -> Response:
        request = Request(
            url,
            callback=NO_CALLBACK,
            priority=_BEFORE_ALL_PAGES,
            meta={"robots": True, "allow_offsite": True, "dont_redirect": True},
        )
        return await self._crawler.engine.download_async(request)

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


def _unreachable(said: str, cause: Exception | None = None) -> RobotsPolicy:
    return RobotsPolicy(basis=f"robots.txt unreachable ({said})", reachable=False, cause=cause)


def _robots(response: Response) -> bytes:
    """The bytes of a robots.txt, at most `MAXIMUM_ROBOTS` of it: a rule that is cut through is left out."""
    headers = [("Content-Encoding", value.decode("latin-1")) for value in response.headers.getlist("Content-Encoding")]
    body = remove_codings(response.body, list_values(headers, "Content-Encoding"), _LARGEST_DECODED)
    if len(body) > MAXIMUM_ROBOTS:
        body = body[:MAXIMUM_ROBOTS].rpartition(b"\n")[0]
    return body
