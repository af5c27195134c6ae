"""Publications without a version: no table segment; their captures come when the day is compacted, each once."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from archiving.histories import HISTORIES, visit
from archiving.machine import Machine
from archiving.stores import objects
from archiving.writer import Writer, answers, moment, shows
from end_to_end import inspection
from hypothesis import HealthCheck, given, settings

from broadsheet.storage import layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.repairs import Repairs
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.tables import tables
from broadsheet.storage.tables.compaction import compact
from broadsheet.storage.tables.repair import renew_after_removal, repair_tables
from broadsheet.storage.takedown.stale import sweep
from broadsheet.storage.verification.verifier import verify

URL, OTHER = "https://news.example/a", "https://news.example/b"
CLOSED = date(2026, 11, 24)
LATER = date(2027, 2, 1)
MIDNIGHT = 12 * 60


@pytest.fixture
def writer(store: FolderStore, tmp_path: Path) -> Writer:
    """A writer that has published an article, and has looked at it again without news."""
    writer = Writer(store, tmp_path / "local")
    writer.publish(shows(URL, 0, "one"))
    writer.publish(shows(URL, 10, "one"))
    return writer


def captured(store: ObjectStore) -> Counter[str]:
    """How often each capture is a row in the files that hold the table; each in the directory of its day."""
    found: Counter[str] = Counter()
    for key in Archive(store).tables("captures"):
        rows = pq.ParquetFile(pa.BufferReader(store.get(key))).read().to_pylist()
        assert {f"day={row['captured_at'].date()}" for row in rows} == {key.split("/")[2]}
        found.update(row["warc_record_id"] for row in rows)
    return found


def published(store: ObjectStore) -> Counter[str]:
    return Counter(line.id for line in inspection.index_lines(store))


def segments(store: ObjectStore) -> list[str]:
    return [entry.key for entry in store.list(layout.TABLES)]


def test_a_look_without_news_writes_no_table_segment(store: FolderStore, writer: Writer) -> None:
    before = segments(store)
    writer.publish(shows(URL, 20, "one"), answers(OTHER, 21, "404 Not Found"))
    assert segments(store) == before
    assert len(before) == 2
    assert not verify(store, deep=True).defects


@pytest.mark.usefixtures("writer")
def test_its_captures_are_rows_when_the_day_is_over(store: FolderStore) -> None:
    assert captured(store) != published(store)
    assert compact(store, CLOSED - timedelta(days=1)) == []
    (key,) = compact(store, CLOSED)
    assert key.startswith("table-compacted/captures/day=2026-11-22/")
    assert captured(store) == published(store)
    assert not verify(store, deep=True).defects
    assert not verify(store, deep=True).remarks
    assert compact(store, CLOSED) == []


def test_a_day_of_which_there_are_only_such_looks_is_found(store: FolderStore, writer: Writer) -> None:
    writer.publish(shows(URL, 5 * 24 * 60, "one"))
    writer.publish(shows(URL, 40 * 24 * 60, "one"))
    assert len(compact(store, LATER)) == 3
    assert captured(store) == published(store)
    since = Archive(store).tables("captures", since=moment(4 * 24 * 60))
    assert [key.split("/")[2] for key in since] == ["day=2026-11-27", "day=2027-01-01"]


def test_one_that_spans_midnight_has_rows_in_both_days(store: FolderStore, writer: Writer) -> None:
    writer.publish(shows(URL, MIDNIGHT - 1, "one"), shows(URL, MIDNIGHT + 1, "one"))
    compact(store, LATER)
    assert captured(store) == published(store)
    assert compact(store, LATER) == []


def test_one_that_comes_late_is_compacted_beside_what_was(store: FolderStore, writer: Writer) -> None:
    compact(store, LATER)
    writer.publish(shows(URL, 30, "one"))
    assert len(compact(store, LATER)) == 1
    assert captured(store) == published(store)
    assert len(Archive(store).tables("captures")) == 2


@pytest.mark.usefixtures("writer")
def test_one_whose_manifest_is_not_there_yet_has_no_rows(store: FolderStore) -> None:
    (manifest, *_) = [entry.key for entry in store.list(layout.MANIFESTS)]
    data = store.get(manifest)
    store.delete(manifest)
    assert compact(store, LATER) == []
    store.put(manifest, data)
    assert len(compact(store, LATER)) == 1


@pytest.mark.usefixtures("writer")
def test_a_segment_that_is_written_after_its_rows_were_compacted_is_passed_over(store: FolderStore) -> None:
    # as a machine without pyarrow leaves it
    for key in segments(store):
        store.delete(key)
    compact(store, LATER)
    assert captured(store) == published(store)
    assert len(tables.rebuild(store)) == 2
    assert captured(store) == published(store)
    assert len(Archive(store).tables("captures")) == 1
    assert len(Archive(store).tables("versions")) == 1


@pytest.mark.usefixtures("writer")
def test_what_is_lost_is_made_again_with_the_same_bytes(store: FolderStore) -> None:
    compact(store, LATER)
    whole = objects(store)
    for prefix in (layout.TABLES, layout.COMPACTED_TABLES):
        for entry in list(store.list(prefix)):
            store.delete(entry.key)
    repair_tables(store, LATER, Repairs(store))
    assert objects(store) == whole


def test_a_takedown_takes_the_rows_out_and_leaves_the_others(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "archive")
    machine = Machine(store, tmp_path / "local")
    machine.publish(shows(URL, 0, "one"), shows(OTHER, 1, "two"))
    machine.publish(shows(URL, 10, "one"), shows(OTHER, 11, "two"))
    machine.publish(shows(OTHER, 5 * 24 * 60, "two"), shows(URL, 5 * 24 * 60 + 1, "one"))
    compact(store, LATER)
    assert captured(store) == published(store)
    stale = {entry.key: store.get(entry.key) for entry in store.list(layout.COMPACTED_TABLES)}
    machine.forget(URL)
    assert all(URL not in str(rows) for rows in rows_of(store))
    renew_after_removal(store, LATER)
    assert captured(store) == published(store)
    assert len(published(store)) == 3
    # What somebody was compacting meanwhile counts no more.
    for key, data in stale.items():
        store.put(key, data)
    assert captured(store) == published(store)
    assert {remark.key for remark in verify(store, deep=True).remarks} == set(stale)
    with machine.removing() as remover:
        assert set(sweep(remover.store)) == set(stale)


def rows_of(store: ObjectStore) -> list[object]:
    return [
        pq.ParquetFile(pa.BufferReader(store.get(entry.key))).read().to_pylist()
        for prefix in (layout.TABLES, layout.COMPACTED_TABLES)
        for entry in store.list(prefix)
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10, deadline=None)
@given(history=HISTORIES)
def test_whatever_the_life_of_articles_every_capture_is_a_row_once_its_day_is_compacted(
    history: list[list[tuple[str, str]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("life")
    store = FolderStore(directory / "archive")
    writer = Writer(store, directory / "local")
    minute = MIDNIGHT - 15
    for number, looks in enumerate(history):
        minute += 10
        writer.publish(*[visit(url, minute + place, look) for place, (url, look) in enumerate(looks)])
        if number % 2:
            compact(store, LATER)
    compact(store, LATER)
    assert captured(store) == published(store)
