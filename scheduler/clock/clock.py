"""The clock of the service: wakes it, and plans as a job whatever has fallen due.

What is due is not counted by the clock that wakes: it is read from the schedule and from the jobs there are. So a run
that was missed while the service was down is made once, and a clock that is set back or forward costs none.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from broadsheet.crawler.errors import CrawlError
from broadsheet.scheduler.clock.moments import following, jitter, latest
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.jobs.model import Job
from broadsheet.scheduler.sources.document import Source
from broadsheet.scheduler.sources.schedules import Cron, Learned

_log = logging.getLogger(__name__)

_LOOK_SECONDS = 5.0
# APScheduler waits by the wall clock: where that is set back by an hour, it would wait an hour longer.
_STEP_SECONDS = 2.0
_SHORTEST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=1)
_MOST_DOUBLINGS = 6

NextDue = Callable[[str, Source, datetime], datetime | None]
"""Returns when a page of a source is due next, as learned; None where nothing is known of it."""


class _Executor(AsyncIOExecutor):  # type: ignore[misc]  # APScheduler has no types
    """Lets a look that is under way come to its end: one that is cancelled is a fault to APScheduler, and told as such.

    Nobody waits for it. What it plans stands, and is done at the next start.
    """

    def shutdown(self, wait: bool = True) -> None:  # noqa: ARG002, FBT001, FBT002 - as APScheduler calls it
        self._pending_futures.clear()


class Clock:
    """Plans jobs for sources as their schedules say.

    Args:
        jobs: Where runs are planned.
        sources: Returns the sources as they are configured now.
        next_due: Tells what has been learned of a source. Called in a thread.
        now: What the clock shows.
        monotonic: Seconds that pass, whatever the clock shows.
    """

    def __init__(
        self,
        jobs: Jobs,
        sources: Callable[[], Mapping[str, Source]],
        next_due: NextDue,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._jobs = jobs
        self._sources = sources
        self._next_due = next_due
        self._now = now
        self._known: dict[str, datetime] = {}
        self._planned: dict[str, float] = {}
        self._monotonic = monotonic
        self._looked = monotonic()
        self._is_over = False

    async def run(self) -> None:
        """Look for what is due, every few seconds, until cancelled."""
        scheduler = AsyncIOScheduler(
            timezone=UTC,
            executors={"default": _Executor()},
            job_defaults={"misfire_grace_time": None, "coalesce": True},
        )
        scheduler.add_job(self._look, "interval", seconds=_LOOK_SECONDS, id="look", next_run_time=datetime.now(UTC))
        scheduler.start()
        try:
            shown = time.time() - time.monotonic()
            while True:
                await asyncio.sleep(_STEP_SECONDS / 2)
                stepped = time.time() - time.monotonic() - shown
                if abs(stepped) > _STEP_SECONDS:
                    shown += stepped
                    _log.warning("the clock was set by %+.0f s", stepped)
                    scheduler.modify_job("look", next_run_time=datetime.now(UTC))
        finally:
            self._is_over = True
            scheduler.shutdown(wait=False)

    def check(self) -> None:
        """Return while the clock goes.

        Raises:
            RuntimeError: Nobody has looked for what is due for a minute.
        """
        ago = self._monotonic() - self._looked
        if ago > _SHORTEST_PAUSE.total_seconds():
            raise RuntimeError(f"nobody has looked for what is due for {ago:.0f} s")

    def plan(self) -> list[Job]:
        """Plan what has fallen due; return the new jobs."""
        now = self._now()
        planned = []
        for name, source in self._sources().items():
            moment = self._due(name, source, now) if source.enabled else None
            job = None if moment is None or self._jobs.is_under_way(name) else self._jobs.plan(name, moment, now=now)
            if job is not None:
                extra = {"event": "job_planned", "job": job.id, "kind": job.kind, "source": name}
                _log.info("the crawl of %s is due since %s", name, f"{moment:%Y-%m-%d %H:%M:%S} UTC", extra=extra)
                self._planned[name] = self._monotonic()
                planned.append(job)
        return planned

    def next_run(self, name: str, source: Source) -> datetime | None:
        """Return when a source will be crawled next, as far as is known now; None where it is not by itself."""
        if not source.enabled:
            return None
        now = self._now()
        if isinstance(source.schedule, Learned):
            due = self._next_due(name, source, now)
            return now if due is None else max(due, now)
        if self._due(name, source, now) is not None:
            return now
        put_off = jitter(name, source.schedule, source.jitter)
        moment = following(source.schedule, ZoneInfo(source.timezone), now - put_off)
        return None if moment is None else moment + put_off

    async def _look(self) -> None:
        try:
            await asyncio.to_thread(self.plan)
        except CrawlError as error:
            if not self._is_over:  # Else the database was closed under it.
                _log.warning("nothing can be planned: %s", error)
        else:
            self._looked = self._monotonic()

    def _due(self, name: str, source: Source, now: datetime) -> datetime | None:
        """Return the moment that a source is due for, or None; planning it again changes nothing."""
        schedule = source.schedule
        if isinstance(schedule, Learned):
            due = self._next_due(name, source, now)
            return now if (due is None or due <= now) and self._has_rested(name, now) else None
        zone = ZoneInfo(source.timezone)
        moment = latest(schedule, zone, now - jitter(name, schedule, source.jitter))
        last = self._jobs.last_planned(name)
        if moment is None:
            return None
        if last is None:
            # A cron line waits for its first moment: it was not missed, the source was not there.
            is_missed = not isinstance(schedule, Cron) or moment >= self._known_since(name, now)
            return moment if is_missed else None
        if last < moment:
            return moment
        # Planned before. Where the clock was set back, its moments come again: then it is time that passes.
        after = following(schedule, zone, moment)
        return now if after is not None and self._is_overdue(name, after - moment, is_set_back=last > now) else None

    def _known_since(self, name: str, now: datetime) -> datetime:
        if name not in self._known:
            self._known[name] = self._jobs.known_since(name, now=now)
        return self._known[name]

    def _is_overdue(self, name: str, interval: timedelta, *, is_set_back: bool) -> bool:
        planned = self._planned.get(name)
        if planned is None:
            return is_set_back
        return self._monotonic() - planned >= interval.total_seconds()

    def _has_rested(self, name: str, now: datetime) -> bool:
        """Whether a source was left alone long enough: a minute, and twice as long after each failure on end."""
        last = self._jobs.newest(source=name, kind="crawl", limit=_MOST_DOUBLINGS + 1)
        if not last or last[0].ended_at is None:
            return not last
        looked = [job for job in last if job.has_looked]
        failures = next((number for number, job in enumerate(looked) if job.state == "finished"), len(looked))
        pause: timedelta = min(_SHORTEST_PAUSE * 2**failures, _LONGEST_PAUSE)
        if last[0].ended_at > now:
            # Written down before the clock was set back.
            return self._is_overdue(name, pause, is_set_back=True)
        return last[0].ended_at <= now - pause
