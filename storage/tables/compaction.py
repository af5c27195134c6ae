"""Compaction of tables: the many small segments of a day that is over, copied into one file that is quick to scan.

With them come the captures of publications that have no segment (`quiet`), made of their index segments. All of these
stay: a compacted part is never the only copy of what it tells, and nothing is deleted. Two writers that compact one day
at the same time waste some work and harm nothing (`table_parts` tells which part counts).
"""

from __future__ import annotations

import contextlib
import hashlib
import heapq
import logging
import tempfile
from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta
from itertools import chain, groupby, islice
from pathlib import Path

from broadsheet.storage import layout
from broadsheet.storage.errors import NoSuchObjectError
from broadsheet.storage.layout import TableName
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import get_intact
from broadsheet.storage.tables import parquet, quiet, table_keys
from broadsheet.storage.tables import parts as table_parts
from broadsheet.storage.tables.parquet import Copied
from broadsheet.storage.tables.rows import COLUMNS
from broadsheet.storage.tables.table_keys import TableSegment

_log = logging.getLogger(__name__)
# Fewer are read as fast as one file; those that come late to a compacted day wait until they are as many.
_FEWEST_SEGMENTS = 4
# What was captured on a day is nearly all published one day later; what is not, is read beside.
_CLOSED_AFTER = timedelta(days=2)
# Where nobody crawls for longer, `recover` compacts the rest.
_DAYS_AFTER_A_CRAWL = 3


def compact(store: ObjectStore, today: date, *, most_days: int | None = None) -> list[str]:
    """Compact days of both tables that are closed; return the keys of what was written.

    A day is closed when another whole day has passed since. Memory does not grow with what a day holds: one segment and
    one row group are held, and the part grows in a temporary file.

    Args:
        store: The archive's store.
        today: The day it is, in UTC.
        most_days: How many closed days are looked at, the newest first; None for all of them.

    Raises:
        TablesUnavailableError: pyarrow is not installed.
        StoreError: The store failed.
        ArchiveDamagedError: A segment is not what was stored.
    """
    parquet.require()
    written = []
    for name in layout.TABLE_NAMES:
        closed = (day for day in _newest_first(store, name) if day <= today - _CLOSED_AFTER)
        for day in islice(closed, most_days):
            key = _compact_day(store, name, day)
            if key is not None:
                written.append(key)
    return written


def try_to_compact(store: ObjectStore, today: date) -> None:
    """Compact what the last days left, after a crawl: bounded in its work, and no reason for the crawl to fail."""
    if not parquet.is_available():
        return
    try:
        compact(store, today, most_days=_DAYS_AFTER_A_CRAWL)
    except Exception as error:  # noqa: BLE001 - a crawl must not fail for want of a faster copy
        _log.warning("the tables are not compacted: %s", error)


def _newest_first(store: ObjectStore, name: TableName) -> Iterator[date]:
    """Yield the captured days of which a table has rows, or should have them, the newest first."""
    with_rows = reversed(list(table_parts.days(store, name)))
    without = quiet.captured_days(store) if name == "captures" else ()
    return (day for day, _ in groupby(heapq.merge(with_rows, without, reverse=True)))


def _compact_day(store: ObjectStore, name: TableName, day: date) -> str | None:
    """Compact what is not compacted of a day, where it is worth it; return the key of what was written."""
    there = table_parts.parts_of(store, name, day)
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as directory:
        scratch = Path(directory)
        indexes = _rows_without_segments(store, day, there.copied, scratch) if name == "captures" else {}
        files = [path for path in indexes.values() if path is not None]
        # Rows that are nowhere yet are written, however few.
        if len(there.segments) < _FEWEST_SEGMENTS and not files:
            return None
        path = scratch / "part.parquet"
        copied = Copied(frozenset(segment.name for segment in there.segments), frozenset(indexes))
        rows = chain(_read(store, there.segments), map(Path.read_bytes, files))
        parquet.merge(COLUMNS[name], rows, path, copied)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[:32]
        key = table_keys.compacted_key(name, day, digest)
        store.put(key, path)
    return key


def _rows_without_segments(
    store: ObjectStore, day: date, copied: Collection[str], scratch: Path
) -> dict[str, Path | None]:
    """Write the captures that no table segment holds into files; return those by their index segments, or None."""
    found: dict[str, Path | None] = {}
    for number, key in enumerate(quiet.without_segments(store, day, copied)):
        with contextlib.suppress(NoSuchObjectError):  # a removal has replaced it meanwhile
            data = quiet.rows(store, key, day)
            found[key] = scratch / f"{number}.parquet" if data is not None else None
            if data is not None:
                (scratch / f"{number}.parquet").write_bytes(data)
    return found


def _read(store: ObjectStore, segments: Iterable[TableSegment]) -> Iterator[bytes]:
    for segment in segments:
        yield get_intact(store, segment.key)
