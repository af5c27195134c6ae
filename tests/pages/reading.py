"""The type of the fixture that reads a page for tests of extraction."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol

from broadsheet.crawler.extraction.extract import Extraction
from broadsheet.storage.model import Hints


class Read(Protocol):
    """Reads the page with this body as if it had been captured."""

    def __call__(
        self,
        body: str,
        *,
        head: str = "",
        url: str = "https://paper.example/town/lamps-to-be-counted-118",
        captured_at: datetime = datetime(2026, 11, 22, 12, tzinfo=UTC),
        hints: Hints | None = None,
        language: str = "en",
    ) -> Extraction: ...
