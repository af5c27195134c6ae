"""Stores that let a test see, or end, what a writer does; and what must hold of an archive at every moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from broadsheet.storage import cdxj, layout
from broadsheet.storage.documents import snapshots
from broadsheet.storage.errors import StoreUnavailableError
from broadsheet.storage.model import WarcLocation
from broadsheet.storage.segments import warc
from broadsheet.storage.stores.objects import ObjectEntry, ObjectStore


class WatchedStore:
    """A store that tells of every put after it, one at a time.

    Args:
        store: The store that does the work.
        after_put: Called with the key of each object that was put.
    """

    def __init__(self, store: ObjectStore, after_put: Callable[[str], None]) -> None:
        self._store = store
        self._after_put = after_put
        self._one_at_a_time = threading.Lock()

    def put(self, key: str, data: bytes | Path) -> None:
        with self._one_at_a_time:
            self._store.put(key, data)
            self._after_put(key)

    def get(self, key: str) -> bytes:
        return self._store.get(key)

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        return self._store.get_range(key, offset, length)

    def size(self, key: str) -> int:
        return self._store.size(key)

    def list(self, prefix: str = "") -> Iterator[ObjectEntry]:
        return self._store.list(prefix)

    def directories(self, prefix: str = "") -> Iterator[str]:
        return self._store.directories(prefix)

    def delete(self, key: str) -> None:
        self._store.delete(key)


class FailingStore(WatchedStore):
    """A store that is away after so many puts."""

    def __init__(self, store: ObjectStore, puts: int) -> None:
        super().__init__(store, lambda _: None)
        self._left = puts

    def put(self, key: str, data: bytes | Path) -> None:
        with self._one_at_a_time:
            if self._left == 0:
                raise StoreUnavailableError(f"{key} cannot be stored: the server is away")
            self._left -= 1
        super().put(key, data)


class SpoilingStore(WatchedStore):
    """A store out of which bytes come with one bit flipped: the first time each is asked for, or always."""

    def __init__(self, store: ObjectStore, *, always: bool = False) -> None:
        super().__init__(store, lambda _: None)
        self._always = always
        self._asked: set[tuple[str, int]] = set()

    def get(self, key: str) -> bytes:
        return self._spoiled((key, -1), super().get(key))

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        return self._spoiled((key, offset), super().get_range(key, offset, length))

    def _spoiled(self, asked: tuple[str, int], data: bytes) -> bytes:
        if asked in self._asked and not self._always:
            return data
        self._asked.add(asked)
        place = len(data) // 2
        return data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :]


class ForgetfulStore(WatchedStore):
    """A store whose listings lack something that is there, until it is put again."""

    def __init__(self, store: ObjectStore, lacking: set[str]) -> None:
        super().__init__(store, lacking.discard)
        self.lacking = lacking

    def list(self, prefix: str = "") -> Iterator[ObjectEntry]:
        return (entry for entry in super().list(prefix) if entry.key not in self.lacking)


class ReadOnlyStore(WatchedStore):
    """A store that nothing may be put into."""

    def __init__(self, store: ObjectStore) -> None:
        super().__init__(store, lambda _: None)

    def put(self, key: str, data: bytes | Path) -> None:  # noqa: ARG002 - the protocol's
        raise AssertionError(f"a reader has put {key}")

    def delete(self, key: str) -> None:
        raise AssertionError(f"a reader has deleted {key}")


def objects(store: ObjectStore) -> dict[str, bytes]:
    """Everything that a store holds."""
    return {entry.key: store.get(entry.key) for entry in store.list()}


def assert_sound(store: ObjectStore) -> None:
    """Whatever a reader can see leads to a record that is there and whole."""
    for entry in store.list(layout.SNAPSHOTS):
        document = snapshots.read(store, entry.key)
        assert_record(store, document.warc)
        if document.previous is not None:
            snapshots.read(store, document.previous)
    for entry in store.list(layout.INDEX):
        for line in cdxj.decode(store.get(entry.key), entry.key):
            where = WarcLocation(key=line.filename, offset=int(line.offset), length=int(line.length), record_id=line.id)
            assert_record(store, where)
            if line.snapshot is not None:
                assert snapshots.read(store, line.snapshot).warc.record_id == line.id


def assert_record(store: ObjectStore, where: WarcLocation) -> None:
    record = warc.read_member(store.get_range(where.key, where.offset, where.length))
    assert record.record_id == where.record_id
    assert warc.block_is_intact(record)


class CutOff(BaseException):
    """A machine ends here, as one that is killed does: nothing catches it."""


class DyingStore(WatchedStore):
    """A store whose machine ends when the N-th object is about to be put or deleted.

    Args:
        store: The store that does the work.
        number: N, from 1.
    """

    def __init__(self, store: ObjectStore, number: int) -> None:
        super().__init__(store, lambda _: None)
        self._left = number

    def put(self, key: str, data: bytes | Path) -> None:
        self._count()
        super().put(key, data)

    def delete(self, key: str) -> None:
        self._count()
        super().delete(key)

    def _count(self) -> None:
        self._left -= 1
        if self._left == 0:
            raise CutOff


def copy(source: ObjectStore, target: ObjectStore) -> None:
    """Put everything that a store holds into another."""
    for key, data in objects(source).items():
        target.put(key, data)


class MeetingStore(WatchedStore):
    """A store that waits for another one at its first put, and at its first delete; two threads use one each."""

    def __init__(self, store: ObjectStore, meeting: threading.Barrier) -> None:
        super().__init__(store, lambda _: None)
        self._meeting = meeting
        self._met: set[str] = set()

    def put(self, key: str, data: bytes | Path) -> None:
        self._meet("put")
        super().put(key, data)

    def delete(self, key: str) -> None:
        self._meet("delete")
        super().delete(key)

    def _meet(self, change: str) -> None:
        if change not in self._met:
            self._met.add(change)
            self._meeting.wait(timeout=60)
