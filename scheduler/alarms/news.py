"""Whether anything has come in of a source since it was judged: hundreds of them are looked at every few seconds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, func, select

from broadsheet.crawler.frontier.database import Database
from broadsheet.scheduler.alarms.crawls import REMEMBERED
from broadsheet.scheduler.alarms.schema import tallies
from broadsheet.scheduler.jobs.ids import first_id
from broadsheet.scheduler.jobs.schema import jobs

# A job that was asked for longer ago has ended, or is lost.
_UNDER_WAY = timedelta(days=1)

State = tuple[Any, ...]


def states(database: Database, now: datetime) -> Mapping[str, State]:
    """Return by source what is another thing once a crawl of it has ended, or an article of it was read.

    Args:
        database: The service's database.
        now: The present moment, aware.

    Raises:
        FrontierError: The database cannot be used.
    """
    ended = _by_source(
        database,
        jobs,
        jobs.c.id >= first_id(now - _UNDER_WAY),
        [func.count(jobs.c.ended_at), func.max(jobs.c.ended_at)],
    )
    read = _by_source(
        database,
        tallies,
        tallies.c.hour > now - REMEMBERED,
        [func.sum(tallies.c.articles), func.sum(tallies.c.incomplete), func.sum(tallies.c.paywalled)],
    )
    return {source: (*ended.get(source, ()), None, *read.get(source, ())) for source in {*ended, *read}}


def _by_source(
    database: Database, table: Table, condition: ColumnElement[bool], columns: list[ColumnElement[Any]]
) -> Mapping[str, State]:
    query = select(table.c.source, *columns).where(table.c.archive == database.archive, condition)
    with database.reading() as connection:
        return {row[0]: tuple(row[1:]) for row in connection.execute(query.group_by(table.c.source))}
