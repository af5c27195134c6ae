"""The service's database of an archive in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from broadsheet.crawler.frontier.database import Database
from broadsheet.scheduler.jobs.schema import SERVICE


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The service's database."""
    monkeypatch.delenv("BROADSHEET_FRONTIER", raising=False)
    with Database(tmp_path / "state", str(tmp_path), SERVICE) as opened:
        yield opened
