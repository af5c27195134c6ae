"""The coverage ledger of a run: every URL ever discovered is counted under exactly one outcome or skip reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import get_args

from msgspec import Struct
from sqlalchemy import Connection, func, select

from broadsheet.crawler.frontier.schema import batches, runs
from broadsheet.crawler.frontier.schema import visits as table
from broadsheet.storage.model import Outcome

# There may be as many as URLs, and nobody reads more.
_MOST_EXPLAINED = 1_000

_OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


class Coverage(Struct, frozen=True, kw_only=True):
    """How many URLs a run has discovered, and where they ended.

    Attributes:
        outcomes: By outcome; those that do not occur are 0.
        skipped: By reason.
    """

    outcomes: dict[Outcome, int]
    skipped: dict[str, int]

    @property
    def discovered(self) -> int:
        """All of them."""
        return sum(self.outcomes.values()) + sum(self.skipped.values())


def coverage(connection: Connection, run: int, *, unfinished: str) -> Coverage:
    """Count the URLs of a run.

    Args:
        connection: A transaction.
        run: The run's number.
        unfinished: The reason under which those are counted that nothing has become of.
    """
    outcomes: Counter[Outcome] = Counter()
    skipped: Counter[str] = Counter()
    rows = connection.execute(
        select(table.c.state, table.c.outcome, table.c.reason, func.count())
        .where(table.c.run == run)
        .group_by(table.c.state, table.c.outcome, table.c.reason)
    )
    for state, outcome, reason, count in rows:
        if outcome is not None and state != "waiting":
            outcomes[outcome] += count
        else:
            skipped[reason or unfinished] += count
    return Coverage(
        outcomes={outcome: outcomes[outcome] for outcome in _OUTCOMES}, skipped=dict(sorted(skipped.items()))
    )


def _explanations(connection: Connection, run: int) -> dict[str, str]:
    """Return why the first URLs failed or were refused that did, by URL, in the order of their discovery."""
    rows = connection.execute(
        select(table.c.url, table.c.explanation)
        .where(table.c.run == run, table.c.explanation.is_not(None))
        .order_by(table.c.position)
        .limit(_MOST_EXPLAINED)
    )
    return {row.url: row.explanation for row in rows}


def _explained(connection: Connection, run: int) -> int:
    explained = select(func.count()).where(table.c.run == run, table.c.explanation.is_not(None))
    return connection.scalar(explained) or 0


def asked_for(connection: Connection, run: int, refusals: Collection[str]) -> tuple[int, int]:
    """Return how many URLs of a run do not wait, and were not refused for some reasons; and how many are listings."""
    taken = table.c.state.not_in(("waiting", "skipped")) | (
        (table.c.state == "skipped") & table.c.reason.not_in(refusals)
    )
    listings = func.count().filter(table.c.kind != "link")
    asked, of_them = connection.execute(select(func.count(), listings).where(table.c.run == run, taken)).one()
    return asked, of_them


class Standing(Struct, frozen=True, kw_only=True):
    """What a run came to.

    Attributes:
        coverage: Where its URLs ended.
        explanations: Why the first URLs failed or were refused that did, by URL.
        explained: How many there are.
        fetched: How many captures of pages were published.
        segments: The keys of their WARC segments.
        seconds: How long it took, in all the processes that had it; of a killed one to within 15 seconds.
    """

    coverage: Coverage
    explanations: dict[str, str]
    explained: int
    fetched: int
    segments: list[str]
    seconds: float


def standing_of(connection: Connection, run: int, *, unfinished: str) -> Standing:
    """Return what a run has come to; see `coverage`."""
    fetched, seconds = connection.execute(select(runs.c.fetched, runs.c.seconds).where(runs.c.id == run)).one()
    keys = connection.scalars(
        select(batches.c.warc_key)
        .where(batches.c.run == run, batches.c.warc_key.is_not(None))
        .order_by(batches.c.batch)
    )
    return Standing(
        coverage=coverage(connection, run, unfinished=unfinished),
        explanations=_explanations(connection, run),
        explained=_explained(connection, run),
        fetched=fetched,
        segments=[key for key in keys if key is not None],
        seconds=seconds,
    )
