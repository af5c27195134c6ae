"""What alarms and notifications keep in the service's database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Float, Index, Integer, LargeBinary, String, Table, Text

from broadsheet.crawler.frontier.schema import Moment
from broadsheet.scheduler.jobs.schema import metadata


def _table(name: str, *columns: Column[Any] | Index) -> Table:
    """Return a table whose rows are each of an archive, of which several may share a database."""
    return Table(name, metadata, Column("archive", Text, primary_key=True), *columns)


notices = _table(
    "service_notices",
    Column("id", String(32), primary_key=True),
    Column("about", String(8), nullable=False),
    Column("at", Moment, nullable=False),
    Column("document", LargeBinary, nullable=False),  # JSON
    Index("service_notices_at", "archive", "about", "at"),
)
# What is still to be sent. The webhook is a digest of its URL, which is often a secret.
deliveries = _table(
    "service_deliveries",
    Column("notice", String(32), primary_key=True),
    Column("webhook", String(32), primary_key=True),
    Column("due_at", Moment, nullable=False),
    Column("given_up_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
)
# Alarms that stand. Without a source: of the service itself.
standing = _table(
    "service_alarms",
    Column("source", Text, primary_key=True),
    Column("kind", String(12), primary_key=True),
    Column("raised_at", Moment, nullable=False),
    Column("baseline", Float),
)
# Since when what an alarm told of is usual: what was before counts no more for alarms of that kind.
normals = _table(
    "service_normals",
    Column("source", Text, primary_key=True),
    Column("kind", String(12), primary_key=True),
    Column("since", Moment, nullable=False),
)
# How many articles of an hour could be read, by source.
tallies = _table(
    "service_tallies",
    Column("source", Text, primary_key=True),
    Column("hour", Moment, primary_key=True),
    Column("articles", Integer, nullable=False),
    Column("incomplete", Integer, nullable=False),
    Column("paywalled", Integer, nullable=False),
)
cursors = _table(
    "service_cursors",
    Column("name", String(32), primary_key=True),
    Column("cursor", Text, nullable=False),
)
