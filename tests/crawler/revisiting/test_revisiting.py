"""When a page is due again follows from what the looks at it have found."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.crawler.revisiting import revisiting
from broadsheet.crawler.revisiting.histories import UNKNOWN_HABITS, Found, Habits, History, Role
from broadsheet.crawler.revisiting.revisiting import DEFAULT_PACE, Pace, begin, due_at, expected, observe
from broadsheet.storage.model import Date

_NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_FOUND: tuple[Found, ...] = ("changed", "unchanged", "gone", "failed")
_CHANGED: tuple[Found, ...] = ("changed",) * 20
_UNCHANGED: tuple[Found, ...] = ("unchanged",) * 20
_ROLES: tuple[Role, ...] = ("front", "listing", "page", "article")


def _pause(history: History, habits: Habits = UNKNOWN_HABITS) -> timedelta:
    return due_at(history, DEFAULT_PACE, habits) - history.tried_at


def _watched(history: History, *found: Found, habits: Habits = UNKNOWN_HABITS) -> tuple[History, Habits]:
    """Look at a page whenever it is due."""
    for each in found:
        history, habits = observe(history, due_at(history, DEFAULT_PACE, habits), each, habits)
    return history, habits


def test_the_older_an_article_is_the_later_it_is_looked_at_again() -> None:
    pauses = [_pause(begin("article", _NOON, published=_NOON - age)) for age in (0 * _DAY, _HOUR, _DAY, 30 * _DAY)]
    assert pauses == sorted(pauses)
    assert pauses[0] < _HOUR
    assert pauses[-1] > 5 * _DAY


@given(
    hours=st.floats(0, 2_000),
    found=st.lists(st.sampled_from(("changed", "unchanged")), max_size=8),
    price=st.floats(1e-3, 1),
)
def test_an_article_is_due_when_a_look_at_it_is_expected_to_find_the_price(
    hours: float, found: list[Found], price: float
) -> None:
    pace = Pace(price=price)
    history, habits = _watched(begin("article", _NOON, published=_NOON - hours * _HOUR), *found)
    at = due_at(history, pace, habits)
    if pace.quickest + timedelta(seconds=1) < at - history.tried_at < pace.slowest:
        assert expected(history, at, habits) == pytest.approx(price, rel=1e-3)


def test_an_article_that_never_changes_is_looked_at_ever_more_rarely_and_never_given_up() -> None:
    history, habits = _watched(begin("article", _NOON), *_UNCHANGED, *_UNCHANGED)
    assert _pause(history, habits) == DEFAULT_PACE.slowest


def test_an_article_that_was_edited_is_looked_at_sooner_than_one_that_was_not() -> None:
    before, habits = _watched(begin("article", _NOON), *_UNCHANGED[:8])
    at = due_at(before, DEFAULT_PACE, habits)
    edited, unedited = (observe(before, at, found, habits) for found in ("changed", "unchanged"))
    assert _pause(*edited) < _pause(*unedited) / 4


def test_a_live_page_is_looked_at_within_minutes_until_it_ends() -> None:
    habits = UNKNOWN_HABITS
    for _ in range(20):
        _, habits = _watched(begin("article", _NOON), *_UNCHANGED[:10], habits=habits)
    live, habits = _watched(begin("article", _NOON), *_CHANGED, habits=habits)
    assert _pause(live, habits) < 15 * _MINUTE
    over, habits = _watched(live, *_UNCHANGED, habits=habits)
    assert _pause(over, habits) > _HOUR


def test_what_a_source_does_with_its_articles_is_expected_of_the_next() -> None:
    busy = quiet = UNKNOWN_HABITS
    for _ in range(20):
        _, busy = _watched(begin("article", _NOON), *_CHANGED[:5], *_UNCHANGED[:5], habits=busy)
        _, quiet = _watched(begin("article", _NOON), *_UNCHANGED[:10], habits=quiet)
    assert _pause(begin("article", _NOON), busy) < _pause(begin("article", _NOON), quiet)


def test_a_removal_is_looked_at_once_more_soon_and_then_rarely() -> None:
    old = begin("article", _NOON, published=_NOON - 300 * _DAY)
    gone, habits = _watched(old, "gone")
    assert _pause(gone, habits) == 15 * _MINUTE
    assert expected(gone, _NOON + 90 * _DAY, habits) == 1.0
    confirmed, habits = _watched(gone, "gone", habits=habits)
    assert confirmed.gone == 2
    assert _pause(confirmed, habits) == _DAY
    restored, habits = _watched(gone, "changed", habits=habits)
    assert not restored.gone


def test_failures_are_tried_again_after_pauses_that_double_up_to_a_day() -> None:
    history = begin("article", _NOON, published=_NOON - 300 * _DAY, found="failed")
    pauses = []
    for _ in range(9):
        pauses.append(_pause(history) / _MINUTE)
        history, _ = _watched(history, "failed")
    assert pauses == [15, 30, 60, 120, 240, 480, 960, 1440, 1440]
    assert _pause(_watched(history, "unchanged")[0]) > _DAY


def test_a_front_page_that_could_not_be_had_is_tried_twice_more_within_the_time_in_which_it_is_looked_at() -> None:
    pauses = []
    down = begin("front", _NOON, found="failed")
    for _ in range(9):
        pauses.append(round(_pause(down) / _MINUTE))
        down, _ = _watched(down, "failed")
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 120, 120]
    slow = begin("front", _NOON, found="failed")
    assert due_at(slow, Pace(front_quickest=_HOUR), UNKNOWN_HABITS) - _NOON == _HOUR / 5


def test_a_front_page_is_looked_at_within_minutes_while_much_is_published_and_hours_apart_while_nothing_is() -> None:
    busy = quiet = begin("front", _NOON)
    for _ in range(60):
        busy, _ = observe(busy, busy.tried_at + 30 * _MINUTE, "unchanged", UNKNOWN_HABITS, new_articles=4)
        quiet, _ = observe(quiet, quiet.tried_at + 30 * _MINUTE, "unchanged", UNKNOWN_HABITS)
    assert _pause(busy) < 10 * _MINUTE
    assert _HOUR < _pause(quiet) <= 2 * _HOUR


def test_a_front_page_is_looked_at_less_often_at_the_hours_at_which_nothing_appears() -> None:
    front = begin("front", _NOON)
    for _ in range(24 * 30):
        at = front.tried_at + _HOUR
        front, _ = observe(front, at, "unchanged", UNKNOWN_HABITS, new_articles=3 if 6 < at.hour < 23 else 0)
    day, night = (observe(front, _NOON + 31 * _DAY + hours * _HOUR, "failed", UNKNOWN_HABITS)[0] for hours in (0, 14))
    waited = [expected(history, history.tried_at, UNKNOWN_HABITS) for history in (day, night)]
    assert waited[1] < waited[0] + 14 * 3, "the nights are expected to add little"
    at_noon, _ = observe(front, front.tried_at.replace(hour=12) + _DAY, "unchanged", UNKNOWN_HABITS, new_articles=0)
    at_two, _ = observe(front, front.tried_at.replace(hour=2) + _DAY, "unchanged", UNKNOWN_HABITS, new_articles=0)
    assert _pause(at_noon) < _pause(at_two) / 2


def test_a_page_that_leads_to_nothing_new_is_looked_at_ever_more_rarely_and_sooner_when_it_does() -> None:
    page, _ = _watched(begin("page", _NOON), *_UNCHANGED)
    assert _pause(page) == DEFAULT_PACE.slowest
    useful, _ = observe(begin("page", _NOON), _NOON + _HOUR, "unchanged", UNKNOWN_HABITS, new_articles=2)
    assert _pause(useful) < _pause(begin("page", _NOON))


def test_more_is_expected_of_a_fresh_article_than_of_an_old_one_and_of_each_the_longer_it_waits() -> None:
    fresh, old = (begin("article", _NOON, published=_NOON - age) for age in (0 * _DAY, 60 * _DAY))
    soon, later = _NOON + _HOUR, _NOON + 5 * _HOUR
    assert expected(fresh, soon, UNKNOWN_HABITS) > expected(old, soon, UNKNOWN_HABITS)
    assert expected(fresh, later, UNKNOWN_HABITS) > expected(fresh, soon, UNKNOWN_HABITS)


@pytest.mark.parametrize(
    ("value", "precision", "latest"),
    [
        ("2026-11-26T09:00:00+01:00", "second", datetime(2026, 11, 26, 8, tzinfo=UTC)),
        ("2026-11-26T09:00:00", "second", datetime(2026, 11, 26, 21, tzinfo=UTC)),
        ("2026-11-26", "day", datetime(2026, 11, 27, 12, tzinfo=UTC)),
        ("2026-11", "month", None),
        ("2026", "year", None),
    ],
    ids=["a moment", "without a zone", "a day", "a month", "a year"],
)
def test_a_date_means_the_latest_moment_that_it_may(value: str, precision: str, latest: datetime | None) -> None:
    date = Date(value=value, precision=precision, zone="unknown")  # type: ignore[arg-type]
    assert revisiting.latest_moment(date) == latest


def test_a_front_page_is_looked_at_within_bounds_of_its_own() -> None:
    pace = Pace(front_quickest=_HOUR, front_slowest=6 * _HOUR)
    busy, habits = begin("front", _NOON), UNKNOWN_HABITS
    assert due_at(busy, pace, habits) - _NOON == _HOUR
    quiet, habits = _watched(busy, *(("unchanged",) * 400))
    down, _ = _watched(busy, *(("failed",) * 20))
    assert due_at(quiet, pace, habits) - quiet.tried_at == 6 * _HOUR
    assert due_at(down, pace, habits) - down.tried_at == 6 * _HOUR
    article = begin("article", _NOON)
    assert due_at(article, pace, habits) == due_at(article, DEFAULT_PACE, habits)


_LOOKS = st.lists(st.tuples(st.floats(0, 1e4), st.sampled_from(_FOUND), st.integers(0, 5)), max_size=30)


@given(st.sampled_from(_ROLES), st.floats(0, 1e5), _LOOKS, st.floats(0, 100), st.floats(0.1, 1000))
def test_whatever_was_found_the_next_look_is_within_the_pace(
    role: Role, age: float, looks: list[tuple[float, Found, int]], quickest: float, more: float
) -> None:
    shortest, longest = quickest * _HOUR, (quickest + more) * _HOUR
    pace = Pace(quickest=shortest, slowest=longest, front_quickest=shortest, front_slowest=longest)
    history, habits = begin(role, _NOON, published=_NOON - age * _HOUR), UNKNOWN_HABITS
    for hours, found, new in looks:
        history, habits = observe(history, history.tried_at + hours * _HOUR, found, habits, new_articles=new)
        at = due_at(history, pace, habits)
        soonest = pace.quickest / 5 if role == "front" and history.failures else pace.quickest
        assert soonest - _MINUTE <= at - history.tried_at <= pace.slowest + _MINUTE
        assert 0 <= expected(history, at, habits) < 1e6
    assert sum(habits.hours) >= 0
