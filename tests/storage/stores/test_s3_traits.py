"""What a writer finds out about an S3 server, and what it makes of it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from servers.faulty_proxy import Fault, FaultyProxy, SeenRequest, faulty_proxy
from servers.seaweedfs import SeaweedFS

from broadsheet.storage.errors import ArchiveDamagedError, KeyCollisionError
from broadsheet.storage.stores.s3 import traits as s3_traits
from broadsheet.storage.stores.s3.store import S3Store
from broadsheet.storage.stores.s3.traits import Traits
from broadsheet.storage.workspace import Workspace

SEAWEEDFS = Traits(conditional_create="atomic", list_order="directories", content_md5="enforced")


def puts(requests: list[SeenRequest]) -> int:
    return sum(request.method == "PUT" for request in requests)


def test_a_server_is_asked_once_and_told_of_and_leaves_nothing_behind(
    proxy: FaultyProxy, bucket: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "broadsheet.storage")
    store = S3Store(bucket, "a")
    store.prepare_writing(tmp_path / "state")
    asked = puts(proxy.requests)

    again = S3Store(bucket, "a")
    again.prepare_writing(tmp_path / "state")

    assert store.traits == again.traits == SEAWEEDFS
    assert puts(proxy.requests) == asked
    assert list(store.list()) == []
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 1
    assert "conditional creation is atomic" in told[0]


@pytest.mark.parametrize(("answer", "expected"), [(501, "refused"), (400, "refused"), (200, "ignored")])
def test_a_server_without_conditions_is_told_of_and_written_to_without_them(
    server: SeaweedFS,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    answer: int,
    expected: str,
) -> None:
    def without_conditions(_: int, request: SeenRequest) -> Fault | None:
        return answer if "If-None-Match" in request.headers else None

    with faulty_proxy(server.endpoint, decide=without_conditions) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.endpoint)
        store = S3Store(bucket, "a")
        store.prepare_writing(tmp_path / "state")
        store.put("a/b", b"bytes")

    assert store.traits is not None
    assert store.traits.conditional_create == expected
    assert f"conditional creation is {expected}" in caplog.text
    assert server.client.get_object(Bucket=bucket, Key="a/a/b")["Body"].read() == b"bytes"


def test_a_server_that_ignores_the_md5_is_told_of(
    server: SeaweedFS,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def without_digests(_: int, request: SeenRequest) -> Fault | None:
        return 200 if request.path.endswith("/damaged") and request.method == "PUT" else None

    with faulty_proxy(server.endpoint, decide=without_digests) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.endpoint)
        store = S3Store(bucket, "a")
        store.prepare_writing(tmp_path / "state")

    assert store.traits is not None
    assert store.traits.content_md5 == "ignored"
    assert "Content-MD5 is ignored" in caplog.text


def test_where_the_md5_is_ignored_an_object_is_read_back(proxy: FaultyProxy, bucket: str) -> None:
    store = S3Store(bucket, "a")
    store.traits = Traits(conditional_create="ignored", list_order="bytes", content_md5="ignored")
    store.put("a/b", b"bytes")
    proxy.faults.extend([None, "corrupt"])

    with pytest.raises(ArchiveDamagedError, match="a/b"):
        store.put("a/b", b"bytes")


def test_other_bytes_under_a_key_are_noticed_where_creation_is_atomic_and_stay(server: SeaweedFS, bucket: str) -> None:
    store = S3Store(bucket, "a")
    store.traits = SEAWEEDFS
    store.put("a/b", b"bytes")
    store.put("a/b", b"bytes")

    with pytest.raises(KeyCollisionError, match="a/b"):
        store.put("a/b", b"other bytes")

    assert server.client.get_object(Bucket=bucket, Key="a/a/b")["Body"].read() == b"bytes"


@pytest.mark.parametrize("fault", ["lose", "lose-reset"])
def test_a_conflict_with_our_own_put_whose_answer_was_lost_is_none(
    proxy: FaultyProxy, bucket: str, fault: Fault
) -> None:
    store = S3Store(bucket, "a")
    store.traits = SEAWEEDFS
    proxy.faults.append(fault)

    store.put("a/b", b"bytes")

    assert store.get("a/b") == b"bytes"
    assert puts(proxy.requests) == 2


def test_a_server_that_may_not_be_asked_is_written_to_all_the_same(
    proxy: FaultyProxy, bucket: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = S3Store(bucket, "a")
    proxy.faults.extend([403] * 2)

    store.prepare_writing(tmp_path / "state")
    store.put("a/b", b"bytes")

    assert store.traits is None
    assert "cannot be probed" in caplog.text
    assert store.get("a/b") == b"bytes"


def test_what_was_kept_and_cannot_be_read_is_asked_again(bucket: str, tmp_path: Path) -> None:
    for damaged in (b"", b"{}", b'{"conditional_create":"maybe"}'):
        (tmp_path / "store.json").write_bytes(damaged)
        assert s3_traits.read(tmp_path / "store.json") is None
    store = S3Store(bucket, "a")

    store.prepare_writing(tmp_path)

    assert s3_traits.read(tmp_path / "store.json") == SEAWEEDFS


def test_whoever_opens_an_archive_for_writing_knows_the_server(
    server: SeaweedFS, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROADSHEET_STATE", str(tmp_path / "state"))

    with Workspace.open(server.uri(bucket)) as workspace:
        assert isinstance(workspace.store, S3Store)
        assert workspace.store.traits == SEAWEEDFS
