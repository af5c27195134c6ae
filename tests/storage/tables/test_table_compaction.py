"""Compaction: a day that is over in one file, every row once, whatever came late, twice, or was replaced."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from archiving.stores import WatchedStore, objects
from archiving.writer import Writer, shows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadsheet.storage import layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.errors import ArchiveDamagedError
from broadsheet.storage.layout import TableName
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.tables import table_keys
from broadsheet.storage.tables.compaction import compact

DAY = date(2026, 11, 22)
CLOSED = date(2026, 11, 24)


def publish(writer: Writer, *minutes: float) -> None:
    """Publish a batch with one version for each of some minutes."""
    for minute in minutes:
        writer.publish(shows(f"https://news.example/{minute}", minute, f"text of {minute}"))


def titles(store: ObjectStore, name: TableName = "versions") -> Counter[str]:
    """How often each row is found in the files that hold the table."""
    files = [pq.ParquetFile(pa.BufferReader(store.get(key))) for key in Archive(store).tables(name)]
    return Counter(url for file in files for url in file.read(["url"])["url"].to_pylist())


def all_once(store: ObjectStore) -> bool:
    return all(set(titles(store, name).values()) == {1} for name in layout.TABLE_NAMES)


def compacted(store: ObjectStore) -> list[str]:
    return [entry.key for entry in store.list(layout.COMPACTED_TABLES)]


def test_a_closed_day_becomes_one_file_beside_its_segments(store: FolderStore, writer: Writer) -> None:
    publish(writer, *range(6))
    before = objects(store)
    written = compact(store, CLOSED)
    assert sorted(written) == compacted(store)
    assert {key: data for key, data in objects(store).items() if key not in written} == before
    (key,) = Archive(store).tables("versions")
    assert key.startswith("table-compacted/versions/day=2026-11-22/")
    assert len(titles(store)) == 6
    assert all_once(store)


def test_a_compacted_file_has_the_rows_of_its_segments_in_few_groups(store: FolderStore, writer: Writer) -> None:
    publish(writer, *range(6))
    segments = Archive(store).tables("versions")
    compact(store, CLOSED)
    (key,) = Archive(store).tables("versions")
    file = pq.ParquetFile(pa.BufferReader(store.get(key)))
    separate = [pq.read_table(pa.BufferReader(store.get(segment))) for segment in segments]
    assert file.num_row_groups == 1
    assert file.read().to_pylist() == pa.concat_tables(separate).to_pylist()


def test_segments_from_before_a_column_was_added_are_copied_without_it(store: FolderStore, writer: Writer) -> None:
    publish(writer, *range(6))
    (old, *_) = Archive(store).tables("captures")
    rows = pq.read_table(pa.BufferReader(store.get(old))).drop_columns(["reason", "optouts", "reservations"])
    target = pa.BufferOutputStream()
    pq.write_table(rows, target, store_schema=False)
    store.delete(old)
    data = target.getvalue().to_pybytes()
    store.put(table_keys.segment_key("captures", DAY, table_keys.parse(old).batch, data), data)

    compact(store, CLOSED)
    (key,) = Archive(store).tables("captures")
    told = pq.read_table(pa.BufferReader(store.get(key)))["optouts"].to_pylist()
    assert told.count(None) == 1, "what was not told is not known"
    assert told.count([]) == 5


def test_a_day_is_left_alone_until_another_whole_day_has_passed(store: FolderStore, writer: Writer) -> None:
    publish(writer, *range(6))
    assert compact(store, DAY) == compact(store, date(2026, 11, 23)) == []
    assert len(compact(store, CLOSED)) == 2


def test_a_few_segments_are_left_as_they_are(store: FolderStore, writer: Writer) -> None:
    publish(writer, 1, 2, 3)
    assert compact(store, CLOSED) == []


def test_compacting_again_does_nothing(store: FolderStore, writer: Writer) -> None:
    publish(writer, *range(6))
    assert compact(store, CLOSED)
    assert compact(store, CLOSED) == []


def test_a_late_segment_is_read_beside_the_compacted_file(store: FolderStore, writer: Writer) -> None:
    publish(writer, *range(6))
    compact(store, CLOSED)
    publish(writer, 10)
    assert [key.partition("/")[0] for key in Archive(store).tables("versions")] == ["table-compacted", "table"]
    assert len(titles(store)) == 7
    assert all_once(store)
    assert compact(store, CLOSED) == []
    publish(writer, 11, 12, 13)
    assert len(compact(store, CLOSED)) == 2
    assert all(key.startswith("table-compacted/") for key in Archive(store).tables("versions"))
    assert len(titles(store)) == 10
    assert all_once(store)


def test_as_many_days_are_looked_at_as_allowed_the_newest_first(store: FolderStore, writer: Writer) -> None:
    for day in range(3):
        publish(writer, *(day * 1440 + minute for minute in range(4)))
    written = compact(store, date(2026, 12, 24), most_days=2)
    days = {key.split("/")[2] for key in written}
    assert days == {"day=2026-11-23", "day=2026-11-24"}
    assert all_once(store)


def test_a_file_that_holds_a_replaced_segment_counts_no_more(store: FolderStore, writer: Writer) -> None:
    publish(writer, *range(6))
    first = Archive(store).tables("versions")[0]
    compact(store, CLOSED)
    store.delete(first)
    assert all(key.startswith("table/") for key in Archive(store).tables("versions"))
    assert len(titles(store)) == 5
    compact(store, CLOSED)
    assert len(Archive(store).tables("versions")) == 1
    assert len(titles(store)) == 5


def test_a_damaged_compacted_file_is_passed_over(store: FolderStore, writer: Writer, tmp_path: Path) -> None:
    publish(writer, *range(6))
    compact(store, CLOSED)
    for key in compacted(store):
        (tmp_path / "archive" / key).write_bytes(b"PAR1 no such file PAR1")
    assert len(titles(store)) == 6
    assert all_once(store)


def test_a_damaged_segment_is_not_copied(store: FolderStore, writer: Writer, tmp_path: Path) -> None:
    publish(writer, *range(6))
    key = Archive(store).tables("captures")[3]
    path = tmp_path / "archive" / key
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    with pytest.raises(ArchiveDamagedError, match=key):
        compact(store, CLOSED)
    assert compacted(store) == []


def test_a_footer_longer_than_what_is_read_at_once_is_read_whole(store: FolderStore, writer: Writer) -> None:
    publish(writer, *range(4))
    compact(store, CLOSED)
    (key,) = Archive(store).tables("versions")
    file = pq.ParquetFile(pa.BufferReader(store.get(key)))
    names = [table_keys.parse(entry.key).name for entry in store.list(table_keys.prefix("versions"))]
    strangers = [f"{number:045d}" for number in range(5000)]
    store.delete(key)
    put_part(store, file.read(), [*names, *strangers])
    assert len(Archive(store).tables("versions")) == 4, "a part counts only where all that it names is there"
    whole = put_part(store, file.read(), names * 2000)
    assert Archive(store).tables("versions") == [whole]


def put_part(store: ObjectStore, rows: pa.Table, names: list[str]) -> str:
    """Put a compacted file that says it holds segments of some names."""
    target = pa.BufferOutputStream()
    with pq.ParquetWriter(target, rows.schema, store_schema=False) as parquet:
        parquet.write_table(rows)
        parquet.add_key_value_metadata({"broadsheet.segments": json.dumps(names)})
    data = target.getvalue().to_pybytes()
    key = table_keys.compacted_key("versions", DAY, layout.digest_name(data))
    store.put(key, data)
    return key


def publish_once(writer: Writer, late: list[int], _key: str) -> None:
    if late:
        publish(writer, late.pop())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10, deadline=None)
@given(steps=st.lists(st.sampled_from(["a publishes", "b publishes", "compacts", "two compact"]), max_size=8))
def test_every_row_is_read_once_whatever_order_writers_publish_and_compact_in(
    steps: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("writers")
    store = FolderStore(directory / "archive")
    writers = {name: Writer(store, directory / name) for name in "ab"}
    published = 0
    for step in [*["a publishes"] * 4, *steps]:
        if step == "compacts":
            compact(store, CLOSED)
        elif step == "two compact":
            # one of them sees what is published while the other is at it
            meanwhile = WatchedStore(store, partial(publish_once, writers["b"], late := [published]))
            compact(meanwhile, CLOSED)
            published += not late
            compact(store, CLOSED)
        else:
            publish(writers[step[0]], published)
            published += 1
        assert all_once(store)
        assert len(titles(store)) == published
