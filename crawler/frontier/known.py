"""The URLs that a source has ever led to, over its runs: when each was looked at, and what became of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, case, func, literal, null, or_, select, update

from broadsheet.crawler.errors import ROBOTS_UNREACHABLE
from broadsheet.crawler.frontier.schema import Moment, runs, urls, visits
from broadsheet.crawler.frontier.upserts import insert_for

_DAY = timedelta(days=1)
# When what was not looked at is due: what was, is due as `learning` says. What is refused for good is never due.
_DUE_AFTER = {
    "robots": _DAY,
    "host_refuses": timedelta(hours=1),
    "redirected": _DAY,
    "no_contact": timedelta(0),
    "max_pages": timedelta(0),
    "max_bytes": timedelta(0),
    "interrupted": timedelta(0),
    "not_reached": timedelta(0),
    "unpublished": timedelta(0),
    "opted_out": 30 * _DAY,
    "was_no_page": 30 * _DAY,
}
# A server that is not well says nothing of robots: what it keeps us from is due as what could not be had. Soon at
# first: whatever waits for it, a crawl asks for robots.txt once.
_DUE_AFTER_UNREACHABLE = [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 15)]
NOT_DUE = "not_due"
"""Why a crawl of what is due passes over a page."""
OVER_BUDGET = "over_budget"
"""Why it passes over one that is due: the source was asked often enough for now."""


def hasten_entrances(connection: Connection, run: int, due_at: datetime) -> None:
    """Have the pages where a source begins looked at soon, where a run that asked for others had none of them.

    Whether its site is away, or only those pages are, is known from its front page, which was not due.

    Args:
        connection: A transaction.
        run: The run's number, which has ended and was remembered.
        due_at: When they are due then, unless they are sooner.
    """
    of_run = visits.c.run == run
    came = select(visits.c.key).where(of_run, visits.c.outcome != "failed").exists()
    is_unreachable = or_(visits.c.outcome == "failed", visits.c.explanation.startswith(ROBOTS_UNREACHABLE))
    none_came = select(visits.c.key).where(of_run, is_unreachable).exists()
    entrances = select(visits.c.key).where(of_run, visits.c.depth == 0, visits.c.reason == NOT_DUE)
    connection.execute(
        update(urls)
        .where(
            urls.c.scope == select(runs.c.scope).where(runs.c.id == run).scalar_subquery(),
            urls.c.key.in_(entrances),
            urls.c.due_at > due_at,
            or_(urls.c.outcome != "failed", urls.c.reason == "redirected"),
            none_came,
            ~came,
        )
        .values(due_at=due_at)
    )


def remember(connection: Connection, run: int, at: datetime) -> None:
    """Take in what became of every URL of a run that has ended at a moment."""
    became = func.coalesce(visits.c.outcome, visits.c.reason)
    is_unreachable = and_(became == "robots", visits.c.explanation.startswith(ROBOTS_UNREACHABLE))
    failed = case((or_(visits.c.outcome == "failed", is_unreachable), 1), else_=0)
    insert = insert_for(connection, urls)
    first, *longer = (literal(at + after, Moment) for after in _DUE_AFTER_UNREACHABLE)
    was_unreachable = and_(insert.excluded.reason == "robots", insert.excluded.failures == 1)
    longer_each_time = [
        (and_(was_unreachable, urls.c.failures == before), due_at) for before, due_at in enumerate(longer[:-1], 1)
    ]
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
                    (is_unreachable, first),
                    *((became == name, literal(at + after, Moment)) for name, after in _DUE_AFTER.items()),
                    else_=null(),
                ),
                visits.c.outcome,
                visits.c.reason,
                failed,
            )
            .join_from(visits, runs, runs.c.id == visits.c.run)
            .where(visits.c.run == run, or_(visits.c.reason.is_(None), visits.c.reason.not_in((NOT_DUE, OVER_BUDGET)))),
        ).on_conflict_do_update(
            index_elements=list(urls.primary_key),
            set_={
                "kind": insert.excluded.kind,
                "checked_at": func.coalesce(insert.excluded.checked_at, urls.c.checked_at),
                "due_at": case(
                    *longer_each_time,
                    (and_(was_unreachable, urls.c.failures >= len(longer)), longer[-1]),
                    else_=insert.excluded.due_at,
                ),
                "outcome": insert.excluded.outcome,
                "reason": insert.excluded.reason,
                "failures": case((insert.excluded.failures == 1, urls.c.failures + 1), else_=0),
            },
        )
    )
