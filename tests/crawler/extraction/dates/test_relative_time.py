from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages.reading import Read

from broadsheet.crawler.extraction.dates.relative_time import find_relative
from broadsheet.crawler.extraction.dates.text import plain

CAPTURED_AT = datetime(2024, 5, 17, 15, 42, tzinfo=UTC)


def told(text: str) -> str | None:
    found = find_relative(plain(text), CAPTURED_AT)
    return found[1].value if found is not None else None


@pytest.mark.parametrize(
    "text",
    [
        "3 hours ago", "Updated 12 minutes ago", "vor 3 Stunden", "il y a 3 heures", "hace 3 horas", "3 ore fa",
        "há 3 horas", "3 uur geleden", "3 timer siden", "3 tuntia sitten", "3 godziny temu", "3 часа назад",
        "3 saat önce", "منذ 3 ساعات", "۳ ساعت پیش", "3 घंटे पहले", "3時間前", "3小时前", "3시간 전", "3 jam lalu",
        "3 giờ trước",
    ],
)  # fmt: skip
def test_hours_and_minutes_ago_are_the_day_of_the_capture(text: str) -> None:
    assert told(text) == "2024-05-17"


@pytest.mark.parametrize("text", ["2 days ago", "vor 2 Tagen", "il y a 2 jours", "2日前", "2 дня назад"])
def test_days_ago_are_counted_back_from_the_capture(text: str) -> None:
    assert told(text) == "2024-05-15"


def test_weeks_ago_name_no_day() -> None:
    assert told("1 week ago") == "2024-05"
    assert told("2 weeks ago") is None or told("2 weeks ago") in ("2024-04", "2024")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Today at 9:05", "2024-05-17T09:05:00"),
        ("gestern um 14:30 Uhr", "2024-05-16T14:30:00"),
        ("yesterday, 2:30 pm", "2024-05-16T14:30:00"),
        ("сегодня, 09:05", "2024-05-17T09:05:00"),
    ],
)
def test_today_and_yesterday_have_the_clock_reading_that_is_shown(text: str, value: str) -> None:
    assert told(text) == value


@pytest.mark.parametrize("text", ["in 3 hours", "3 hours", "a while ago", "today", "for 3 days"])
def test_what_tells_no_time_before_the_capture_is_no_date(text: str) -> None:
    assert told(text) is None


@given(st.text(max_size=120))
def test_any_text_can_be_searched(text: str) -> None:
    found = find_relative(plain(text), CAPTURED_AT)

    if found is not None:
        at, date = found
        assert 0 <= at < len(plain(text))
        assert date.precision != "second", "nobody tells seconds so"


def test_a_line_beside_the_headline_dates_an_article_that_nothing_else_dates(read: Read, paragraphs: str) -> None:
    article = read(
        f"<h1>Lamps to be counted</h1><p>Published 3 hours ago</p>{paragraphs}", captured_at=CAPTURED_AT
    ).article
    assert article.published is not None
    assert (article.published.value, article.published.precision, article.published.zone) == (
        "2024-05-17",
        "day",
        "unknown",
    )


def test_several_such_lines_are_those_of_a_list(read: Read, paragraphs: str) -> None:
    teasers = "".join(f"<p>Something else, {hours} hours ago</p>" for hours in (1, 2, 3))
    article = read(f"<h1>Lamps to be counted</h1>{teasers}{paragraphs}", captured_at=CAPTURED_AT).article
    assert article.published is None
