"""The alarms that stand, and since when what one told of is usual: in the service's database."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from broadsheet.crawler.frontier.database import Database
from broadsheet.crawler.frontier.upserts import insert_for, upsert
from broadsheet.scheduler.alarms.judging import Verdict
from broadsheet.scheduler.alarms.notices import Kind
from broadsheet.scheduler.alarms.schema import normals, standing

NO_SOURCE = ""
"""What stands for the source of an alarm of the service itself."""

Key = tuple[str, Kind]


class Standing(NamedTuple):
    """An alarm that stands: since when, and what was usual before."""

    raised_at: datetime
    baseline: float | None


class StandingAlarms:
    """The alarms of one archive's service, by source and kind.

    Args:
        database: The service's database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self) -> dict[Key, Standing]:
        """Return those that are raised and not cleared."""
        with self._database.reading() as connection:
            rows = connection.execute(select(standing).where(standing.c.archive == self._database.archive)).all()
        return {(row.source, row.kind): Standing(row.raised_at, row.baseline) for row in rows}

    def usual_since(self) -> dict[Key, datetime]:
        """Return since when what was told of is usual, where an alarm was cleared for that."""
        with self._database.reading() as connection:
            rows = connection.execute(select(normals).where(normals.c.archive == self._database.archive)).all()
        return {(row.source, row.kind): row.since for row in rows}

    def note(self, connection: Connection, key: Key, verdict: Verdict, now: datetime) -> bool:
        """Raise or clear an alarm, in a transaction of the caller.

        Returns:
            Whether that is news: another service on the same database may have done it meanwhile.
        """
        mine = {"archive": self._database.archive, "source": key[0], "kind": key[1]}
        if verdict.event == "raised":
            raised = insert_for(connection, standing).values(**mine, raised_at=now, baseline=verdict.baseline)
            return bool(connection.execute(raised.on_conflict_do_nothing()).rowcount)
        if verdict.usual_since is not None:
            usual = upsert(connection, normals, rewritten=["since"]).values(**mine, since=verdict.usual_since)
            connection.execute(usual)
        cleared = delete(standing).where(*(standing.c[name] == value for name, value in mine.items()))
        return bool(connection.execute(cleared).rowcount)


def open_alarms(database: Database) -> dict[str | None, list[Kind]]:
    """Return the alarms that are raised and not cleared, by source; those of the service itself under None."""
    found: dict[str | None, list[Kind]] = {}
    for source, kind in sorted(StandingAlarms(database).read()):
        found.setdefault(source or None, []).append(kind)
    return found
