"""Opens the frontier's database: a SQLite file beside the catalog, or what `$BROADSHEET_FRONTIER` names.

The frontier is state, the archive is the truth: a file that is damaged or another version's is set aside with a
warning and begun anew. What that costs is that a crawl which was cut off begins again.

Durability in SQLite: WAL with synchronous NORMAL. Nothing is lost by a killed process. A power failure may take the
last transactions, never one from the middle: some pages are fetched once more, none is missed.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import sqlalchemy
from sqlalchemy import Connection, Engine, MetaData, Table, event, insert, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from broadsheet.crawler.errors import FrontierConfigError, FrontierError
from broadsheet.crawler.frontier.schema import VERSION, metadata, schema
from broadsheet.storage.workspace import Workspace, whereabouts

_log = logging.getLogger(__name__)

_ADDRESS = "BROADSHEET_FRONTIER"
_FILE = "frontier.sqlite"


class Contents(NamedTuple):
    """What a database holds.

    Attributes:
        name: What it is called, for messages.
        file: The name of its SQLite file.
        metadata: Its tables.
        versions: The one of them that says which version they are of.
        version: The version.
        loss: What is lost with it, for people.
    """

    name: str
    file: str
    metadata: MetaData
    versions: Table
    version: int
    loss: str


FRONTIER = Contents(
    "frontier",
    _FILE,
    metadata,
    schema,
    VERSION,
    "A crawl that was cut off begins again; the archive lacks nothing",
)
SET_ASIDE = ".set-aside-"
"""What stands between the name of a file and when it was set aside."""

_SECONDS_TO_WAIT = 60
# As long as that takes no time, a file is looked through when it is opened.
_CHECKED_WHOLE = 64 * 1024 * 1024
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
# PostgreSQL: whoever makes the tables is alone with that. Any number, as long as it is the same.
_MAKING_TABLES = 5_061_932


class Database:
    """The frontier's database. Safe to use from several threads, and beside other processes.

    Args:
        directory: The state directory of the archive on this machine.
        archive: What tells the archive from others that share a database with it.
        contents: What it holds.

    Raises:
        FrontierError: Here and by every transaction: it cannot be used; the message says what to do.
    """

    def __init__(self, directory: Path, archive: str, contents: Contents = FRONTIER) -> None:
        address = os.environ.get(_ADDRESS)
        self._contents = contents
        self.directory = directory
        self._path = None if address else directory / contents.file
        # A file of its own moves with the folder of its archive.
        self.archive = archive if address else ""
        self._url = _understood(address) if address else URL.create("sqlite", database=str(self._path))
        self.name = self._url.render_as_string(hide_password=True)
        with self._translating():
            directory.mkdir(parents=True, exist_ok=True)
            self._engine = self._opened()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a transaction; in SQLite it is alone with the file among all processes."""
        with self._translating(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a transaction that only reads, and waits for nobody."""
        with self._translating(), self._engine.connect().execution_options(only_reads=True) as connection:
            yield connection

    def leave_nothing_behind(self) -> None:
        """Have what was deleted be gone from the disk, also while other processes have the file open.

        Where one of them reads, that is waited for. PostgreSQL sees to it by itself, with its next vacuum.
        """
        if self._path is None:
            return
        with self._translating():
            connection = self._engine.raw_connection()
            try:
                # SQLite keeps pages as they were in its write-ahead log until the last process closes the file.
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                connection.close()

    def _opened(self) -> Engine:
        if self._path is None:
            return self._set_up()
        try:
            return self._set_up()
        except (DBAPIError, _UnusableFileError) as error:
            if isinstance(error, DBAPIError) and not _is_damage(error):
                raise
            self._set_aside(error.orig if isinstance(error, DBAPIError) else error)
            return self._set_up()

    def _set_up(self) -> Engine:
        engine = _engine(self._url)
        try:
            with engine.begin() as connection:
                if self._path is not None and self._path.stat().st_size < _CHECKED_WHOLE:
                    _check_whole(connection)
                if engine.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _MAKING_TABLES})
                self._contents.metadata.create_all(connection)
                _check_version(connection, self._contents)
        except BaseException:
            engine.dispose()
            raise
        return engine

    def _set_aside(self, reason: object) -> Path:
        assert self._path is not None  # noqa: S101 - only files are set aside
        kept = self._path.with_name(f"{self._path.name}{SET_ASIDE}{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
        for suffix in ("-wal", "-shm", ""):
            with suppress(FileNotFoundError):
                self._path.with_name(self._path.name + suffix).rename(kept.with_name(kept.name + suffix))
        _log.warning(
            "the %s %s cannot be used (%s): it is set aside as %s, and begun anew. %s",
            self._contents.name,
            self._path,
            reason,
            kept.name,
            self._contents.loss,
        )
        return kept

    @contextmanager
    def _translating(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if self._path is not None and _is_damage(error):
                kept = self._set_aside(error.orig)
                raise FrontierError(
                    f"the {self._contents.name} {self._path} is damaged ({error.orig}): "
                    f"it is set aside as {kept.name}; crawl again"
                ) from error
            # Its own message would have the statement in it, and what was written.
            raise FrontierError(self._trouble(error.orig)) from error
        except (SQLAlchemyError, OSError, _UnusableFileError) as error:
            raise FrontierError(self._trouble(error)) from error

    def _trouble(self, error: object) -> str:
        if self._path is not None:
            advice = "see that its disk has room and may be written to"
        else:
            advice = f"see that it is there, and what ${_ADDRESS} says; unset, a file beside the catalog is used"
        return f"the {self._contents.name} {self.name} cannot be used: {error}: {advice}"


class _UnusableFileError(Exception):
    """What lies there is of another version, or damaged."""


def open_database(workspace: Workspace) -> Database:
    """Open the frontier of an archive that is opened for writing."""
    return Database(workspace.directory, workspace.place)


def open_frontier(archive: str) -> Database:
    """Open the frontier of the archive at an address; nothing is asked of the archive itself.

    Raises:
        ArchiveAddressError: The address cannot be understood.
        FrontierError: The database cannot be used.
    """
    found = whereabouts(archive)
    return Database(found.directory, found.place)


def has_database(workspace: Workspace, contents: Contents = FRONTIER) -> bool:
    """Tell whether an archive may have a frontier, or another database of ours, without making one."""
    return bool(os.environ.get(_ADDRESS)) or (workspace.directory / contents.file).exists()


def _understood(address: str) -> URL:
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise FrontierConfigError(
            f"${_ADDRESS} is no database URL: give postgresql://user@host/name or sqlite:////path"
        ) from error
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+pg8000")
    if url.drivername not in ("sqlite", "postgresql+pg8000"):
        raise FrontierConfigError(f"${_ADDRESS} names {url.drivername}: the frontier lies in postgresql or sqlite")
    return url


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = sqlalchemy.create_engine(url, connect_args={"timeout": _SECONDS_TO_WAIT}, hide_parameters=True)
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        return engine
    try:
        import pg8000.dbapi  # the extra `postgresql` installs it
    except ModuleNotFoundError as error:
        raise FrontierConfigError(
            f"the driver that ${_ADDRESS} needs is not installed: pip install 'broadsheet[postgresql]'"
        ) from error
    arguments = {"timeout": _SECONDS_TO_WAIT, "application_name": "broadsheet"}
    return sqlalchemy.create_engine(
        url, module=pg8000.dbapi, connect_args=arguments, pool_pre_ping=True, hide_parameters=True
    )


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    # sqlite3 would begin transactions by itself, and late: `_begin` does.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    # What was taken down is to leave nothing behind.
    connection.execute("PRAGMA secure_delete = ON")


def _begin(connection: Connection) -> None:
    reads: Any = connection.get_execution_options().get("only_reads")
    # What is written rests on what was read before it.
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _check_whole(connection: Connection) -> None:
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if found != "ok":
        raise _UnusableFileError(f"damaged: {found}")


def _check_version(connection: Connection, contents: Contents) -> None:
    version = connection.scalar(select(contents.versions.c.version))
    if version is None:
        connection.execute(insert(contents.versions).values(version=contents.version))
    elif version != contents.version:
        raise _UnusableFileError(f"it is of version {version}, and this is {contents.version}")


def _is_damage(error: DBAPIError) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", 0)
    return isinstance(error.orig, sqlite3.DatabaseError) and (code & 0xFF) in _DAMAGED
