"""Parquet, and the only place that knows pyarrow, which the extra ``tables`` installs and nothing else needs.

The same rows become the same bytes with the same release of pyarrow: columns, encodings and the size of row groups
are fixed here, and nothing is written down that depends on the moment or the machine.
"""

from __future__ import annotations

import importlib.util
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from broadsheet.storage.errors import ArchiveDamagedError, TablesUnavailableError
from broadsheet.storage.stores.objects import ObjectEntry, ObjectStore
from broadsheet.storage.tables.rows import Kind, Row

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

# Rows are held, and text with them, until a group is full: a few megabytes.
ROWS_AT_ONCE = 1_000
_GROUP_BYTES = 16 * 1024 * 1024
# Most footers fit, with the names of the segments of a day.
_TAIL_BYTES = 64 * 1024
_SEGMENTS = "broadsheet.segments"
_INDEXES = "broadsheet.indexes"
# What queries prune by. Bounds of other columns make small files a third larger and help nobody.
_BOUNDED = ["captured_at", "surt", "host", "identity"]
# Columns whose values repeat. A dictionary of texts and addresses that never do costs a third of the time to write.
_REPEATING = (
    "host outcome kind mime truncated source state changes.list.element language section tags.list.element site_name "
    "authors.list.element.name authors.list.element.url published_precision published_zone modified_precision "
    "modified_zone access optouts.list.element content_type warc_key extractor extractor_version trafilatura batch "
    "writer"
).split()


class Copied(NamedTuple):
    """What the rows of a compacted file were made of.

    Attributes:
        segments: The names of table segments.
        indexes: The keys of index segments, of publications that have no table segment; some may have no row.
    """

    segments: frozenset[str] = frozenset()
    indexes: frozenset[str] = frozenset()


def is_available() -> bool:
    """Tell whether tables can be read and written: whether pyarrow is installed."""
    return importlib.util.find_spec("pyarrow") is not None


def require() -> None:
    """Refuse to go on without pyarrow.

    Raises:
        TablesUnavailableError: It is not installed.
    """
    if not is_available():
        raise TablesUnavailableError("tables need pyarrow, which is not installed: pip install 'broadsheet[tables]'")


def encode(columns: Mapping[str, Kind], rows: Iterable[list[Row]]) -> bytes:
    """Return the bytes of a Parquet file.

    Args:
        columns: Names and kinds, in their order.
        rows: The rows, a row group at a time.
    """
    import pyarrow as pa

    schema = _schema(columns)
    target = io.BytesIO()
    with _writer(target, schema) as writer:
        for group in rows:
            # `from_pylist` takes a field that is missing for null, and passes over one that is not of the schema.
            writer.write_table(pa.Table.from_pylist(group, schema=schema))
    return target.getvalue()


def merge(columns: Mapping[str, Kind], files: Iterable[bytes], target: Path, copied: Copied | None = None) -> None:
    """Write the rows of several Parquet files into one, in their order, in groups of a good size for scans.

    Args:
        columns: Names and kinds, in their order; those that a file does not have are null in its rows.
        files: The bytes of the files; one is held at a time.
        target: Where to write it.
        copied: What the files are made of, for `copied_in`.
    """
    import pyarrow as pa

    schema = _schema(columns)
    with _writer(target, schema) as writer:
        if copied is not None:
            writer.add_key_value_metadata({_SEGMENTS: json.dumps(sorted(copied.segments))})
        if copied is not None and copied.indexes:
            writer.add_key_value_metadata({_INDEXES: json.dumps(sorted(copied.indexes))})
        waiting: list[Any] = []
        size = 0
        for table in _groups(files, schema):
            waiting.append(table)
            size += table.nbytes
            if size >= _GROUP_BYTES:
                writer.write_table(pa.concat_tables(waiting).combine_chunks())
                waiting, size = [], 0
        if waiting:
            writer.write_table(pa.concat_tables(waiting).combine_chunks())


def copied_in(store: ObjectStore, entry: ObjectEntry) -> Copied:
    """Return what the rows of a compacted file were made of, at the cost of one or two ranged GETs.

    Raises:
        ArchiveDamagedError: The object is no Parquet file, or does not tell.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        footer = pa.BufferReader(b"PAR1" + _tail(store, entry))
        metadata = pq.read_metadata(footer).metadata or {}
        segments: list[str] = json.loads(metadata[_SEGMENTS.encode()])
        indexes: list[str] = json.loads(metadata.get(_INDEXES.encode(), b"[]"))
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        message = f"table {entry.key} cannot be read ({error}): delete it, all that it holds is in segments as well"
        raise ArchiveDamagedError(message) from error
    return Copied(frozenset(segments), frozenset(indexes))


def texts_in(data: bytes, key: str, column: str) -> set[str | None]:
    """Return the values of a column of texts.

    Args:
        data: The bytes of a Parquet file.
        key: Its key, for messages.
        column: The name of the column.

    Raises:
        ArchiveDamagedError: It is no Parquet file with such a column.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return set(pq.read_table(pa.BufferReader(data), columns=[column])[column].to_pylist())
    except (pa.ArrowException, OSError, KeyError) as error:
        raise ArchiveDamagedError(f"table {key} cannot be read: {error}") from error


def _tail(store: ObjectStore, entry: ObjectEntry) -> bytes:
    """Return the end of a Parquet file, from its footer on: the last bytes tell how long that is."""
    length = min(entry.size, _TAIL_BYTES)
    tail = store.get_range(entry.key, entry.size - length, length)
    needed = min(int.from_bytes(tail[-8:-4], "little") + 8, entry.size)
    return tail if needed <= length else store.get_range(entry.key, entry.size - needed, needed)


def _groups(files: Iterable[bytes], schema: pa.Schema) -> Iterator[pa.Table]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for data in files:
        file = pq.ParquetFile(pa.BufferReader(data))
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, use_threads=False)
            for name in set(schema.names).difference(table.column_names):
                # It was written by a version that did not have the column yet.
                table = table.append_column(name, pa.nulls(table.num_rows, schema.field(name).type))
            yield table.select(schema.names).cast(schema)


def _writer(target: io.BytesIO | Path, schema: pa.Schema) -> pq.ParquetWriter:
    import pyarrow.parquet as pq

    return pq.ParquetWriter(
        target,
        schema,
        version="2.6",
        compression="zstd",
        use_dictionary=_REPEATING,
        write_statistics=_BOUNDED,
        store_schema=False,  # the types of Parquet say it all
    )


def _schema(columns: Mapping[str, Kind]) -> pa.Schema:
    import pyarrow as pa

    text = pa.string()

    def records(*names: str) -> pa.DataType:
        return pa.list_(pa.struct([(name, text) for name in names]))

    types: dict[Kind, pa.DataType] = {
        "text": text,
        "texts": pa.list_(text),
        "integer": pa.int64(),
        "boolean": pa.bool_(),
        "moment": pa.timestamp("us", tz="UTC"),
        "authors": records("name", "url"),
        "images": records("url", "caption", "credit"),
        "related": records("url", "title", "published", "heading", "kind"),
        "reservations": pa.list_(pa.struct([("source", text), ("value", text), ("optouts", pa.list_(text))])),
    }
    return pa.schema([(name, types[kind]) for name, kind in columns.items()])
