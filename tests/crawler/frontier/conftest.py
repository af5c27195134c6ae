"""Both databases that a frontier may lie in."""

from __future__ import annotations

import pytest


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have what is opened from here on lie in each of the databases in turn."""
    name: str = request.param
    if name == "postgresql":
        monkeypatch.setenv("BROADSHEET_FRONTIER", request.getfixturevalue("postgresql_server").address)
    else:
        monkeypatch.delenv("BROADSHEET_FRONTIER", raising=False)
    return name
