"""What others were making of segments while they were replaced is put afterwards, and goes with the next removal."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from archiving.everything import FORGOTTEN, OTHER, URL, MemoryStore, build_everything
from archiving.machine import Machine
from archiving.writer import START

from broadsheet.storage import layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.index.compaction import compact as compact_index
from broadsheet.storage.index.coverage import coverages
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.tables import tables
from broadsheet.storage.tables.compaction import compact as compact_tables
from broadsheet.storage.takedown.stale import sweep
from broadsheet.storage.verification.verifier import verify

DERIVED = (layout.RUNS, layout.TABLES, layout.COMPACTED_TABLES)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """An archive with runs, tables and compacted tables."""
    store = MemoryStore()
    build_everything(store, tmp_path_factory.mktemp("built"))
    return store.objects


def taken_down(built: dict[str, bytes], directory: Path) -> tuple[MemoryStore, Machine]:
    """An archive in which an article was taken down while somebody made what was made of it; all of that is there."""
    store = MemoryStore(built)
    machine = Machine(store, directory)
    machine.forget(URL)
    store.objects |= {key: data for key, data in built.items() if key.startswith(DERIVED)}
    return store, machine


def urls_in_tables(store: ObjectStore) -> set[str]:
    keys = [entry.key for prefix in (layout.TABLES, layout.COMPACTED_TABLES) for entry in store.list(prefix)]
    return {url for key in keys for url in pq.read_table(io.BytesIO(store.get(key)))["url"].to_pylist()}


def test_readers_pass_over_it(built: dict[str, bytes], tmp_path: Path) -> None:
    store, _ = taken_down(built, tmp_path)
    archive = Archive(store)
    assert (archive.latest(URL), list(archive.versions(URL)), archive.checks(URL)) == (None, [], [])
    assert {line.filed_as or line.url for line in archive.captures(host="news.example")}.isdisjoint({URL})
    assert {snapshot.url for snapshot in archive.snapshots(host="news.example")}.isdisjoint({URL, FORGOTTEN})


@pytest.mark.parametrize(
    "remove",
    [lambda machine: machine.forget(FORGOTTEN), lambda machine: machine.retain(START, START), lambda m: sweep(m.store)],
    ids=["forget", "retain", "recover"],
)
def test_the_next_removal_deletes_it(
    built: dict[str, bytes], tmp_path: Path, remove: Callable[[Machine], object]
) -> None:
    store, machine = taken_down(built, tmp_path)
    assert URL in urls_in_tables(store)
    remove(machine)
    tables.rebuild(store)
    assert URL not in urls_in_tables(store)
    assert list(store.list(layout.RUNS)) == []
    verified = verify(store, deep=True)
    assert (verified.defects, verified.unnamed, verified.remarks) == ([], [], [])


def test_what_was_made_of_what_stands_stays(built: dict[str, bytes], tmp_path: Path) -> None:
    store = MemoryStore(built)
    Machine(store, tmp_path).forget(OTHER)
    tables.rebuild(store)
    for coverage in coverages(store):
        compact_index(coverage, tmp_path)
    compact_tables(store, (START + timedelta(days=3)).date())
    before = dict(store.objects)
    assert sweep(store) == []
    assert store.objects == before
    assert any(key.startswith(layout.RUNS) for key in before)
    assert any(key.startswith(layout.COMPACTED_TABLES) for key in before)
