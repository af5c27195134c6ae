"""What every object store promises, asked of a folder and of a real S3 server alike."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from servers.s3_access import S3Access
from servers.swift import Swift
from servers.swift import swift as running_swift

from broadsheet.storage.errors import (
    ArchiveAddressError,
    ArchiveDamagedError,
    InvalidKeyError,
    NoSuchObjectError,
)
from broadsheet.storage.stores.objects import ObjectStore, open_store, validate_key

MIB = 1024 * 1024

# As a reader sees the order of directories, and as the bytes of the keys have it, these differ.
TRICKY_KEYS = [
    "a-",
    "a-b/c",
    "a.",
    "a.b",
    "a/b",
    "a/b-",
    "a/b.c/d",
    "a/c/d",
    "a0",
    "a0/b",
    "a=1/b",
    "a=2",
    "a_",
    "ab",
    "b",
]


@dataclass(frozen=True)
class Place:
    """Where an archive may lie: its address, and what a process needs to open it."""

    uri: str
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, program: str, *arguments: object) -> subprocess.Popen[str]:
        """Start a Python program whose arguments are the archive's address and these."""
        return subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program), self.uri, *map(str, arguments)],
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            text=True,
        )


# The whole of it takes Swift minutes: BROADSHEET_TEST_STORES="folder s3 swift" asks it too.
STORES = os.environ.get("BROADSHEET_TEST_STORES", "folder s3").split()


@pytest.fixture(scope="module")
def swift() -> Iterator[Swift]:
    with running_swift() as server:
        yield server


@pytest.fixture(params=STORES)
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    if request.param == "folder":
        return Place(str(tmp_path / "news" / "archive"))
    server: S3Access = request.getfixturevalue({"s3": "seaweedfs", "swift": "swift"}[request.param])
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return Place(server.uri(server.make_bucket(), "news/archive"), server.environment)


@pytest.fixture
def store(place: Place) -> ObjectStore:
    return open_store(place.uri)


@pytest.fixture
def local_file(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(data: bytes) -> Path:
        path = tmp_path / "local-file"
        path.write_bytes(data)
        return path

    return write


def keys(store: ObjectStore, prefix: str = "") -> list[str]:
    return [entry.key for entry in store.list(prefix)]


def test_an_object_comes_back_as_it_was_put(store: ObjectStore, local_file: Callable[[bytes], Path]) -> None:
    objects = {"empty": b"", "short": b"one", "binary": bytes(range(256)) * 1000}
    for name, data in objects.items():
        store.put(f"bytes/{name}", data)
        store.put(f"file/{name}", local_file(data))

    for name, data in objects.items():
        for key in (f"bytes/{name}", f"file/{name}"):
            assert store.get(key) == data
            assert store.size(key) == len(data)
    assert dict(store.list("file/")) == {f"file/{name}": len(data) for name, data in objects.items()}


def test_an_object_is_there_for_another_who_opens_the_archive(place: Place, store: ObjectStore) -> None:
    store.put("a/b", b"here")

    assert open_store(place.uri).get("a/b") == b"here"


def test_the_same_bytes_can_be_put_again_and_again(store: ObjectStore, local_file: Callable[[bytes], Path]) -> None:
    for data in (b"bytes", local_file(b"bytes"), b"bytes"):
        store.put("a/b", data)

    assert store.get("a/b") == b"bytes"
    assert keys(store) == ["a/b"]


def test_sixteen_threads_can_put_the_same_object_at_once(store: ObjectStore) -> None:
    data = random.Random(1).randbytes(100_000)

    with ThreadPoolExecutor(16) as threads:
        for put in [threads.submit(store.put, "deep/down/here", data) for _ in range(48)]:
            put.result()

    assert store.get("deep/down/here") == data
    assert keys(store) == ["deep/down/here"]


def test_sixteen_threads_can_put_different_objects_at_once(store: ObjectStore) -> None:
    objects = {f"d{number % 5}/k{number}": b"%d" % number for number in range(64)}

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(store.put, objects, objects.values()))
        assert list(threads.map(store.get, objects)) == list(objects.values())

    assert keys(store) == sorted(objects)


