"""Whose turn it is: the URLs of a run that are given out next."""

from __future__ import annotations

from sqlalchemy import Connection, select

from broadsheet.crawler.frontier import visits
from broadsheet.crawler.frontier.schema import visits as table
from broadsheet.crawler.frontier.visits import Visit, key_of

_FEW = 4


def lease(connection: Connection, run: int, of_site: str, most: int) -> tuple[list[Visit], bool]:
    """Give out the next URLs of a site: the fewest links away first, then the newest, then as they were discovered.

    Of those that wait for all others few are given out, since others may come.

    Args:
        connection: Of the frontier's database, writing.
        run: The number of the run.
        of_site: The site.
        most: How many.

    Returns:
        The URLs, and whether none waits behind them.
    """
    rows = connection.execute(
        select(*visits.COLUMNS)
        .where(table.c.run == run, table.c.site == of_site, table.c.state == "waiting")
        .order_by(table.c.later, table.c.depth, table.c.recency.desc(), table.c.position)
        .limit(most)
    ).all()
    taken = [row for row in rows if not row.later] or rows[:_FEW]
    if taken:
        connection.execute(visits.LEASE, [visits.told(run, row.url) for row in taken])
    return [visits.decode(row) for row in taken], len(taken) == len(rows) < most


def lease_at_once(connection: Connection, run: int, url: str) -> Visit | None:
    """Give out a URL before its turn; None where it does not wait."""
    mine = (table.c.run == run, table.c.key == key_of(url), table.c.state == "waiting")
    row = connection.execute(select(*visits.COLUMNS).where(*mine)).first()
    if row is None:
        return None
    connection.execute(visits.LEASE, visits.told(run, url))
    return visits.decode(row)
