"""A reader in another language, written from docs/format.md alone, finds what ours finds."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from archiving.stores import objects
from archiving.writer import Writer, answers, moment, shows

from broadsheet.storage import layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.stores.folder import FolderStore

READER = Path(__file__).parents[3] / "examples" / "reader.pl"
FOG, FERRY = "https://news.example/Fog", "http://www.news.example:8080/ferry?id=7&page=2"
SAME_AS_FOG = "http://WWW.News.Example:80/Fog?utm_source=feed&fbclid=x#top"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Two articles that are edited, vanish and come back; one of them is seen by two writers at the same time."""
    store = FolderStore(tmp_path / "an archive")
    one, other = Writer(store, tmp_path / "one"), Writer(store, tmp_path / "other")
    one.publish(shows(FOG, 0, "one"), shows(FERRY, 0.5, "sails"))
    other.publish(shows(FOG, 1, "one"), shows(FERRY, 1.5, "waits"))
    one.publish(shows(FOG, 2, "two"), answers(FERRY, 3, "404 Not Found"))
    other.publish(shows(FOG, 4, "one"), shows(FERRY, 5, "sails"))
    one.publish(shows(FOG, 6.00002, "two"))
    return Archive(store)


def read(archive: Archive, url: str, when: datetime) -> subprocess.CompletedProcess[str]:
    assert isinstance(archive.store, FolderStore)
    time = when.isoformat().replace("+00:00", "Z")
    return subprocess.run([READER, archive.store.root, url, time], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("url", [FOG, SAME_AS_FOG, FERRY])
def test_the_example_finds_the_version_that_stood_at_any_moment(archive: Archive, url: str) -> None:
    halves = [moment(half / 2) for half in range(-1, 14)]
    around_a_millisecond = [moment(6.00002) + timedelta(microseconds=shift) for shift in (-1500, -200, 0, 200)]
    found = set()
    for when in [*halves, *around_a_millisecond]:
        result, standing = read(archive, url, when), archive.at(url, when)
        if standing is None:
            assert (result.returncode != 0, result.stdout) == (True, "")
            continue
        assert result.stderr == f"version {standing.version}: {standing.key}\n"
        assert result.stdout.encode() == archive.store.get(standing.key)
        found.add(json.loads(result.stdout)["content_digest"])
    assert len(found) > 1


def test_the_example_shows_no_damaged_document(archive: Archive) -> None:
    store = archive.store
    assert isinstance(store, FolderStore)
    for key, data in objects(store).items():
        if key.startswith(layout.SNAPSHOTS):
            (store.root / key).write_bytes(data.replace(b"A title", b"A tatle"))
    result = read(archive, FOG, moment(1))
    assert result.returncode != 0
    assert re.search(r"is damaged", result.stderr)


def test_the_example_is_as_short_as_the_format_is_simple() -> None:
    assert len(READER.read_text(encoding="utf-8").splitlines()) < 60