def test_a_missing_object_is_said_to_be_missing(store: ObjectStore) -> None:
    for ask in (store.get, store.size, lambda key: store.get_range(key, 0, 1)):
        with pytest.raises(NoSuchObjectError, match="nothing/here"):
            ask("nothing/here")


def test_a_directory_is_not_an_object(store: ObjectStore) -> None:
    store.put("a/b/c", b"object")

    for key in ("a", "a/b", "a/b/c/d"):
        for ask in (store.get, store.size, lambda key: store.get_range(key, 0, 0)):
            with pytest.raises(NoSuchObjectError):
                ask(key)


def test_an_archive_without_objects_lists_none(store: ObjectStore) -> None:
    assert keys(store) == []
    assert keys(store, "a/") == []


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(offset=st.integers(0, 1000), length=st.integers(0, 1000))
def test_a_range_is_exactly_the_bytes_asked_for(store: ObjectStore, offset: int, length: int) -> None:
    data = random.Random(0).randbytes(1000)
    store.put("a/b", data)

    if offset + length <= len(data):
        assert store.get_range("a/b", offset, length) == data[offset : offset + length]
    else:
        with pytest.raises(ArchiveDamagedError, match="a/b"):
            store.get_range("a/b", offset, length)


def test_a_range_is_never_negative(store: ObjectStore) -> None:
    store.put("a", b"bytes")

    for offset, length in ((-1, 1), (0, -1)):
        with pytest.raises(ValueError, match="no range"):
            store.get_range("a", offset, length)


def test_keys_are_listed_in_the_order_of_their_bytes(store: ObjectStore) -> None:
    listed = [key for key in TRICKY_KEYS if key != "a0/b"]  # a0 is an object here
    for key in reversed(listed):
        store.put(key, key.encode())

    assert list(store.list()) == [(key, len(key)) for key in sorted(listed)]


def test_a_listing_of_a_directory_has_what_is_below_it_and_nothing_beside_it(store: ObjectStore) -> None:
    for key in ("a/b", "a/c/d", "a/c/e/f", "ab/c", "a-/b", "b"):
        store.put(key, b"")

    assert keys(store, "a/") == ["a/b", "a/c/d", "a/c/e/f"]
    assert keys(store, "a/c/") == ["a/c/d", "a/c/e/f"]
    assert keys(store, "c/") == []
    assert keys(store, "b/") == []


def test_only_whole_directories_can_be_listed(store: ObjectStore) -> None:
    for prefix in ("a", "a/b", "/", "A/", "../", "a//", ".local/"):
        for ask in (store.list, store.directories):
            with pytest.raises(InvalidKeyError):
                ask(prefix)


def test_the_directories_right_below_a_directory_are_named_in_the_order_of_their_bytes(store: ObjectStore) -> None:
    for key in ("a/b/c", "a/b-/c", "a/b.x/c/d", "a/b0", "a/day=2026-11-23/x", "a/day=2026-11-22/x/y", "ab/c", "top"):
        store.put(key, b"")

    assert list(store.directories()) == ["a", "ab"]
    assert list(store.directories("a/")) == ["b", "b-", "b.x", "day=2026-11-22", "day=2026-11-23"]
    assert list(store.directories("a/b/")) == []
    assert list(store.directories("nothing/here/")) == []
    assert list(store.directories("top/")) == []


def test_a_deleted_object_is_gone_and_those_beside_it_stay(store: ObjectStore) -> None:
    for key in ("a/b", "a/c", "a/d/e"):
        store.put(key, b"bytes")

    store.delete("a/b")

    assert keys(store) == ["a/c", "a/d/e"]
    with pytest.raises(NoSuchObjectError):
        store.get("a/b")
    store.put("a/b", b"other bytes")
    assert store.get("a/b") == b"other bytes"


def test_deleting_what_is_not_there_is_harmless(store: ObjectStore) -> None:
    store.put("a/b/c", b"bytes")

    for key in ("x", "a/x", "x/y/z", "a", "a/b", "a/b/c/d"):
        store.delete(key)

    assert keys(store) == ["a/b/c"]


