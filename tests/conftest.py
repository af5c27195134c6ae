"""Fixtures for all tests: servers that are started once and shared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import settings
from servers.postgresql import PostgreSQL, postgresql
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


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQL]:
    """A running PostgreSQL; where none is installed, the test is skipped."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(postgresql())
        except FileNotFoundError as error:
            pytest.skip(str(error))
        yield server
