"""Whole results for pages of our own. A case is a folder of tests/pages: adding one means adding files."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from broadsheet.crawler.extraction.extract import Extraction, extract
from broadsheet.storage.model import Hints

PAGES = Path(__file__).parents[2] / "pages"
CASES = sorted(folder.name for folder in PAGES.iterdir() if (folder / "page.html").exists())


def read_case(case: str) -> Extraction:
    request = json.loads((PAGES / case / "request.json").read_text(encoding="utf-8"))
    return extract(
        (PAGES / case / "page.html").read_bytes(),
        url=request["url"],
        content_type=request["content_type"],
        captured_at=datetime.fromisoformat(request["captured_at"]),
        hints=msgspec.convert(request["hints"], Hints | None),
    )


def expected(case: str) -> Any:
    return json.loads((PAGES / case / "expected.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES)
def test_a_page_gives_exactly_what_its_folder_says(case: str) -> None:
    assert msgspec.to_builtins(read_case(case)) == expected(case)


@pytest.mark.parametrize("case", CASES)
def test_a_page_read_twice_gives_the_same(case: str) -> None:
    assert read_case(case) == read_case(case)
