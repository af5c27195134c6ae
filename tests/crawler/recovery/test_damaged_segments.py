"""Damaged WARC segments: what they still hold comes back, the rest is told; put back, the archive is what it was."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from archiving.readable import page, publish, publish_batches
from archiving.stores import objects
from archiving.writer import EXTRACTOR, Writer, answers

from broadsheet.crawler.recovery.repairing import Recovered, recover_everything
from broadsheet.storage import cdxj, layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.captures import Request
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.errors import ArchiveDamagedError
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.takedown.takedown import forget
from broadsheet.storage.verification.verifier import verify
from broadsheet.storage.workspace import Workspace

URL = "https://news.example/2024/11/22/a-story-of-some-length"
OTHER = "https://news.example/2024/11/22/another-story-of-some-length"
FORGOTTEN = "https://news.example/2024/11/22/a-story-that-is-taken-down"
LAST_YEARS = -2 * 365 * 24 * 60
"""In minutes: on days that are over, so that their tables are compacted."""
HARMED = (layout.WARC, layout.INDEX, layout.SNAPSHOTS, layout.RUNS, layout.TABLES, layout.COMPACTED_TABLES)


def recovered(root: Path, *, deep: bool = False) -> Recovered:
    with Workspace.open(str(root)) as workspace:
        return asyncio.run(recover_everything(workspace, EXTRACTOR, deep=deep))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Versions, unchanged checks, a removal, runs and compacted tables; three articles of which one is by itself."""
    root = tmp_path_factory.mktemp("built") / "archive"
    writer = Writer(FolderStore(root), root / ".local")
    batches = []
    for number in range(9):
        minute = LAST_YEARS + 10 * number
        other = page(OTHER, minute, "other") if number < 6 else answers(OTHER, minute, "410 Gone")
        visits = [page(URL, minute, f"text {number // 3}"), other, page(f"{URL}-{number}", minute, "by itself")]
        batches.append([replace(visit, request=Request(robots="allowed by robots.txt")) for visit in visits])
    publish_batches(writer, batches)
    writer.spool.close()
    writer.catalog.close()
    recovered(root)
    return root


@pytest.fixture
def root(built: Path, tmp_path: Path) -> Path:
    shutil.copytree(built, tmp_path / "archive")
    return tmp_path / "archive"


def answers_of(root: Path) -> tuple[object, ...]:
    """What readers are told."""
    archive = Archive(FolderStore(root))
    feed = archive.changes()
    versions = [list(archive.versions(url)) for url in (URL, OTHER, f"{URL}-3")]
    return versions, list(feed), feed.cursor


def harm(path: Path, random: Random) -> None:
    data = bytearray(path.read_bytes())
    how = random.random()
    if how < 0.4:
        data[random.randrange(len(data))] ^= 16
    elif how < 0.5:
        del data[random.randrange(len(data)) :]
    path.unlink()
    if how < 0.5:
        path.write_bytes(data)


@pytest.mark.parametrize("chance", range(3))
def test_whatever_is_harmed_the_archive_is_what_it_was_once_the_segments_are_put_back(root: Path, chance: int) -> None:
    store, random = FolderStore(root), Random(chance)
    before, told = objects(store), answers_of(root)
    harmed = [key for key in sorted(before) if key.startswith(HARMED) and random.random() < random.choice((0.1, 0.4))]
    for key in harmed:
        harm(root / key, random)

    recovered(root)
    assert verify(store, deep=False).remarks == []
    for key in harmed:
        if key.startswith(layout.WARC):
            (root / key).write_bytes(before[key])
    assert recovered(root).lost == []

    assert objects(store) == before
    assert answers_of(root) == told
    found = verify(store, deep=True)
    assert (found.defects, found.unnamed, found.remarks) == ([], [], [])


