"""Whose turn it is: the URLs of a run that are given out next."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from sqlalchemy import Connection, select

from broadsheet.crawler.frontier import visits
from broadsheet.crawler.frontier.schema import visits as table
from broadsheet.crawler.frontier.visits import Visit, key_of

_FEW = 4
_IN_ORDER = (table.c.later, table.c.depth, table.c.recency.desc(), table.c.position)


class Turn(Struct, frozen=True, kw_only=True):
    """What may be given out now.

    Attributes:
        most: How many URLs.
        deepest: How many links they may be away from a target; None for any number.
        listings: Whether feeds and sitemaps come in their turn, after all pages, or not now.
    """

    most: int
    deepest: int | None = None
    listings: Literal["in turn", "last", "not now"] = "in turn"


def lease(connection: Connection, run: int, of_site: str, turn: Turn) -> tuple[list[Visit], bool]:
    """Give out the next URLs of a site: the fewest links away first, then the newest, then as they were discovered.

    Of those that wait for all others few are given out, since others may come.

    Args:
        connection: Of the frontier's database, writing.
        run: The number of the run.
        of_site: The site.
        turn: What may be given out.

    Returns:
        The URLs, and whether none waits behind them.
    """
    waiting = [table.c.run == run, table.c.site == of_site, table.c.state == "waiting"]
    if turn.deepest is not None:
        waiting.append(table.c.depth <= turn.deepest)
    in_order = select(*visits.COLUMNS).where(*waiting).order_by(*_IN_ORDER).limit(turn.most)
    pages = [] if turn.listings == "in turn" else connection.execute(in_order.where(table.c.kind == "link")).all()
    is_any = turn.deepest is None and not (pages or turn.listings == "not now")
    rows = pages if pages or turn.listings == "not now" else connection.execute(in_order).all()
    taken = [row for row in rows if not row.later] or rows[:_FEW]
    if taken:
        connection.execute(visits.LEASE, [visits.told(run, row.url) for row in taken])
    return [visits.decode(row) for row in taken], is_any and len(taken) == len(rows) < turn.most


def lease_at_once(connection: Connection, run: int, url: str) -> Visit | None:
    """Give out a URL before its turn; None where it does not wait."""
    mine = (table.c.run == run, table.c.key == key_of(url), table.c.state == "waiting")
    row = connection.execute(select(*visits.COLUMNS).where(*mine)).first()
    if row is None:
        return None
    connection.execute(visits.LEASE, visits.told(run, url))
    return visits.decode(row)