def test_a_listing_of_thousands_of_keys_or_directories_is_complete_and_in_order(store: ObjectStore) -> None:
    # Several pages of an S3 listing; a directory whose siblings sort before what is in it spans the pages.
    objects = [f"big/{number:04d}/x" for number in range(1100)]
    objects += [f"big{mark}{number:04d}" for mark in ("-/", ".") for number in range(450)]
    objects += [f"small/{number:02d}/{letter}" for number in range(20) for letter in "abcde"]
    random.Random(2).shuffle(objects)
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(store.put, objects, [b""] * len(objects)))

    assert keys(store) == sorted(objects)
    assert keys(store, "big/") == sorted(key for key in objects if key.startswith("big/"))
    assert list(store.directories("big/")) == [f"{number:04d}" for number in range(1100)]


_COMPONENTS = st.text("abcxyz0189._=-", min_size=1, max_size=128).filter(
    lambda text: not text.startswith(".") and not text.endswith(".versions")
)
_KEYS = (
    st.lists(_COMPONENTS, min_size=1, max_size=6).map("/".join).filter(lambda key: key[0].isalpha() and len(key) <= 500)
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(key=_KEYS)
def test_every_valid_key_holds_an_object_that_is_listed_under_it(store: ObjectStore, key: str) -> None:
    # A directory of its own: no key may be the directory of another.
    directory = "d" + hashlib.sha256(key.encode()).hexdigest()[:8]
    key = f"{directory}/{key}"
    store.put(key, key.encode())

    assert store.get(key) == key.encode()
    assert list(store.list(f"{directory}/")) == [(key, len(key))]


INVALID_KEYS = {
    "": "empty",
    "/a": "letter",
    "1/a": "letter",
    "-a": "letter",
    "=a": "letter",
    "a/": "component is empty",
    "a//b": "component is empty",
    "a/./b": "dot",
    "a/../b": "dot",
    "a/.uploads/b": "dot",
    "a/.hidden": "dot",
    "a.versions/b": "'.versions'",
    "a/b.versions": "'.versions'",
    "A": "'A'",
    "a b": "' '",
    "a\\b": r"'\\\\'",
    "a\n": r"'\\n'",
    "a\0": r"'\\x00'",
    "é": "'é'",
    "a" * 129: "more than 128",
    "a/" * 256 + "a": "513 characters",
}


@pytest.mark.parametrize(("key", "rule"), INVALID_KEYS.items())
def test_an_invalid_key_is_refused_with_the_rule_it_breaks(key: str, rule: str) -> None:
    with pytest.raises(InvalidKeyError, match=rule):
        validate_key(key)


@given(st.text(max_size=20) | st.text("ab./-_=", max_size=600))
def test_a_key_that_is_not_refused_has_only_plain_components(key: str) -> None:
    try:
        validate_key(key)
    except InvalidKeyError:
        return
    assert len(key.encode()) <= 512
    assert "a" <= key[0] <= "z"
    for component in key.split("/"):
        assert set(component) <= set("abcdefghijklmnopqrstuvwxyz0123456789._=-")
        assert 1 <= len(component) <= 128
        assert not component.startswith(".")
        assert not component.endswith(".versions")


def test_no_method_takes_an_invalid_key(store: ObjectStore) -> None:
    asks: list[Callable[[str], object]] = [
        store.get,
        store.size,
        lambda key: store.get_range(key, 0, 1),
        lambda key: store.put(key, b"bytes"),
        store.delete,
    ]
    for key in ("../escape", "/etc/passwd", "a/../../b", ".local/tmp/x", "A"):
        for ask in asks:
            with pytest.raises(InvalidKeyError):
                ask(key)


def test_a_large_file_is_stored_whole_in_flat_memory(place: Place, tmp_path: Path) -> None:
    size, block = 200 * MIB, random.Random(3).randbytes(MIB)
    digest = hashlib.sha256()
    with (tmp_path / "large").open("wb") as file:
        for number in range(size // MIB):
            piece = number.to_bytes(4, "big") + block[4:]
            digest.update(piece)
            file.write(piece)
    (tmp_path / "small").write_bytes(block)

    put = place.run(
        """
        import resource, sys
        from pathlib import Path
        from broadsheet.storage.stores.objects import open_store

        store = open_store(sys.argv[1])
        for name in ("small", "large"):
            store.put("warc/" + name, Path(sys.argv[2]) / name)
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, flush=True)
        """,
        tmp_path,
    )
    small, large = map(int, put.communicate()[0].split())

    assert put.returncode == 0
    assert large - small < 80, "MiB of memory that a file of 200 MiB took beyond one of 1 MiB"
    store = open_store(place.uri)
    assert store.size("warc/large") == size
    stored = hashlib.sha256()
    for offset in range(0, size, 20 * MIB):
        stored.update(store.get_range("warc/large", offset, 20 * MIB))
    assert stored.digest() == digest.digest()


def test_a_client_that_is_killed_leaves_a_whole_object_or_none(place: Place, tmp_path: Path) -> None:
    path, whole = tmp_path / "large", random.Random(4).randbytes(MIB) * 40
    path.write_bytes(whole)
    killed = 0
    for kind, moment in (("file", 0.0), ("file", 0.1), ("bytes", 0.0), ("bytes", 0.1)):
        put = place.run(
            """
            import sys
            from pathlib import Path
            from broadsheet.storage.stores.objects import open_store

            store, path, key = open_store(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
            data = path if "file" in key else path.read_bytes()
            print("now", flush=True)
            store.put(key, data)
            """,
            path,
            f"warc/{kind}-{moment}",
        )
        with put:
            assert put.stdout is not None
            put.stdout.readline()
            time.sleep(moment)
            put.kill()
        killed += put.returncode == -signal.SIGKILL

    assert killed, "no put was interrupted"
    store = open_store(place.uri)
    assert all(store.get(key) == whole for key in keys(store))
    store.put("warc/file-0.0", path)
    assert store.get("warc/file-0.0") == whole


@pytest.mark.parametrize(
    "uri",
    [
        "",
        " ",
        "nul\0byte",
        "http://host/archive",
        "gs://bucket/archive",
        "s3:bucket/prefix",
        "s3://",
        "s3:///prefix",
        "file:relative",
        "file://host/folder",
        "file://",
        "s3://key:secret/with-slash@bucket/prefix",
        "https://user:secret@host/archive",
    ],
)
def test_what_is_no_archive_address_is_refused_with_what_to_write(uri: str) -> None:
    with pytest.raises(ArchiveAddressError) as raised:
        open_store(uri)
    assert "s3://bucket/prefix" in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("form", ["{}", "file://{}", "file://localhost{}", "{}/"])
def test_a_folder_can_be_written_as_a_path_or_a_uri(tmp_path: Path, form: str) -> None:
    folder = tmp_path / ("a%20b" if form.startswith("file") else "a b")

    open_store(form.format(folder)).put("a/b", b"x")

    assert (tmp_path / "a b" / "a" / "b").read_bytes() == b"x"


def test_opening_a_folder_loads_neither_the_crawler_nor_boto3(tmp_path: Path) -> None:
    program = """
        import sys
        import broadsheet.storage
        import broadsheet.storage.stores.objects
        import broadsheet.storage.stores.folder

        store = broadsheet.storage.stores.objects.open_store(sys.argv[1])
        store.put("a/b", b"x")
        print(*sorted({"scrapy", "twisted", "trafilatura", "lxml", "boto3", "botocore"} & set(sys.modules)))
    """
    with Place(str(tmp_path / "archive")).run(program) as loaded:
        assert loaded.communicate()[0].split() == []
    assert loaded.returncode == 0


def test_opening_a_bucket_loads_no_crawler() -> None:
    program = """
        import sys
        import broadsheet.storage.stores.s3.store

        print(*sorted({"scrapy", "twisted", "trafilatura", "lxml"} & set(sys.modules)))
    """
    with Place("").run(program) as loaded:
        assert loaded.communicate()[0].split() == []
    assert loaded.returncode == 0
