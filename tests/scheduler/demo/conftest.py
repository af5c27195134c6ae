"""The demo newspaper, of a day that stays the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from servers.demo_newspaper import TODAY

from broadsheet.scheduler.demo.newspaper import DemoNewspaper


@pytest.fixture
def newspaper() -> Iterator[DemoNewspaper]:
    with DemoNewspaper(today=TODAY) as newspaper:
        yield newspaper
