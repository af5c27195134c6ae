"""Removals that end before any of their changes, and are done again: nothing is lost, nothing is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from archiving.everything import MemoryStore
from archiving.machine import Machine, leaks
from archiving.stores import CutOff, DyingStore, copy
from archiving.writer import answers, moment, shows, shows_no_article
from servers.seaweedfs import SeaweedFS

from broadsheet.storage.archive import Archive
from broadsheet.storage.model import Snapshot
from broadsheet.storage.stores.objects import ObjectStore, open_store
from broadsheet.storage.verification.verifier import verify

URL = "https://news.example/2026/the-slug-of-the-article"
OTHER = "https://news.example/2026/another-story"
PHRASE = "the mayor of nowhere denied it"
NOW = moment(1000)

# A bucket takes a second a cut. With 1, every cut was tried too.
_BUCKET_STEP = 7

Removing = Callable[[Machine], object]
Stores = Callable[[str], ObjectStore]


def forget(machine: Machine) -> object:
    return machine.forget(URL)


def retain(machine: Machine) -> object:
    return machine.retain(moment(500), NOW)


@pytest.fixture
def memory() -> Stores:
    return lambda _: MemoryStore()


@pytest.fixture
def buckets(seaweedfs: SeaweedFS, monkeypatch: pytest.MonkeyPatch) -> Stores:
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    bucket = seaweedfs.make_bucket()
    return lambda name: open_store(seaweedfs.uri(bucket, name))


@pytest.fixture
def published(tmp_path: Path) -> Iterator[ObjectStore]:
    """Three batches: all of one article is to go, of another some; a front page in the middle."""
    machine = Machine(MemoryStore(), tmp_path / "local")
    machine.publish(shows(URL, 0, f"{PHRASE}, at first"), shows(OTHER, 1, "other"))
    machine.publish(shows_no_article("https://news.example/", 10, PHRASE), answers(OTHER, 11, "304 Not Modified"))
    machine.publish(answers(URL, 20, "404 Not Found"), shows(OTHER, 21, "other, later"))
    yield machine.store
    machine.writer.spool.close()
    machine.writer.catalog.close()


def cut_off(
    published: ObjectStore, stores: Stores, directory: Path, remove: Removing, step: int
) -> Iterator[tuple[ObjectStore, Machine]]:
    """Yield archives in which a removal was cut off before its first change, its `step` next ..., and a whole one."""
    for number in count(1, step):
        store = stores(f"cut-off-{number}")
        copy(published, store)
        machine = Machine(store, directory / f"machine-{number}")
        machine.store = DyingStore(store, number)
        try:
            remove(machine)
        except CutOff:
            yield store, Machine(store, directory / f"machine-{number}")
        else:
            yield store, Machine(store, directory / f"machine-{number}")
            return


def of_the_other(store: ObjectStore) -> list[tuple[Snapshot, bytes]]:
    archive = Archive(store)
    return [(snapshot, archive.response(snapshot)) for snapshot in archive.versions(OTHER)]


def kinds(store: ObjectStore) -> Counter[str]:
    return Counter(entry.key.partition("/")[0] for entry in store.list() if "table" not in entry.key)


def check(
    published: ObjectStore, stores: Stores, directory: Path, remove: Removing, kept: list[str], step: int = 1
) -> int:
    """Check a removal that is cut off anywhere and done again; return how often it was cut off."""
    others = [pair for pair in of_the_other(published) if pair[0].article and pair[0].article.text in kept]
    found: list[Counter[str]] = []
    for store, machine in cut_off(published, stores, directory, remove, step):
        seen = [snapshot.key for snapshot, _ in of_the_other(store)]
        assert seen[-len(others) :] == [snapshot.key for snapshot, _ in others]
        remove(machine)
        verified = verify(store, deep=True)
        assert (verified.defects, verified.unnamed) == ([], [])
        assert leaks(machine, PHRASE, "the-slug-of-the-article") == [] or remove is forget
        assert leaks(machine, f"{PHRASE}, at first", "the-slug-of-the-article") == []
        after = of_the_other(store)
        assert [response for _, response in after] == [response for _, response in others]
        found.append(kinds(store))
    assert all(each == found[-1] for each in found)
    return len(found) - 1


def test_retention_in_memory(published: ObjectStore, memory: Stores, tmp_path: Path) -> None:
    assert check(published, memory, tmp_path, retain, ["other, later"]) > 15


def test_retention_in_a_bucket(published: ObjectStore, buckets: Stores, tmp_path: Path) -> None:
    assert check(published, buckets, tmp_path, retain, ["other, later"], _BUCKET_STEP) > 2


def test_a_takedown_in_a_bucket(published: ObjectStore, buckets: Stores, tmp_path: Path) -> None:
    assert check(published, buckets, tmp_path, forget, ["other", "other, later"], _BUCKET_STEP) > 2
