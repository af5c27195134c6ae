"""What the store behind the S3 protocol does when server, network or settings are not as they should be."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from servers.faulty_proxy import AFTER_THE_SERVER, BEFORE_THE_SERVER, Fault, FaultyProxy, Refusal
from servers.seaweedfs import SeaweedFS
from servers.seaweedfs import seaweedfs as running_seaweedfs

from broadsheet.storage.errors import (
    ArchiveAddressError,
    ArchiveDamagedError,
    StoreError,
    StoreUnavailableError,
)
from broadsheet.storage.stores.objects import open_store, repeated
from broadsheet.storage.stores.s3.client import connect
from broadsheet.storage.stores.s3.store import S3Store
from broadsheet.storage.stores.s3.uploads import PART_SIZE

MIB = 1024 * 1024


def test_an_object_lies_under_the_prefix_and_its_key(server: SeaweedFS, bucket: str) -> None:
    open_store(f"s3://{bucket}/news/Archive_1/").put("a/b", b"bytes")

    listed = server.client.list_objects_v2(Bucket=bucket)["Contents"]
    assert [entry["Key"] for entry in listed] == ["news/Archive_1/a/b"]


def test_two_archives_in_one_bucket_do_not_see_each_other(bucket: str) -> None:
    one, other, whole = (open_store(f"s3://{bucket}{prefix}") for prefix in ("/one", "/one-more", ""))
    one.put("a", b"1")
    other.put("a", b"2")

    assert [entry.key for entry in one.list()] == ["a"]
    assert [entry.key for entry in whole.list()] == ["one-more/a", "one/a"]


@pytest.mark.parametrize("prefix", ["/x", "a//b", "a/../b", "..", "a\\b", "a?b", "é", "a b"])
def test_a_prefix_that_servers_would_rewrite_is_refused(bucket: str, prefix: str) -> None:
    with pytest.raises(ArchiveAddressError, match="prefix"):
        open_store(f"s3://{bucket}/{prefix}")


def test_strangers_objects_in_the_bucket_are_not_listed(server: SeaweedFS, bucket: str) -> None:
    store = open_store(server.uri(bucket))
    store.put("a/b", b"ours")
    for key in ("README.TXT", "a/Photo 1.jpg", "2026/x", ".hidden/x"):
        server.client.put_object(Bucket=bucket, Key=key, Body=b"a stranger's")

    assert [entry.key for entry in store.list()] == ["a/b"]


def test_every_body_carries_its_md5_and_no_request_is_conditional(
    proxy: FaultyProxy, bucket: str, tmp_path: Path
) -> None:
    (tmp_path / "large").write_bytes(b"x" * (PART_SIZE + 1))
    store = open_store(f"s3://{bucket}/a")
    store.put("small", b"bytes")
    store.put("large", tmp_path / "large")

    puts = [request for request in proxy.requests if request.method == "PUT"]
    assert len(puts) == 3
    assert all(request.headers["Content-MD5"] for request in puts)
    assert not any("chunked" in request.headers.get("Content-Encoding", "") for request in puts)
    assert not any(name.startswith("If-") for request in proxy.requests for name in request.headers)


@pytest.mark.parametrize(
    ("fault", "times"),
    [
        *((harm, 2) for harm in (*BEFORE_THE_SERVER, *AFTER_THE_SERVER, "spoil")),
        *((status, 2) for status in (408, 409, 429, 500, 502, 503, 504)),
        (503, 5),
    ],
)
def test_a_put_goes_through_when_a_fault_has_passed(proxy: FaultyProxy, bucket: str, fault: Fault, times: int) -> None:
    store = S3Store(bucket, "a", patience=1.0)
    proxy.faults.extend([fault] * times)

    store.put("a/b", b"bytes")

    assert not proxy.faults
    assert repeated(store) == times
    assert store.get("a/b") == b"bytes"


@pytest.mark.parametrize("fault", [*BEFORE_THE_SERVER, *AFTER_THE_SERVER, "cut", "dribble", 429, 500])
def test_a_read_goes_through_when_a_fault_has_passed(proxy: FaultyProxy, bucket: str, fault: Fault) -> None:
    store = S3Store(bucket, "a", patience=1.0)
    data = random.Random(5).randbytes(100_000)
    store.put("a/b", data)

    proxy.faults.append(fault)
    assert store.get("a/b") == data
    proxy.faults.append(fault)
    assert store.get_range("a/b", 10_000, 50_000) == data[10_000:60_000]
    proxy.faults.append(fault)
    assert list(store.list()) == [("a/b", len(data))]
    assert not proxy.faults


@pytest.mark.parametrize("fault", ["reset", "lose", 503])
def test_a_deletion_goes_through_when_a_fault_has_passed(proxy: FaultyProxy, bucket: str, fault: Fault) -> None:
    store = S3Store(bucket, "a")
    store.put("a/b", b"bytes")
    proxy.faults.append(fault)

    store.delete("a/b")

    assert not proxy.faults
    assert list(store.list()) == []


@pytest.mark.parametrize("fault", ["refuse", "reset", 500, 503])
def test_a_bucket_is_opened_when_a_fault_has_passed(proxy: FaultyProxy, bucket: str, fault: Fault) -> None:
    proxy.faults.extend([fault] * 2)

    assert list(open_store(f"s3://{bucket}/a").list()) == []


def test_an_answer_without_end_is_given_up_with_its_connection(proxy: FaultyProxy, bucket: str) -> None:
    store = S3Store(bucket, "a", deadline=0.1, patience=0.2)
    S3Store(bucket, "a").put("a/b", b"bytes" * 10_000)
    proxy.fault_for_all = "dribble"

    with pytest.raises(StoreUnavailableError, match="no whole answer"):
        store.get("a/b")

    readers = [thread for thread in threading.enumerate() if thread.name == "s3-attempt"]
    for thread in readers:
        thread.join(60)  # the answer would take longer
    assert not any(thread.is_alive() for thread in readers)


@pytest.mark.parametrize("moment", ["in seconds", "as a date"])
def test_a_server_is_left_alone_for_as_long_as_it_asks(proxy: FaultyProxy, bucket: str, moment: str) -> None:
    store = S3Store(bucket, "a", deadline=1.0)
    asked = "3600" if moment == "in seconds" else format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    proxy.requests.clear()
    proxy.fault_for_all = Refusal(503, (("Retry-After", asked),))

    with pytest.raises(StoreUnavailableError, match="503"):
        store.put("a/b", b"bytes")

    assert len(proxy.requests) == 1


@pytest.mark.parametrize("place", range(5))
def test_an_upload_in_parts_goes_through_wherever_an_answer_is_lost(
    proxy: FaultyProxy, bucket: str, tmp_path: Path, place: int
) -> None:
    # The requests are: create, part, part, complete, and the HEAD that looks at the result.
    data = random.Random(6).randbytes(MIB) * (PART_SIZE // MIB) + b"the second part"
    (tmp_path / "large").write_bytes(data)
    store = S3Store(bucket, "a")
    proxy.faults.extend([*[None] * place, "lose"])

    store.put("large", tmp_path / "large")

    assert not proxy.faults
    assert store.get("large") == data


def test_a_store_that_stays_away_is_given_up_at_the_deadline_with_its_last_answer(
    proxy: FaultyProxy, server: SeaweedFS, bucket: str
) -> None:
    store = S3Store(bucket, "a", deadline=0.3)
    proxy.fault_for_all = 503

    for ask in (lambda: store.put("a/b", b"bytes"), lambda: store.get("a/b"), lambda: list(store.list("a/"))):
        with pytest.raises(StoreUnavailableError) as raised:
            ask()
        assert bucket in str(raised.value)
        assert "a/" in str(raised.value)
        assert "503" in str(raised.value)
        assert server.secret_key not in str(raised.value)


@pytest.mark.parametrize("status", [400, 403, 501])
def test_a_refusal_is_not_repeated(proxy: FaultyProxy, bucket: str, status: int) -> None:
    store = open_store(f"s3://{bucket}/a")
    proxy.requests.clear()
    proxy.fault_for_all = status

    with pytest.raises(StoreError, match=f"a/b cannot be stored.*{status}") as raised:
        store.put("a/b", b"bytes")

    assert type(raised.value) is StoreError
    assert len(proxy.requests) == 1


def test_an_upload_that_fails_leaves_no_parts_behind(
    proxy: FaultyProxy, server: SeaweedFS, bucket: str, tmp_path: Path
) -> None:
    (tmp_path / "large").write_bytes(b"x" * (2 * PART_SIZE))
    proxy.faults.extend([None, None, 403])

    with pytest.raises(StoreError, match="403"):
        S3Store(bucket, "a").put("large", tmp_path / "large")

    assert server.client.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []
    assert list(S3Store(bucket, "a").list()) == []


def test_an_upload_that_cannot_be_taken_back_says_so(proxy: FaultyProxy, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * (2 * PART_SIZE))
    proxy.faults.extend([None, None, 403, 403])

    with pytest.raises(StoreError, match="403") as raised:
        S3Store(bucket, "a").put("large", tmp_path / "large")

    assert "are still in" in raised.value.__notes__[0]


def test_an_object_that_is_not_there_after_its_put_is_damage(proxy: FaultyProxy, bucket: str) -> None:
    store = S3Store(bucket, "a")
    proxy.faults.extend([None, 404])

    with pytest.raises(ArchiveDamagedError, match="a/b was acknowledged"):
        store.put("a/b", b"bytes")


def test_a_put_survives_a_crash_of_the_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = random.Random(7).randbytes(MIB) * 64
    (tmp_path / "large").write_bytes(data)
    with running_seaweedfs() as server, ThreadPoolExecutor(2) as threads:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        bucket = server.make_bucket()
        store = S3Store(bucket, "a")
        large = threads.submit(store.put, "large", tmp_path / "large")
        while not server.client.list_multipart_uploads(Bucket=bucket).get("Uploads"):
            assert not large.done(), "the put was over before the server could be killed"
            time.sleep(0.005)

        server.kill()
        small = threads.submit(store.put, "small", b"bytes")
        server.start()
        large.result()
        small.result()

        assert store.get("large") == data
        assert store.get("small") == b"bytes"


def test_a_wrong_secret_is_named_without_being_shown(
    server: SeaweedFS, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-but-still-secret")

    with pytest.raises(ArchiveAddressError, match=r"SignatureDoesNotMatch.*AWS_SECRET_ACCESS_KEY") as raised:
        open_store(server.uri(bucket))

    assert "wrong-but-still-secret" not in str(raised.value)


def test_an_unknown_access_key_is_named(server: SeaweedFS, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")

    with pytest.raises(ArchiveAddressError, match=r"InvalidAccessKeyId.*AWS_ACCESS_KEY_ID"):
        open_store(server.uri(bucket))


def test_a_missing_bucket_is_named(server: SeaweedFS) -> None:
    with pytest.raises(ArchiveAddressError, match=r"no-such-bucket.*create the bucket"):
        open_store(server.uri("no-such-bucket", "a"))


def test_a_bucket_that_went_away_is_no_missing_object(server: SeaweedFS, bucket: str) -> None:
    store = open_store(server.uri(bucket))
    server.client.delete_bucket(Bucket=bucket)

    with pytest.raises(StoreError, match="NoSuchBucket"):
        store.put("a", b"bytes")


@pytest.mark.usefixtures("server")
def test_an_unreachable_endpoint_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")

    with pytest.raises(StoreUnavailableError, match=r"127\.0\.0\.1:1.*AWS_ENDPOINT_URL_S3"):
        open_store("s3://bucket/a")


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("AWS_ENDPOINT_URL_S3", "not a url", "endpoint"),
        ("AWS_ENDPOINT_URL_S3", "http://user:hidden@127.0.0.1:1", "take them out"),
        ("AWS_SECRET_ACCESS_KEY", None, "AWS_SECRET_ACCESS_KEY"),
        ("AWS_ACCESS_KEY_ID", None, "AWS_ACCESS_KEY_ID"),
        ("AWS_PROFILE", "nobody", "nobody"),
    ],
)
def test_a_setting_that_is_wrong_is_named(
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    value: str | None,
    message: str,
) -> None:
    if value is None:
        monkeypatch.delenv(variable)
    else:
        monkeypatch.setenv(variable, value)

    with pytest.raises(ArchiveAddressError, match=message) as raised:
        open_store("s3://bucket/a")
    assert "hidden" not in str(raised.value)


@pytest.mark.usefixtures("server")
def test_a_bucket_name_that_is_none_is_named() -> None:
    with pytest.raises(ArchiveAddressError, match="No_Bucket!"):
        open_store("s3://No_Bucket!/a")


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("endpoint", "address"),
    [
        ("http://storage.example:9000", "http://storage.example:9000/bucket/key"),
        (None, "https://bucket.s3.amazonaws.com/key"),
    ],
)
def test_only_aws_is_asked_at_a_host_name_for_every_bucket(
    monkeypatch: pytest.MonkeyPatch, endpoint: str | None, address: str
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3")
    if endpoint is not None:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", endpoint)

    client = connect(connections=1)

    asked = client.generate_presigned_url("get_object", {"Bucket": "bucket", "Key": "key"})
    assert asked.partition("?")[0] == address


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_the_region_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.delenv("AWS_REGION")
    assert connect(connections=1).meta.region_name == "us-east-1"

    monkeypatch.setenv(variable, "eu-central-1")

    assert connect(connections=1).meta.region_name == "eu-central-1"
