"""The moments that a schedule means: pure functions of a schedule, a time zone and a moment.

Wall clocks are set back and forward, twice a year by law. A time of a cron line that does not exist is taken an hour
later, one that exists twice is taken the first time; a line that means every hour of the day means every hour that
passes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from broadsheet.scheduler.sources.schedules import Cron, Every

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A cron line for the 29th of February, over a year that ends a century.
_MOST_DAYS = 366 * 8 + 1
_HOURS_OF_DAY = 24
_LONGEST_JITTER = timedelta(minutes=5)
_SHARE_OF_INTERVAL = 10


def latest(schedule: Every | Cron, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return the latest moment of a schedule that is not after `now`, in UTC; None where it has none in eight years.

    Args:
        schedule: The schedule; an interval counts from 1970 on.
        zone: Whose clock a cron line means.
        now: Aware.
    """
    if isinstance(schedule, Every):
        return _EPOCH + (now - _EPOCH) // schedule.interval * schedule.interval
    return next((moment for moment in _back(schedule, zone, now) if moment <= now), None)


def following(schedule: Every | Cron, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return the first moment of a schedule after `now`, in UTC; None where it has none in eight years."""
    if isinstance(schedule, Every):
        return _EPOCH + ((now - _EPOCH) // schedule.interval + 1) * schedule.interval
    today = now.astimezone(zone).date()
    for number in range(-1, _MOST_DAYS):
        for moment in _of_day(schedule, zone, today + timedelta(days=number)):
            if moment > now:
                return moment
    return None


def jitter(source: str, schedule: Every | Cron, stated: timedelta | None) -> timedelta:
    """Return by how much the runs of a source are put off: always the same, so that none is missed or made twice.

    Args:
        source: Its name, which decides.
        schedule: When it runs.
        stated: The most, as configured; None for a tenth of an interval and at most five minutes, and nothing for a
            cron line.
    """
    if stated is None:
        stated = min(_LONGEST_JITTER, schedule.interval / _SHARE_OF_INTERVAL) if isinstance(schedule, Every) else None
    if not stated:
        return timedelta()
    share = int.from_bytes(hashlib.sha256(source.encode()).digest()[:4], "big") / 2**32
    return timedelta(seconds=int(stated.total_seconds() * share))


def _back(cron: Cron, zone: ZoneInfo, now: datetime) -> Iterator[datetime]:
    today = now.astimezone(zone).date()
    for number in range(-1, _MOST_DAYS):
        yield from reversed(_of_day(cron, zone, today - timedelta(days=number)))


@lru_cache(maxsize=256)
def _of_day(cron: Cron, zone: ZoneInfo, day: date) -> tuple[datetime, ...]:
    """Return the moments of a day by the clock of a zone, in UTC and in their order."""
    weekday = (day.weekday() + 1) % 7  # as cron counts them
    if day.month not in cron.months or day.day not in cron.days or weekday not in cron.weekdays:
        return ()
    shown = [
        datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
        for hour in cron.hours
        for minute in cron.minutes
    ]
    found = {wall.astimezone(UTC) for wall in shown}
    # Whoever says an hour means it once.
    if len(cron.hours) == _HOURS_OF_DAY:
        found |= {moment for wall in shown if (moment := _second_time(wall)) is not None}
    return tuple(sorted(found))


def _second_time(wall: datetime) -> datetime | None:
    """Return when a clock shows a time once more because it was set back, in UTC; None where it shows it but once."""
    moment = wall.replace(fold=1).astimezone(UTC)
    # A time that is skipped would be taken for one before: in zones that skip half an hour, for none of the line's.
    again = moment.astimezone(wall.tzinfo)
    return moment if again.replace(tzinfo=None) == wall.replace(tzinfo=None) else None
