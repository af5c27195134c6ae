"""The SQLite file of a catalog: opened, and made anew where it is another version's or damaged."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from broadsheet.storage.errors import CatalogError

_SCHEMA_VERSION = 4
# What the file, or the bytes in it, can come to.
_UNUSABLE = (sqlite3.Error, msgspec.DecodeError, zlib.error, OSError)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS known (
    identity TEXT PRIMARY KEY, site TEXT NOT NULL, is_article INTEGER NOT NULL, entry BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS known_articles ON known (site) WHERE is_article;
CREATE TABLE IF NOT EXISTS outlinks (identity TEXT PRIMARY KEY, links BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS segments (key TEXT PRIMARY KEY) WITHOUT ROWID;
"""


@contextmanager
def translating(path: Path) -> Iterator[None]:
    """Raise `CatalogError` for whatever keeps the file from being used."""
    try:
        yield
    except _UNUSABLE as error:
        raise CatalogError(
            f"the catalog {path} cannot be used: {error}: see that its disk has room and may be written to; else stop "
            f"what else writes to the archive and delete it, with {path.name}-wal and -shm: it is read again from the "
            "archive"
        ) from error


def connect(path: Path) -> sqlite3.Connection:
    """Open the file; where it cannot be read, begin anew: the archive has it all."""
    connection = _open(path)
    if connection is None:
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        connection = _open(path)
    if connection is None:
        raise sqlite3.DatabaseError(f"{path} cannot be made a database")
    return connection


def _open(path: Path) -> sqlite3.Connection | None:
    """Open the file, or return None where it is another version's or damaged: the archive has it all."""
    connection = sqlite3.connect(path, check_same_thread=False, timeout=60, isolation_level=None)
    try:
        if connection.execute("PRAGMA user_version").fetchone()[0] in (0, _SCHEMA_VERSION):
            _set_up(connection)
            return connection
    except sqlite3.OperationalError:
        connection.close()
        raise
    except sqlite3.DatabaseError:
        pass
    connection.close()
    return None


def _set_up(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    # What was taken down is to leave nothing behind.
    connection.execute("PRAGMA secure_delete = ON")
    # A lost transaction is read again from the archive: durability is not needed here, consistency is.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.executescript(_SCHEMA)
    connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
