"""What comes damaged is asked for once more before it is called damaged, and is never shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from archiving.stores import SpoilingStore
from archiving.writer import Writer, answers, moment, shows

from broadsheet.storage.archive import Archive
from broadsheet.storage.errors import ArchiveDamagedError
from broadsheet.storage.model import Snapshot
from broadsheet.storage.segments.stored_requests import stored_request
from broadsheet.storage.stores.folder import FolderStore

URL = "https://news.example/a"
READINGS: dict[str, Callable[[Archive, Snapshot], object]] = {
    "latest": lambda archive, _: archive.latest(URL),
    "at": lambda archive, _: archive.at(URL, moment(3)),
    "versions": lambda archive, _: list(archive.versions(URL)),
    "checks": lambda archive, _: archive.checks(URL),
    "captures": lambda archive, _: list(archive.captures()),
    "captures of a host": lambda archive, _: list(archive.captures(host="news.example")),
    "snapshots": lambda archive, _: list(archive.snapshots()),
    "changes": lambda archive, _: list(archive.changes()),
    "response": lambda archive, version: archive.response(version),
    "request": lambda archive, version: stored_request(archive.store, version.warc),
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> FolderStore:
    """An archive of nine publications, eight of which stand in a run."""
    directory = tmp_path_factory.mktemp("sound")
    store = FolderStore(directory / "archive")
    writer = Writer(store, directory / "local")
    writer.publish(shows(URL, 0, "one"), answers(f"{URL}/old", 0, "301 Moved", "/a"))
    for minute in range(1, 9):
        writer.publish(shows(URL, minute, f"text {minute // 3}"))
    return store


@pytest.mark.parametrize("reading", READINGS)
def test_what_comes_damaged_once_is_asked_for_again(sound: FolderStore, reading: str) -> None:
    read, version = READINGS[reading], Archive(sound).version(URL, 1)
    assert read(Archive(SpoilingStore(sound)), version) == read(Archive(sound), version)


@pytest.mark.parametrize("reading", READINGS)
def test_what_comes_damaged_twice_is_never_shown(sound: FolderStore, reading: str) -> None:
    version = Archive(sound).version(URL, 1)
    with pytest.raises(ArchiveDamagedError):
        READINGS[reading](Archive(SpoilingStore(sound, always=True)), version)


def test_the_catalog_learns_from_an_index_that_comes_damaged_once(sound: FolderStore, tmp_path: Path) -> None:
    catalog = Writer(sound, tmp_path).catalog
    assert catalog.refresh(SpoilingStore(sound)) == 9
    assert list(catalog.live_articles("news.example")) == [URL]
