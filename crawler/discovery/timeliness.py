"""Which pages a scheduled crawl looks at again: those that are due, as far as the budget of requests goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from broadsheet.crawler.frontier.known import NOT_DUE, OVER_BUDGET
from broadsheet.crawler.frontier.run import Run
from broadsheet.crawler.frontier.visits import Visit, key_of
from broadsheet.crawler.job import CrawlJob
from broadsheet.storage.publishing.catalog import Catalog


class Timeliness:
    """Chooses what is looked at again, and says why anything else that is known is not.

    What nobody knows yet is none of its business: it is always fetched.

    Args:
        job: What was asked for.
        run: The run. One that was cut off chose before: what it chose waits in it.
        catalog: What the archive holds.
    """

    def __init__(self, job: CrawlJob, run: Run, catalog: Catalog) -> None:
        self._now = datetime.now(UTC)
        self._run = run
        self._catalog = catalog
        self._left = 0 if run.resumed else job.max_pages
        if job.requests_per_hour is not None:
            self._left = min(self._left, run.revisits.allowance(self._now, job.requests_per_hour))
        self._due = run.revisits.due(self._now, self._left)
        self._left -= len(self._due)
        self._chosen = {key_of(visit.url) for visit in self._due}

    @property
    def is_spent(self) -> bool:
        """Whether nothing more may be looked at again."""
        return self._left == 0

    @contextmanager
    def choosing(self) -> Iterator[list[Visit]]:
        """Give what is due and within the budget, the most expected of the look first; to be in the run by the end."""
        yield self._due
        # The run knows it: nobody asks for it any more.
        self._due, self._chosen = [], set()

    def refusals(self, urls: Sequence[str]) -> dict[str, str]:
        """Return why URLs that were met are not looked at now, of those that are not."""
        dates = self._run.revisits.dates(urls)
        return {url: reason for url in urls if (reason := self._refusal(url, dates)) is not None}

    def forgotten(self, urls: Sequence[str]) -> list[str]:
        """Return which URLs that the archive holds the frontier does not know of, as many as may be asked for."""
        dates = self._run.revisits.dates(urls)
        return [url for url in urls if url not in dates][: self._left]

    def _refusal(self, url: str, dates: dict[str, datetime | None]) -> str | None:
        if key_of(url) in self._chosen:
            return None
        if url in dates:
            due_at = dates[url]
            if due_at is None:
                return None  # It is judged again as it was before: what it was refused for may be no more.
            return NOT_DUE if due_at > self._now else OVER_BUDGET
        if not self._is_held(url):
            return None
        if self._left == 0:
            return OVER_BUDGET
        self._left -= 1
        return None

    def _is_held(self, url: str) -> bool:
        known = self._catalog.get(url)
        return known is not None and known.standing is not None
