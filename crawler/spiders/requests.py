"""The spider's requests: what a crawl asks of an address, and what it remembers of asking."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from scrapy import Request

from broadsheet.crawler.capturing.recorder import REQUEST
from broadsheet.crawler.credentials import CREDENTIALS
from broadsheet.crawler.job import CrawlJob
from broadsheet.storage import captures
from broadsheet.storage.model import Hints
from broadsheet.storage.publishing.catalog import Catalog

_DEPTH = "broadsheet_depth"
_HOPS = "broadsheet_hops"


class Requests:
    """Makes requests.

    Args:
        job: What is asked for, and how.
        catalog: Whose validators go with what the archive has.
        callback: Takes the answers.
        errback: Takes what brought none.
    """

    def __init__(
        self,
        job: CrawlJob,
        catalog: Catalog,
        *,
        callback: Callable[..., Any],
        errback: Callable[..., Any],
    ) -> None:
        self._job = job
        self._catalog = catalog
        self._callback = callback
        self._errback = errback

    def to(
        self,
        url: str,
        *,
        depth: int,
        via: str | None,
        hints: Hints | None = None,
        filed_as: str | None = None,
        hops: int = 0,
    ) -> Request:
        """Return the request for an address.

        Args:
            url: The address.
            depth: How many links it is away from a target.
            via: What led to it.
            hints: What was said of it there.
            filed_as: The address on whose behalf it is asked for, where that is another.
            hops: How many redirects led to it.
        """
        job = self._job
        known = self._catalog.get(filed_as or url)
        credentials = job.credentials
        if credentials is not None and not credentials.are_for(url):
            credentials = None
        about = captures.Request(
            filed_as=filed_as,
            expected=job.expected,
            via=via,
            hints=hints,
            render=job.render,
            redacted=[*credentials.names, "Set-Cookie"] if credentials else [],
        )
        headers = known.validators(url, now=datetime.now(UTC)) if known and self._is_conditional else {}
        return Request(
            url,
            callback=self._callback,
            errback=self._errback,
            headers=headers | credentials.headers() if credentials else headers,
            meta={REQUEST: about, _DEPTH: depth, _HOPS: hops} | ({CREDENTIALS: credentials} if credentials else {}),
            dont_filter=True,
        )

    @property
    def _is_conditional(self) -> bool:
        """Whether a server may say that a page is unchanged: it does not know what a browser would show of it."""
        return self._job.conditional and not self._job.render


def depth_of(request: Request) -> int:
    """Return how many links an address is away from a target."""
    depth: int = request.meta[_DEPTH]
    return depth


def hops_of(request: Request) -> int:
    """Return how many redirects led to an address."""
    hops: int = request.meta[_HOPS]
    return hops


def filed_as(request: Request) -> str:
    """Return the address on whose behalf a request is made."""
    about: captures.Request = request.meta[REQUEST]
    return about.filed_as or request.url
