"""The jobs of an archive's service: asked for, taken by workers, ended. Any number of processes use them at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Update, or_, select, text, update
from sqlalchemy.sql.elements import ColumnElement

from broadsheet.crawler.frontier.database import Database
from broadsheet.crawler.frontier.upserts import insert_for
from broadsheet.scheduler.jobs.counts import Counts
from broadsheet.scheduler.jobs.ids import new_id
from broadsheet.scheduler.jobs.model import SCHEDULE, Job, Kind, State
from broadsheet.scheduler.jobs.rows import job_of, select_jobs
from broadsheet.scheduler.jobs.schema import jobs as table
from broadsheet.scheduler.jobs.schema import sources
from broadsheet.scheduler.jobs.worker_locks import WorkerLocks

HELD_FOR = timedelta(seconds=60)
"""How long a worker that is heard of no more keeps its jobs from others; on its own machine its lock tells at once."""

_MOST_ATTEMPTS = 10
"""How often a job is begun whose worker is lost each time: by then it is likely that the job is why."""

# It may be why from the second time on: what else there is to do has its turn meanwhile.
_FIRST_REST, _LONGEST_REST = timedelta(seconds=8), timedelta(minutes=5)
# PostgreSQL: whoever takes jobs is alone with that. Any number, as long as it is the same.
_TAKING = 5_061_933


class Jobs:
    """The jobs of one archive. Safe to use from several threads.

    Args:
        database: Where they lie.

    Attributes:
        counts: What became of them, added up.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.counts = Counts(database)
        self._locks = WorkerLocks(database.directory / "workers")

    def ask(
        self,
        kind: Kind,
        *,
        source: str | None,
        url: str | None = None,
        asked_by: str,
        why: str | None = None,
        idempotency_key: str | None = None,
        now: datetime | None = None,
    ) -> Job:
        """Have a job done as soon as its turn comes; return it.

        Whoever asks again with the same key is given the job of the first time, whatever else they ask for.

        Args:
            kind: What to do.
            source: The source to crawl, or that the URL belongs to.
            url: The URL to re-crawl.
            asked_by: Who asks.
            why: What for.
            idempotency_key: What tells this request from others of the same asker; None where each is another.
            now: When it is asked for; by the clock where not given.
        """
        return self._add(
            kind=kind, source=source, url=url, asked_by=asked_by, why=why, idempotency_key=idempotency_key, now=now
        )[0]

    def asked_before(self, asked_by: str, idempotency_key: str) -> Job | None:
        """Return the job that somebody has asked for with a key, or None."""
        asked = self._mine & (table.c.asked_by == asked_by) & (table.c.idempotency_key == idempotency_key)
        with self._database.reading() as connection:
            row = connection.execute(select_jobs().where(asked)).one_or_none()
            return None if row is None else job_of(row)

    def plan(self, source: str, planned_for: datetime, *, now: datetime | None = None) -> Job | None:
        """Have a source crawled because that moment of its schedule has come; None where it was planned before."""
        job, is_new = self._add(
            kind="crawl", source=source, asked_by=SCHEDULE, planned_for=planned_for.astimezone(UTC), now=now
        )
        return job if is_new else None

    def take(self, worker: str, kinds: Collection[Kind], *, now: datetime | None = None) -> Job | None:
        """Give the job whose turn it is to a worker, which has to `renew` it; None where none waits.

        Re-crawls come first, then what was asked for, then what the schedule planned; the oldest first. A source has
        one crawl at a time.

        Args:
            worker: What tells it from others, as `register` returned it.
            kinds: What it can do.
            now: When; by the clock where not given.
        """
        now = now or datetime.now(UTC)
        with self._alone() as connection:
            running = select(table.c.source).where(self._mine, table.c.state == "running", table.c.kind == "crawl")
            waiting = (
                select(table.c.id)
                .where(self._mine, table.c.state == "waiting", table.c.kind.in_(kinds), _has_rested(now))
                .where((table.c.kind == "recrawl") | table.c.source.not_in(running))
                .order_by(table.c.kind.desc(), table.c.planned_for.is_not(None), table.c.id)
                .limit(1)
            )
            job_id = connection.scalar(waiting)
            if job_id is None:
                return None
            taken = {"state": "running", "worker": worker, "held_until": now + HELD_FOR, "started_at": now}
            connection.execute(self._of(job_id).values(**taken, attempts=table.c.attempts + 1))
            return job_of(connection.execute(select_jobs().where(table.c.id == job_id)).one())

    def renew(self, worker: str, *, now: datetime | None = None) -> None:
        """Show that a worker lives: its jobs stay its own."""
        held_until = (now or datetime.now(UTC)) + HELD_FOR
        with self._database.writing() as connection:
            connection.execute(update(table).where(self._mine, table.c.worker == worker).values(held_until=held_until))

    def end(
        self,
        job: Job,
        worker: str,
        state: State,
        *,
        reason: str | None = None,
        result: dict[str, Any] | None = None,
        counts: bool = False,
        now: datetime | None = None,
    ) -> bool:
        """Write down what became of a job; False where another worker has it by now, and nothing is written.

        With the state ``waiting`` it is given back, as if never begun; or, where that `counts`, to be tried once more.
        """
        ended = {
            "state": state,
            "reason": reason,
            "result": None if result is None else msgspec.json.encode(result),
            "ended_at": None if state == "waiting" else now or datetime.now(UTC),
            "attempts": table.c.attempts - (1 if state == "waiting" and not counts else 0),
        }
        with self._database.writing() as connection:
            mine = self._of(job.id).where(table.c.state == "running", table.c.worker == worker)
            is_written = bool(connection.execute(mine.values(**ended, worker=None, held_until=None)).rowcount)
            if is_written:
                self._counted(connection, job.id)
            return is_written

    def put_back_lost(self, *, now: datetime | None = None) -> list[Job]:
        """Have the jobs of workers that are gone done once more; return them.

        One that is lost again and again rests in between, longer and longer, and has ``failed`` after the tenth time.
        """
        now = now or datetime.now(UTC)
        found = []
        with self._alone() as connection:
            held = select(table.c.id, table.c.worker, table.c.held_until, table.c.attempts)
            rows = connection.execute(held.where(self._mine, table.c.state == "running")).all()
            fates = {worker: self._locks.fate(worker) for worker in {row.worker for row in rows}}
            for row in rows:
                # The lease of one that lives also runs out where the clock is set forward.
                if fates[row.worker] == "alive" or (fates[row.worker] == "unknown" and row.held_until > now):
                    continue
                connection.execute(self._of(row.id).values(**_after_loss(row.attempts, now), worker=None))
                found.append(self._counted(connection, row.id))
        return found

    def register(self) -> str:
        """Return what tells the worker that this process is from others; its lock is held to the end of the process."""
        return self._locks.register()

    def get(self, job_id: str) -> Job | None:
        """Return a job, or None."""
        with self._database.reading() as connection:
            row = connection.execute(select_jobs().where(self._mine, table.c.id == job_id)).one_or_none()
            return None if row is None else job_of(row)

    def newest(
        self,
        *,
        source: str | None = None,
        states: Collection[State] = (),
        kind: Kind | None = None,
        before: str | None = None,
        limit: int = 100,
    ) -> list[Job]:
        """Return jobs, the one asked for last first.

        Args:
            source: Only of this source.
            states: Only in one of these states; any where empty.
            kind: Only of this kind.
            before: Only those asked for before the job of this id: the last one of the page before.
            limit: How many at most.
        """
        found = select_jobs().where(self._mine).order_by(table.c.id.desc()).limit(limit)
        if source is not None:
            found = found.where(table.c.source == source)
        if states:
            found = found.where(table.c.state.in_(states))
        if kind is not None:
            found = found.where(table.c.kind == kind)
        if before is not None:
            found = found.where(table.c.id < before)
        with self._database.reading() as connection:
            return [job_of(row) for row in connection.execute(found)]

    def last_planned(self, source: str) -> datetime | None:
        """Return the latest moment of its schedule that a source was planned for, or None."""
        moments = select(table.c.planned_for).where(
            self._mine, table.c.source == source, table.c.planned_for.is_not(None)
        )
        with self._database.reading() as connection:
            return connection.scalar(moments.order_by(table.c.planned_for.desc()).limit(1))

    def known_since(self, source: str, *, now: datetime) -> datetime:
        """Return since when a source is known here: since now, where nobody has asked before."""
        row = {"archive": self._database.archive, "source": source, "known_since": now}
        known = select(sources.c.known_since).where(
            sources.c.archive == self._database.archive, sources.c.source == source
        )
        with self._database.writing() as connection:
            connection.execute(insert_for(connection, sources).values(row).on_conflict_do_nothing())
            since: datetime = connection.execute(known).scalar_one()
            return since

    def is_under_way(self, source: str) -> bool:
        """Tell whether a crawl of a source waits or runs."""
        with self._database.reading() as connection:
            found = select(table.c.id).where(self._mine, table.c.source == source, table.c.kind == "crawl")
            return connection.scalar(found.where(table.c.state.in_(("waiting", "running"))).limit(1)) is not None

    def _add(self, *, now: datetime | None, **columns: Any) -> tuple[Job, bool]:  # noqa: ANN401 - columns of the table
        now = now or datetime.now(UTC)
        row = {
            "id": new_id(now),
            "archive": self._database.archive,
            "asked_at": now,
            "state": "waiting",
            "attempts": 0,
            **columns,
        }
        with self._database.writing() as connection:
            added = connection.execute(insert_for(connection, table).values(row).on_conflict_do_nothing()).rowcount
            found = select_jobs().where(self._mine)
            if added:
                found = found.where(table.c.id == row["id"])
            elif "planned_for" in columns:
                found = found.where(table.c.source == row["source"], table.c.planned_for == row["planned_for"])
            else:
                found = found.where(
                    table.c.asked_by == row["asked_by"], table.c.idempotency_key == row["idempotency_key"]
                )
            return job_of(connection.execute(found).one()), bool(added)

    @property
    def _mine(self) -> ColumnElement[bool]:
        return table.c.archive == self._database.archive

    def _of(self, job_id: str) -> Update:
        return update(table).where(self._mine, table.c.id == job_id)

    def _counted(self, connection: Connection, job_id: str) -> Job:
        """Return a job as it is now; where it has ended, it is counted."""
        job = job_of(connection.execute(select_jobs().where(table.c.id == job_id)).one())
        if job.has_ended:
            self.counts.note_end(connection, job)
        return job

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        """Give a transaction beside which nobody takes a job."""
        with self._database.writing() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _TAKING})
            yield connection


def _after_loss(attempts: int, now: datetime) -> dict[str, Any]:
    """Return what becomes of a job whose worker is gone, after so many attempts."""
    if attempts >= _MOST_ATTEMPTS:
        reason = f"the service was lost with its process {attempts} times: ask again if it is still wanted"
        return {"state": "failed", "ended_at": now, "reason": reason, "held_until": None}
    if attempts == 1:
        return {"state": "waiting", "held_until": None}
    return {"state": "waiting", "held_until": now + min(_FIRST_REST * 2 ** (attempts - 2), _LONGEST_REST)}


def _has_rested(now: datetime) -> ColumnElement[bool]:
    until = table.c.held_until
    # Where the clock was set back, a rest would last as much longer.
    return or_(until.is_(None), until <= now, until > now + _LONGEST_REST)
