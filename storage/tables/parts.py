"""Which objects together hold every row of a table exactly once: compacted parts, and the segments beside them.

A part is a copy of segments of one captured day, and of the captures in index segments that have none; all are still
there, and it names them. It counts only as long as they are: where a takedown replaces a segment, every part that holds
a copy of it is void at the same moment. A segment of a batch of which no part has the rows, because it came late, is
read beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time
from typing import NamedTuple, get_args

from broadsheet.storage import layout
from broadsheet.storage.errors import ArchiveDamagedError, NoSuchObjectError
from broadsheet.storage.layout import TableName
from broadsheet.storage.stores.objects import ObjectEntry, ObjectStore
from broadsheet.storage.tables import parquet, table_keys
from broadsheet.storage.tables.parquet import Copied
from broadsheet.storage.tables.table_keys import TableSegment
from broadsheet.storage.tables.tables import table_segments

_DAYS_AT_ONCE = 8


class DayOfTable(NamedTuple):
    """The objects that hold one captured day of a table, each row once.

    Attributes:
        compacted: The keys of compacted parts.
        segments: The segments beside them.
        copied: The batches whose rows of the day are in the compacted parts.
    """

    compacted: list[str]
    segments: list[TableSegment]
    copied: set[str]


def keys(store: ObjectStore, name: TableName, since: datetime | None, until: datetime | None) -> list[str]:
    """Return the keys of the objects that hold the rows of ``[since, until)``, and no row twice, day by day.

    The days at both ends are there as a whole. What it costs: two listings a day, and for each
    compacted part a ranged GET and up to two listings.

    Args:
        store: The archive's store.
        name: Which table.
        since: The earliest capture, aware, or None.
        until: The moment before which it was made, aware, or None.

    Raises:
        TablesUnavailableError: pyarrow is not installed.
        ValueError: There is no table of that name.
    """
    if name not in get_args(TableName):
        raise ValueError(f"there is no table {name!r}: ask for {' or '.join(get_args(TableName))}")
    parquet.require()
    wanted = [day for day in days(store, name) if _overlaps(day, since, until)]
    with ThreadPoolExecutor(_DAYS_AT_ONCE, "tables") as threads:
        found = threads.map(lambda day: parts_of(store, name, day), wanted)
        return [key for parts in found for key in (*parts.compacted, *(segment.key for segment in parts.segments))]


def days(store: ObjectStore, name: TableName) -> Iterator[date]:
    """Yield the captured days of which a table has rows, in their order."""
    prefixes = (table_keys.prefix(name), table_keys.prefix(name, compacted=True))
    for directory in sorted({directory for prefix in prefixes for directory in store.directories(prefix)}):
        day = table_keys.day_of(directory)
        if day is not None:
            yield day


def parts_of(store: ObjectStore, name: TableName, day: date) -> DayOfTable:
    """Return what holds one captured day of a table."""
    # Parts first: a segment that a part names was there before it.
    parts = [(entry, _named_by(store, entry)) for entry in store.list(table_keys.prefix(name, day, compacted=True))]
    segments = {segment.name: segment for segment in table_segments(store, name, day)}
    directories = {key.rpartition("/")[0] + "/" for _, named in parts for key in named.indexes}
    indexes = {entry.key for directory in directories for entry in store.list(directory)}
    compacted: list[str] = []
    copied: set[str] = set()
    # Two writers may have compacted the same day at once: the part that holds more counts, and none that overlaps it.
    for entry, named in sorted(parts, key=lambda part: (-len(_batches(part[1])), part[0].key)):
        batches = _batches(named)
        if batches and named.segments <= segments.keys() and named.indexes <= indexes and copied.isdisjoint(batches):
            compacted.append(entry.key)
            copied |= batches
    return DayOfTable(compacted, [each for each in segments.values() if each.batch not in copied], copied)


def _batches(named: Copied) -> set[str]:
    return set(map(layout.batch_of, named.segments | named.indexes))


def _named_by(store: ObjectStore, entry: ObjectEntry) -> Copied:
    try:
        return parquet.copied_in(store, entry)
    except (NoSuchObjectError, ArchiveDamagedError):
        return Copied()  # The segments hold the same rows; `verify` tells of the damage.


def _overlaps(day: date, since: datetime | None, until: datetime | None) -> bool:
    begin = datetime.combine(day, time(), UTC)
    return (since is None or day >= since.astimezone(UTC).date()) and (until is None or begin < until)
