"""One round of the watch: follow the changes, look at sources and at the service."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from broadsheet.crawler.capturing.spool_limits import SpoolLimits
from broadsheet.crawler.frontier.database import Database
from broadsheet.scheduler.alarms.following import ChangeFollower
from broadsheet.scheduler.alarms.notices import Kind
from broadsheet.scheduler.alarms.outbox import Outbox
from broadsheet.scheduler.alarms.removals import confirm
from broadsheet.scheduler.alarms.repeating import repeating
from broadsheet.scheduler.alarms.sending import sending
from broadsheet.scheduler.alarms.watching import AlarmWatch
from broadsheet.scheduler.jobs.forgetting import forget_old_jobs
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.sources import settings
from broadsheet.scheduler.sources.document import SourcesFile
from broadsheet.storage.archive import Archive
from broadsheet.storage.errors import ArchiveError

_log = logging.getLogger(__name__)

_SECONDS = 10.0
# Each removal that is held costs a look-up.
_BETWEEN_CONFIRMATIONS = timedelta(minutes=1)


class Rounds:
    """What the service does while it runs, see `going_rounds`.

    Args:
        archive: Returns the archive; opened when it is first asked.
        database: The service's database, which also says where the spool's disk is.
        jobs: The jobs of the service.

    Attributes:
        outbox: The notices.
    """

    def __init__(self, archive: Callable[[], Archive], database: Database, jobs: Jobs) -> None:
        self._archive = archive
        self._database = database
        self.outbox = Outbox(database)
        self._troubles: dict[Kind, str] = {}
        self._is_store_away = False
        self._confirmed_at: datetime | None = None
        self._watch = AlarmWatch(jobs, database, self.outbox, lambda: self._troubles)

    def go(self, document: SourcesFile, now: datetime | None = None) -> None:
        """Go one round. A store that is away is an alarm, and no error.

        Args:
            document: The sources file as it is now.
            now: The present moment; by the clock where not given.

        Raises:
            FrontierError: The service's database cannot be used.
        """
        now = now or datetime.now(UTC)
        self._troubles = {}
        try:
            follower = ChangeFollower(self._archive(), self._database, self.outbox)
            while follower.step(document, now):
                pass
            # Not less where the clock was set back.
            if self._confirmed_at is None or abs(now - self._confirmed_at) >= _BETWEEN_CONFIRMATIONS:
                self._confirmed_at = now
                confirm(self._archive(), self.outbox, document, now)
        except ArchiveError as error:
            if not self._is_store_away:
                _log.warning("the change feed cannot be followed: %s", error)
            self._troubles["store"] = str(error)
        self._is_store_away = "store" in self._troubles
        if trouble := disk_trouble(self._database.directory, settings.spool_limits(document)):
            self._troubles["disk"] = trouble
        self._watch.step(document, now)
        self.outbox.forget_old(now)
        forget_old_jobs(self._database, now)


@contextmanager
def going_rounds(rounds: Rounds, document: Callable[[], SourcesFile], *, every: float = _SECONDS) -> Iterator[None]:
    """Go round after round, and send what comes of them, while the body runs.

    Rounds wait for no webhook. Nobody waits for them either: what was not sent is sent at the next start.

    Args:
        rounds: What is done in each.
        document: Returns the sources file as it is now.
        every: Seconds from the end of a round to the beginning of the next.
    """
    with (
        sending(rounds.outbox, lambda: document().service.webhooks),
        repeating(lambda: rounds.go(document()), every=every, name="the watch over the sources"),
    ):
        yield


def disk_trouble(directory: Path, limits: SpoolLimits) -> str | None:
    """Return what is wrong with the disk of a directory, for people, or None."""
    try:
        free = shutil.disk_usage(directory).free
    except FileNotFoundError:
        return None  # It is away with its archive, which is told as such.
    if free >= limits.free_bytes:
        return None
    return f"{free >> 20} MiB are free where {limits.free_bytes >> 20} MiB have to be: fetching pauses"
