"""What the crawls of each source came to, read once from the jobs of the service, and what has ended since."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from broadsheet.scheduler.alarms.rate import Look
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.jobs.model import Job, State

REMEMBERED = timedelta(weeks=8)
_STATES: tuple[State, ...] = ("finished", "failed")
_AT_ONCE, _MOST_READ = 200, 20_000
# A look an hour for eight weeks, and as many again that failed.
_MOST_KEPT = 3_000


class Crawls:
    """The crawls of sources. What several of them find in one hour is one look: that bounds what is kept.

    Args:
        jobs: The jobs of the service.
    """

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._looks: dict[str, deque[Look]] = {}
        self._latest: dict[str, deque[str]] = {}

    def looks(self, source: str, now: datetime) -> Sequence[Look]:
        """Return what the crawls of a source came to, the oldest first."""
        kept = self._looks.setdefault(source, deque(maxlen=_MOST_KEPT))
        for job in reversed(self._unknown(source, now)):
            _keep(kept, job)
        while kept and kept[0].at < now - REMEMBERED:
            kept.popleft()
        return list(kept)

    def _unknown(self, source: str, now: datetime) -> list[Job]:
        """Return the jobs that have ended since the last time, the newest first."""
        # One that was asked for earlier may end later: the last ones are looked through again.
        known = self._latest.setdefault(source, deque(maxlen=_AT_ONCE))
        is_first, found, before = not known, list[Job](), None
        while len(found) < _MOST_READ:
            page = self._jobs.newest(source=source, kind="crawl", states=_STATES, before=before, limit=_AT_ONCE)
            found += [job for job in page if job.id not in known and job.asked_at > now - REMEMBERED]
            is_whole = len(page) < _AT_ONCE or page[-1].asked_at <= now - REMEMBERED
            if is_whole or not is_first:
                break
            before = page[-1].id
        known.extend(job.id for job in reversed(found))
        return found


def look_of(job: Job) -> Look | None:
    """Return what an ended crawl says of its source, or None where it has not ended, or has not looked."""
    if job.ended_at is None or not job.has_looked:
        return None
    outcomes: Mapping[str, int] = (job.result or {}).get("outcomes", {})
    succeeded = job.run_outcome != "failed"
    return Look(
        at=job.ended_at,
        succeeded=succeeded,
        new=outcomes.get("new", 0),
        reason=job.reason,
        endless=_endless(job.result or {}),
    )


def _endless(summary: Mapping[str, Any]) -> str | None:
    """Return what a crawl warned of as pages without end; earlier versions warned of nothing, a broken child of any."""
    alerts = summary.get("alerts")
    for alert in alerts if isinstance(alerts, list) else ():
        if isinstance(alert, dict) and alert.get("kind") == "endless":
            return f"pages like {alert.get('pages')}: {alert.get('text')}"
    return None


def _keep(kept: deque[Look], job: Job) -> None:
    look = look_of(job)
    if look is None:
        return
    last = kept[-1] if kept else None
    # The first of all stays by itself: what it found was there before, and counts for nothing.
    is_warned = look.endless is not None or (last is not None and last.endless is not None)
    is_same = last is not None and last.succeeded and look.succeeded and _hour(last) == _hour(look)
    if last is not None and len(kept) > 1 and is_same and not is_warned:
        kept[-1] = Look(at=max(last.at, look.at), succeeded=True, new=last.new + look.new)
    else:
        kept.append(look)


def _hour(look: Look) -> datetime:
    return look.at.replace(minute=0, second=0, microsecond=0)
