"""Taking out of what the service has written down what is removed from the archive."""

from __future__ import annotations

from collections.abc import Collection

from broadsheet.crawler.frontier.database import Database, has_database
from broadsheet.scheduler.alarms.outbox import Outbox
from broadsheet.scheduler.jobs.forgetting import forget_jobs_of
from broadsheet.scheduler.jobs.schema import SERVICE
from broadsheet.storage.workspace import Workspace


def forget_in_service(workspace: Workspace, url: str) -> None:
    """Leave no notice of an article to be read or sent, and no re-crawl of it, except one that runs.

    Args:
        workspace: The archive.
        url: Any address of the article.

    Raises:
        FrontierError: The service's database cannot be used.
    """
    if not has_database(workspace, SERVICE):
        return
    with Database(workspace.directory, workspace.place, SERVICE) as database:
        Outbox(database).forget_url(url)
        forget_jobs_of(database, url)
        database.leave_nothing_behind()


def forget_versions_in_service(workspace: Workspace, snapshot_keys: Collection[str]) -> None:
    """Leave no notice of versions to be read or sent. A service elsewhere follows the archive's change feed for that.

    Args:
        workspace: The archive.
        snapshot_keys: The keys of their documents.

    Raises:
        FrontierError: The service's database cannot be used.
    """
    if not snapshot_keys or not has_database(workspace, SERVICE):
        return
    with Database(workspace.directory, workspace.place, SERVICE) as database:
        outbox = Outbox(database)
        with database.writing() as connection:
            outbox.forget_versions(connection, snapshot_keys)
        database.leave_nothing_behind()
