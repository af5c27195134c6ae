"""What was made of captures and goes with them: runs, tables, and what was read in them again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from broadsheet.storage import layout
from broadsheet.storage.index import run_keys
from broadsheet.storage.layout import TableName
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.tables import table_keys


def delete(store: ObjectStore, batches: set[str]) -> None:
    """Delete what was made of the index segments of some batches; it is made again of new ones when it is due."""
    for writer in sorted({layout.batch_writer(batch) for batch in batches}):
        for entry in store.list(run_keys.writer_prefix(writer)):
            store.delete(entry.key)
    for name in layout.TABLE_NAMES:
        prefixes = (table_keys.prefix(name), table_keys.prefix(name, compacted=True))
        days = {directory for prefix in prefixes for directory in store.directories(prefix)}
        for day in sorted(days):
            _delete_tables(store, name, day, batches)


def extractions_of(store: ObjectStore, snapshot_keys: set[str]) -> Iterator[str]:
    """Yield the keys of what was read again in the captures of snapshots."""
    beginnings = {layout.extraction_beginning(key) for key in snapshot_keys}
    for directory in {beginning.rpartition("/")[0] + "/" for beginning in beginnings}:
        for entry in store.list(directory):
            if entry.key.rpartition("-")[0] + "-" in beginnings:
                yield entry.key


def _delete_tables(store: ObjectStore, name: TableName, directory: str, batches: set[str]) -> None:
    """Delete what a day of a table has of some batches; the compacted rows of the day before the segments."""
    listed = [entry.key for entry in store.list(f"{table_keys.prefix(name)}{directory}/")]
    segments = [key for key in listed if layout.batch_of(key) in batches]
    # A batch without segments may have rows in a compacted file of the day that it is filed under, or of the next.
    filed = {layout.batch_moment(batch).date() for batch in batches}
    day = table_keys.day_of(directory)
    if segments or (day is not None and not filed.isdisjoint((day, day - timedelta(days=1)))):
        for entry in list(store.list(f"{table_keys.prefix(name, compacted=True)}{directory}/")):
            store.delete(entry.key)
    for key in segments:
        store.delete(key)
