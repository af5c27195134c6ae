"""Times of day as written, and the `Date` that a day makes with one."""

from __future__ import annotations

import re
from datetime import date, datetime, timezone
from typing import NamedTuple

from broadsheet.crawler.extraction.dates.patterns import TIME_AFTER, TIME_BEFORE
from broadsheet.crawler.extraction.dates.zones import offset_of
from broadsheet.storage.model import Date, Precision

_EARLIEST_YEAR, _LATEST_YEAR = 1600, 2200
_WIDEST_TIME = 40
_AFTERNOON = ("오후", "下午", "午後", "晚上")
_MORNING = ("오전", "上午", "午前", "凌晨", "早上")
_AFTERNOON_LETTERS = ("p", "μ", "ب", "م")  # p.m., μ.μ., ب.ظ and م


class Clock(NamedTuple):
    """A time of day as written, with its zone as written."""

    hour: int
    minute: int
    second: int | None
    zone: str | None


def clock_near(text: str, start: int, end: int) -> tuple[Clock | None, int, int]:
    """The time of day behind or before a date.

    Args:
        text: The text.
        start: Where the date begins.
        end: Where it ends.

    Returns:
        The time, or None; and where date and time begin and end together.
    """
    after = TIME_AFTER.match(text, end)
    if after is not None:
        return _clock(after), start, after.end()
    before = TIME_BEFORE.search(text, max(0, start - _WIDEST_TIME), start)
    if before is not None and (before["minute"] or before["bare_minute"]) is not None:
        return _clock(before), before.start(), end
    return None, start, end


def make_date(year: int, month: int, day: int | None, clock: Clock | None = None) -> Date | None:
    """Build a `Date` no finer than what is given, or None where there is no such day or time."""
    if not _EARLIEST_YEAR <= year <= _LATEST_YEAR:
        return None
    try:
        named = date(year, month, day or 1)
        if day is None or clock is None:
            text, precision = named.isoformat(), "day" if day else "month"
            return Date(value=text if day else text[:7], precision=precision, zone="unknown")  # type: ignore[arg-type]
        offset = offset_of(clock.zone, named)
        zone = timezone(offset.value) if offset is not None else None
        moment = datetime(year, month, day, clock.hour, clock.minute, min(clock.second or 0, 59), tzinfo=zone)
    except ValueError:
        return None
    finest: Precision = "minute" if clock.second is None else "second"
    certainty = "unknown" if offset is None else "assumed" if offset.assumed else "stated"
    return Date(value=moment.isoformat(), precision=finest, zone=certainty)  # type: ignore[arg-type]


def _clock(match: re.Match[str]) -> Clock | None:
    hour = int(match["hour"])
    if hour == 24:
        return None  # Midnight of which day is anyone's guess.
    meridiem = (match["meridiem"] or "").lower()
    if hour <= 12 and (meridiem or match["half"]):
        late = meridiem.startswith(_AFTERNOON_LETTERS) or meridiem.startswith("مساء") or match["half"] in _AFTERNOON
        if late:
            hour = hour % 12 + 12
        elif meridiem or match["half"] in _MORNING:
            hour %= 12
    second = int(match["second"]) if match["second"] is not None else None
    return Clock(hour, int(match["minute"] or match["bare_minute"] or 0), second, match["zone"])
