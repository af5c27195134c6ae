"""The tables of the frontier. SQLite and PostgreSQL have the same."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal, get_args

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    Dialect,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    event,
    text,
)
from sqlalchemy.types import TypeDecorator

VERSION = 2

# waiting: to be fetched. leased: given out, to the process that holds the run. answered: its answer was read and what
# it leads to is in here; its capture is not published yet. done: it has an outcome. skipped: it has a reason.
State = Literal["waiting", "leased", "answered", "done", "skipped"]
# How a run ended: by itself; by a signal; by a fault, or because the archive refused.
Ending = Literal["finished", "interrupted", "broken"]


class Moment(TypeDecorator[datetime]):
    """A moment to the microsecond; SQLite knows no time zones, so UTC is put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return what the database is given."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return what the database answers, aware."""
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


metadata = MetaData()

schema = Table("frontier_schema", metadata, Column("version", Integer, nullable=False))

# One crawl of a source, over all the processes that had it.
runs = Table(
    "frontier_runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scope", String(32), nullable=False),  # digest of archive and source
    Column("source", Text, nullable=False),
    Column("job", String(32), nullable=False),  # digest of what was asked for
    Column("started_at", Moment, nullable=False),
    Column("holder", String(32)),  # the process that has it; null where none has
    Column("held_until", Moment, nullable=False),
    Column("ending", String(16)),  # null while it runs, and where its process was killed
    Column("seconds", Double, nullable=False, server_default=text("0")),
    Column("fetched", Integer, nullable=False, server_default=text("0")),
    Column("sites", Text, nullable=False, server_default=text("''")),  # one a line
    Index("frontier_runs_scope", "scope"),
)

# The URLs of a run: its queue and its ledger.
visits = Table(
    "frontier_visits",
    metadata,
    Column("run", Integer, primary_key=True),
    Column("key", String(32), primary_key=True),  # of the URL's identity: PostgreSQL indexes no 8,192 characters
    Column("url", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("later", Boolean, nullable=False),  # whether it waits until all others were fetched
    Column("depth", Integer, nullable=False),
    Column("recency", BigInteger, nullable=False),  # Unix seconds of its announced date; 0 where none was
    Column("hops", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("via", Text),
    Column("hints", LargeBinary),
    Column("state", String(8), nullable=False),
    Column("outcome", String(16)),
    Column("reason", String(32)),  # why it was skipped
    Column("explanation", Text),
    Column("answered_at", Moment),  # of the capture that was read last
    Column("checked_at", Moment),  # of the capture that was published last
    Column("answered_by", Text),  # the URL of that capture
    CheckConstraint(f"state IN ({', '.join(repr(state) for state in get_args(State))})", name="frontier_visits_state"),
    CheckConstraint("state <> 'done' OR outcome IS NOT NULL", name="frontier_visits_done"),
    CheckConstraint("state <> 'skipped' OR reason IS NOT NULL", name="frontier_visits_skipped"),
    sqlite_with_rowid=False,
)
_WAITING = visits.c.state == "waiting"
_waiting_visits = Index(
    "frontier_visits_waiting",
    visits.c.run,
    visits.c.site,
    visits.c.later,
    visits.c.depth,
    visits.c.recency.desc(),
    visits.c.position,
    sqlite_where=_WAITING,
)


@event.listens_for(visits, "before_create")
def _index_what_waits(_table: Table, connection: Connection, **_options: object) -> None:
    """Say for PostgreSQL too what the index is of; said above, it would have the dialect loaded in every crawl."""
    if connection.dialect.name == "postgresql":
        _waiting_visits.dialect_options["postgresql"]["where"] = _WAITING


# Which batch of the spool is which run's; with the key of its WARC segment once that is published.
batches = Table(
    "frontier_batches",
    metadata,
    Column("batch", String(64), primary_key=True),
    Column("run", Integer, nullable=False, index=True),
    Column("warc_key", Text),
)

# When it was looked for listings where they lie by custom, of which front page.
guesses = Table(
    "frontier_guesses",
    metadata,
    Column("scope", String(32), primary_key=True),
    Column("key", String(32), primary_key=True),
    Column("made_at", Moment, nullable=False),
    sqlite_with_rowid=False,
)

# Every URL that a source has ever led to, over all its runs that have ended.
urls = Table(
    "frontier_urls",
    metadata,
    Column("scope", String(32), primary_key=True),
    Column("key", String(32), primary_key=True),
    Column("url", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("discovered_at", Moment, nullable=False),
    Column("checked_at", Moment),
    Column("due_at", Moment),  # null where nothing is to be looked at again
    Column("outcome", String(16)),
    Column("reason", String(32)),
    Column("failures", Integer, nullable=False),  # one behind another
    Index("frontier_urls_due", "scope", "due_at"),
    sqlite_with_rowid=False,
)

# What the looks at a page have shown, of those pages that are looked at again: see `broadsheet.crawler.revisiting`.
histories = Table(
    "frontier_histories",
    metadata,
    Column("scope", String(32), primary_key=True),
    Column("key", String(32), primary_key=True),
    Column("published_at", Moment),  # as the page says
    Column("depth", Integer),  # links away from a target, as it was met last
    Column("history", LargeBinary),  # null before the first run that looked at it has ended
    sqlite_with_rowid=False,
)

# What the articles of a source have shown together.
habits = Table(
    "frontier_habits",
    metadata,
    Column("scope", String(32), primary_key=True),
    Column("habits", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

# What a run has spent of its budget, where it has one.
spendings = Table(
    "frontier_spendings",
    metadata,
    Column("run", Integer, primary_key=True),
    Column("exchanged", BigInteger, nullable=False),  # bytes, of requests and answers
)

# Which URL, skipped as a variant of another, is fetched should nothing be there.
stand_ins = Table(
    "frontier_stand_ins",
    metadata,
    Column("run", Integer, primary_key=True),
    Column("key", String(32), primary_key=True),  # of the other
    Column("variant", Text, nullable=False),
    sqlite_with_rowid=False,
)

# What the pages of a run have come to, by the shape of their addresses: see `broadsheet.crawler.discovery.traps`.
shapes = Table(
    "frontier_shapes",
    metadata,
    Column("run", Integer, primary_key=True),
    Column("key", String(32), primary_key=True),  # digest of the shape
    Column("shape", Text, nullable=False),
    Column("pages", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

# What the pages of a run are shown with: pictures, styles and scripts. They are no URLs of its ledger.
requisites = Table(
    "frontier_requisites",
    metadata,
    Column("run", Integer, primary_key=True),
    Column("key", String(32), primary_key=True),  # digest of the URL: to a server, two spellings may be two pictures
    Column("url", Text, nullable=False),
    Column("via", Text, nullable=False),  # the page
    Column("via_key", String(32), nullable=False),
    Column("state", String(8), nullable=False),
    Column("size", BigInteger, nullable=False, server_default=text("0")),  # bytes of the answer
    CheckConstraint("state IN ('waiting', 'leased', 'done')", name="frontier_requisites_state"),
    Index("frontier_requisites_state", "run", "state"),
    Index("frontier_requisites_via", "run", "via_key"),
    sqlite_with_rowid=False,
)

# What is of use only as long as a run is not over.
of_runs = (visits, batches, spendings, stand_ins, shapes, requisites)
