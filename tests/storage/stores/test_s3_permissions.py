"""The bucket policy of docs/operations.md on a real server: what crawler, reader and takedown may do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from servers.seaweedfs import SeaweedFS, seaweedfs

from broadsheet.storage.errors import StoreError
from broadsheet.storage.stores.s3.store import S3Store

BUCKET = "news-archive"  # as in the document
DOCUMENT = Path(__file__).parents[3] / "docs" / "operations.md"


@pytest.fixture(scope="module")
def server() -> Iterator[SeaweedFS]:
    with seaweedfs(users=("crawler", "reader", "takedown")) as server:
        server.client.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
        server.client.put_object_lock_configuration(
            Bucket=BUCKET,
            ObjectLockConfiguration={
                "ObjectLockEnabled": "Enabled",
                "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 365}},
            },
        )
        policy = DOCUMENT.read_text(encoding="utf-8").partition("```json\n")[2].partition("```")[0]
        server.client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(json.loads(policy)))
        yield server


@pytest.fixture
def store_of(server: SeaweedFS, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], S3Store]:
    def store(user: str, prefix: str) -> S3Store:
        for name, value in server.environment_of(user).items():
            monkeypatch.setenv(name, value)
        return S3Store(BUCKET, prefix)

    return store


def test_a_crawler_writes_and_reads_and_deletes_nothing(
    store_of: Callable[[str, str], S3Store], tmp_path: Path
) -> None:
    store = store_of("crawler", "one")
    store.check_access()
    store.prepare_writing(tmp_path / "state")
    (tmp_path / "large").write_bytes(bytes(17 * 1024 * 1024))

    store.put("a/small", b"bytes")
    store.put("a/large", tmp_path / "large")

    assert store.traits is not None
    assert [entry.key for entry in store.list("a/")] == ["a/large", "a/small"]
    with pytest.raises(StoreError, match="AccessDenied"):
        store.delete("a/small")
    assert store.get("a/small") == b"bytes"
    assert list(store.directories()) == ["a", "probe"]


def test_an_overwrite_destroys_nothing_and_no_version_can_be_deleted(
    server: SeaweedFS, store_of: Callable[[str, str], S3Store]
) -> None:
    store = store_of("crawler", "two")
    store.put("a/b", b"first")
    store.put("a/b", b"second")  # plain: what this server does has not been asked

    versions = server.client.list_object_versions(Bucket=BUCKET, Prefix="two/")["Versions"]
    first, second = sorted(versions, key=lambda version: version["IsLatest"])
    assert second["Size"] == len(b"second")
    for user in ("crawler", "takedown"):
        for bypass in (False, True):
            with pytest.raises(server.client.exceptions.ClientError, match="AccessDenied"):
                server.client_of(user).delete_object(
                    Bucket=BUCKET, Key="two/a/b", VersionId=first["VersionId"], BypassGovernanceRetention=bypass
                )
    stored = server.client.get_object(Bucket=BUCKET, Key="two/a/b", VersionId=first["VersionId"])
    assert stored["Body"].read() == b"first"


def test_a_reader_only_reads(store_of: Callable[[str, str], S3Store]) -> None:
    store_of("crawler", "three").put("a/b", b"bytes")
    store = store_of("reader", "three")

    assert store.get("a/b") == b"bytes"
    assert [entry.key for entry in store.list()] == ["a/b"]
    with pytest.raises(StoreError, match="AccessDenied"):
        store.put("a/c", b"bytes")
    with pytest.raises(StoreError, match="AccessDenied"):
        store.delete("a/b")


def test_a_takedown_deletes(store_of: Callable[[str, str], S3Store]) -> None:
    store_of("crawler", "four").put("a/b", b"bytes")
    store = store_of("takedown", "four")

    store.delete("a/b")

    assert list(store.list()) == []
