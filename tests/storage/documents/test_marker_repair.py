"""The object that says an archive's format comes back, where what lies beside it tells which that is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from archiving.writer import Writer, shows
from end_to_end.command import Broadsheet

from broadsheet.storage import layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.documents.marker_repair import repair_marker
from broadsheet.storage.errors import ArchiveFormatError
from broadsheet.storage.stores.folder import FolderStore

_URL = "https://news.example/a"
_MARKER = b'{"format":"broadsheet.archive/1"}\n'


@pytest.fixture
def archive(tmp_path: Path) -> FolderStore:
    store = FolderStore(tmp_path / "archive")
    writer = Writer(store, tmp_path / "archive" / ".local")
    writer.publish(shows(_URL, 0, "One sentence"))
    writer.catalog.close()
    writer.spool.close()
    return store


def _damage(store: FolderStore) -> None:
    (store.root / "archive.json").write_bytes(b"{")


def _lose(store: FolderStore) -> None:
    store.delete("archive.json")


@pytest.mark.parametrize("harm", [_damage, _lose])
@pytest.mark.parametrize("lost", ["nothing", "manifests", "everything derived"])
def test_it_is_put_again_where_a_manifest_or_a_segment_tells_the_format(
    archive: FolderStore, harm: Callable[[FolderStore], None], lost: str
) -> None:
    prefixes = {"nothing": (), "manifests": (layout.MANIFESTS,)}.get(lost, (layout.MANIFESTS, layout.INDEX))
    for key in [entry.key for prefix in prefixes for entry in archive.list(prefix)]:
        archive.delete(key)
    harm(archive)

    repairs = repair_marker(archive)

    assert (repairs.put, repairs.lost) == (["archive.json"], [])
    assert archive.get("archive.json") == _MARKER
    assert repair_marker(archive).put == [], "once is enough"


def test_an_empty_store_is_no_archive_by_that(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    assert repair_marker(store).put == []
    assert list(store.list()) == []


def test_an_archive_of_another_format_is_left_alone(archive: FolderStore) -> None:
    _lose(archive)
    [key] = [entry.key for entry in archive.list(layout.MANIFESTS)]
    later = archive.get(key).replace(b"broadsheet.manifest/1", b"broadsheet.manifest/2")
    archive.delete(key)
    archive.put(layout.manifest_key(key.split("/")[1], 1, later), later)

    with pytest.raises(ArchiveFormatError):
        repair_marker(archive)
    assert not (archive.root / "archive.json").exists()


def test_recover_makes_an_archive_readable_whose_marker_is_damaged(archive: FolderStore) -> None:
    _damage(archive)
    broadsheet = Broadsheet(str(archive.root))
    assert broadsheet("versions", _URL).status == 3

    ended = broadsheet("recover", "--json")

    assert (ended.status, ended.document["rebuilt"]) == (0, ["archive.json"]), ended.stderr
    assert [snapshot.url for snapshot in Archive(archive).snapshots()] == [_URL]
