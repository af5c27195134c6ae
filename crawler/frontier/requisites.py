"""What the pages of a run are shown with, each address once: a queue beside that of the URLs.

An address is in it before its page is acknowledged, and done when it was answered: a process that is killed loses none,
and only what was in flight is fetched again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, func, select, update

from broadsheet.crawler.frontier.database import Database
from broadsheet.crawler.frontier.recent import Recent
from broadsheet.crawler.frontier.schema import requisites as table
from broadsheet.crawler.frontier.upserts import insert_for
from broadsheet.crawler.frontier.visits import key_of

_CHUNK = 500

TAKE_BACK = update(table).where(table.c.run == bindparam("of_run"), table.c.state == "leased").values(state="waiting")
_ONE = update(table).where(table.c.run == bindparam("of_run"), table.c.key == bindparam("of_key"))
_LEASE = _ONE.values(state="leased")
_DONE = _ONE.values(state="done", size=bindparam("bytes"))


class Requisite(NamedTuple):
    """An address, and the page that is shown with what is there."""

    url: str
    via: str


class Requisites:
    """The requisites of a run.

    Args:
        database: Where they are.
        run: The run's number.
        resumed: Whether another process had it before.

    Attributes:
        met: How many there are.
        waiting: How many of them were not asked for yet.
        exchanged: How many bytes were answered.
    """

    def __init__(self, database: Database, run: int, *, resumed: bool) -> None:
        self._database = database
        self._run = run
        self._recent = Recent()
        self._added: dict[str, Requisite] = {}
        self._answered: dict[str, int] = {}
        self.met = self.waiting = self.exchanged = 0
        if resumed:
            self._remember()

    def add(self, addresses: Iterable[str], *, via: str, most: int) -> None:
        """Have what a page is shown with fetched, as far as it was not met before.

        Args:
            addresses: Where it lies.
            via: The page.
            most: How many addresses may be met for one page, those that were added for it before included.
        """
        new = self._new(addresses)
        left = most - self._of_page(via) if new else 0
        for key, url in list(new.items())[: max(0, left)]:
            self._recent.add(key)
            self._added[key] = Requisite(url, via)
            self.met += 1
            self.waiting += 1

    def lease(self, most: int) -> list[Requisite]:
        """Take some that wait."""
        with self._database.writing() as connection:
            self.write(connection)
            rows = connection.execute(
                select(table.c.key, table.c.url, table.c.via)
                .where(table.c.run == self._run, table.c.state == "waiting")
                .limit(most)
            ).all()
            if rows:
                connection.execute(_LEASE, [{"of_run": self._run, "of_key": row.key} for row in rows])
        self.written()
        self.waiting = 0 if len(rows) < most else self.waiting - len(rows)
        return [Requisite(row.url, row.via) for row in rows]

    def answered(self, url: str, size: int) -> None:
        """Note that a leased one is not to be asked for again: so many bytes came, or none ever will."""
        self._answered[_digest(url)] = size
        self.exchanged += size

    @property
    def is_to_be_written(self) -> bool:
        """Whether something was noted since the last `write`."""
        return bool(self._added or self._answered)

    def write(self, connection: Connection) -> None:
        """Bring what was noted into the database. May be repeated until `written`."""
        if self._added:
            rows = [
                {
                    "run": self._run,
                    "key": key,
                    "url": requisite.url,
                    "via": requisite.via,
                    "via_key": key_of(requisite.via),
                    "state": "waiting",
                }
                for key, requisite in sorted(self._added.items())
            ]
            connection.execute(insert_for(connection, table).on_conflict_do_nothing(), rows)
        if self._answered:
            connection.execute(
                _DONE, [{"of_run": self._run, "of_key": key, "bytes": size} for key, size in self._answered.items()]
            )

    def written(self) -> None:
        """Forget what was noted: it is in the database."""
        self._added.clear()
        self._answered.clear()

    def _new(self, addresses: Iterable[str]) -> dict[str, str]:
        """Return those that were never met, by their keys."""
        unknown = {key: url for url in addresses if (key := _digest(url)) not in self._recent}
        keys = [key for key in unknown if key not in self._added]
        known = set(unknown) - set(keys)
        for start in range(0, len(keys), _CHUNK):
            with self._database.reading() as connection:
                some = table.c.key.in_(keys[start : start + _CHUNK])
                known.update(connection.scalars(select(table.c.key).where(table.c.run == self._run, some)))
        for key in known:
            self._recent.add(key)
        return {key: url for key, url in unknown.items() if key not in known}

    def _of_page(self, via: str) -> int:
        with self._database.reading() as connection:
            written = connection.scalar(
                select(func.count()).where(table.c.run == self._run, table.c.via_key == key_of(via))
            )
        return (written or 0) + sum(requisite.via == via for requisite in self._added.values())

    def _remember(self) -> None:
        with self._database.reading() as connection:
            counted = connection.execute(
                select(table.c.state, func.count(), func.sum(table.c.size))
                .where(table.c.run == self._run)
                .group_by(table.c.state)
            )
            for state, count, size in counted:
                self.met += count
                self.exchanged += int(size)
                self.waiting += count if state == "waiting" else 0


def _digest(url: str) -> str:
    return hashlib.sha256(url.encode("utf-8", "surrogatepass")).hexdigest()[:32]
