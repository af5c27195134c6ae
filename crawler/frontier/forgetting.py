"""Taking a URL out of the frontier, when its article is taken down."""

from __future__ import annotations

from sqlalchemy import Column, Connection, delete, select, update

from broadsheet.crawler.frontier.database import SET_ASIDE, has_database, open_database
from broadsheet.crawler.frontier.schema import histories, requisites, stand_ins, urls, visits
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
            for table in (visits, urls, histories, stand_ins):
                connection.execute(delete(table).where(table.c.key == key))
            connection.execute(delete(requisites).where(requisites.c.via_key == key))
            for column in (visits.c.via, visits.c.answered_by):
                for spelling in _spellings(connection, column, key):
                    connection.execute(update(visits).where(column == spelling).values({column.name: None}))
            for spelling in _spellings(connection, stand_ins.c.variant, key):
                connection.execute(delete(stand_ins).where(stand_ins.c.variant == spelling))
        database.leave_nothing_behind()


def forget_set_aside(workspace: Workspace) -> list[str]:
    """Delete the databases beside an archive that were set aside, the service's too; return their names.

    They tell which pages were met and what was notified of them, nothing uses them, and what is taken down cannot be
    taken out of what could not be read.

    Raises:
        OSError: One cannot be deleted.
    """
    found = sorted(workspace.directory.glob(f"*.sqlite{SET_ASIDE}*"))
    for path in found:
        path.unlink(missing_ok=True)
    return [path.name for path in found]


def _spellings(connection: Connection, column: Column[str], key: str) -> list[str]:
    """Return how the URL of a key is spelled in a column."""
    found = connection.scalars(select(column).where(column.is_not(None)).distinct())
    return [spelling for spelling in found if key_of(spelling) == key]
