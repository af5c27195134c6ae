"""What the looks of a run have shown is added to what was known of each page, and says when it is due again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, bindparam, func, select, update

from broadsheet.crawler.frontier.schema import habits as habits_table
from broadsheet.crawler.frontier.schema import histories, runs, urls, visits
from broadsheet.crawler.frontier.upserts import upsert
from broadsheet.crawler.frontier.visits import key_of
from broadsheet.crawler.revisiting import revisiting
from broadsheet.crawler.revisiting.histories import UNKNOWN_HABITS, Found, Habits, History, Role
from broadsheet.crawler.revisiting.revisiting import Pace

_AT_ONCE = 500
_ARTICLES = frozenset({"new", "changed", "unchanged", "gone"})
_FOUND: Mapping[str, Found] = {
    "new": "changed",
    "changed": "changed",
    "unchanged": "unchanged",
    "gone": "gone",
    "failed": "failed",
}
_encode = msgspec.msgpack.Encoder().encode
_decode_habits = msgspec.msgpack.Decoder(Habits).decode
decode = msgspec.msgpack.Decoder(History).decode
_PLAN = (
    update(urls)
    .where(urls.c.scope == bindparam("of_scope"), urls.c.key == bindparam("of_key"))
    .values(due_at=bindparam("due", type_=urls.c.due_at.type))
)


def learn(connection: Connection, run: int, at: datetime, pace: Pace) -> None:
    """Take in what a run found that has ended, after its URLs were remembered.

    Args:
        connection: A transaction.
        run: The run's number.
        at: When it ended: the moment of those looks that nothing was answered to.
        pace: How often its source is looked at.
    """
    scope = connection.execute(select(runs.c.scope).where(runs.c.id == run)).scalar_one()
    led_to = _led_to(connection, run)
    habits = habits_of(connection, scope)
    for rows in _looked_at(connection, run):
        known: list[tuple[str, int, History]] = []
        for row in rows:
            history, habits = _after(row, at, habits, new_articles=led_to[row.key])
            known.append((row.key, row.depth, history))
        connection.execute(
            upsert(connection, histories, rewritten=["depth", "history"]),
            [
                {"scope": scope, "key": key, "depth": depth, "history": _encode(history)}
                for key, depth, history in known
            ],
        )
        connection.execute(
            _PLAN,
            [
                {"of_scope": scope, "of_key": key, "due": revisiting.due_at(history, pace, habits)}
                for key, _, history in known
            ],
        )
    connection.execute(
        upsert(connection, habits_table, rewritten=["habits"]), {"scope": scope, "habits": _encode(habits)}
    )


def habits_of(connection: Connection, scope: str) -> Habits:
    """Return what the articles of a source have shown together."""
    known = connection.scalar(select(habits_table.c.habits).where(habits_table.c.scope == scope))
    return UNKNOWN_HABITS if known is None else _decode_habits(known)


def note_published(connection: Connection, scope: str, moments: Mapping[str, datetime]) -> None:
    """Note when pages say that they were published, by key."""
    rows = [{"scope": scope, "key": key, "published_at": moment} for key, moment in sorted(moments.items())]
    if rows:
        connection.execute(upsert(connection, histories, rewritten=["published_at"]), rows)


def _led_to(connection: Connection, run: int) -> Counter[str]:
    """Return to how many new articles each page was the first to lead, by key."""
    rows = connection.execute(
        select(visits.c.via, func.count())
        .where(visits.c.run == run, visits.c.outcome == "new", visits.c.via.is_not(None))
        .group_by(visits.c.via)
    )
    found: Counter[str] = Counter()
    for via, count in rows:
        found[key_of(via)] += count
    return found


def _looked_at(connection: Connection, run: int) -> Iterator[Sequence[Row[*tuple[Any, ...]]]]:
    """Return what was looked at, some at a time: of any run little is in memory."""
    query = (
        select(
            visits.c.key,
            visits.c.kind,
            visits.c.depth,
            visits.c.outcome,
            visits.c.checked_at,
            histories.c.published_at,
            histories.c.history,
        )
        .join_from(visits, runs, runs.c.id == visits.c.run)
        .outerjoin(histories, and_(histories.c.scope == runs.c.scope, histories.c.key == visits.c.key))
        .where(visits.c.run == run, visits.c.outcome.is_not(None))
        .order_by(visits.c.key)
        .limit(_AT_ONCE)
    )
    last = ""
    while rows := connection.execute(query.where(visits.c.key > last)).all():
        yield rows
        last = rows[-1].key


def _after(row: Row[*tuple[Any, ...]], at: datetime, habits: Habits, *, new_articles: int) -> tuple[History, Habits]:
    """Return the history of a page, and the habits of its source, after the look that a run took at it."""
    before = None if row.history is None else decode(row.history)
    role = _role(row, before)
    moment, found = row.checked_at or at, _found(row.outcome, role)
    if before is None:
        return revisiting.begin(role, moment, published=row.published_at, found=found), habits
    known = revisiting.become(before, role, row.published_at)
    return revisiting.observe(known, moment, found, habits, new_articles=new_articles)


def _role(row: Row[*tuple[Any, ...]], before: History | None) -> Role:
    if row.outcome in _ARTICLES or (before is not None and before.role == "article"):
        return "article"
    if row.kind != "link":
        return "listing"
    if row.depth == 0:
        return "front"
    return "page" if before is None or row.outcome == "failed" else before.role


def _found(outcome: str, role: Role) -> Found:
    if outcome == "not_article":
        # An article that is none any more: a login wall, an error with status 200. It is looked at again soon.
        return "failed" if role == "article" else "unchanged"
    return _FOUND[outcome]
