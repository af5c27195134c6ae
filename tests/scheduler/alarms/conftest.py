"""The service's database, in both kinds that it lies in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from broadsheet.crawler.frontier.database import Database
from broadsheet.scheduler.jobs.schema import SERVICE


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The service's database."""
    monkeypatch.delenv("BROADSHEET_FRONTIER", raising=False)
    if request.param == "postgresql":
        monkeypatch.setenv("BROADSHEET_FRONTIER", request.getfixturevalue("postgresql_server").address)
    with Database(tmp_path / "state", str(tmp_path), SERVICE) as opened:
        yield opened
