"""Which pages of a source are due, which of them come first, and how many of them its budget allows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Row, and_, func, or_, select

from broadsheet.crawler.frontier.learning import decode, habits_of
from broadsheet.crawler.frontier.schema import histories, runs, urls
from broadsheet.crawler.frontier.visits import Visit, key_of
from broadsheet.crawler.revisiting import revisiting
from broadsheet.crawler.revisiting.histories import Habits

_HOUR = timedelta(hours=1)
# More are not weighed against each other at a time: those that were due first are.
_MOST_WEIGHED = 20_000


class PutOff(Struct, frozen=True, kw_only=True):
    """That where a source begins nothing could be had, and when it is asked for again.

    Attributes:
        url: What is asked for first.
        failures: How often on end nothing could be had there; 0 where something else than a failure kept us from it.
        reason: Why it was not asked for at all the last time, or None where it was.
        until: When it is asked for again.
    """

    url: str
    failures: int
    reason: str | None
    until: datetime

    @property
    def explanation(self) -> str:
        """Why nothing was asked for, for people."""
        why = f"failed {self.failures} times in a row" if self.failures > 1 else "failed the last time"
        if not self.failures:
            why = f"was refused the last time ({self.reason})"
        return f"still failing: {self.url} {why}; it is asked for again at {self.until:%Y-%m-%d %H:%M:%S} UTC"


class Due(Struct, frozen=True, kw_only=True):
    """A source whose pages are looked at when they are due.

    Attributes:
        next_at: When the next of them may be looked at; None where the source was never crawled to an end, so that
            everything is due.
        pages: How many are due now, whatever the budget.
    """

    next_at: datetime | None
    pages: int


def due(connection: Connection, scope: str, at: datetime, most: int) -> list[Visit]:
    """Return what is to be looked at again, most expected of the look first.

    Args:
        connection: A transaction.
        scope: Digest of archive and source.
        at: The present moment.
        most: How many at most.
    """
    rows = connection.execute(
        select(urls.c.url, urls.c.kind, urls.c.due_at, urls.c.key, histories.c.depth, histories.c.history)
        .outerjoin_from(urls, histories, and_(histories.c.scope == urls.c.scope, histories.c.key == urls.c.key))
        .where(urls.c.scope == scope, urls.c.due_at <= at)
        .order_by(urls.c.due_at, urls.c.key)
        .limit(max(most, _MOST_WEIGHED))
    ).all()
    habits = habits_of(connection, scope)
    weighed = sorted(rows, key=lambda row: (-_worth(row, at, habits), row.due_at, row.key))
    return [_visit(row) for row in weighed[:most]]


def next_due(connection: Connection, scope: str, at: datetime, requests_per_hour: int | None) -> Due:
    """Return when a source is to be crawled next; see `due`, `allowance`."""
    first = connection.scalar(select(func.min(urls.c.due_at)).where(urls.c.scope == scope))
    pages = connection.scalar(select(func.count()).where(urls.c.scope == scope, urls.c.due_at <= at)) or 0
    if first is None or requests_per_hour is None:
        return Due(next_at=first, pages=pages)
    return Due(next_at=max(first, _allowed_from(connection, scope, at, requests_per_hour)), pages=pages)


def put_off(connection: Connection, scope: str, targets: Sequence[str], refusals: Collection[str]) -> PutOff | None:
    """Return until when a source is left alone since none of its entrances could be had; None where one could.

    Args:
        connection: A transaction.
        scope: Digest of archive and source.
        targets: Where its crawls begin; of one that was redirected, where that led to counts.
        refusals: The reasons for which what is skipped could not be had.
    """
    keys = [key_of(target) for target in targets]
    rows = connection.execute(
        select(urls.c.key, urls.c.url, urls.c.outcome, urls.c.reason, urls.c.failures, urls.c.due_at)
        .outerjoin_from(urls, histories, and_(histories.c.scope == urls.c.scope, histories.c.key == urls.c.key))
        .where(urls.c.scope == scope, or_(urls.c.key.in_(keys), histories.c.depth == 0))
        .order_by(urls.c.due_at)
    ).all()
    if not any(row.reason == "redirected" for row in rows if row.key in keys):
        rows = [row for row in rows if row.key in keys]
    if any(row.outcome not in (None, "failed") for row in rows):
        return None
    failing = (row for row in rows if row.due_at and (row.outcome == "failed" or row.reason in refusals))
    first = next(failing, None)
    return first and PutOff(url=first.url, failures=first.failures, reason=first.reason, until=first.due_at)


def allowance(connection: Connection, scope: str, run: int, at: datetime, requests_per_hour: int) -> int:
    """Return how many pages a run may look at again: the budget of the time since the run before it.

    What was fetched in the last hour counts, so that new articles, which are always fetched, leave less to what is due.
    """
    ended, fetched = _lately(connection, scope, at, apart_from=run)
    earned = requests_per_hour if ended is None else requests_per_hour * min((at - ended) / _HOUR, 1.0)
    return max(0, int(min(earned, requests_per_hour - fetched)))


def _allowed_from(connection: Connection, scope: str, at: datetime, requests_per_hour: int) -> datetime:
    ended, fetched = _lately(connection, scope, at)
    if ended is None:
        return at
    if fetched < requests_per_hour:
        return ended + _HOUR / requests_per_hour
    # Until enough of the hour has passed over what was fetched in it.
    oldest = connection.scalar(select(func.min(runs.c.held_until)).where(runs.c.scope == scope, *_ended_lately(at)))
    return max((oldest or ended) + _HOUR, ended + _HOUR / requests_per_hour)


def _lately(
    connection: Connection, scope: str, at: datetime, *, apart_from: int | None = None
) -> tuple[datetime | None, int]:
    """Return when the last run of a source ended in the last hour, and how many pages were fetched in it."""
    ended, fetched = connection.execute(
        select(func.max(runs.c.held_until), func.coalesce(func.sum(runs.c.fetched), 0)).where(
            runs.c.scope == scope, *_ended_lately(at), *([runs.c.id != apart_from] if apart_from is not None else [])
        )
    ).one()
    return ended, int(fetched)


def _ended_lately(at: datetime) -> list[Any]:
    return [runs.c.holder.is_(None), runs.c.held_until > at - _HOUR]


def _worth(row: Row[*tuple[Any, ...]], at: datetime, habits: Habits) -> float:
    # What was met and never looked at may be a new article.
    return 1.0 if row.history is None else revisiting.expected(decode(row.history), at, habits)


def _visit(row: Row[*tuple[Any, ...]]) -> Visit:
    is_article = row.history is not None and decode(row.history).role == "article"
    # Of an article it is of no matter what links to it: maybe nothing does any more.
    return Visit(url=row.url, kind=row.kind, depth=1 if is_article or row.depth is None else row.depth)
