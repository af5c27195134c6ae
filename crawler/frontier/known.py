"""The URLs that a source has ever led to, over its runs: when each was looked at, and when it is due again."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, case, func, literal, null, select

from broadsheet.crawler.frontier.schema import Moment, runs, urls, visits
from broadsheet.crawler.frontier.upserts import insert_for

_DAY = timedelta(days=1)
# When what became of a URL makes it due again. Whoever plans may ask earlier; what is refused for good is never due.
_DUE_AFTER = {
    "new": _DAY,
    "changed": _DAY,
    "unchanged": _DAY,
    "not_article": _DAY,
    "failed": timedelta(hours=1),
    "gone": 30 * _DAY,
    "robots": _DAY,
    "host_refuses": _DAY,
    "no_contact": timedelta(0),
    "max_pages": timedelta(0),
    "interrupted": timedelta(0),
    "not_reached": timedelta(0),
    "unpublished": timedelta(0),
    "was_no_page": 30 * _DAY,
}


def remember(connection: Connection, run: int, at: datetime) -> None:
    """Take in what became of every URL of a run that has ended at a moment."""
    became = func.coalesce(visits.c.outcome, visits.c.reason)
    failed = case((visits.c.outcome == "failed", 1), else_=0)
    insert = insert_for(connection, urls)
    connection.execute(
        insert.from_select(
            [column.name for column in urls.columns],
            select(
                runs.c.scope,
                visits.c.key,
                visits.c.url,
                visits.c.kind,
                runs.c.started_at,
                visits.c.checked_at,
                case(
                    *((became == name, literal(at + after, Moment)) for name, after in _DUE_AFTER.items()), else_=null()
                ),
                visits.c.outcome,
                visits.c.reason,
                failed,
            )
            .join_from(visits, runs, runs.c.id == visits.c.run)
            .where(visits.c.run == run),
        ).on_conflict_do_update(
            index_elements=list(urls.primary_key),
            set_={
                "kind": insert.excluded.kind,
                "checked_at": func.coalesce(insert.excluded.checked_at, urls.c.checked_at),
                "due_at": insert.excluded.due_at,
                "outcome": insert.excluded.outcome,
                "reason": insert.excluded.reason,
                "failures": case((insert.excluded.failures == 1, urls.c.failures + 1), else_=0),
            },
        )
    )


def due(connection: Connection, scope: str, at: datetime, most: int) -> list[str]:
    """Return the URLs of a source that are to be looked at again at a moment, longest due first."""
    found = connection.scalars(
        select(urls.c.url).where(urls.c.scope == scope, urls.c.due_at <= at).order_by(urls.c.due_at).limit(most)
    )
    return list(found)
