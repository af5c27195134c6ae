"""Beginning a run, going on with one that was cut off, and ending one."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update

from broadsheet.crawler.frontier import due as planning
from broadsheet.crawler.frontier import requisites, visits
from broadsheet.crawler.frontier.coverage import Standing, standing_of
from broadsheet.crawler.frontier.database import Database
from broadsheet.crawler.frontier.due import Due, PutOff
from broadsheet.crawler.frontier.holding import HELD_FOR, Holding
from broadsheet.crawler.frontier.known import hasten_entrances, remember
from broadsheet.crawler.frontier.learning import learn
from broadsheet.crawler.frontier.lock import RunLock
from broadsheet.crawler.frontier.run import Run
from broadsheet.crawler.frontier.schema import Ending, of_runs, runs
from broadsheet.crawler.frontier.visits import Visit
from broadsheet.crawler.revisiting.revisiting import DEFAULT_PACE, Pace, front_retried_after

_log = logging.getLogger(__name__)

# After this, a crawl that was cut off is begun anew: the site has moved on.
_RESUMED_FOR = timedelta(days=1)
# A budget looks back for an hour. A source that is crawled every minute has half a million runs a year.
_KEPT_FOR = timedelta(days=1)
_LOCKS = "frontier-runs"
_UNENDED = or_(runs.c.ending.is_(None), runs.c.ending != "finished")


class CutOff(NamedTuple):
    """A run that no process has, and its lock, which this one holds."""

    row: Row[Any]
    lock: RunLock


class Frontier:
    """The runs of one archive.

    Args:
        database: Where they lie.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._locks = database.directory / _LOCKS
        self._holder = secrets.token_hex(16)

    def cut_off(self, source: str, job: bytes) -> CutOff | None:
        """Return the run of a source that was cut off less than a day ago, held for this process; None without one.

        Whoever goes on with it has to recover the spool first: its process may have ended a moment ago, and what it
        captured would be fetched again. A run that another process is at is left alone.

        Args:
            source: What is crawled.
            job: What decides how it is crawled: only a run of the same job is gone on with.
        """
        for row in self._unended(_digest(self._database.archive, source), _digest(job.hex())):
            lock = self._lock_of_ended(row)
            if lock is not None:
                return CutOff(row, lock)
            _log.warning("another process is crawling %s: this crawl runs beside it", source)
        return None

    def begin(self, source: str, job: bytes, cut_off: CutOff | None = None) -> Run:
        """Go on with a run that was cut off, or begin a new one.

        Args:
            source: What is crawled.
            job: What decides how it is crawled.
            cut_off: What to go on with, if that is still possible.
        """
        self._forget_old()
        taken = None if cut_off is None else self._take_over(cut_off.row, cut_off.lock)
        if taken is None:
            return self._begin(_digest(self._database.archive, source), source, _digest(job.hex()))
        _log.warning(
            "going on with the crawl of %s that began at %s UTC and was cut off",
            source,
            f"{taken.started_at:%Y-%m-%d %H:%M:%S}",
        )
        return taken

    def end(self, run: Run, ending: Ending, *, unfinished: str, pace: Pace = DEFAULT_PACE) -> Standing:
        """End a run. One that has finished is remembered by its URLs; any other may be gone on with.

        Args:
            run: The run.
            ending: How it ended.
            unfinished: Why what nothing has become of was not fetched.
            pace: How often the pages of its source are looked at; what it found is due again accordingly.

        Returns:
            What the run came to, over all the processes that had it.
        """
        run.ended = True
        run.holding.renew_at_once()
        run.flush()
        with self._database.writing() as connection:
            connection.execute(
                update(runs)
                .where(runs.c.id == run.number)
                .values(ending=ending, holder=None, held_until=datetime.now(UTC))
            )
            standing = standing_of(connection, run.number, unfinished=unfinished)
            if ending == "finished":
                _conclude(connection, run.number, unfinished=unfinished, at=datetime.now(UTC), pace=pace)
        if ending == "finished":
            RunLock(self._locks, run.number).discard()
        run.holding.let_go()
        return standing

    def due(self, source: str, at: datetime, most: int) -> list[Visit]:
        """Return what a source has led to and is to be looked at again, the most expected of the look first."""
        with self._database.reading() as connection:
            return planning.due(connection, _digest(self._database.archive, source), at, most)

    def next_due(self, source: str, at: datetime, *, requests_per_hour: int | None = None) -> Due:
        """Tell when a source is to be crawled next for what is due, and how much of it is due now.

        Args:
            source: What is crawled, as in `CrawlJob.source`.
            at: The present moment.
            requests_per_hour: Its budget; None for any number.
        """
        with self._database.reading() as connection:
            return planning.next_due(connection, _digest(self._database.archive, source), at, requests_per_hour)

    def put_off(self, source: str, targets: Sequence[str], refusals: Collection[str]) -> PutOff | None:
        """Tell until when a source is left alone since nothing could be had where it begins; None where something was.

        Args:
            source: What is crawled, as in `CrawlJob.source`.
            targets: Where its crawls begin.
            refusals: The reasons for which what is skipped could not be had.
        """
        with self._database.reading() as connection:
            return planning.put_off(connection, _digest(self._database.archive, source), targets, refusals)

    def _begin(self, scope: str, source: str, job: str) -> Run:
        now = datetime.now(UTC)
        with self._database.writing() as connection:
            number = connection.execute(
                insert(runs)
                .values(
                    scope=scope,
                    source=source,
                    job=job,
                    started_at=now,
                    holder=self._holder,
                    held_until=now + HELD_FOR,
                )
                .returning(runs.c.id)
            ).scalar_one()
            # Before others see the run: it has never been without its lock.
            lock = RunLock(self._locks, number)
            lock.take()
        return self._run(scope, number, lock, now, resumed=False)

    def _unended(self, scope: str, job: str) -> Sequence[Row[Any]]:
        with self._database.reading() as connection:
            return connection.execute(
                select(runs)
                .where(
                    runs.c.scope == scope,
                    runs.c.job == job,
                    _UNENDED,
                    runs.c.held_until > datetime.now(UTC) - _RESUMED_FOR,
                )
                .order_by(runs.c.id.desc())
            ).all()

    def _take_over(self, row: Row[Any], lock: RunLock) -> Run | None:
        with self._database.writing() as connection:
            taken = connection.execute(
                update(runs)
                .where(runs.c.id == row.id, runs.c.holder.is_not_distinct_from(row.holder), _UNENDED)
                .values(holder=self._holder, held_until=datetime.now(UTC) + HELD_FOR, ending=None)
            )
            if not taken.rowcount:
                lock.release()
                return None
            for take_back in (visits.TAKE_BACK, requisites.TAKE_BACK):
                connection.execute(take_back, {"of_run": row.id})
        return self._run(row.scope, row.id, lock, row.started_at, resumed=True)

    def _lock_of_ended(self, row: Row[Any]) -> RunLock | None:
        """Return the lock of a run that no process has; None where one has it."""
        lock = RunLock(self._locks, row.id)
        lives_elsewhere = not lock.is_of_this_machine and row.holder is not None
        if lives_elsewhere and row.held_until > datetime.now(UTC):
            return None
        return lock if lock.take() else None

    def _run(self, scope: str, number: int, lock: RunLock, started_at: datetime, *, resumed: bool) -> Run:
        return Run(
            self._database,
            scope=scope,
            number=number,
            holding=Holding(number, self._holder, lock),
            started_at=started_at,
            resumed=resumed,
        )

    def _forget_old(self) -> None:
        """Conclude what was cut off so long ago that nobody goes on with it; drop the runs that ended long ago."""
        for row, lock in self._old():
            with self._database.writing() as connection:
                _conclude(connection, row.id, unfinished="interrupted", at=row.held_until, pace=DEFAULT_PACE)
                connection.execute(update(runs).where(runs.c.id == row.id).values(ending="finished", holder=None))
            lock.discard()
        ended = runs.c.ending == "finished", runs.c.held_until <= datetime.now(UTC) - _KEPT_FOR
        # The newest one stays: SQLite would give its number to another.
        newest = select(func.max(runs.c.id)).scalar_subquery()
        with self._database.writing() as connection:
            connection.execute(delete(runs).where(*ended, runs.c.id < newest))

    def _old(self) -> Iterator[tuple[Row[Any], RunLock]]:
        with self._database.reading() as connection:
            rows = connection.execute(
                select(runs).where(_UNENDED, runs.c.held_until <= datetime.now(UTC) - _RESUMED_FOR)
            ).all()
        for row in rows:
            lock = self._lock_of_ended(row)
            if lock is not None:
                yield row, lock


def _conclude(connection: Connection, run: int, *, unfinished: str, at: datetime, pace: Pace) -> None:
    connection.execute(visits.GIVE_UP, {"of_run": run, "because": unfinished})
    remember(connection, run, at)
    learn(connection, run, at, pace)
    hasten_entrances(connection, run, at + front_retried_after(pace))
    for table in of_runs:
        connection.execute(delete(table).where(table.c.run == run))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
