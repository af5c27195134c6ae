"""Machines that remove from one archive at the same time: nothing else is lost, and what they remove is nowhere."""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest
from archiving.everything import MemoryStore
from archiving.machine import Machine, leaks
from archiving.stores import CutOff, DyingStore, MeetingStore, WatchedStore, copy, objects
from archiving.writer import moment, shows
from end_to_end.command import Broadsheet, finish
from servers.seaweedfs import SeaweedFS

from broadsheet.storage.archive import Archive
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.stores.objects import ObjectEntry, ObjectStore, open_store
from broadsheet.storage.takedown.takedown import finish as finish_removals
from broadsheet.storage.verification.verifier import verify

FIRST = "https://news.example/2026/first-to-go"
SECOND = "https://news.example/2026/second-to-go"
KEPT = "https://news.example/2026/kept"
SECRETS = ("first-to-go", "second-to-go", "the first text", "the second text")
NOW = moment(1000)


def publish(store: ObjectStore, directory: Path, *, kept: bool = True) -> None:
    machine = Machine(store, directory)
    rest = [shows(KEPT, 2, "kept")] if kept else []
    machine.publish(shows(FIRST, 0, "the first text"), shows(SECOND, 1, "the second text"), *rest)
    machine.publish(shows(FIRST, 10, "the first text, later"), shows(SECOND, 11, "the second text, later"), *rest)
    machine.writer.spool.close()
    machine.writer.catalog.close()


def assert_both_gone(store: ObjectStore, directory: Path, *, kept: bool = True) -> None:
    found = verify(store, deep=True)
    assert (found.defects, found.unnamed) == ([], [])
    assert (found.captures, found.segments) == (2 if kept else 0, 2)
    assert [snapshot.url for snapshot in Archive(store).snapshots()] == [KEPT] * kept
    assert leaks(Machine(store, directory), *SECRETS) == []


@pytest.mark.parametrize("kept", [True, False], ids=["something is left", "nothing is left"])
def test_two_that_replace_the_same_segments_at_the_same_moment(tmp_path: Path, kept: bool) -> None:  # noqa: FBT001
    store = FolderStore(tmp_path / "archive")
    publish(store, tmp_path / "crawler", kept=kept)
    meeting = threading.Barrier(2)

    def forget(url: str) -> None:
        machine = Machine(store, tmp_path / url.rpartition("/")[2])
        machine.store = MeetingStore(store, meeting)
        machine.forget(url)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(forget, (FIRST, SECOND)))
    assert_both_gone(store, tmp_path / "a third", kept=kept)


def test_a_takedown_and_a_retention_at_the_same_moment(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "archive")
    publish(store, tmp_path / "crawler")
    meeting = threading.Barrier(2)

    def remove(named: tuple[str, Callable[[Machine], object]]) -> None:
        machine = Machine(store, tmp_path / named[0])
        machine.store = MeetingStore(store, meeting)
        named[1](machine)

    with ThreadPoolExecutor(2) as threads:
        both: list[tuple[str, Callable[[Machine], object]]] = [
            ("one", lambda machine: machine.forget(FIRST)),
            ("other", lambda machine: machine.retain(moment(500), NOW)),
        ]
        list(threads.map(remove, both))
    assert leaks(Machine(store, tmp_path / "a third"), "first-to-go", "the first text") == []
    assert [line.at for line in Archive(store).captures()] == [moment(2), moment(11)]
    found = verify(store, deep=True)
    assert (found.defects, found.unnamed) == ([], [])


@pytest.mark.parametrize("number", range(1, 17, 3))
def test_one_that_takes_down_while_another_is_at_it(tmp_path: Path, number: int) -> None:
    store = FolderStore(tmp_path / "archive")
    publish(store, tmp_path / "crawler")
    one, other = Machine(store, tmp_path / "one"), Machine(store, tmp_path / "other")
    changes = 0

    def change() -> None:
        nonlocal changes
        changes += 1
        if changes == number:
            other.forget(SECOND)

    class Interrupted(WatchedStore):
        def put(self, key: str, data: bytes | Path) -> None:
            change()
            super().put(key, data)

        def delete(self, key: str) -> None:
            change()
            super().delete(key)

    one.store = Interrupted(store, lambda _: None)
    one.forget(FIRST)
    assert changes >= number
    assert_both_gone(store, tmp_path / "a third")


