"""What the store in a folder promises beyond what every store does."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from broadsheet.storage.errors import (
    ArchiveAddressError,
    KeyCollisionError,
    NoSuchObjectError,
    StoreError,
    StoreUnavailableError,
)
from broadsheet.storage.stores.folder import LEFTOVER_AGE, FolderStore


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "archive"


def run(program: str, *arguments: str) -> str:
    """Run a Python program to its end and return what it printed."""
    command = [sys.executable, "-c", textwrap.dedent(program), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def contents(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_an_object_is_a_plain_file_whose_path_is_its_key(root: Path) -> None:
    FolderStore(root).put("warc/2026/one.warc.gz", b"bytes")

    path = root / "warc/2026/one.warc.gz"
    assert path.read_bytes() == b"bytes"
    assert path.stat().st_nlink == 1, "no temporary name of it is left"
    assert list((root / ".local" / "tmp").iterdir()) == []


def test_other_people_can_read_an_object_as_far_as_the_umask_says(root: Path) -> None:
    before = os.umask(0o022)
    try:
        FolderStore(root).put("a", b"bytes")
    finally:
        os.umask(before)

    assert stat.S_IMODE((root / "a").stat().st_mode) == 0o644


@pytest.mark.parametrize("other", [b"other", b"byte2", b"", b"bytes and more"])
def test_other_bytes_under_a_key_are_refused_and_what_was_there_stays(root: Path, other: bytes) -> None:
    store = FolderStore(root)
    store.put("a/b", b"bytes")
    (root.parent / "other").write_bytes(other)

    for data in (other, root.parent / "other"):
        with pytest.raises(KeyCollisionError, match="a/b"):
            store.put("a/b", data)

    assert store.get("a/b") == b"bytes"
    assert list((root / ".local" / "tmp").iterdir()) == []


def test_of_many_who_put_different_bytes_at_once_one_wins_and_the_others_hear_of_it(root: Path) -> None:
    store = FolderStore(root)

    def put(number: int) -> int | None:
        try:
            store.put("a/b", b"%d" % number)
        except KeyCollisionError:
            return None
        return number

    with ThreadPoolExecutor(16) as threads:
        winners = [number for number in threads.map(put, range(32)) if number is not None]

    assert [store.get("a/b")] == [b"%d" % number for number in winners]


def test_a_key_cannot_be_the_directory_of_another(root: Path) -> None:
    store = FolderStore(root)
    store.put("a/b", b"object")

    with pytest.raises(KeyCollisionError):
        store.put("a", b"directory")
    with pytest.raises(KeyCollisionError):
        store.put("a/b/c", b"below an object")

    assert [entry.key for entry in store.list()] == ["a/b"]


def test_what_is_no_object_is_not_listed(root: Path) -> None:
    store = FolderStore(root)
    store.put("a/b", b"object")
    for name in (".local/spool/batch", ".hidden", "a/.partial", "README.TXT", "2026/a", "a/x.versions/b"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"no object")
    (root / "a" / "dangling").symlink_to("nowhere")
    os.mkfifo(root / "a" / "pipe")

    assert [entry.key for entry in store.list()] == ["a/b"]


def test_what_is_deleted_while_it_is_listed_is_passed_over(root: Path) -> None:
    store = FolderStore(root)
    for key in ("a/1", "a/2", "a/3"):
        store.put(key, b"")
    listing = store.list("a/")
    assert next(listing).key == "a/1"
    store.delete("a/2")
    assert [entry.key for entry in listing] == ["a/3"]


def test_leftovers_of_a_crash_go_when_they_are_a_day_old_and_not_before(root: Path) -> None:
    FolderStore(root).put("a", b"object")
    old, young = root / ".local" / "tmp" / "old", root / ".local" / "tmp" / "young"
    for path, age in ((old, LEFTOVER_AGE + 60), (young, LEFTOVER_AGE - 60)):
        path.write_bytes(b"half an obj")
        os.utime(path, (time.time() - age, time.time() - age))

    FolderStore(root)

    assert not old.exists()
    assert young.exists()


def test_opening_and_reading_create_nothing(root: Path) -> None:
    store = FolderStore(root)

    assert list(store.list()) == []
    with pytest.raises(NoSuchObjectError):
        store.get("a")
    assert not root.exists()


def test_an_archive_can_be_read_without_permission_to_write() -> None:
    # The test may run as root, whom no permission stops; so the reader becomes somebody else.
    reader = """
        import os, sys
        from pathlib import Path
        from broadsheet.storage.errors import StoreError
        from broadsheet.storage.stores.folder import FolderStore

        if os.geteuid() == 0:
            os.seteuid(65534)
        store = FolderStore(Path(sys.argv[1]))
        print(*[entry.key for entry in store.list()], store.get("a/b"), store.get_range("a/b", 1, 2))
        try:
            store.put("a/c", b"more")
        except StoreError as error:
            print(error)
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        FolderStore(folder).put("a/b", b"bytes")
        for path in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
            path.chmod(0o555)
        before = contents(folder)
        try:
            done = run(reader, name)
        finally:
            for path in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
                path.chmod(0o755)
        assert contents(folder) == before

    read, refused = done.splitlines()
    assert read == "a/b b'bytes' b'yt'"
    assert refused.startswith("a/c cannot be stored")
    assert "Permission denied" in refused


