"""Jobs that are told of no more: those of an article that is taken down, and those of long ago."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from broadsheet.crawler.frontier.database import Database
from broadsheet.scheduler.jobs.ids import first_id
from broadsheet.scheduler.jobs.schema import jobs
from broadsheet.storage.urls import identity_hash

KEPT_FOR = timedelta(days=90)
"""How long an ended job is told of; alarms look back for eight weeks."""


def forget_jobs_of(database: Database, url: str) -> None:
    """Forget the re-crawls of an article, except one that runs.

    Args:
        database: The service's database.
        url: Any address of the article.

    Raises:
        FrontierError: The database cannot be used.
    """
    hashed, mine = identity_hash(url), jobs.c.archive == database.archive
    with database.writing() as connection:
        asked = select(jobs.c.id, jobs.c.url).where(mine, jobs.c.url.is_not(None), jobs.c.state != "running")
        for row in connection.execute(asked).all():
            if identity_hash(row.url) == hashed:
                connection.execute(delete(jobs).where(mine, jobs.c.id == row.id))


def forget_old_jobs(database: Database, now: datetime) -> None:
    """Forget jobs that ended over 90 days ago, and with them their idempotency keys.

    The last moment that each source was planned for stays: a yearly run is not made twice.

    Args:
        database: The service's database.
        now: The present moment, aware.

    Raises:
        FrontierError: The database cannot be used.
    """
    before, later = now - KEPT_FOR, jobs.alias()
    is_planned_later = (
        select(later.c.id)
        .where(
            later.c.archive == jobs.c.archive,
            later.c.source == jobs.c.source,
            later.c.planned_for > jobs.c.planned_for,
        )
        .exists()
    )
    old = delete(jobs).where(
        jobs.c.archive == database.archive,
        # An id begins with the moment that its job was asked for: few rows are looked at.
        jobs.c.id < first_id(before),
        jobs.c.ended_at < before,
        jobs.c.planned_for.is_(None) | is_planned_later,
    )
    with database.writing() as connection:
        connection.execute(old)
