"""INSERT ... ON CONFLICT: both databases have it, SQLAlchemy under a name for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Insert = sqlite.Insert | postgresql.Insert


def insert_for(connection: Connection, table: Table) -> Insert:
    """Return an INSERT that has `on_conflict_do_update` and `excluded`."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def upsert(connection: Connection, table: Table, *, rewritten: Sequence[str]) -> Insert:
    """Return an INSERT of rows that, where their key is there, rewrites some columns."""
    insert = insert_for(connection, table)
    values: Mapping[str, Any] = {name: insert.excluded[name] for name in rewritten}
    return insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=values)
