"""Which URL that was skipped as a variant of another is fetched, should nothing be there."""

from __future__ import annotations

from sqlalchemy import Connection, select

from broadsheet.crawler.frontier.database import Database
from broadsheet.crawler.frontier.schema import stand_ins
from broadsheet.crawler.frontier.upserts import insert_for
from broadsheet.crawler.frontier.visits import key_of


class StandIns:
    """The variants that a run has not fetched so far.

    Args:
        database: Where they are.
        run: The run's number.
    """

    def __init__(self, database: Database, run: int) -> None:
        self._database = database
        self._run = run
        self._noted: dict[str, str] = {}

    def note(self, variant: str, plain: str) -> None:
        """Note which variant is fetched where nothing is to be had at its plain address; the first one stays it."""
        self._noted.setdefault(key_of(plain), variant)

    def of(self, plain: str) -> str | None:
        """Return the variant that is fetched in the place of an address, or None."""
        key = key_of(plain)
        with self._database.reading() as connection:
            known = connection.scalar(
                select(stand_ins.c.variant).where(stand_ins.c.run == self._run, stand_ins.c.key == key)
            )
        return known or self._noted.get(key)

    @property
    def is_to_be_written(self) -> bool:
        """Whether something was noted since the last `write`."""
        return bool(self._noted)

    def write(self, connection: Connection) -> None:
        """Bring what was noted into the database. May be repeated until `written`."""
        rows = [{"run": self._run, "key": key, "variant": variant} for key, variant in sorted(self._noted.items())]
        if rows:
            connection.execute(insert_for(connection, stand_ins).on_conflict_do_nothing(), rows)

    def written(self) -> None:
        """Forget what was noted: it is in the database."""
        self._noted.clear()
