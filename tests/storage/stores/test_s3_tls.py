"""Archives on an S3 server behind TLS, whose certificate an authority of its own has signed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.certificates import CertificateAuthority
from servers.seaweedfs import SeaweedFS, seaweedfs

from broadsheet.storage.errors import ArchiveAddressError
from broadsheet.storage.stores.s3.store import S3Store
from broadsheet.storage.stores.s3.uploads import PART_SIZE


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> CertificateAuthority:
    return CertificateAuthority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def running(authority: CertificateAuthority) -> Iterator[SeaweedFS]:
    with seaweedfs(authority.server_certificate("localhost")) as server:
        yield server


@pytest.fixture
def bucket(running: SeaweedFS, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("NO_PROXY", "localhost")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", running.secure_endpoint)
    return running.make_bucket()


def test_an_archive_is_written_and_read_over_tls(
    authority: CertificateAuthority,
    running: SeaweedFS,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.path))
    (tmp_path / "large").write_bytes(b"large" * (PART_SIZE // 4))
    store = S3Store(bucket, "a")
    store.check_access()
    store.prepare_writing(tmp_path / "state")

    store.put("small", b"bytes")
    store.put("large", tmp_path / "large")

    assert store.traits is not None
    assert store.get("small") == b"bytes"
    # What lies there is what was sent, in none of the framings that are used over TLS only.
    assert running.client.get_object(Bucket=bucket, Key="a/small")["Body"].read() == b"bytes"
    assert running.client.get_object(Bucket=bucket, Key="a/large")["Body"].read() == (tmp_path / "large").read_bytes()


def test_a_server_whose_authority_is_unknown_is_not_talked_to(bucket: str) -> None:
    with pytest.raises(ArchiveAddressError, match=r"SSL.*AWS_CA_BUNDLE"):
        S3Store(bucket, "a").check_access()
