"""When a source is crawled: what may be written, and what it means to a clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.scheduler.clock.moments import following
from broadsheet.scheduler.sources.durations import duration, in_words
from broadsheet.scheduler.sources.schedules import Cron, Every, Learned, schedule

# A Wednesday.
START = datetime(2026, 7, 1, tzinfo=UTC)


def moments(line: str, count: int) -> list[str]:
    """The first moments of a line from the start of July 2026 on."""
    found = schedule(line)
    assert isinstance(found, Cron)
    shown, at = [], START - timedelta(seconds=1)
    for _ in range(count):
        moment = following(found, ZoneInfo("UTC"), at)
        assert moment is not None
        shown.append(f"{moment:%m-%d %H:%M}")
        at = moment
    return shown


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("*/20 * * * *", ["07-01 00:00", "07-01 00:20", "07-01 00:40"]),
        ("5/25 3 * * *", ["07-01 03:05", "07-01 03:30", "07-01 03:55"]),
        ("0,30 5-6 * * *", ["07-01 05:00", "07-01 05:30", "07-01 06:00"]),
        ("0 0 * * 0", ["07-05 00:00", "07-12 00:00", "07-19 00:00"]),
        ("0 0 * * 7", ["07-05 00:00", "07-12 00:00", "07-19 00:00"]),
        ("0 0 * * Mon-Fri", ["07-01 00:00", "07-02 00:00", "07-03 00:00"]),
        ("0 0 * * 1", ["07-06 00:00", "07-13 00:00", "07-20 00:00"]),
        ("0 0 31 jul,aug,sep *", ["07-31 00:00", "08-31 00:00", "07-31 00:00"]),
        ("0 12 29 2 *", ["02-29 12:00", "02-29 12:00"]),
    ],
)
def test_a_cron_line_means_what_cron_means_by_it(line: str, expected: list[str]) -> None:
    assert moments(line, len(expected)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hourly",
        "every",
        "every day",
        "every 30 seconds",
        "every 99999999999 hours",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 8",
        "* * * * monday",
        "*/0 * * * *",
        "10-5 * * * *",
        "-5 * * * *",
        "1,,2 * * * *",
        "0 0 31 2 *",
        "0 0 31 4,6 *",
        "0 0 1 * mon",
    ],
)
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        schedule(text)


@given(st.integers(1, 10_000))
def test_an_interval_is_read_as_it_is_told(minutes: int) -> None:
    written = str(Every(interval=timedelta(minutes=minutes)))
    assert schedule(written) == Every(interval=timedelta(minutes=minutes))


@given(st.integers(0, 10**9 - 1))
def test_a_length_of_time_is_read_as_it_is_told(seconds: int) -> None:
    length = timedelta(seconds=seconds)
    assert duration(in_words(length)) == length


def test_schedules_are_told_as_they_are_written() -> None:
    for text in ("learned", "every 6 hours", "*/15 6-22 * * mon-fri"):
        assert str(schedule(text)) == text
    assert schedule(" Learned ") == Learned()
