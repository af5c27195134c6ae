"""Taking a URL out of the frontier, when its article is taken down."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from broadsheet.crawler.frontier.database import has_database, open_database
from broadsheet.crawler.frontier.schema import histories, urls, visits
from broadsheet.crawler.frontier.visits import key_of
from broadsheet.storage.workspace import Workspace


def forget_url(workspace: Workspace, url: str) -> None:
    """Leave nothing of a URL in the frontier of an archive, neither as one that was met nor as a way to others.

    Raises:
        FrontierError: The frontier cannot be used.
    """
    if not has_database(workspace):
        return
    key = key_of(url)
    with open_database(workspace) as database:
        with database.writing() as connection:
            for table in (visits, urls, histories):
                connection.execute(delete(table).where(table.c.key == key))
            for column in (visits.c.via, visits.c.answered_by):
                found = connection.scalars(select(column).where(column.is_not(None)).distinct())
                for spelling in [other for other in found if key_of(other) == key]:
                    connection.execute(update(visits).where(column == spelling).values({column.name: None}))
        database.leave_nothing_behind()
