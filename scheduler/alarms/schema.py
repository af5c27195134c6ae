"""What alarms and notifications keep in the service's database."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, LargeBinary, String, Table, Text

from broadsheet.crawler.frontier.schema import Moment
from broadsheet.scheduler.jobs.schema import metadata

notices = Table(
    "service_notices",
    metadata,
    Column("archive", Text, primary_key=True),
    Column("id", String(32), primary_key=True),
    Column("about", String(8), nullable=False),
    Column("at", Moment, nullable=False),
    Column("document", LargeBinary, nullable=False),  # JSON
    Index("service_notices_at", "archive", "about", "at"),
)
# What is still to be sent. The webhook is a digest of its URL, which is often a secret.
deliveries = Table(
    "service_deliveries",
    metadata,
    Column("archive", Text, primary_key=True),
    Column("notice", String(32), primary_key=True),
    Column("webhook", String(32), primary_key=True),
    Column("due_at", Moment, nullable=False),
    Column("given_up_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
)
# Alarms that stand. Without a source: of the service itself.
standing = Table(
    "service_alarms",
    metadata,
    Column("archive", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("kind", String(12), primary_key=True),
    Column("raised_at", Moment, nullable=False),
    Column("baseline", Float),
)
# How many articles of an hour could be read, by source.
tallies = Table(
    "service_tallies",
    metadata,
    Column("archive", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("hour", Moment, primary_key=True),
    Column("articles", Integer, nullable=False),
    Column("incomplete", Integer, nullable=False),
    Column("paywalled", Integer, nullable=False),
)
cursors = Table(
    "service_cursors",
    metadata,
    Column("archive", Text, primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("cursor", Text, nullable=False),
)
