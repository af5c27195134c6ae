"""Fixtures for all tests: servers that are started once and shared."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings
from servers.postgresql import PostgreSQL, postgresql
from servers.seaweedfs import SeaweedFS
from servers.seaweedfs import seaweedfs as running_seaweedfs

# How long an example takes depends on what else the machine does: no wall time decides a test.
settings.register_profile("broadsheet", deadline=None)
settings.load_profile("broadsheet")

# The command is started thousands of times: without compiled modules each start compiles them all anew, which is a
# quarter of what it costs.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


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


# Where tests start whole crawls and services they wait, so that the others have the processors meanwhile; at the end
# of the suite nobody would.
_FIRST = ("crash", "hostile", "end_to_end")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that none of them is left alone at the end."""
    tests = Path(__file__).parent
    items.sort(key=lambda item: item.path.relative_to(tests).parts[0] not in _FIRST)
