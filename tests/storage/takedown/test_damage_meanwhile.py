"""What is spoiled on its way, to the store or from it, while segments are replaced: nothing intact is given for it."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from archiving.everything import MemoryStore
from archiving.machine import Machine
from archiving.stores import WatchedStore
from archiving.writer import moment, shows

from broadsheet.storage import layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.errors import ArchiveDamagedError
from broadsheet.storage.repairs import Repairs
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.verification.verifier import verify

URL = "https://news.example/2026/to-go"
OTHER = "https://news.example/2026/to-stay"


class SpoilingWay(WatchedStore):
    """A store to which, and from which, one WARC segment of many comes with a bit flipped.

    Args:
        store: The store that does the work.
        read: Which whole reading of a segment is spoiled, from 1; with None, all are.
        put: Which put of a segment is spoiled, from 1.
    """

    def __init__(self, store: ObjectStore, *, read: int | None = 0, put: int = 0) -> None:
        super().__init__(store, lambda _: None)
        self._read = read
        self._put = put

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        data = super().get_range(key, offset, length)
        if not key.startswith(layout.WARC) or length != self.size(key):
            return data
        if self._read is not None:
            self._read -= 1
        return data if self._read else _spoiled(data)

    def put(self, key: str, data: bytes | Path) -> None:
        if isinstance(data, Path) and key.startswith(layout.WARC):
            self._put -= 1
            data = data.read_bytes() if self._put else _spoiled(data.read_bytes())
        super().put(key, data)


def _spoiled(data: bytes) -> bytes:
    place = len(data) // 2
    return data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(FolderStore(tmp_path / "archive"), tmp_path / "local")
    machine.publish(shows(URL, 0, "a text"), shows(OTHER, 1, "another text"))
    return machine


def assert_only_the_other_is_left(store: ObjectStore) -> None:
    found = verify(store, deep=True)
    assert (found.defects, found.unnamed) == ([], [])
    assert [(snapshot.url, snapshot.captured_at) for snapshot in Archive(store).snapshots()] == [(OTHER, moment(1))]


@pytest.mark.parametrize("read", [1, 2, 3])
def test_a_segment_that_comes_spoiled_once_is_asked_for_again(machine: Machine, read: int) -> None:
    intact = machine.store
    machine.store = SpoilingWay(intact, read=read)
    machine.forget(URL)
    assert_only_the_other_is_left(intact)


def test_a_segment_whose_copy_was_spoiled_on_its_way_is_deleted_only_when_the_copy_is_whole(machine: Machine) -> None:
    intact = machine.store
    [segment] = intact.list(layout.WARC)
    machine.store = SpoilingWay(intact, put=1)
    with pytest.raises(ArchiveDamagedError, match="is kept"):
        machine.forget(URL)
    assert segment in list(intact.list(layout.WARC))
    machine.store = intact
    machine.forget(URL)
    assert_only_the_other_is_left(intact)


def test_what_a_listing_lacks_is_put_again_as_it_was_stored_or_not_at_all(machine: Machine) -> None:
    store = MemoryStore({entry.key: machine.store.get(entry.key) for entry in machine.store.list(layout.WARC)})
    [key], before = store.objects, dict(store.objects)
    repairs = Repairs(SpoilingWay(store, read=1))
    repairs.again(key)
    assert (store.objects, repairs.put, repairs.lost) == (before, [key], [])
    repairs = Repairs(SpoilingWay(store, read=None))
    repairs.again(key)
    assert (store.objects, repairs.put, [lost.key for lost in repairs.lost]) == (before, [], [key])


@pytest.fixture
def twice_indexed(machine: Machine) -> str:
    """The key of a second index segment of the same lines, as another compressor makes it."""
    [entry] = machine.store.list(layout.INDEX)
    again = gzip.compress(gzip.decompress(machine.store.get(entry.key)), 0, mtime=0)
    key = layout.index_key(layout.batch_of(entry.key), again)
    machine.store.put(key, again)
    return key


def test_an_index_segment_made_anew_beside_another_hinders_no_removal(machine: Machine, twice_indexed: str) -> None:
    machine.forget("https://news.example/2026/never-seen")
    found = verify(machine.store, deep=True)
    assert (found.defects, found.unnamed) == ([], [twice_indexed])


def test_of_two_index_segments_of_a_batch_none_keeps_what_is_removed(machine: Machine, twice_indexed: str) -> None:
    machine.forget(URL)
    assert_only_the_other_is_left(machine.store)
    assert twice_indexed not in {entry.key for entry in machine.store.list()}
