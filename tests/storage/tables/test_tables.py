"""The tables of an archive: every capture and version once, behind the commit, built again where they are missing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from archiving.histories import HISTORIES, visit
from archiving.stores import WatchedStore, objects
from archiving.writer import Writer, answers, moment, shows
from hypothesis import HealthCheck, given, settings

from broadsheet.storage import cdxj, layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.documents import snapshots
from broadsheet.storage.errors import StoreUnavailableError
from broadsheet.storage.layout import TableName
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.tables import table_keys, tables
from broadsheet.storage.tables.rows import COLUMNS, capture_row, version_row

URL = "https://news.example/a"
WITHOUT_PYARROW = "import sys; sys.modules['pyarrow'] = None; "


class StoreWithoutTables(WatchedStore):
    """A store that takes everything but tables."""

    def put(self, key: str, data: bytes | Path) -> None:
        if key.startswith(layout.TABLES):
            raise StoreUnavailableError(f"{key} cannot be stored: the server is away")
        super().put(key, data)


def rows(store: ObjectStore, keys: Iterable[str]) -> list[dict[str, Any]]:
    """The rows of some Parquet files."""
    return [row for key in keys for row in pq.ParquetFile(pa.BufferReader(store.get(key))).read().to_pylist()]


def keys(store: ObjectStore, name: TableName) -> list[str]:
    return [entry.key for entry in store.list(table_keys.prefix(name))]


def expected(store: ObjectStore) -> dict[TableName, list[dict[str, Any]]]:
    """The rows of publications that are not quiet, as index segments and snapshots make them."""
    found: dict[TableName, list[dict[str, Any]]] = {"captures": [], "versions": []}
    for entry in store.list(layout.INDEX):
        batch = layout.batch_of(entry.key)
        lines = list(cdxj.decode(store.get(entry.key), entry.key))
        if tables.is_quiet(entry.key, lines):
            continue
        for line in lines:
            found["captures"].append(capture_row(batch, line))
            if line.snapshot:
                found["versions"].append(version_row(batch, line.snapshot, snapshots.read(store, line.snapshot)))
    return found


def by_record(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(found, key=lambda row: row["warc_record_id"])


def assert_complete(store: ObjectStore) -> None:
    """Every capture and every version is a row of its table, once, whole, and in the directory of its day."""
    for name, wanted in expected(store).items():
        assert by_record(rows(store, keys(store, name))) == by_record(wanted)
        for key in keys(store, name):
            days = {row["captured_at"].date() for row in rows(store, [key])}
            assert days == {table_keys.parse(key).day}


def test_a_publication_makes_rows_of_its_captures_and_versions(store: FolderStore, writer: Writer) -> None:
    writer.publish(shows(URL, 0, "one"), answers("https://news.example/b", 1, "404 Not Found"))
    (version,) = rows(store, keys(store, "versions"))
    assert (version["url"], version["text"], version["captured_at"]) == (URL, "one", moment(0))
    captures = rows(store, keys(store, "captures"))
    assert [(row["url"], row["status"]) for row in captures] == [(URL, 200), ("https://news.example/b", 404)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=10, deadline=None)
@given(history=HISTORIES)
def test_whatever_the_life_of_articles_every_capture_and_version_is_a_row(
    history: list[list[tuple[str, str]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    directory = tmp_path_factory.mktemp("life")
    store = FolderStore(directory / "archive")
    writer = Writer(store, directory / "local")
    minute = 0
    for looks in history:
        minute += 10
        writer.publish(*[visit(url, minute + place, look) for place, (url, look) in enumerate(looks)])
    assert_complete(store)


def test_a_batch_that_spans_midnight_has_a_file_for_each_day(store: FolderStore, writer: Writer) -> None:
    writer.publish(shows(URL, 719, "one"), shows(URL, 721, "two"))
    days = [table_keys.parse(key).day.isoformat() for key in keys(store, "versions")]
    assert days == ["2026-11-22", "2026-11-23"]
    assert_complete(store)


def test_the_same_batch_becomes_the_same_bytes(store: FolderStore, writer: Writer) -> None:
    writer.publish(shows(URL, 0, "one"), shows("https://news.example/b", 1, "two"))
    (entry,) = store.list(layout.INDEX)
    lines = list(cdxj.decode(store.get(entry.key), entry.key))
    documents = {key: snapshots.read(store, key) for line in lines if (key := line.snapshot)}
    built = [
        list(tables.build(layout.batch_of(entry.key), lines, lambda some: map(documents.__getitem__, some)))
        for _ in range(2)
    ]
    assert built[0] == built[1] == [(key, store.get(key)) for key, _ in built[0]]


def test_a_segment_of_many_rows_is_written_group_by_group(store: FolderStore, writer: Writer) -> None:
    writer.publish(
        shows(URL, 0, "one"),
        *[answers(f"https://news.example/{number}", number / 100, "404 Not Found") for number in range(2499)],
    )
    (key,) = keys(store, "captures")
    file = pq.ParquetFile(pa.BufferReader(store.get(key)))
    assert [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)] == [1000, 1000, 500]
    assert_complete(store)


def test_the_schema_of_a_file_is_that_of_its_table(store: FolderStore, writer: Writer) -> None:
    writer.publish(shows(URL, 0, "one"))
    for name in layout.TABLE_NAMES:
        (key,) = keys(store, name)
        schema = pq.read_schema(pa.BufferReader(store.get(key)))
        assert schema.names == list(COLUMNS[name])
        assert schema.field("captured_at").type == pa.timestamp("us", tz="UTC")


def test_no_row_is_there_before_the_commit(writer: Writer, store: FolderStore) -> None:
    puts: list[str] = []
    writer.store = WatchedStore(store, puts.append)
    writer.publish(shows(URL, 0, "one"))
    first = next(place for place, key in enumerate(puts) if key.startswith(layout.TABLES))
    assert all(key.startswith(layout.TABLES) for key in puts[first:])
    assert puts[first - 1].startswith(layout.MANIFESTS)


def test_a_publication_does_not_fail_for_want_of_its_tables(
    writer: Writer, store: FolderStore, caplog: pytest.LogCaptureFixture
) -> None:
    writer.store = StoreWithoutTables(store, lambda _: None)
    writer.publish(shows(URL, 0, "one"))
    assert keys(store, "versions") == []
    latest = Archive(store).latest(URL)
    assert latest is not None
    assert "recover" in caplog.text
    assert tables.rebuild(store) == sorted([*keys(store, "versions"), *keys(store, "captures")], reverse=True)
    assert_complete(store)


def test_what_is_missing_is_built_again_with_the_same_bytes(writer: Writer, store: FolderStore) -> None:
    writer.publish(shows(URL, 0, "one"), shows(URL, 1, "two"))
    writer.publish(shows(URL, 719, "three"), shows(URL, 721, "four"))
    whole = objects(store)
    for key in [*keys(store, "captures"), *keys(store, "versions")]:
        store.delete(key)
        assert tables.rebuild(store) == [key]
        assert objects(store) == whole
    assert tables.rebuild(store) == []


def test_a_batch_that_cannot_be_read_is_passed_over_with_a_warning(
    writer: Writer, store: FolderStore, caplog: pytest.LogCaptureFixture
) -> None:
    (lost,) = writer.publish(shows(URL, 0, "one"))
    writer.publish(shows(URL, 1, "two"))
    for entry in list(store.list(layout.TABLES)):
        store.delete(entry.key)
    assert lost.snapshot_key
    store.delete(lost.snapshot_key)
    tables.rebuild(store)
    assert lost.snapshot_key in caplog.text
    assert [row["text"] for row in rows(store, keys(store, "versions"))] == ["two"]


def test_what_has_no_manifest_gets_no_rows(writer: Writer, store: FolderStore) -> None:
    writer.publish(shows(URL, 0, "one"))
    for prefix in (layout.MANIFESTS, layout.TABLES):
        for entry in list(store.list(prefix)):
            store.delete(entry.key)
    assert tables.rebuild(store) == []
    assert keys(store, "captures") == []


def test_two_files_of_the_same_batch_and_day_are_one(writer: Writer, store: FolderStore) -> None:
    writer.publish(shows(URL, 0, "one"))
    (key,) = keys(store, "versions")
    # as another release of pyarrow would write it
    target = pa.BufferOutputStream()
    pq.write_table(pq.read_table(pa.BufferReader(store.get(key))), target, compression="none")
    again = target.getvalue().to_pybytes()
    segment = table_keys.parse(key)
    store.put(table_keys.segment_key("versions", segment.day, segment.batch, again), again)
    assert len(keys(store, "versions")) == 2
    assert len(rows(store, Archive(store).tables("versions"))) == 1


def test_days_outside_the_span_are_not_named(writer: Writer, store: FolderStore) -> None:
    for day in range(4):
        writer.publish(shows(URL, day * 1440, f"text {day}"))
    archive = Archive(store)

    def days(since: float | None, until: float | None) -> list[int]:
        found = archive.tables(
            "versions",
            since=None if since is None else moment(since * 1440),
            until=None if until is None else moment(until * 1440),
        )
        return [table_keys.parse(key).day.day for key in found]

    assert days(None, None) == [22, 23, 24, 25]
    assert days(1, None) == [23, 24, 25]
    assert days(None, 1) == [22, 23]
    assert days(1, 2.5) == [23, 24]  # the span ends at midnight, before the first moment of the 25th
    assert archive.tables("captures", since=moment(9 * 1440)) == []


def test_without_pyarrow_an_archive_is_written_and_says_once_that_it_has_no_tables(tmp_path: Path) -> None:
    script = WITHOUT_PYARROW + (
        "import logging, sys; sys.path.insert(0, 'tests'); from pathlib import Path;"
        "from archiving.writer import Writer, shows; from broadsheet.storage.stores.folder import FolderStore;"
        "logging.basicConfig(level=logging.INFO, format='%(levelname)s %(message)s');"
        f"store = FolderStore(Path({str(tmp_path / 'archive')!r})); writer = Writer(store, Path({str(tmp_path)!r}));"
        f"writer.publish(shows({URL!r}, 0, 'one')); writer.publish(shows({URL!r}, 1, 'two'));"
    )
    said = run(script)
    assert said.count("broadsheet[tables]") == 1
    assert "INFO no tables" in said
    store = FolderStore(tmp_path / "archive")
    assert len(list(Archive(store).versions(URL))) == 2
    assert keys(store, "captures") == []
    assert len(tables.rebuild(store)) == 4
    assert_complete(store)


def test_without_pyarrow_reading_tables_says_what_to_install(writer: Writer, tmp_path: Path) -> None:
    writer.publish(shows(URL, 0, "one"))
    script = WITHOUT_PYARROW + (
        "from broadsheet.storage import Archive, TablesUnavailableError\n"
        f"archive = Archive.open({str(tmp_path / 'archive')!r})\n"
        "try:\n    archive.tables('versions')\nexcept TablesUnavailableError as error:\n    print(error)\n"
    )
    assert "pip install 'broadsheet[tables]'" in run(script)


def test_reading_an_archive_does_not_load_pyarrow(writer: Writer, tmp_path: Path) -> None:
    writer.publish(shows(URL, 0, "one"))
    script = (
        "import sys; from broadsheet.storage import Archive;"
        f"print(Archive.open({str(tmp_path / 'archive')!r}).latest({URL!r}).version, 'pyarrow' in sys.modules)"
    )
    assert run(script) == "1 False\n"


def run(script: str) -> str:
    result = subprocess.run(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
    )
    assert result.returncode == 0, result.stdout
    return result.stdout
