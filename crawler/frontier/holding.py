"""That a process has a run: shown to others as long as it lives, and noticed when it was lost."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, update

from broadsheet.crawler.errors import FrontierError
from broadsheet.crawler.frontier.lock import RunLock
from broadsheet.crawler.frontier.schema import runs

HELD_FOR = timedelta(seconds=90)
"""How long a process that is heard of no more keeps its run from others; on its own machine its lock tells at once."""

_RENEWED_AFTER = 15.0


class Holding:
    """The run of this process.

    Args:
        number: The run's.
        holder: What tells this process from others.
        lock: What tells other processes of this machine that this one lives.
    """

    def __init__(self, number: int, holder: str, lock: RunLock) -> None:
        self._number = number
        self._holder = holder
        self._lock = lock
        self._renewed = self._counted = time.monotonic()

    @property
    def is_to_be_renewed(self) -> bool:
        """Whether others should hear of this process again."""
        return time.monotonic() - self._renewed > _RENEWED_AFTER

    def renew_at_once(self) -> None:
        """Have it renewed with what is written next, however lately it was."""
        self._renewed = -_RENEWED_AFTER

    def renew(self, connection: Connection) -> None:
        """Show that this process lives, and count its time.

        Raises:
            FrontierError: Another process has the run now.
        """
        now = time.monotonic()
        renewed = connection.execute(
            update(runs)
            .where(runs.c.id == self._number, runs.c.holder == self._holder)
            .values(held_until=datetime.now(UTC) + HELD_FOR, seconds=runs.c.seconds + (now - self._counted))
        )
        if not renewed.rowcount:
            raise FrontierError(
                "another process has taken over this crawl: this one was not heard of for too long, and ends"
            )
        self._renewed = self._counted = now

    def let_go(self) -> None:
        """Leave the run to other processes."""
        self._lock.release()
