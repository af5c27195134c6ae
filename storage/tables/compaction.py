"""Compaction of tables: the many small segments of a day that is over, copied into one file that is quick to scan.

The segments stay: a compacted part is never the only copy of a row, and nothing is deleted. Two writers that compact
the same day at once waste some work and harm nothing (`table_parts` tells which part counts).
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

from broadsheet.storage import layout
from broadsheet.storage.layout import TableName, TableSegment
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import get_intact
from broadsheet.storage.tables import parquet
from broadsheet.storage.tables import parts as table_parts
from broadsheet.storage.tables.rows import COLUMNS

_log = logging.getLogger(__name__)
# Fewer are read as fast as one file; those that come late to a compacted day wait until they are as many.
_FEWEST_SEGMENTS = 4
# What was captured on a day is nearly all published one day later; what is not, is read beside.
_CLOSED_AFTER = timedelta(days=2)
# Where nobody crawls for longer, `recover` compacts the rest.
_DAYS_BEFORE_A_CRAWL = 3


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
        closed = [day for day in table_parts.days(store, name) if day <= today - _CLOSED_AFTER]
        for day in islice(reversed(closed), most_days):
            segments = table_parts.parts_of(store, name, day).segments
            if len(segments) >= _FEWEST_SEGMENTS:
                written.append(_compact_day(store, name, day, segments))
    return written


def try_to_compact(store: ObjectStore, today: date) -> None:
    """Compact what the last days left, before a crawl: bounded in its work, and no reason not to crawl."""
    if not parquet.is_available():
        return
    try:
        compact(store, today, most_days=_DAYS_BEFORE_A_CRAWL)
    except Exception as error:  # noqa: BLE001 - a crawl must not fail for want of a faster copy
        _log.warning("the tables are not compacted: %s", error)


def _compact_day(store: ObjectStore, name: TableName, day: date, segments: list[TableSegment]) -> str:
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as directory:
        path = Path(directory) / "part.parquet"
        parquet.merge(COLUMNS[name], _read(store, segments), path, [segment.name for segment in segments])
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[:32]
        key = layout.compacted_table_key(name, day, digest)
        store.put(key, path)
    return key


def _read(store: ObjectStore, segments: Iterable[TableSegment]) -> Iterator[bytes]:
    for segment in segments:
        yield get_intact(store, segment.key)
