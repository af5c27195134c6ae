"""What was being made of segments while they were replaced, and was put afterwards: runs, tables, compacted tables.

Whoever makes them reads segments, and puts the result a moment later; a removal in between has deleted what there was
by then. What is left names segments that are no more, which is how it is found. Readers meanwhile keep to the documents
of takedowns, and pass over compacted tables that copy what is gone.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from datetime import datetime

from broadsheet.storage import layout
from broadsheet.storage.documents import removals
from broadsheet.storage.errors import ArchiveDamagedError, NoSuchObjectError
from broadsheet.storage.index import run_keys
from broadsheet.storage.stores.objects import ObjectEntry, ObjectStore
from broadsheet.storage.tables import parquet, table_keys
from broadsheet.storage.tables.parquet import Copied

_FILENAME = re.compile(rb'"filename":"([^"]+)"')
# What tells of a row that it was made of what is no more. Snapshots go on naming the WARC segment of then.
_NAMING: dict[layout.TableName, str] = {"captures": "warc_key", "versions": "snapshot_key"}
_PIECE = 1024 * 1024
_GZIP_WINDOW = 31


def sweep(store: ObjectStore, since: datetime | None = None) -> list[str]:
    """Delete what was made of segments that removals have replaced; return the keys.

    Tables are looked at where pyarrow is installed.

    Args:
        store: The archive.
        since: Only removals from this moment on are thought of; None for all of them.

    Raises:
        StoreError: The store failed; calling it again goes on.
    """
    gone = {gone.key for _, removal in removals.all_of(store, since) for gone in removal.gone}
    old = {key for key in gone if key.startswith(layout.WARC)}
    if not old:
        return []
    segments = set(_tables(store, gone, {layout.batch_of(key) for key in old}))
    # A copy goes before what it copies.
    found = [*_runs(store, old), *_compacted(store, segments), *sorted(segments)]
    for key in found:
        store.delete(key)
    return found


def made_of_index(store: ObjectStore, key: str, number: int) -> list[str]:
    """Return the keys of the runs and tables that may have been made of an index segment, copies before what they copy.

    Args:
        store: The archive.
        key: The index segment, which another is to take the place of.
        number: Which publication of its writer it was.

    Raises:
        StoreError: The store failed.
    """
    batch = layout.batch_of(key)
    prefixes = [table_keys.prefix(name) for name in layout.TABLE_NAMES]
    segments = [entry.key for prefix in prefixes for entry in store.list(prefix) if layout.batch_of(entry.key) == batch]
    return [*_runs_with(store, batch, number), *_compacted(store, {key, *segments}), *segments]


def _runs_with(store: ObjectStore, batch: str, number: int) -> Iterator[str]:
    keys = [entry.key for entry in store.list(run_keys.writer_prefix(layout.batch_writer(batch)))]
    for run in filter(None, map(run_keys.parse, keys)):
        if run.first <= number <= run.last:
            yield run.key
            first = run.key.rpartition("-")[0]
            yield from (key for key in keys if key.startswith(first) and not key.endswith(".idx"))


def _runs(store: ObjectStore, old: set[str]) -> Iterator[str]:
    names = {key.encode() for key in old}
    for writer in sorted({layout.batch_writer(layout.batch_of(key)) for key in old}):
        keys = [entry.key for entry in store.list(run_keys.writer_prefix(writer))]
        for key in keys:
            if key.endswith(".cdxj.gz") and not names.isdisjoint(_filenames(store, key)):
                first = key.rpartition("-")[0]
                # Its block index first: where it is, all that it leads to is there.
                yield from (other for other in keys if other.startswith(first) and other.endswith(".idx"))
                yield key


def _filenames(store: ObjectStore, key: str) -> Iterator[bytes]:
    """Yield what the lines of a run name as their WARC segments."""
    text = b""
    decoder = zlib.decompressobj(_GZIP_WINDOW)
    for start in range(0, size := store.size(key), _PIECE):
        data = store.get_range(key, start, min(_PIECE, size - start))
        while data:
            try:
                text += decoder.decompress(data)
            except zlib.error:
                return  # Damaged: nobody reads it, and `verify` tells of it.
            data = decoder.unused_data
            if decoder.eof:
                decoder = zlib.decompressobj(_GZIP_WINDOW)
        whole, _, text = text.rpartition(b"\n")
        yield from _FILENAME.findall(whole)


def _tables(store: ObjectStore, gone: set[str], batches: set[str]) -> Iterator[str]:
    if not parquet.is_available():
        return
    for name, column in _NAMING.items():
        for entry in store.list(table_keys.prefix(name)):
            if layout.batch_of(entry.key) in batches and _rows_name(store, entry.key, column, gone):
                yield entry.key


def _rows_name(store: ObjectStore, key: str, column: str, gone: set[str]) -> bool:
    try:
        return not gone.isdisjoint(parquet.texts_in(store.get(key), key, column))
    except (ArchiveDamagedError, NoSuchObjectError):
        return False


def _compacted(store: ObjectStore, stale: set[str]) -> Iterator[str]:
    """Yield the keys of the compacted tables that copy segments that are stale, or are no more."""
    if not parquet.is_available():
        return
    there = {entry.key for prefix in (layout.TABLES, layout.INDEX) for entry in store.list(prefix)} - stale
    for entry in store.list(layout.COMPACTED_TABLES):
        directory = layout.TABLES + entry.key.removeprefix(layout.COMPACTED_TABLES).rpartition("/")[0]
        copied = _copied(store, entry)
        if not all(
            key in there for key in (*(f"{directory}/{name}.parquet" for name in copied.segments), *copied.indexes)
        ):
            yield entry.key


def _copied(store: ObjectStore, entry: ObjectEntry) -> Copied:
    try:
        return parquet.copied_in(store, entry)
    except (ArchiveDamagedError, NoSuchObjectError):
        return Copied()
