"""Both databases that a frontier may lie in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from servers.postgresql import PostgreSQL, postgresql


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQL]:
    """A running PostgreSQL; where none is installed, the test is skipped."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(postgresql())
        except FileNotFoundError as error:
            pytest.skip(str(error))
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have what is opened from here on lie in each of the databases in turn."""
    name: str = request.param
    if name == "postgresql":
        monkeypatch.setenv("BROADSHEET_FRONTIER", request.getfixturevalue("postgresql_server").address)
    else:
        monkeypatch.delenv("BROADSHEET_FRONTIER", raising=False)
    return name