class Harmed:
    """An archive of which the record of one capture of a batch is damaged, and the index of the batch is lost."""

    def __init__(self, root: Path, url: str) -> None:
        self.root = root
        self.store = FolderStore(root)
        self.index = [entry.key for entry in self.store.list(layout.INDEX)][3]
        self.lines = self.read(self.index)
        [self.line] = [line for line in self.lines if line.url == url]
        self.segment = self.line.filename
        self.whole = self.store.get(self.segment)
        data = bytearray(self.whole)
        data[int(self.line.offset) + int(self.line.length) // 2] ^= 255
        (root / self.segment).write_bytes(data)
        self.store.delete(self.index)

    def read(self, key: str) -> list[IndexLine]:
        return list(cdxj.decode(self.store.get(key), key))

    @property
    def stand_in(self) -> str:
        batch = layout.batch_of(self.segment)
        [key] = [entry.key for entry in self.store.list(layout.INDEX) if layout.batch_of(entry.key) == batch]
        return key


def test_what_is_readable_in_a_damaged_segment_comes_back_and_the_rest_is_told(root: Path) -> None:
    told = answers_of(root)
    harmed = Harmed(root, f"{URL}-3")

    lost = {lost.key: lost.reason for lost in recovered(root).lost}

    assert set(lost) == {harmed.segment, harmed.index}
    assert f"in bytes {harmed.line.offset} to " in lost[harmed.segment]
    assert harmed.segment in lost[harmed.index]
    assert harmed.stand_in in lost[harmed.index]
    [of_snapshot] = [line for line in harmed.read(harmed.stand_in) if line.id == harmed.line.id]
    assert (of_snapshot.outcome, of_snapshot.snapshot) == ("new", harmed.line.snapshot)
    assert [line for line in harmed.read(harmed.stand_in) if line.id != harmed.line.id] == [
        line for line in harmed.lines if line.id != harmed.line.id
    ]
    assert answers_of(root) == told
    again = recovered(root)
    assert (again.rebuilt, {lost.key: lost.reason for lost in again.lost}) == ([], lost)


def test_a_capture_that_nothing_tells_of_any_more_is_missing_from_the_index_and_no_version_takes_its_place(
    root: Path,
) -> None:
    told = list(Archive(FolderStore(root)).changes())
    harmed = Harmed(root, f"{URL}-3")
    assert harmed.line.snapshot is not None
    harmed.store.delete(harmed.line.snapshot)

    lost = {lost.key: lost.reason for lost in recovered(root).lost}

    assert set(lost) == {harmed.segment, harmed.index, harmed.line.snapshot}
    assert "its record cannot be read" in lost[harmed.line.snapshot]
    assert harmed.line.id not in {line.id for line in harmed.read(harmed.stand_in)}
    assert len(harmed.read(harmed.stand_in)) == len(harmed.lines) - 1
    feed = Archive(harmed.store).changes()
    with pytest.raises(ArchiveDamagedError, match=f"lacks versions that its manifest names, {harmed.line.snapshot}"):
        list(feed)
    (root / harmed.segment).write_bytes(harmed.whole)
    recovered(root)
    before = [change for change in told if change.batch < layout.batch_of(harmed.segment)]
    assert list(Archive(harmed.store).changes(feed.cursor)) == told[len(before) :]


def test_an_index_that_stood_in_for_another_goes_with_all_that_was_made_of_it(root: Path) -> None:
    before = objects(FolderStore(root))
    harmed = Harmed(root, f"{URL}-3")
    assert harmed.line.snapshot is not None
    for key in (harmed.line.snapshot, *(key for key in before if key.startswith((layout.RUNS, layout.TABLES)))):
        harmed.store.delete(key)
    recovered(root)
    assert any(key.startswith(layout.RUNS) for key in objects(harmed.store))

    (root / harmed.segment).write_bytes(harmed.whole)

    assert recovered(root).lost == []
    assert objects(harmed.store) == before


def test_a_missing_segment_leaves_the_versions_in_the_index_so_that_the_change_feed_goes_on(root: Path) -> None:
    told = answers_of(root)
    harmed = Harmed(root, f"{URL}-3")
    harmed.store.delete(harmed.segment)

    lost = {lost.key for lost in recovered(root).lost}

    assert lost == {harmed.segment, harmed.index}
    assert answers_of(root) == told


def test_a_damaged_segment_of_which_nothing_is_missing_is_told_where_all_are_read(root: Path) -> None:
    damaged = [entry.key for entry in FolderStore(root).list(layout.WARC)][3]
    (root / damaged).write_bytes((root / damaged).read_bytes()[:-1])

    told = recovered(root, deep=True)

    assert recovered(root).lost == []
    assert (told.rebuilt, [lost.key for lost in told.lost]) == ([], [damaged])
    assert "of its captures can be" in told.lost[0].reason


def test_no_manifest_is_made_of_what_is_damaged_nor_behind_one_that_is_not_there(root: Path) -> None:
    store = FolderStore(root)
    before = objects(store)
    manifests = sorted(key for key in before if key.startswith(layout.MANIFESTS))[:2]  # the last of the chain
    damaged = sorted(key for key in before if key.startswith(layout.WARC))[-2]
    (root / damaged).write_bytes(before[damaged][:-1])
    for key in manifests:
        store.delete(key)

    told = recovered(root)

    assert told.rebuilt == []
    assert all("no manifest of its batch can be made" in lost.reason for lost in told.lost[:2])
    (root / damaged).write_bytes(before[damaged])
    assert recovered(root).lost == []
    assert objects(store) == before


def test_where_nothing_is_left_of_an_earlier_batch_no_manifest_is_put_that_the_next_one_contradicts(root: Path) -> None:
    store = FolderStore(root)
    before = objects(store)
    first = {kind: sorted(key for key in before if key.startswith(kind)) for kind in (layout.WARC, layout.INDEX)}
    manifests = sorted((key for key in before if key.startswith(layout.MANIFESTS)), reverse=True)
    for key in (first[layout.WARC][0], first[layout.INDEX][0], first[layout.INDEX][4], manifests[0], manifests[4]):
        store.delete(key)

    assert recovered(root).lost
    assert not [key for key in objects(store) if key.startswith(layout.MANIFESTS) and key not in before]
    (root / first[layout.WARC][0]).write_bytes(before[first[layout.WARC][0]])
    assert recovered(root).lost == []
    assert objects(store) == before


@pytest.mark.parametrize("kept", [(), (layout.MANIFESTS,), (layout.INDEX,)])
def test_neighbours_that_are_lost_behind_a_lost_segment_wait_for_it(root: Path, kept: tuple[str, ...]) -> None:
    """The third segment is lost, with its index and manifest or without one; of the two behind it both are lost."""
    store = FolderStore(root)
    before, told = objects(store), answers_of(root)
    segments = sorted(key for key in before if key.startswith(layout.WARC))[2:5]
    indexes = sorted(key for key in before if key.startswith(layout.INDEX))[2:5]
    chain = sorted((key for key in before if key.startswith(layout.MANIFESTS)), reverse=True)[2:5]
    for key in (segments[0], *indexes, *chain):
        if key not in (indexes[0], chain[0]) or not key.startswith(kept or "none"):
            store.delete(key)

    lost = recovered(root).lost

    assert [each for each in lost if not each.reason.partition("; meanwhile")[0].endswith("run recover again")] == []
    assert not {key for key in objects(store) if key.startswith(layout.MANIFESTS)} - before.keys()
    (root / segments[0]).write_bytes(before[segments[0]])
    assert recovered(root).lost == []
    assert objects(store) == before
    assert answers_of(root) == told


def test_a_snapshot_comes_back_whose_segment_a_takedown_has_replaced(tmp_path: Path) -> None:
    root = tmp_path / "archive"
    writer = Writer(FolderStore(root), root / ".local")
    publish(writer, page(URL, 0, "one"), page(FORGOTTEN, 0, "private"))
    writer.spool.close()
    writer.catalog.close()
    with Workspace.open(str(root)) as workspace, workspace.removing() as remover:
        forget(remover, FORGOTTEN, "court order")
    before = objects(FolderStore(root))
    [key] = [key for key in before if key.startswith(layout.SNAPSHOTS)]
    (root / key).unlink()

    again = recovered(root)

    assert (again.rebuilt[0], again.lost) == (key, [])
    assert (root / key).read_bytes() == before[key]