def test_a_file_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    for path in (tmp_path / "file", tmp_path / ("n" * 300)):
        with pytest.raises(ArchiveAddressError, match=path.name):
            FolderStore(path)


def test_a_missing_local_file_is_named_and_leaves_nothing(root: Path, tmp_path: Path) -> None:
    store = FolderStore(root)

    with pytest.raises(StoreError, match="not-there"):
        store.put("a/b", tmp_path / "not-there")

    assert list(store.list()) == []
    assert list((root / ".local" / "tmp").iterdir()) == []


def test_a_write_that_fails_in_the_middle_leaves_nothing(root: Path) -> None:
    # A limit on the length of files makes the write fail as a full disk would.
    writer = """
        import resource, sys
        from pathlib import Path
        from broadsheet.storage.errors import StoreError
        from broadsheet.storage.stores.folder import FolderStore

        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
        try:
            FolderStore(Path(sys.argv[1])).put("a/b", b"x" * 10_000_000)
        except StoreError as error:
            print(error)
    """
    assert run(writer, str(root)).startswith("a/b cannot be stored")
    assert [path for path in root.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("instead", ["nothing", "an empty folder", "local files alone"])
def test_a_folder_in_which_an_archive_was_seen_is_away_when_it_is_gone_and_no_place_for_a_new_one(
    root: Path, instead: str
) -> None:
    store = FolderStore(root)
    store.put("archive.json", b"{}")
    store.put("index/a", b"here")
    root.rename(root.with_name("away"))
    if instead != "nothing":
        (root / ".local" if instead == "local files alone" else root).mkdir(parents=True)
    for again in (store, FolderStore(root)):
        with pytest.raises(StoreUnavailableError, match="is away"):
            again.get("archive.json")
        with pytest.raises(StoreUnavailableError, match="is away"):
            again.get("index/a")
        with pytest.raises(StoreUnavailableError, match="is away"):
            list(again.list())
        with pytest.raises(StoreUnavailableError, match="is away"):
            list(again.directories())
        with pytest.raises(StoreUnavailableError, match="is away"):
            again.put("index/b", b"new")
        with pytest.raises(StoreUnavailableError, match="is away"):
            again.delete("index/a")
    assert not [path for path in root.glob("*") if not path.name.startswith(".")]

    if root.exists():
        shutil.rmtree(root)
    root.with_name("away").rename(root)
    assert store.get("index/a") == b"here"
