from __future__ import annotations

from datetime import date

import pytest

from broadsheet.crawler.extraction.dates.day_search import search_day
from broadsheet.crawler.extraction.page import Page


@pytest.mark.parametrize(
    ("shown", "day"),
    [
        ("Viernes, 22 de Abril de 2022", "2022-04-22"),
        ("07-30-2008", "2008-07-30"),
        ("czwartek, 13 stycznia 2022", "2022-01-13"),
    ],
)
def test_a_date_in_words_is_found_anywhere_on_the_page(shown: str, day: str) -> None:
    body = f"<html><body><div><span class='date'>{shown}</span></div><p>Lamps were counted.</p></body></html>"
    page = Page(body.encode(), url="https://paper.example/lamps", content_type="text/html; charset=utf-8")
    assert search_day(page, latest=date(2026, 11, 23)) == day


def test_no_day_is_made_of_a_page_without_one() -> None:
    page = Page(b"<html><body><p>Lamps.</p></body></html>", url="https://paper.example/lamps", content_type="text/html")
    assert search_day(page, latest=date(2026, 11, 23)) is None
