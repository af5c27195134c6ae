"""How much a crawl may fetch: so many pages, and so many bytes."""

from __future__ import annotations

import logging

from broadsheet.crawler.frontier.spending import Spending
from broadsheet.storage.model import Exchange

_log = logging.getLogger(__name__)

OVER_PAGES = "max_pages"
"""Why a URL was not fetched: so many pages were before its turn came."""
OVER_BYTES = "max_bytes"
"""Why a URL was not fetched: the bytes were spent before its turn came."""


class PageBudget:
    """Counts the pages that a run asks for, over all the processes that had it.

    A page is counted when its turn comes, not when it is discovered: what is fetched is the best of all that is known
    by then, not what was heard of first. Half of them at most are feeds and sitemaps: of an archive of a hundred years
    with a sitemap for each week, nothing but those would be fetched.

    Args:
        most: How many may be asked for.
        asked: How many were, by the processes that had the run before.
        listings: How many of those were feeds and sitemaps.
    """

    def __init__(self, most: int, asked: int = 0, listings: int = 0) -> None:
        self._most = most
        self._asked = asked
        self._listings = listings

    @property
    def left(self) -> int:
        """How many more may be asked for."""
        return max(0, self._most - self._asked)

    @property
    def is_spent(self) -> bool:
        """Whether no more may be asked for."""
        return self.left == 0

    @property
    def has_listings_left(self) -> bool:
        """Whether a feed or sitemap may be asked for."""
        return self._listings < max(1, self._most // 2)

    def take(self, *, listing: bool) -> None:
        """Count a page."""
        self._asked += 1
        self._listings += listing

    def give_back(self) -> None:
        """Have one that was counted not count: it leads to another, which does, or its turn comes again."""
        self._asked -= 1


class ByteBudget:
    """Counts what goes over the wire, requests and answers, whatever is asked for.

    What is under way when it is spent is still waited for.

    Args:
        most: How many bytes may be spent; None for any number.
        spending: Where they are counted, with those of the processes that had the run before.
    """

    def __init__(self, most: int | None, spending: Spending) -> None:
        self._most = most
        self._spending = spending

    @property
    def is_spent(self) -> bool:
        """Whether nothing more may be fetched."""
        return self._most is not None and self._spending.exchanged >= self._most

    def spend(self, exchange: Exchange) -> None:
        """Count an exchange."""
        if self._most is None:
            return
        was_spent = self.is_spent
        self._spending.note(len(exchange.request) + len(exchange.response))
        if self.is_spent and not was_spent:
            _log.info("nothing more is fetched: %d bytes were, max_bytes is %d", self._spending.exchanged, self._most)


class Bounds:
    """Both of them.

    Args:
        pages: How many pages may be asked for.
        size: How many bytes may be exchanged.
    """

    def __init__(self, pages: PageBudget, size: ByteBudget) -> None:
        self.pages = pages
        self.bytes = size

    @property
    def reached(self) -> str | None:
        """Why no more is fetched, where that is why."""
        return OVER_BYTES if self.bytes.is_spent else OVER_PAGES if self.pages.is_spent else None
