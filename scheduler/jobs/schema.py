"""The tables of the service. SQLite and PostgreSQL have the same."""

from __future__ import annotations

from typing import get_args

from sqlalchemy import CheckConstraint, Column, Double, Index, Integer, LargeBinary, MetaData, String, Table, Text

from broadsheet.crawler.frontier.database import Contents
from broadsheet.crawler.frontier.schema import Moment
from broadsheet.scheduler.jobs.model import Kind, State

metadata = MetaData()

_versions = Table("service_schema", metadata, Column("version", Integer, nullable=False))

jobs = Table(
    "service_jobs",
    metadata,
    # Sorted by time, since it begins with it: the order in which jobs were asked for.
    Column("id", String(32), primary_key=True),
    Column("archive", Text, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("source", Text),
    Column("url", Text),
    Column("asked_by", Text, nullable=False),
    Column("why", Text),
    Column("idempotency_key", Text),
    Column("asked_at", Moment, nullable=False),
    Column("planned_for", Moment),
    Column("state", String(8), nullable=False),
    Column("worker", String(32)),  # who has it; null where none has
    Column("held_until", Moment),  # until when it is the worker's; of a job that waits, until when it rests
    Column("started_at", Moment),
    Column("ended_at", Moment),
    Column("attempts", Integer, nullable=False),
    Column("reason", Text),
    Column("result", LargeBinary),  # JSON
    CheckConstraint(f"kind IN ({', '.join(repr(kind) for kind in get_args(Kind))})", name="service_jobs_kind"),
    CheckConstraint(f"state IN ({', '.join(repr(state) for state in get_args(State))})", name="service_jobs_state"),
    CheckConstraint("(state = 'running') = (worker IS NOT NULL)", name="service_jobs_worker"),
    # What the schedule plans is planned once, whoever plans it. Where one of the columns is null, nothing is the same.
    Index("service_jobs_planned", "archive", "source", "planned_for", unique=True),
    Index("service_jobs_asked", "archive", "asked_by", "idempotency_key", unique=True),
    Index("service_jobs_state", "archive", "state"),
    Index("service_jobs_source", "archive", "source", "id"),
)

# Since when a schedule counts: what it meant before was not missed.
sources = Table(
    "service_sources",
    metadata,
    Column("archive", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("known_since", Moment, nullable=False),
)

# What jobs came to and measured, by source: sums that are only ever added to.
counts = Table(
    "service_counts",
    metadata,
    Column("archive", Text, primary_key=True),
    Column("source", Text, primary_key=True),  # empty for URLs of none
    Column("name", String(64), primary_key=True),
    Column("value", Double, nullable=False),
)

SERVICE = Contents(
    "service's database",
    "service.sqlite",
    metadata,
    _versions,
    1,
    "Jobs that waited are lost, and schedules begin anew; the archive lacks nothing",
)
