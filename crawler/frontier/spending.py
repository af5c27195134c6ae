"""How many bytes a run has exchanged, over all the processes that had it."""

from __future__ import annotations

from sqlalchemy import Connection, select

from broadsheet.crawler.frontier.database import Database
from broadsheet.crawler.frontier.schema import spendings
from broadsheet.crawler.frontier.upserts import upsert


class Spending:
    """What a run has spent. Of a process that was killed, what it spent since its last `write` is not known.

    Args:
        database: Where it is noted.
        run: The run's number.

    Attributes:
        exchanged: Bytes, of requests and answers.
    """

    def __init__(self, database: Database, run: int) -> None:
        self._run = run
        with database.reading() as connection:
            known = connection.scalar(select(spendings.c.exchanged).where(spendings.c.run == run))
        self.exchanged = self._written = known or 0

    def note(self, size: int) -> None:
        """Add the bytes of an exchange."""
        self.exchanged += size

    @property
    def is_to_be_written(self) -> bool:
        """Whether something was noted since the last `write`."""
        return self.exchanged != self._written

    def write(self, connection: Connection) -> None:
        """Bring what was noted into the database. May be repeated until `written`."""
        if self.is_to_be_written:
            row = {"run": self._run, "exchanged": self.exchanged}
            connection.execute(upsert(connection, spendings, rewritten=["exchanged"]), row)

    def written(self) -> None:
        """Forget what was noted: it is in the database."""
        self._written = self.exchanged
