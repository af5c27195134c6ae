"""The captures that an archive holds, by record id: what an import has to know so as to import nothing twice.

A scratch file, because there may be millions: it is filled from the index segments that may hold captures of the days
that the import comes to, and with what it imports, and is deleted at the end.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from broadsheet.storage import cdxj, layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.segments.exchange_records import Original
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import get_intact
from broadsheet.storage.urls import identity

_SCHEMA = """
CREATE TABLE held (id TEXT PRIMARY KEY, url TEXT, identity TEXT, at TEXT, digest TEXT, stated TEXT, whole INTEGER)
WITHOUT ROWID;
CREATE INDEX held_places ON held (identity, at);
CREATE INDEX held_stated ON held (stated) WHERE stated IS NOT NULL;
"""
_DAY = timedelta(days=1)


class HeldCapture(NamedTuple):
    """One capture.

    Attributes:
        record_id: Its WARC-Record-ID.
        url: Its target URI.
        at: Its WARC-Date.
        digest: Its payload digest, SHA-256, or None.
        is_whole: Whether it is a response that is not truncated, so that revisits may refer to it.
        stated: The payload digest that the file it was imported from states.
    """

    record_id: str
    url: str
    at: datetime
    digest: str | None
    is_whole: bool
    stated: str | None = None


class HeldCaptures:
    """What an archive holds, as far as an import asks for it; a context manager that deletes its scratch file.

    Args:
        store: The archive.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._scratch = tempfile.TemporaryDirectory(prefix="broadsheet-import-")
        self._connection = sqlite3.connect(Path(self._scratch.name) / "held.sqlite", isolation_level=None)
        # One transaction for all, which nobody ever commits: nothing of it is to outlive the import.
        self._connection.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_SCHEMA} BEGIN;")
        self._days: set[date] = set()

    def __enter__(self) -> Self:
        """Read the index segments that hold captures of days long before their own."""
        self._add_segments(entry.key for entry in self._store.list(layout.INDEX) if layout.is_early_index(entry.key))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        self._scratch.cleanup()

    def find(self, record_id: str, at: datetime) -> HeldCapture | None:
        """Return the capture with an id, made at a moment, or None."""
        self._know(at)
        return self._one("id = ?", record_id)

    def find_original(
        self, url: str, *, record_id: str | None, at: datetime | None, stated: str | None
    ) -> Original | None:
        """Return the whole capture that a revisit refers to, or None.

        Args:
            url: What the revisit says its target is.
            record_id: The id it names, if it does.
            at: The date it names, if it does.
            stated: The payload digest it states.
        """
        if at is not None:
            self._know(at)
        found = (
            (record_id is not None and self._one("id = ? AND whole", record_id))
            or (at is not None and self._of_second(url, at))
            or (stated is not None and self._one("stated = ? AND whole", stated))
        )
        if not found or found.digest is None:
            return None
        return Original(record_id=found.record_id, target_uri=found.url, date=found.at, payload_digest=found.digest)

    def add(self, capture: HeldCapture) -> None:
        """Note a capture that is imported."""
        row = (
            capture.record_id,
            capture.url,
            identity(capture.url),
            capture.at.isoformat(timespec="microseconds"),
            capture.digest,
            capture.stated,
            capture.is_whole,
        )
        self._connection.execute("INSERT OR REPLACE INTO held VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def _of_second(self, url: str, at: datetime) -> HeldCapture | None:
        """Return a whole capture of a URL of one second: WARC/1.0 dates tell no more."""
        second = at.replace(microsecond=0).isoformat()[:19]
        return self._one("identity = ? AND whole AND at BETWEEN ? AND ?", identity(url), second, second + "~")

    def _one(self, where: str, *values: str) -> HeldCapture | None:
        query = f"SELECT id, url, at, digest, whole, stated FROM held WHERE {where}"  # noqa: S608 - text of this module
        row = self._connection.execute(query, values).fetchone()
        return row and HeldCapture(row[0], row[1], datetime.fromisoformat(row[2]), row[3], bool(row[4]), row[5])

    def _know(self, at: datetime) -> None:
        """Read the segments of crawls that may hold captures of a day: its own, and those opened on the day before."""
        for day in (at.astimezone(UTC).date() - _DAY, at.astimezone(UTC).date()):
            if day not in self._days:
                self._days.add(day)
                self._add_segments(entry.key for entry in self._store.list(layout.index_prefix(day)))

    def _add_segments(self, keys: Iterable[str]) -> None:
        for key in keys:
            for line in cdxj.decode(get_intact(self._store, key), key):
                if self._one("id = ?", line.id) is None:
                    self.add(_held(line))


def _held(line: IndexLine) -> HeldCapture:
    return HeldCapture(
        record_id=line.id,
        url=line.url,
        at=line.at,
        digest=None if line.digest == "-" else line.digest,
        is_whole=line.mime != "warc/revisit" and not line.truncated and line.digest != "-",
    )
