"""INSERT ... ON CONFLICT: both databases have it, SQLAlchemy under a name for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

    Insert = sqlite.Insert | postgresql.Insert


def insert_for(connection: Connection, table: Table) -> Insert:
    """Return an INSERT that has `on_conflict_do_update` and `excluded`."""
    return _insert(connection.dialect.name, table)


def upsert(connection: Connection, table: Table, *, rewritten: Sequence[str]) -> Insert:
    """Return an INSERT of rows that, where their key is there, rewrites some columns."""
    return _upsert(connection.dialect.name, table, tuple(rewritten))


# Making one takes as long as executing it for a row.
@lru_cache
def _upsert(dialect: str, table: Table, rewritten: tuple[str, ...]) -> Insert:
    insert = _insert(dialect, table)
    values: Mapping[str, Any] = {name: insert.excluded[name] for name in rewritten}
    return insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=values)


def _insert(dialect: str, table: Table) -> Insert:
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # a quarter of what SQLAlchemy takes to load

        return postgresql.insert(table)
    return sqlite.insert(table)
