"""The database of the service: jobs, notices, what was counted."""

from __future__ import annotations

from broadsheet.crawler.frontier.database import Database
from broadsheet.scheduler.jobs.schema import SERVICE
from broadsheet.storage.workspace import whereabouts


def open_service_database(archive: str) -> Database:
    """Open the database of the service for an archive; nothing is asked of the archive itself.

    Args:
        archive: The address of the archive.

    Raises:
        ArchiveAddressError: It cannot be understood.
        FrontierError: The database cannot be used.
    """
    found = whereabouts(archive)
    return Database(found.directory, found.place, SERVICE)
