"""The archive as tables: every capture and every version a row, in Parquet, for jobs that read much of it.

Tables repeat what index segments and snapshots say. They are written behind the commit of a publication, no reader
of single articles looks at them, and what is missing of them is built again from those: so that nothing which goes
wrong here is worth holding up a publication for.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import cache, partial
from itertools import groupby

from broadsheet.storage import cdxj, layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.chains import chains
from broadsheet.storage.documents import manifests, snapshots
from broadsheet.storage.errors import ArchiveDamagedError, ArchiveFormatError, NoSuchObjectError
from broadsheet.storage.layout import TableName
from broadsheet.storage.model import SnapshotDocument
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import get_intact
from broadsheet.storage.tables import parquet, table_keys
from broadsheet.storage.tables.rows import COLUMNS, Row, capture_row, version_row

_log = logging.getLogger(__name__)
_GETS_AT_ONCE = 8

# Returns the documents under some keys, in the order of the keys.
Documents = Callable[[Sequence[str]], Iterable[SnapshotDocument]]


def build(batch: str, lines: Iterable[IndexLine], documents: Documents) -> Iterator[tuple[str, bytes]]:
    """Yield key and bytes of each table segment of a batch: one for each table and captured day, versions first.

    Args:
        batch: The batch's name.
        lines: Its index lines in the order of the index segment, which becomes the order of the rows.
        documents: Returns the snapshot documents that the lines name; asked for some at a time.

    Raises:
        TablesUnavailableError: pyarrow is not installed.
    """
    parquet.require()
    ordered = sorted(lines, key=lambda line: line.at.date())
    versions = [line for line in ordered if line.snapshot is not None]

    def version_rows(some: list[IndexLine]) -> list[Row]:
        keys = [line.snapshot for line in some if line.snapshot is not None]
        return [version_row(batch, *pair) for pair in zip(keys, documents(keys), strict=True)]

    yield from _segments("versions", batch, versions, version_rows)
    yield from build_captures(batch, ordered)


def build_captures(batch: str, lines: Iterable[IndexLine]) -> Iterator[tuple[str, bytes]]:
    """Yield key and bytes of the table segments of `captures` alone, of lines in the order of their days."""

    def capture_rows(some: list[IndexLine]) -> list[Row]:
        return [capture_row(batch, line) for line in some]

    yield from _segments("captures", batch, lines, capture_rows)


def is_quiet(index_key: str, lines: Iterable[IndexLine]) -> bool:
    """Tell whether a publication with such an index segment writes no table segment; `quiet` tells more."""
    return not layout.is_early_index(index_key) and all(line.snapshot is None for line in lines)


def put(store: ObjectStore, index_key: str, lines: Sequence[IndexLine], documents: Documents) -> None:
    """Write the table segments of a publication; raises nothing, since `rebuild` makes up for it."""
    if not parquet.is_available():
        _tell_once()
        return
    if is_quiet(index_key, lines):
        return
    batch = layout.batch_of(index_key)
    try:
        for key, data in build(batch, lines, documents):
            store.put(key, data)
    except Exception as error:  # noqa: BLE001 - what can be built again must not hold up what cannot
        _log.warning("the tables of batch %s are not written, `recover` will build them: %s", batch, error)


def rebuild(store: ObjectStore) -> list[str]:
    """Write the table segments that published batches lack and should have; return their keys.

    Every manifest and index segment is read, one at a time; what is held is the name of each batch, and a day with it
    for each table segment. A batch that cannot be read whole is passed over with a warning.

    Raises:
        TablesUnavailableError: pyarrow is not installed.
        StoreUnavailableError: The store did not answer.
    """
    parquet.require()
    published = _published(store)
    held = {
        (segment.table, segment.day, segment.batch)
        for name in layout.TABLE_NAMES
        for segment in table_segments(store, name)
    }
    written: list[str] = []
    with ThreadPoolExecutor(_GETS_AT_ONCE, "tables") as threads:
        for entry in store.list(layout.INDEX):
            if layout.batch_of(entry.key) in published:
                try:
                    written += _put_missing(store, entry.key, held, threads)
                except (ArchiveDamagedError, ArchiveFormatError, NoSuchObjectError) as error:
                    _log.warning("no rows of batch %s: %s", layout.batch_of(entry.key), error)
    return written


def _put_missing(
    store: ObjectStore, index_key: str, held: set[tuple[TableName, date, str]], threads: ThreadPoolExecutor
) -> list[str]:
    """Put what the tables lack of the batch of an index segment; return the keys."""
    batch = layout.batch_of(index_key)
    lines = list(cdxj.decode(get_intact(store, index_key), index_key))
    wanted: set[tuple[TableName, date, str]] = {("captures", line.at.date(), batch) for line in lines}
    wanted |= {("versions", line.at.date(), batch) for line in lines if line.snapshot is not None}
    if wanted <= held or is_quiet(index_key, lines):
        return []
    written = []
    for key, data in build(batch, lines, lambda keys: threads.map(partial(snapshots.read, store), keys)):
        segment = table_keys.parse(key)
        if (segment.table, segment.day, segment.batch) not in held:
            store.put(key, data)
            written.append(key)
    return written


def _published(store: ObjectStore) -> set[str]:
    """Return the batches that have a manifest: a table is never ahead of the commit."""
    names = (name for writer in chains.writers(store) for name in chains.since(store, writer, 0))
    return {batch for name in names if (batch := manifests.read(store, name.key).batch)}


def table_segments(store: ObjectStore, name: TableName, day: date | None = None) -> Iterator[table_keys.TableSegment]:
    """Yield the segments of a table, or of one captured day of it, each batch and day once."""
    seen: set[tuple[date, str]] = set()
    for entry in store.list(table_keys.prefix(name, day)):
        segment = table_keys.parse(entry.key)
        # Two releases of pyarrow write the same rows as other bytes, under another key.
        if (segment.day, segment.batch) not in seen:
            seen.add((segment.day, segment.batch))
            yield segment


def _segments(
    name: TableName, batch: str, lines: Iterable[IndexLine], rows: Callable[[list[IndexLine]], list[Row]]
) -> Iterator[tuple[str, bytes]]:
    for day, of_day in groupby(lines, key=lambda line: line.at.date()):
        data = parquet.encode(COLUMNS[name], map(rows, _some_at_a_time(of_day)))
        yield table_keys.segment_key(name, day, batch, data), data


def _some_at_a_time(lines: Iterator[IndexLine]) -> Iterator[list[IndexLine]]:
    while some := [line for _, line in zip(range(parquet.ROWS_AT_ONCE), lines, strict=False)]:
        yield some


@cache
def _tell_once() -> None:
    _log.info("no tables are written: pyarrow is not installed (pip install 'broadsheet[tables]')")
