"""Jobs in both databases that they lie in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from broadsheet.crawler.frontier.database import Database
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.jobs.schema import SERVICE


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database without jobs."""
    if request.param == "postgresql":
        monkeypatch.setenv("BROADSHEET_FRONTIER", request.getfixturevalue("postgresql_server").address)
    with Database(tmp_path, str(tmp_path), SERVICE) as opened:
        yield opened


@pytest.fixture
def jobs(database: Database) -> Jobs:
    """No jobs as yet."""
    return Jobs(database)
