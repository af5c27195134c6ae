"""What a crash left of uploads in parts is taken back, and nobody else's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from servers.faulty_proxy import FaultyProxy
from servers.seaweedfs import SeaweedFS

from broadsheet.storage.stores.s3.bucket import Bucket
from broadsheet.storage.stores.s3.store import S3Store
from broadsheet.storage.stores.s3.traits import Traits, keep
from broadsheet.storage.stores.s3.uploads import LEFTOVER_AGE, abort_leftovers

TRAITS = Traits(conditional_create="atomic", list_order="directories", content_md5="enforced")


@pytest.fixture
def bucket(server: SeaweedFS) -> str:
    name = server.make_bucket()
    for key in ("news/warc/one", "news/warc/two", "newsletter/x", "other"):
        server.client.create_multipart_upload(Bucket=name, Key=key)
    return name


def uploads(server: SeaweedFS, bucket: str) -> list[str]:
    return sorted(found["Key"] for found in server.client.list_multipart_uploads(Bucket=bucket).get("Uploads", []))


def test_uploads_go_when_they_are_a_day_old_and_not_before(server: SeaweedFS, bucket: str) -> None:
    opened = Bucket(bucket, "news", connections=4)
    begun = datetime.now(UTC)

    assert abort_leftovers(opened, begun + LEFTOVER_AGE - timedelta(minutes=1)) == 0
    assert len(uploads(server, bucket)) == 4

    assert abort_leftovers(opened, begun + LEFTOVER_AGE + timedelta(minutes=1)) == 2
    assert uploads(server, bucket) == ["newsletter/x", "other"]


def test_a_fault_does_not_stop_them_from_going(proxy: FaultyProxy, server: SeaweedFS, bucket: str) -> None:
    proxy.faults.extend([503, "lose", None, "lose"])

    assert abort_leftovers(Bucket(bucket, "news", connections=4), datetime.now(UTC) + timedelta(days=2)) == 2
    assert uploads(server, bucket) == ["newsletter/x", "other"]


def test_a_store_that_lists_no_uploads_is_told_of_and_written_to(
    proxy: FaultyProxy, bucket: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keep(TRAITS, tmp_path / "store.json")
    store = S3Store(bucket, "news")
    proxy.faults.append(403)

    store.prepare_writing(tmp_path)

    assert "uploads cannot be listed" in caplog.text
    store.put("a/b", b"bytes")
