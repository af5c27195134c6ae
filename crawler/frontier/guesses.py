"""Which front pages were looked at for listings that they do not name, and when: a crawl guesses once in a while."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

from sqlalchemy import or_, select

from broadsheet.crawler.frontier.database import Database
from broadsheet.crawler.frontier.schema import guesses, runs, visits
from broadsheet.crawler.frontier.upserts import upsert
from broadsheet.crawler.frontier.visits import key_of
from broadsheet.storage.versions import OutlinkKind

_REPEATED_AFTER = timedelta(days=30)


class Guesses:
    """The guesses of a run, and of those of its source before it.

    Args:
        database: Where they are noted.
        run: The run's number.
    """

    def __init__(self, database: Database, run: int) -> None:
        self._database = database
        self._run = run

    def unguessed(self, homes: Sequence[str]) -> list[str]:
        """Return the front pages of which no guesses were made in the last 30 days."""
        with self._database.reading() as connection:
            made = connection.scalars(
                select(guesses.c.key)
                .join_from(guesses, runs, runs.c.scope == guesses.c.scope)
                .where(runs.c.id == self._run, guesses.c.made_at > datetime.now(UTC) - _REPEATED_AFTER)
            ).all()
        return [home for home in homes if key_of(home) not in made]

    def answered(self, homes: Sequence[str]) -> list[str]:
        """Return the front pages that the run has asked for and had an answer to, whatever it was.

        At a site that is away nothing can be found by guessing, and of one that is not asked for nothing is to be.
        """
        had = or_(visits.c.answered_at.is_not(None), visits.c.reason == "opted_out")
        with self._database.reading() as connection:
            keys = connection.scalars(
                select(visits.c.key).where(
                    visits.c.run == self._run, visits.c.key.in_([key_of(home) for home in homes]), had
                )
            ).all()
        return [home for home in homes if key_of(home) in keys]

    def note(self, homes: Sequence[str]) -> None:
        """Note that all guesses of front pages were made."""
        with self._database.writing() as connection:
            scope = connection.scalar(select(runs.c.scope).where(runs.c.id == self._run))
            rows = [{"scope": scope, "key": key_of(home), "made_at": datetime.now(UTC)} for home in homes]
            if rows:
                connection.execute(upsert(connection, guesses, rewritten=["made_at"]), rows)

    def needless(self) -> set[OutlinkKind]:
        """Return the kinds of listings that the run has found where they were announced."""
        announced = visits.c.kind != "link", visits.c.outcome.in_(("not_article", "unchanged"))
        with self._database.reading() as connection:
            kinds = connection.scalars(select(visits.c.kind).where(visits.c.run == self._run, *announced).distinct())
            return set(cast("Iterable[OutlinkKind]", kinds))
