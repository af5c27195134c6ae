"""Verification: a sound archive passes, and any damage to any object is found and named."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from archiving.stores import WatchedStore
from archiving.writer import Writer, answers, shows

from broadsheet.storage import cdxj, layout
from broadsheet.storage.documents import manifests
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.stores.objects import ObjectEntry
from broadsheet.storage.verification.report import Verification
from broadsheet.storage.verification.verifier import verify

URL = "https://news.example/a"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of two batches with a version, an unchanged check, a change and a removal."""
    directory = tmp_path_factory.mktemp("sound")
    writer = Writer(FolderStore(directory / "archive"), directory / "local")
    writer.publish(shows(URL, 0, "one"), shows(f"{URL}/b", 1, "other"))
    writer.publish(answers(URL, 5, "304 Not Modified"), shows(URL, 6, "two"), answers(f"{URL}/b", 7, "410 Gone"))
    return directory / "archive"


@pytest.fixture
def archive(sound: Path, tmp_path: Path) -> Path:
    shutil.copytree(sound, tmp_path / "archive")
    return tmp_path / "archive"


def objects_of(archive: Path, prefix: str) -> list[Path]:
    return sorted(path for path in (archive / prefix).rglob("*") if path.is_file())


def check(archive: Path, *, deep: bool) -> Verification:
    return verify(FolderStore(archive), deep=deep)


@pytest.mark.parametrize("deep", [False, True])
def test_a_sound_archive_has_no_defects(archive: Path, deep: bool) -> None:  # noqa: FBT001 - pytest passes it
    found = check(archive, deep=deep)
    assert (found.captures, found.segments, found.snapshots) == (5, 2, 4)
    assert found.defects == []
    assert found.unnamed == []


@pytest.mark.parametrize("prefix", ["warc", "snapshot"])
def test_an_object_that_is_missing_is_named_without_reading_any_record(archive: Path, prefix: str) -> None:
    missing = objects_of(archive, prefix)[0]
    missing.unlink()
    named = {defect.key for defect in check(archive, deep=False).defects}
    assert str(missing.relative_to(archive)) in named


def test_a_segment_that_is_cut_off_is_named_without_reading_any_record(archive: Path) -> None:
    segment = objects_of(archive, "warc")[0]
    segment.write_bytes(segment.read_bytes()[:-900])
    defects = check(archive, deep=False).defects
    assert [defect.key for defect in defects] == [str(segment.relative_to(archive))]


def test_of_a_segment_with_one_damaged_record_only_that_capture_is_named(archive: Path) -> None:
    """The records behind the damaged one can be read where the index tells, and are no defects."""
    segment = objects_of(archive, "warc")[0]
    key = str(segment.relative_to(archive))
    store = FolderStore(archive)
    lines = [
        line
        for path in objects_of(archive, "index")
        for line in cdxj.decode(path.read_bytes(), str(path))
        if line.filename == key
    ]
    damaged, *others = sorted(lines, key=lambda line: int(line.offset))
    data = bytearray(store.get(key))
    middle = int(damaged.offset) + int(damaged.length) // 2
    data[middle : middle + 8] = b"overlaid"
    segment.chmod(0o644)
    segment.write_bytes(data)

    told = [defect.what for defect in check(archive, deep=True).defects if defect.key == key]

    assert others
    assert len([what for what in told if f"at byte {damaged.offset}, where the index has {damaged.url}" in what]) == 1
    assert [what for what in told for line in others if f"byte {line.offset}," in what] == []


def test_a_segment_that_nothing_names_is_told_and_is_no_defect(archive: Path) -> None:
    segment = writes_a_batch_without_its_index(archive)
    found = check(archive, deep=False)
    assert found.unnamed == [str(segment.relative_to(archive))]
    assert found.defects == []


@pytest.mark.parametrize("prefix", ["warc", "snapshot", "index"])
def test_what_a_manifest_names_and_is_missing_is_named(archive: Path, prefix: str) -> None:
    missing = objects_of(archive, prefix)[-1]
    missing.unlink()
    assert str(missing.relative_to(archive)) in {defect.key for defect in check(archive, deep=False).defects}


