"""What was made of captures and goes with them: runs, tables, and what was read in them again."""

from __future__ import annotations

from collections.abc import Iterator

from broadsheet.storage import layout
from broadsheet.storage.stores.objects import ObjectStore


def delete(store: ObjectStore, batches: set[str]) -> None:
    """Delete what was made of the index segments of some batches; it is made again of new ones when it is due."""
    for writer in sorted({layout.batch_writer(batch) for batch in batches}):
        for entry in store.list(layout.writer_runs_prefix(writer)):
            store.delete(entry.key)
    for name in layout.TABLE_NAMES:
        for day in store.directories(layout.table_prefix(name)):
            _delete_tables(store, f"{name}/{day}/", batches)


def extractions_of(store: ObjectStore, snapshot_keys: set[str]) -> Iterator[str]:
    """Yield the keys of what was read again in the captures of snapshots."""
    beginnings = {layout.extraction_beginning(key) for key in snapshot_keys}
    for directory in {beginning.rpartition("/")[0] + "/" for beginning in beginnings}:
        for entry in store.list(directory):
            if entry.key.rpartition("-")[0] + "-" in beginnings:
                yield entry.key


def _delete_tables(store: ObjectStore, day: str, batches: set[str]) -> None:
    """Delete what a day of a table has of some batches; the compacted rows of the day before the segments."""
    listed = [entry.key for entry in store.list(layout.TABLES + day)]
    segments = [key for key in listed if layout.batch_of(key) in batches]
    if segments:
        for entry in list(store.list(layout.COMPACTED_TABLES + day)):
            store.delete(entry.key)
    for key in segments:
        store.delete(key)
