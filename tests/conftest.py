"""Fixtures for all tests: servers that are started once and shared."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings
from servers.seaweedfs import SeaweedFS
from servers.seaweedfs import seaweedfs as running_seaweedfs

# How long an example takes depends on what else the machine does: no wall time decides a test.
settings.register_profile("broadsheet", deadline=None)
settings.load_profile("broadsheet")


@pytest.fixture(scope="session")
def seaweedfs() -> Iterator[SeaweedFS]:
    """A real S3 server; put its `environment` into the process that opens archives on it."""
    with running_seaweedfs() as server:
        yield server
