"""What became of every moment that a schedule meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from broadsheet.scheduler.jobs.model import Job

Span = tuple[datetime, datetime]


class Ledger(Struct, frozen=True, kw_only=True):
    """How many moments came, and what became of them.

    Attributes:
        due: Moments that came.
        made: Those that a run was planned for.
        twice: Those that more than one was planned for.
        made_up: Those that came while the service was down or a run was under way, and have a later run for them.
        missed: All others.
    """

    due: int
    made: int
    twice: int
    made_up: int
    missed: int


def count(jobs: Sequence[Job], up: Sequence[Span], *, interval: timedelta, put_off: timedelta) -> Ledger:
    """Count the moments of a source's schedule, from its first run on.

    Args:
        jobs: The runs that the schedule planned.
        up: The spans of time in which the service ran.
        interval: What lies between two moments.
        put_off: By how much a run may be put off at most: by jitter, and until somebody looks for what is due.
    """
    planned = Counter(job.planned_for for job in jobs if job.planned_for is not None)
    # Of a source that was never crawled every moment since the service was started is missed.
    first = min(planned, default=up[0][0])
    last, end = max(planned, default=first), up[-1][1]
    due = [first + number * interval for number in range(int((end - put_off - first) / interval) + 1)]
    open_moments = [moment for moment in due if moment not in planned]
    made_up = [
        moment
        for moment in open_moments
        if moment < last and (not _is_within(moment, up, put_off) or _is_under_way(moment, jobs, put_off))
    ]
    return Ledger(
        due=len(due),
        made=sum(moment in planned for moment in due),
        twice=sum(number > 1 for number in planned.values()),
        made_up=len(made_up),
        missed=len(open_moments) - len(made_up),
    )


def _is_within(moment: datetime, up: Sequence[Span], put_off: timedelta) -> bool:
    return any(start <= moment and moment + put_off <= end for start, end in up)


def _is_under_way(moment: datetime, jobs: Sequence[Job], put_off: timedelta) -> bool:
    return any(job.asked_at <= moment + put_off and (job.ended_at is None or moment <= job.ended_at) for job in jobs)


def total(ledgers: Sequence[Ledger]) -> Ledger:
    """Return the sum of several sources."""
    return Ledger(
        due=sum(ledger.due for ledger in ledgers),
        made=sum(ledger.made for ledger in ledgers),
        twice=sum(ledger.twice for ledger in ledgers),
        made_up=sum(ledger.made_up for ledger in ledgers),
        missed=sum(ledger.missed for ledger in ledgers),
    )
