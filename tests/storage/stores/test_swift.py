"""The same archive on another make of S3 server, which is slow and lets several writers win a creation."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from archiving.stores import assert_sound, objects
from archiving.writer import Writer, answers, shows
from servers.swift import Swift, swift

from broadsheet.storage.archive import Archive
from broadsheet.storage.errors import NoSuchObjectError
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.s3.bucket import Bucket
from broadsheet.storage.stores.s3.store import S3Store
from broadsheet.storage.stores.s3.traits import Traits
from broadsheet.storage.stores.s3.uploads import LEFTOVER_AGE, PART_SIZE, abort_leftovers

URL = "https://news.example/a"


@pytest.fixture(scope="module")
def server() -> Iterator[Swift]:
    with swift() as server:
        yield server


@pytest.fixture
def bucket(server: Swift, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    return server.make_bucket()


def test_what_it_does_is_found_out(bucket: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = S3Store(bucket, "a")

    store.prepare_writing(tmp_path)

    assert store.traits == Traits(conditional_create="racy", list_order="bytes", content_md5="enforced")
    assert "conditional creation is racy" in caplog.text
    assert list(store.list()) == []


def test_objects_are_put_read_listed_and_deleted(bucket: str) -> None:
    store = S3Store(bucket, "a")
    keys = ["a-", "a-b/c", "a.b", "a/b", "a/b-", "a/c/d", "a0", "a=1/b", "ab", "b/day=2026-11-22/x"]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda key: store.put(key, key.encode()), [*keys, *keys]))

    assert list(store.list()) == [(key, len(key)) for key in sorted(keys)]
    assert list(store.directories()) == ["a", "a-b", "a=1", "b"]
    assert list(store.directories("b/")) == ["day=2026-11-22"]
    assert store.get_range("a/c/d", 2, 3) == b"c/d"
    for key in ("a/b", "a/b", "a/c", "nothing"):
        store.delete(key)
    assert list(store.directories("a/")) == ["c"]
    with pytest.raises(NoSuchObjectError):
        store.get("a/b")


def test_a_large_file_goes_up_in_parts_and_what_was_left_of_one_is_taken_back(
    server: Swift, bucket: str, tmp_path: Path
) -> None:
    whole = random.Random(8).randbytes(PART_SIZE + 1000)
    (tmp_path / "large").write_bytes(whole)
    store = S3Store(bucket, "a")
    server.client.create_multipart_upload(Bucket=bucket, Key="a/left")

    store.put("large", tmp_path / "large")

    assert store.get_range("large", PART_SIZE - 10, 1010) == whole[PART_SIZE - 10 :]
    assert store.size("large") == len(whole)
    assert abort_leftovers(Bucket(bucket, "a", connections=4), datetime.now(UTC) + 2 * LEFTOVER_AGE) == 1


def test_a_bucket_of_it_and_a_folder_hold_the_same_archive(bucket: str, tmp_path: Path) -> None:
    store = S3Store(bucket, "news")
    store.prepare_writing(tmp_path / "state")
    stores: list[ObjectStore] = [store, FolderStore(tmp_path / "folder")]

    for number, place in enumerate(stores):
        writer = Writer(place, tmp_path / str(number))
        writer.publish(shows(URL, 0, "one"), shows(URL + "b", 0, "one"))
        writer.publish(shows(URL, 1, "two"), answers(URL + "b", 1, "410 Gone"))

    assert_sound(store)
    bucket_archive, folder_archive = (Archive(place) for place in stores)
    for url in (URL, URL + "b"):
        texts = [one.article and one.article.text for one in bucket_archive.versions(url)]
        assert texts == [one.article and one.article.text for one in folder_archive.versions(url)]
        assert len(texts) == 2
    assert len(objects(store)) == len(objects(stores[1]))
