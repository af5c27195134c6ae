"""One way to read a page for all tests of extraction."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pages.reading import Read

from broadsheet.crawler.extraction.extract import Extraction, extract
from broadsheet.storage.model import Hints

PARAGRAPHS = "".join(
    f"<p>{sentence} It was written down by the clerk, read out on the stairs and pinned to the door of the hall.</p>"
    for sentence in (
        "The council of the upper town decided on Monday to count the lamps again.",
        "Nobody had counted them since the year of the great fog, when eleven were missing.",
        "The lamplighter asked for a second ladder and was given a promise instead.",
        "In the lower town they laugh, but their own lamps have not been counted either.",
    )
)


@pytest.fixture(scope="session")
def read() -> Read:
    def read_page(
        body: str,
        *,
        head: str = "",
        url: str = "https://paper.example/town/lamps-to-be-counted-118",
        captured_at: datetime = datetime(2026, 11, 22, 12, tzinfo=UTC),
        hints: Hints | None = None,
        language: str = "en",
    ) -> Extraction:
        markup = f'<html lang="{language}"><head><meta charset="utf-8">{head}</head><body>{body}</body></html>'
        return extract(
            markup.encode(), url=url, content_type="text/html; charset=utf-8", captured_at=captured_at, hints=hints
        )

    return read_page


@pytest.fixture(scope="session")
def paragraphs() -> str:
    """Four paragraphs of running text."""
    return PARAGRAPHS
