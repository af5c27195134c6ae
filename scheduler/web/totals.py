"""What the jobs came to, added up: read from the jobs when it is asked for, each of them once."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from datetime import datetime
from threading import Lock

from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.jobs.model import Job

_PAGE = 200
_MOST_AT_FIRST = 10_000
_MOST_KNOWN = 50_000

# By source, which is None for URLs of none, and what else the sums are told apart by.
Sums = defaultdict[tuple[str | None, ...], float]


class Totals:
    """The sums over all jobs since the ten thousandth before the service began. Safe to use from several threads.

    Args:
        jobs: The jobs.

    Attributes:
        under_way: The jobs that wait or run.
        ended: How many ended, by source, kind and state.
        outcomes: What became of URLs, by source and outcome.
        skipped: How many URLs were skipped, by source and reason.
        fetched: How many requests were made, by source.
        seconds: How long finished crawls took, by source.
        last_success: When a crawl last finished, by source.
    """

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._lock = Lock()
        self._known: OrderedDict[str, None] = OrderedDict()
        self.under_way: dict[str, Job] = {}
        self.ended: Sums = defaultdict(float)
        self.outcomes: Sums = defaultdict(float)
        self.skipped: Sums = defaultdict(float)
        self.fetched: Sums = defaultdict(float)
        self.seconds: Sums = defaultdict(float)
        self.last_success: dict[str | None, datetime] = {}

    def refresh(self) -> None:
        """Add what has ended since the last time."""
        with self._lock:
            for job_id in list(self.under_way):
                job = self._jobs.get(job_id)
                if job is None or job.has_ended:
                    del self.under_way[job_id]
                if job is not None:
                    self._note(job)
            for job in list(self._new()):
                self._known[job.id] = None
                self._note(job)
            while len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)

    def _new(self) -> Iterator[Job]:
        """Yield the jobs that are not known, back to a page of which all are."""
        before = None
        at_most = _MOST_AT_FIRST
        while at_most > 0:
            page = self._jobs.newest(before=before, limit=_PAGE)
            found = [job for job in page if job.id not in self._known]
            yield from found
            if not found or len(page) < _PAGE:
                return
            before = page[-1].id
            at_most -= len(page)

    def _note(self, job: Job) -> None:
        if not job.has_ended:
            self.under_way[job.id] = job
            return
        self.ended[job.source, job.kind, job.state] += 1
        result = job.result or {}
        if job.kind == "recrawl":
            if "outcome" in result:
                self.outcomes[job.source, str(result["outcome"])] += 1
            return
        for outcome, count in result.get("outcomes", {}).items():
            self.outcomes[job.source, outcome] += count
        for reason, count in result.get("skipped", {}).items():
            self.skipped[job.source, reason] += count
        self.fetched[job.source,] += result.get("fetched", 0)
        if job.state == "finished":
            self.seconds[job.source,] += result.get("seconds", 0)
            if job.ended_at is not None:
                last = self.last_success.get(job.source, job.ended_at)
                self.last_success[job.source] = max(last, job.ended_at)