def test_two_processes_on_a_bucket(tmp_path: Path, seaweedfs: SeaweedFS, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    publish(FolderStore(tmp_path / "published"), tmp_path / "crawler")
    uri = seaweedfs.uri(seaweedfs.make_bucket(), "archive")
    store = open_store(uri)
    copy(FolderStore(tmp_path / "published"), store)

    def started(url: str) -> tuple[Broadsheet, tuple[str, ...]]:
        state = {"BROADSHEET_STATE": str(tmp_path / url.rpartition("/")[2])}
        return Broadsheet(uri, {**seaweedfs.environment, **state}), ("forget", url, "--reason", "court order")

    (one, first), (other, second) = started(FIRST), started(SECOND)
    with one.started(*first) as process, other.started(*second) as at_the_same_time:
        ended: list[subprocess.Popen[bytes]] = [process, at_the_same_time]
        assert [finished.stderr for finished in map(finish, ended) if finished.status] == []
    assert_both_gone(store, tmp_path / "a third")
    assert any(key.startswith("takedown/") for key in objects(store))


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> ObjectStore:
    """An archive from which two machines have removed at the same moment, and that neither has looked at again."""
    directory = tmp_path_factory.mktemp("met")
    published, store = FolderStore(directory / "published"), FolderStore(directory / "archive")
    publish(published, directory / "crawler")
    removals: dict[str, Callable[[Machine], object]] = {
        "takedown": lambda machine: machine.forget(FIRST),
        "age": lambda machine: machine.retain(moment(500), NOW),
    }
    for name, remove in removals.items():
        alone = FolderStore(directory / name)
        copy(published, alone)
        remove(Machine(alone, directory / f"{name} local"))
        copy(alone, store)
    return store


class InterruptedStore(WatchedStore):
    """A store that lets something happen before a certain listing."""

    def __init__(self, store: ObjectStore, number: int, happens: Callable[[], None]) -> None:
        super().__init__(store, lambda _: None)
        self._left = number
        self._happens = happens

    def list(self, prefix: str = "") -> Iterator[ObjectEntry]:
        self._left -= 1
        if self._left == 0:
            self._happens()
        return super().list(prefix)


def merge_interrupted(store: ObjectStore, directory: Path, number: int, changes: int) -> bool:
    """Merge what met; before the n-th listing another machine gets so far with it, and later goes on.

    Returns:
        Whether there were as many listings.
    """
    other = Machine(store, directory / f"{number} other")
    interrupted = False

    def interrupt() -> None:
        nonlocal interrupted
        interrupted = True
        other.store = DyingStore(store, changes)
        with contextlib.suppress(CutOff), other.removing() as remover:
            finish_removals(remover)

    with Machine(InterruptedStore(store, number, interrupt), directory / f"{number} one").removing() as remover:
        finish_removals(remover)
    other.store = store
    with other.removing() as remover:
        finish_removals(remover)
    return interrupted


@pytest.mark.parametrize("changes", [2, 3, 4])
def test_what_met_is_merged_however_far_another_has_come_with_merging_it(
    tmp_path: Path, met: ObjectStore, changes: int
) -> None:
    for number in count(1):
        store = MemoryStore()
        copy(met, store)
        interrupted = merge_interrupted(store, tmp_path, number, changes)
        assert [line.at for line in Archive(store).captures()] == [moment(2), moment(11)]
        assert verify(store, deep=True).defects == [], number
        assert leaks(Machine(store, tmp_path / f"{number} third"), "first-to-go", "the first text") == []
        if not interrupted:
            break
    assert number > 20
