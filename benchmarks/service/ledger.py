"""What became of every moment that a schedule meant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from broadsheet.scheduler.jobs.model import Job

_MINUTE = timedelta(minutes=1)
# A run is put off by a tenth of its interval at most, and what is due is looked for every five seconds.
_PUT_OFF = timedelta(seconds=15)

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


def count(jobs: Sequence[Job], up: Sequence[Span]) -> Ledger:
    """Count the moments of a schedule of every minute, from its first run on.

    Args:
        jobs: The runs that the schedule planned.
        up: The spans of time in which the service ran.
    """
    planned = Counter(job.planned_for for job in jobs if job.planned_for is not None)
    first, last, end = min(planned), max(planned), up[-1][1]
    due = [first + number * _MINUTE for number in range(int((end - _PUT_OFF - first) / _MINUTE) + 1)]
    open_moments = [moment for moment in due if moment not in planned]
    made_up = [
        moment
        for moment in open_moments
        if moment < last and (not _is_within(moment, up) or _is_under_way(moment, jobs))
    ]
    return Ledger(
        due=len(due),
        made=sum(moment in planned for moment in due),
        twice=sum(number > 1 for number in planned.values()),
        made_up=len(made_up),
        missed=len(open_moments) - len(made_up),
    )


def _is_within(moment: datetime, up: Sequence[Span]) -> bool:
    return any(start <= moment and moment + _PUT_OFF <= end for start, end in up)


def _is_under_way(moment: datetime, jobs: Sequence[Job]) -> bool:
    return any(job.asked_at <= moment + _PUT_OFF and (job.ended_at is None or moment <= job.ended_at) for job in jobs)
