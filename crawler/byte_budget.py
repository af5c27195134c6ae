"""How many bytes a crawl may fetch."""

from __future__ import annotations

import logging

from broadsheet.crawler.frontier.spending import Spending
from broadsheet.storage.model import Exchange

_log = logging.getLogger(__name__)

OVER_BYTES = "max_bytes"
"""Why a URL was not fetched: the bytes were spent before its turn came."""


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