def test_a_manifest_that_is_taken_out_breaks_the_chain(archive: Path) -> None:
    second, first = objects_of(archive, "manifest")
    first.unlink()
    [defect] = check(archive, deep=False).defects
    assert defect.key == str(second.relative_to(archive))
    assert "is the first behind number 0: the chain is broken" in defect.what


def test_a_manifest_that_is_replaced_does_not_fit_the_next(archive: Path) -> None:
    second, first = objects_of(archive, "manifest")
    manifest = manifests.read(FolderStore(archive), str(first.relative_to(archive)))
    forged = manifests.encode(msgspec.structs.replace(manifest, objects=manifest.objects[1:]))
    first.unlink()
    (archive / layout.manifest_key(manifest.writer, 1, forged)).write_bytes(forged)
    assert [(defect.key, defect.what) for defect in check(archive, deep=False).defects] == [
        (str(second.relative_to(archive)), "names another manifest before it than the one that is there")
    ]


def test_a_chain_that_forks_is_told(archive: Path) -> None:
    first = objects_of(archive, "manifest")[1]
    manifest = manifests.read(FolderStore(archive), str(first.relative_to(archive)))
    twin = manifests.encode(msgspec.structs.replace(manifest, objects=[]))
    (archive / layout.manifest_key(manifest.writer, 1, twin)).write_bytes(twin)
    assert any("stands twice: the chain is broken" in defect.what for defect in check(archive, deep=False).defects)


def test_what_a_publication_that_was_cut_off_left_is_told_and_is_no_defect(archive: Path) -> None:
    segment = writes_a_batch_without_its_index(archive)

    found = check(archive, deep=True)

    assert found.defects == []
    assert [key.partition("/")[0] for key in found.unnamed] == ["snapshot", "warc"]
    segment.unlink()
    assert {defect.key for defect in check(archive, deep=True).defects} == {str(segment.relative_to(archive))}


@pytest.mark.parametrize("deep", [False, True])
def test_what_is_published_during_a_verification_is_no_defect(
    archive: Path,
    tmp_path: Path,
    deep: bool,  # noqa: FBT001 - pytest passes it
) -> None:
    """Another writer publishes a batch after each of the listings."""
    writer = Writer(FolderStore(archive), tmp_path / "other")
    minutes = itertools.count(10)

    class BusyStore(WatchedStore):
        def list(self, prefix: str = "") -> Iterator[ObjectEntry]:
            listed = list(super().list(prefix))
            minute = next(minutes)
            writer.publish(shows(URL, minute, f"text {minute}"))
            return iter(listed)

    found = verify(BusyStore(writer.store, lambda _: None), deep=deep)

    assert found.defects == []
    assert next(minutes) == 18
    assert check(archive, deep=deep).unnamed == []


def test_a_revisit_whose_original_is_in_no_index_is_found_by_reading_it(archive: Path) -> None:
    objects_of(archive, "index")[0].unlink()
    revisits = objects_of(archive, "warc")[1]

    defects = {defect.key: defect.what for defect in check(archive, deep=True).defects}

    assert "no whole capture of the archive" in defects[str(revisits.relative_to(archive))]


def writes_a_batch_without_its_index(archive: Path) -> Path:
    before = {path for path in archive.rglob("*") if path.is_file()}
    Writer(FolderStore(archive), archive.parent / "cut-off").publish(shows(f"{URL}/c", 9, "text"))
    manifest, index, segment = (
        next(path for path in objects_of(archive, prefix) if path not in before)
        for prefix in ("manifest", "index", "warc")
    )
    manifest.unlink()
    index.unlink()
    for table in objects_of(archive, "table"):
        if table not in before:
            table.unlink()
    return segment


def test_a_version_that_was_slipped_in_is_told(archive: Path) -> None:
    path = objects_of(archive, "snapshot")[0]
    forged = path.read_bytes() + b" "
    inverted, content, _ = path.stem.split("-")
    key = path.with_name(f"{int(inverted) - 1}-{content[::-1]}-{sha256(forged).hexdigest()[:16]}.json")
    key.write_bytes(forged)
    found = check(archive, deep=True)
    assert [remark.key for remark in found.remarks] == [key.relative_to(archive).as_posix()]
