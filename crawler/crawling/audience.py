"""Who is told how a crawl goes and what it came to."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import NamedTuple

from msgspec import Struct

from broadsheet.crawler.frontier.ledger import Ledger
from broadsheet.crawler.job import CrawlSummary
from broadsheet.storage.publishing.publication import Published

_log = logging.getLogger(__name__)

Progress = Callable[[Ledger], None]
"""Is told how far a crawl is."""
Tell = Callable[[Published], None]
"""Is told what became of a capture."""


class CrawlResult(Struct, frozen=True, kw_only=True):
    """What a crawl came to.

    Attributes:
        summary: The counts.
        reasons: Why the first URLs failed or were refused that did, by URL.
        explained: How many there are.
        interrupted: Whether it was stopped from outside.
        whereabouts: Where what was captured is, for people: in the archive, or in the spool.
    """

    summary: CrawlSummary
    reasons: dict[str, str]
    explained: int
    interrupted: bool
    whereabouts: str


class Audience(NamedTuple):
    """Who is told what happens.

    Attributes:
        progress: Told how far a crawl is, several times a second.
        finished: Told what each crawl came to, also where it broke off.
        published: Told what became of each capture, in the order of publication.
    """

    progress: Progress | None
    finished: Callable[[CrawlResult], None]
    published: Tell | None

    def tell(self, published: Published) -> None:
        """Tell what became of a capture."""
        if self.published is not None:
            self.published(published)


class ProgressReport:
    """Tells how far a crawl is, as long as anybody can be told: a closed terminal or pipe is no reason to end it.

    Args:
        progress: Who is told; None for nobody.
        ledger: What the crawl counts.
    """

    def __init__(self, progress: Progress | None, ledger: Ledger) -> None:
        self._progress = progress
        self._ledger = ledger

    def __call__(self) -> None:
        """Tell it once."""
        if self._progress is None:
            return
        try:
            self._progress(self._ledger)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - rich exits on a closed pipe; whatever else, we crawl on
            self._progress = None
            _log.warning("progress is shown no more: %s: %s", type(error).__name__, error)
