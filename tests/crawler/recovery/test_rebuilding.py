"""What is derived comes back from the WARC segments alone, byte for byte; what cannot is told, and nothing is lost."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from random import Random

import pytest
from archiving.readable import page, publish
from archiving.stores import objects
from archiving.writer import EXTRACTOR, Writer, answers

from broadsheet.crawler.recovery.rebuilding import rebuild
from broadsheet.storage import layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.repairs import Repairs
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.verification.verifier import verify

URL = "https://news.example/2026/11/22/a-story-of-some-length"
OTHER = "https://news.example/2026/11/22/another-story-of-some-length"
DERIVED = (layout.INDEX, layout.SNAPSHOTS, layout.MANIFESTS)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of two writers: versions, an unchanged check, a removal, a robots.txt of nobody's."""
    directory = tmp_path_factory.mktemp("built")
    store = FolderStore(directory / "archive")
    writer = Writer(store, directory / "one")
    publish(writer, page(URL, 0, "one"), page(OTHER, 0, "one"))
    publish(writer, page(URL, 1, "one"), page(OTHER, 1, "two"))
    another = Writer(store, directory / "two")
    another.catalog.refresh(store)
    publish(another, page(URL, 2, "three"), answers(OTHER, 2, "410 Gone"))
    return directory / "archive"


@pytest.fixture
def store(built: Path, tmp_path: Path) -> FolderStore:
    shutil.copytree(built, tmp_path / "archive")
    return FolderStore(tmp_path / "archive")


def rebuilt(store: FolderStore) -> Repairs:
    return asyncio.run(rebuild(store, EXTRACTOR, {entry.key.split("/")[1] for entry in store.list(layout.MANIFESTS)}))


def keys(store: FolderStore, prefix: str) -> list[str]:
    return [entry.key for entry in store.list(prefix)]


def test_of_a_sound_archive_nothing_is_put(store: FolderStore) -> None:
    before = objects(store)

    again = rebuilt(store)

    assert (again.put, again.lost) == ([], [])
    assert objects(store) == before


def test_everything_derived_comes_back_from_the_segments_alone(store: FolderStore) -> None:
    before = objects(store)
    for prefix in DERIVED:
        shutil.rmtree(store.root / prefix)

    again = asyncio.run(rebuild(store, EXTRACTOR))

    assert objects(store) == before
    assert again.lost == []
    assert sorted(again.put) == sorted(key for key in before if key.startswith(DERIVED))


@pytest.mark.parametrize("chance", range(4))
def test_objects_that_are_missing_or_damaged_come_back_and_no_other_is_put(store: FolderStore, chance: int) -> None:
    before = objects(store)
    random = Random(chance)
    missing, damaged = (random.choice([key for key in before if key.startswith(DERIVED)]) for _ in range(2))
    store.delete(missing)
    data = bytearray(before[damaged])
    data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    (store.root / damaged).write_bytes(data)

    again = rebuilt(store)

    assert objects(store) == before
    assert (sorted(again.put), again.lost) == (sorted({missing, damaged}), [])


def test_a_damaged_segment_is_named_and_what_was_derived_from_it_stays(store: FolderStore) -> None:
    before = objects(store)
    damaged, index = keys(store, layout.WARC)[0], keys(store, layout.INDEX)[0]
    (store.root / damaged).write_bytes(before[damaged][:-20])
    store.delete(index)

    again = rebuilt(store)

    assert [lost.key for lost in again.lost] == [damaged, index]
    assert keys(store, layout.SNAPSHOTS) == [key for key in before if key.startswith(layout.SNAPSHOTS)]


def test_what_another_extractor_had_read_is_told_and_nothing_is_put_in_its_place(store: FolderStore) -> None:
    missing = keys(store, layout.SNAPSHOTS)[0]
    store.delete(missing)
    before = objects(store)
    other = EXTRACTOR.__class__(name="test", version="2", trafilatura="2.3.1")

    again = asyncio.run(rebuild(store, other))

    assert [lost.key for lost in again.lost] == [missing]
    assert objects(store) == before


def test_a_rebuilt_archive_is_verified_and_read_like_the_first(built: Path, store: FolderStore) -> None:
    for prefix in DERIVED:
        shutil.rmtree(store.root / prefix)
    rebuilt(store)

    assert verify(store, deep=True).defects == []
    for url in (URL, OTHER):
        assert list(Archive(store).versions(url)) == list(Archive(FolderStore(built)).versions(url))
    assert list(Archive(store).changes()) == list(Archive(FolderStore(built)).changes())
