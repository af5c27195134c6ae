from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.crawler.extraction.dates.calendars import from_lunar_hijri, from_solar_hijri


@pytest.mark.parametrize(
    ("year", "month", "day", "gregorian"),
    [
        (1403, 1, 1, date(2024, 3, 20)),
        (1399, 12, 30, date(2021, 3, 20)),
        (1357, 11, 22, date(1979, 2, 11)),
        (1399, 4, 2, date(2020, 6, 22)),
    ],
)
def test_a_solar_hijri_day_is_that_of_the_gregorian_calendar(year: int, month: int, day: int, gregorian: date) -> None:
    assert from_solar_hijri(year, month, day) == gregorian


@pytest.mark.parametrize(
    ("year", "month", "day", "gregorian"),
    [(1445, 9, 12, date(2024, 3, 22)), (1446, 1, 1, date(2024, 7, 7)), (1400, 1, 1, date(1979, 11, 20))],
)
def test_a_lunar_hijri_day_is_that_of_umm_al_qura(year: int, month: int, day: int, gregorian: date) -> None:
    assert from_lunar_hijri(year, month, day) == gregorian


@given(st.integers(1300, 1429), st.integers(1, 12), st.integers(1, 31))
def test_the_solar_hijri_days_follow_each_other_without_gap(year: int, month: int, day: int) -> None:
    here, following = from_solar_hijri(year, month, day), from_solar_hijri(year, month, day + 1)
    if here is None:
        return
    if following is None:
        following = from_solar_hijri(year, month + 1, 1) or from_solar_hijri(year + 1, 1, 1)
    assert following == here + timedelta(days=1)


@pytest.mark.parametrize(("year", "month", "day"), [(1402, 12, 30), (1403, 7, 31), (1403, 13, 1), (1403, 1, 0)])
def test_there_is_no_day_that_the_solar_hijri_calendar_does_not_have(year: int, month: int, day: int) -> None:
    assert from_solar_hijri(year, month, day) is None


@pytest.mark.parametrize(("year", "month", "day"), [(1445, 1, 31), (1399, 1, 1), (1461, 1, 1), (1445, 13, 1)])
def test_there_is_no_day_outside_the_table_of_umm_al_qura(year: int, month: int, day: int) -> None:
    assert from_lunar_hijri(year, month, day) is None
