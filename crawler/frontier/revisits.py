"""What a run may look at again, of what its source has led to before; and what it learns of that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from broadsheet.crawler.frontier.database import Database
from broadsheet.crawler.frontier.due import allowance, due
from broadsheet.crawler.frontier.learning import note_published
from broadsheet.crawler.frontier.schema import urls as table
from broadsheet.crawler.frontier.visits import Visit, key_of

_CHUNK = 500


class Revisits:
    """The pages that the source of a run is known for.

    Args:
        database: Where they are.
        scope: Digest of archive and source.
        run: The number of the run.
    """

    def __init__(self, database: Database, scope: str, run: int) -> None:
        self._database = database
        self._scope = scope
        self._run = run
        self._published: dict[str, datetime] = {}

    def allowance(self, at: datetime, requests_per_hour: int) -> int:
        """Return how many pages may be looked at again; see `due.allowance`."""
        with self._database.reading() as connection:
            return allowance(connection, self._scope, self._run, at, requests_per_hour)

    def due(self, at: datetime, most: int) -> list[Visit]:
        """Return what is to be looked at again, the most expected of the look first."""
        with self._database.reading() as connection:
            return due(connection, self._scope, at, most)

    def dates(self, urls: Sequence[str]) -> dict[str, datetime | None]:
        """Return when URLs are due, of those that the source has led to before; None is whenever they are met."""
        spelled = {key_of(url): url for url in urls}
        keys, found = list(spelled), {}
        for start in range(0, len(keys), _CHUNK):
            query = select(table.c.key, table.c.due_at).where(
                table.c.scope == self._scope, table.c.key.in_(keys[start : start + _CHUNK])
            )
            with self._database.reading() as connection:
                found.update({spelled[key]: due_at for key, due_at in connection.execute(query)})
        return found

    def note_published(self, url: str, at: datetime) -> None:
        """Note when an article says that it was published."""
        self._published[key_of(url)] = at

    @property
    def is_to_be_written(self) -> bool:
        """Whether something was noted since the last `write`."""
        return bool(self._published)

    def write(self, connection: Connection) -> None:
        """Bring what was noted into the database. May be repeated until `written`."""
        note_published(connection, self._scope, self._published)

    def written(self) -> None:
        """Forget what was noted: it is in the database."""
        self._published.clear()
