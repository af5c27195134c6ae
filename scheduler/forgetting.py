"""Taking an article out of what the service has written down, when it is taken down."""

from __future__ import annotations

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
