"""The moments of schedules, where clocks are changed and where they are not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.scheduler.clock.moments import following, jitter, latest
from broadsheet.scheduler.sources.schedules import Cron, Every, schedule

BERLIN, LORD_HOWE, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")


def _planned(text: str) -> Every | Cron:
    read = schedule(text)
    assert isinstance(read, Every | Cron)
    return read


def _between(text: str, zone: ZoneInfo, start: datetime, end: datetime) -> list[datetime]:
    """All moments after `start` and not after `end`."""
    found: list[datetime] = []
    moment = following(_planned(text), zone, start)
    while moment is not None and moment <= end:
        found.append(moment)
        moment = following(_planned(text), zone, moment)
    return found


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "zone", "now", "before", "after"),
    [
        ("every 15 minutes", UTC_ZONE, "2026-11-26T12:07:30Z", "2026-11-26T12:00Z", "2026-11-26T12:15Z"),
        ("every 1 day", BERLIN, "2026-11-26T12:00Z", "2026-11-26T00:00Z", "2026-11-27T00:00Z"),
        ("30 6 * * *", BERLIN, "2026-11-26T12:00Z", "2026-11-26T05:30Z", "2026-11-27T05:30Z"),
        ("30 6 * * *", BERLIN, "2026-07-26T12:00Z", "2026-07-26T04:30Z", "2026-07-27T04:30Z"),
        ("0 */6 * * mon-fri", UTC_ZONE, "2026-11-28T01:00Z", "2026-11-27T18:00Z", "2026-11-30T00:00Z"),
        ("0 0 29 2 *", UTC_ZONE, "2026-11-26T12:00Z", "2024-02-29T00:00Z", "2028-02-29T00:00Z"),
        ("0 12 * * *", UTC_ZONE, "2026-11-26T12:00Z", "2026-11-26T12:00Z", "2026-11-27T12:00Z"),
    ],
)
def test_a_schedule_has_a_latest_and_a_following_moment(
    text: str, zone: ZoneInfo, now: str, before: str, after: str
) -> None:
    assert latest(_planned(text), zone, _utc(now)) == _utc(before)
    assert following(_planned(text), zone, _utc(now)) == _utc(after)


def test_a_time_that_does_not_exist_comes_an_hour_later_and_once() -> None:
    found = _between("30 2 * * *", BERLIN, _utc("2026-03-28T12:00Z"), _utc("2026-03-30T12:00Z"))

    assert found == [_utc("2026-03-29T03:30+02:00"), _utc("2026-03-30T02:30+02:00")]


def test_a_time_that_exists_twice_comes_once() -> None:
    found = _between("30 2 * * *", BERLIN, _utc("2026-10-24T12:00Z"), _utc("2026-10-26T12:00Z"))

    assert found == [_utc("2026-10-25T02:30+02:00"), _utc("2026-10-26T02:30+01:00")]


def test_a_full_hour_that_is_skipped_comes_once_where_clocks_are_set_by_half_an_hour() -> None:
    found = _between("0 * * * *", LORD_HOWE, _utc("2026-10-03T14:00Z"), _utc("2026-10-03T16:30Z"))

    assert found == [_utc("2026-10-03T14:30Z"), _utc("2026-10-03T15:30Z"), _utc("2026-10-03T16:00Z")]


@pytest.mark.parametrize("zone", [BERLIN, LORD_HOWE, UTC_ZONE], ids=str)
@pytest.mark.parametrize("day", ["2026-03-29", "2026-04-05", "2026-10-04", "2026-10-25", "2026-11-26"])
def test_every_quarter_of_an_hour_means_every_one_that_passes(zone: ZoneInfo, day: str) -> None:
    start = datetime.fromisoformat(f"{day}T00:00:00+00:00") - timedelta(days=1)

    found = _between("*/15 * * * *", zone, start, start + timedelta(days=2))

    assert found == [start + timedelta(minutes=15) * number for number in range(1, 2 * 96 + 1)]


_SCHEDULES = st.sampled_from(
    ["every 7 minutes", "every 5 hours", "30 2 * * *", "*/20 1-3 * * *", "15 */2 * * sun", "0 3 1 * *", "* * * * *"]
)
_MOMENTS = st.integers(0, 3 * 366 * 24 * 3600).map(lambda second: _utc("2025-01-01T00:00Z") + timedelta(seconds=second))


@given(text=_SCHEDULES, zone=st.sampled_from([BERLIN, LORD_HOWE, UTC_ZONE]), now=_MOMENTS)
def test_no_moment_lies_between_the_latest_and_the_following(text: str, zone: ZoneInfo, now: datetime) -> None:
    read = _planned(text)
    before, after = latest(read, zone, now), following(read, zone, now)

    assert before is not None
    assert after is not None
    assert before <= now < after
    assert latest(read, zone, before) == before
    assert latest(read, zone, after) == after
    assert following(read, zone, before) == after


@given(name=st.text(min_size=1), minutes=st.integers(1, 600))
def test_jitter_is_always_the_same_for_a_source_and_never_more_than_is_allowed(name: str, minutes: int) -> None:
    every = Every(interval=timedelta(minutes=minutes))

    assert jitter(name, every, None) == jitter(name, every, None)
    assert timedelta() <= jitter(name, every, None) <= min(timedelta(minutes=5), every.interval / 10)
    assert jitter(name, every, timedelta()) == timedelta()
    assert jitter(name, _planned("0 3 * * *"), None) == timedelta()
    assert timedelta() <= jitter(name, _planned("0 3 * * *"), timedelta(hours=2)) <= timedelta(hours=2)


def test_sources_of_one_interval_do_not_start_at_once() -> None:
    every = Every(interval=timedelta(minutes=30))

    assert len({jitter(f"paper-{number}", every, None) for number in range(50)}) > 20
