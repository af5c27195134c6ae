"""A bucket of the shared S3 server, and a proxy before it that does harm."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from servers.faulty_proxy import FaultyProxy, faulty_proxy
from servers.seaweedfs import SeaweedFS


@pytest.fixture
def server(seaweedfs: SeaweedFS, monkeypatch: pytest.MonkeyPatch) -> SeaweedFS:
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    return seaweedfs


@pytest.fixture
def bucket(server: SeaweedFS) -> str:
    return server.make_bucket()


@pytest.fixture
def proxy(server: SeaweedFS, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyProxy]:
    with faulty_proxy(server.endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.endpoint)
        yield proxy
