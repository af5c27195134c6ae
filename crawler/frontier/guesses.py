"""Which front pages were looked at for listings that they do not name, and when: a crawl guesses once in a while."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from broadsheet.crawler.frontier.schema import guesses, runs
from broadsheet.crawler.frontier.upserts import upsert
from broadsheet.crawler.frontier.visits import key_of

_REPEATED_AFTER = timedelta(days=30)


def unguessed(connection: Connection, run: int, homes: Sequence[str], at: datetime) -> list[str]:
    """Return the front pages of which the source of a run had no guesses made in the 30 days before a moment."""
    made = connection.scalars(
        select(guesses.c.key)
        .join_from(guesses, runs, runs.c.scope == guesses.c.scope)
        .where(runs.c.id == run, guesses.c.made_at > at - _REPEATED_AFTER)
    ).all()
    return [home for home in homes if key_of(home) not in made]


def note(connection: Connection, run: int, homes: Sequence[str], at: datetime) -> None:
    """Note that all guesses of front pages were made."""
    scope = connection.scalar(select(runs.c.scope).where(runs.c.id == run))
    rows = [{"scope": scope, "key": key_of(home), "made_at": at} for home in homes]
    if rows:
        connection.execute(upsert(connection, guesses, rewritten=["made_at"]), rows)
