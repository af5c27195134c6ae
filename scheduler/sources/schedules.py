"""When a source is crawled: as its pages have been learned to change, at an interval, or by a cron line."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import timedelta

from msgspec import Struct

from broadsheet.scheduler.sources.durations import duration, in_words

SHORTEST_INTERVAL = timedelta(minutes=1)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# As cron counts them; 7 is Sunday too.
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_PART = re.compile(r"(?:(\*)|([0-9a-z]+)(?:-([0-9a-z]+))?)(?:/(\d+))?")
_LEAP_YEAR = 2024
_FIELDS = 5


class Learned(Struct, frozen=True, kw_only=True, tag="learned"):
    """When some of its pages are due, as their changes have been learned."""

    def __str__(self) -> str:
        return "learned"


class Every(Struct, frozen=True, kw_only=True, tag="every"):
    """At an interval."""

    interval: timedelta

    def __str__(self) -> str:
        return f"every {in_words(self.interval)}"


class Cron(Struct, frozen=True, kw_only=True, tag="cron"):
    """By a cron line.

    Attributes:
        line: Its five fields as they were written.
        minutes: Minutes of the hour.
        hours: Hours of the day.
        days: Days of the month.
        months: Months of the year, from 1.
        weekdays: Days of the week, from 0 for Sunday as cron counts them.
    """

    line: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]

    def __str__(self) -> str:
        return self.line


Schedule = Learned | Every | Cron


def schedule(text: str) -> Schedule:
    """Return the schedule that a text says.

    Args:
        text: ``learned``, an interval such as ``every 15 minutes``, or a cron line of five fields.

    Raises:
        ValueError: It says none; the message says why.
    """
    words = text.strip().lower()
    if words == "learned":
        return Learned()
    if words.startswith("every "):
        interval = duration(words.removeprefix("every "))
        if interval is None or interval < SHORTEST_INTERVAL:
            raise ValueError("an interval is at least a minute, such as 'every 15 minutes' or 'every 6 hours'")
        return Every(interval=interval)
    fields = words.split()
    if len(fields) != _FIELDS:
        raise ValueError(f"a cron line has five fields, and this has {len(fields)}")
    return _cron(text.strip(), fields)


def _cron(line: str, fields: list[str]) -> Cron:
    minute, hour, day, month, weekday = fields
    days, weekdays = _values("day of month", day, 1, 31), _values("day of week", weekday, 0, 7, _WEEKDAYS)
    if not day.startswith("*") and not weekday.startswith("*"):
        raise ValueError("of day of month and day of week one has to be '*': it would not be clear whether both count")
    months = _values("month", month, 1, 12, _MONTHS)
    if not any(day <= monthrange(_LEAP_YEAR, month)[1] for month in months for day in days):
        raise ValueError("no such day is in those months: it would never come")
    return Cron(
        line=line,
        minutes=_values("minute", minute, 0, 59),
        hours=_values("hour", hour, 0, 23),
        days=days,
        months=months,
        weekdays=tuple(sorted({day % 7 for day in weekdays})),
    )


def _values(name: str, field: str, first: int, last: int, names: tuple[str, ...] = ()) -> tuple[int, ...]:
    """Return every number that a field of a cron line means."""
    found: set[int] = set()
    for part in field.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is no {name}")
        every, low, high, step = match.groups()
        start = first if every else _number(name, low, first, last, names)
        # `5/10` means from 5 on, every 10.
        until = last if every or step else start
        end = _number(name, high, first, last, names) if high else until
        if end < start or step == "0":
            raise ValueError(f"{part!r} is no {name}")
        found.update(range(start, end + 1, int(step or 1)))
    return tuple(sorted(found))


def _number(name: str, text: str, first: int, last: int, names: tuple[str, ...]) -> int:
    if text in names:
        return names.index(text) + (1 if names is _MONTHS else 0)
    if not text.isdecimal() or not first <= int(text) <= last:
        raise ValueError(f"{text!r} is no {name}: it is from {first} to {last}")
    return int(text)
