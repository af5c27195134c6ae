"""Reading dates out of strings: machine stamps, and dates as people write them.

A date is read as far as it is written: a day stays a day, a time without a zone stays without one. A numeric
date whose day and month could change places gives both readings; `order` decides between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal, NamedTuple

from broadsheet.crawler.extraction.dates.calendars import (
    ERAS,
    LUNAR_HIJRI_MONTHS,
    SOLAR_HIJRI_MONTHS,
    from_lunar_hijri,
    from_solar_hijri,
    gregorian_year,
    is_solar_hijri,
)
from broadsheet.crawler.extraction.dates.clock import Clock, clock_near, make_date
from broadsheet.crawler.extraction.dates.months import MONTHS, ROMAN_MONTHS
from broadsheet.crawler.extraction.dates.patterns import DATE, EPOCH, STAMP
from broadsheet.storage.model import Date

Order = Literal["day-month", "month-day"]

# Arabic-Indic, Persian, Devanagari, Bengali, Tamil, Telugu, Thai and full-width digits; direction marks and odd spaces.
_ZEROS = (0x0660, 0x06F0, 0x0966, 0x09E6, 0x0BE6, 0x0C66, 0x0E50, 0xFF10)
_PLAIN: dict[int, str | None] = {
    **{first + digit: str(digit) for first in _ZEROS for digit in range(10)},
    **dict.fromkeys(map(ord, "\u200e\u200f\u061c")),
    **dict.fromkeys(map(ord, "\u00a0\u202f\u2009"), " "),
    ord("，"): ",",
    ord("،"): ",",
    ord("："): ":",
}
_NOT_PLAIN = re.compile(f"[{''.join(map(chr, _PLAIN))}]")
_HAS_DATE_CHARACTER = re.compile(r"\d")
_LONGEST_KNOWN = 320
_LUNAR_HIJRI_SIGN = re.compile(r"\s?هـ?(?!\w)")


class Mention(NamedTuple):
    """A date that stands in a text.

    Attributes:
        start: Where it begins in the text.
        end: Where it ends, its time included.
        readings: What it can mean, one or two dates; empty for a day without a year.
        month_day: Month and day where the year is missing, else None.
        order: For a numeric date, the order that it proves by itself; None where it proves none.
        numeric: Whether day and month are both given as numbers, day or month first.
        spelled: For a date with the month's name, the order in which it is written.
    """

    start: int
    end: int
    readings: tuple[Date, ...]
    month_day: tuple[int, int] | None = None
    order: Order | None = None
    numeric: bool = False
    spelled: Order | None = None


def read_stamp(value: str) -> Date | None:
    """Read a machine stamp or a date that makes up the whole string.

    Args:
        value: ISO 8601, RFC 2822, seconds or milliseconds since 1970, or a date with a month's name.

    Returns:
        The date, or None when the string is no date or has two readings.
    """
    value = plain(value)
    match = STAMP.fullmatch(value)
    if match is not None and match["month"] is not None and not EPOCH.fullmatch(value):
        return _from_stamp(match)
    if EPOCH.fullmatch(value):
        moment = datetime.fromtimestamp(int(value[:10]), UTC)
        return Date(value=moment.isoformat(), precision="second", zone="stated")
    mentions = list(find_dates(value))
    if len(mentions) == 1 and len(mentions[0].readings) == 1:
        return mentions[0].readings[0]
    return None


def plain(text: str) -> str:
    """The text with ASCII digits and plain spaces, without direction marks."""
    return (text.translate(_PLAIN) if _NOT_PLAIN.search(text) else text).strip()


def find_dates(text: str) -> Iterator[Mention]:
    """Find the dates in a text.

    Args:
        text: Visible text, `plain`.

    Returns:
        Each date with a year, and each day with a month's name, in order.
    """
    # A line is asked by whoever looks for dates, for names beside dates, for titles before dates.
    return iter(_known_dates(text)) if len(text) <= _LONGEST_KNOWN else _read_dates(text)


@lru_cache(maxsize=4096)
def _known_dates(text: str) -> tuple[Mention, ...]:
    return tuple(_read_dates(text))


def _read_dates(text: str) -> Iterator[Mention]:
    if not _HAS_DATE_CHARACTER.search(text):
        return
    for match in DATE.finditer(text):
        mention = _mention(text, match)
        if mention is not None:
            yield mention


def _from_stamp(match: re.Match[str]) -> Date | None:
    clock = None
    if match["hour"] is not None:
        second = int(match["second"]) if match["second"] is not None else None
        clock = Clock(int(match["hour"]), int(match["minute"]), second, match["zone"])
        if clock[:2] == (0, 0) and not second and clock.zone is None:
            clock = None  # "2016-06-10T00:00:00" is how programs write a day.
    return make_date(int(match["year"]), int(match["month"]), int(match["day"]) if match["day"] else None, clock)


def _mention(text: str, match: re.Match[str]) -> Mention | None:
    clock, start, end = clock_near(text, match.start(), match.end())
    if match["first"] is not None:
        return _numeric(match, clock, start, end)
    if match["hijri_year"] is not None or (match["iso_year"] is not None and match["iso_year"] < "15"):
        found = _from_hijri(text, match, clock)
        return Mention(start, end, (found,)) if found is not None else None
    year, month, day, spelled = _parts(match)
    if year is None:
        valid = make_date(2000, month, day) is not None
        return Mention(match.start(), match.end(), (), (month, day), spelled=spelled) if valid else None
    found = make_date(gregorian_year(year), month, day, clock)
    return Mention(start, end, (found,), spelled=spelled) if found is not None else None


def _from_hijri(text: str, match: re.Match[str], clock: Clock | None) -> Date | None:
    """A date of one of the Hijri calendars; numbers alone are lunar only where their sign stands behind them."""
    if match["iso_year"] is not None:
        year, month, day = int(match["iso_year"]), int(match["iso_month"]), int(match["iso_day"])
        if is_solar_hijri(year):
            found = from_solar_hijri(year, month, day)
        else:
            found = from_lunar_hijri(year, month, day) if _LUNAR_HIJRI_SIGN.match(text, match.end()) else None
    else:
        year, day = int(match["hijri_year"]), int(match["hijri_day"])
        if match["solar_month"] is not None:
            found = from_solar_hijri(year, SOLAR_HIJRI_MONTHS[match["solar_month"]], day)
        else:
            found = from_lunar_hijri(year, LUNAR_HIJRI_MONTHS[match["lunar_month"]], day)
    return make_date(found.year, found.month, found.day, clock) if found is not None else None


def _parts(match: re.Match[str]) -> tuple[int | None, int, int, Order | None]:
    """Year, month, day and the order in which a date is spelled."""
    if match["cjk_year"] is not None:
        year = 1 if match["cjk_year"] == "元" else int(match["cjk_year"])
        return year + ERAS.get(match["era"] or "", 0), int(match["cjk_month"]), int(match["cjk_day"]), None
    for kind in ("iso", "vi"):
        if match[f"{kind}_year"] is not None:
            return int(match[f"{kind}_year"]), int(match[f"{kind}_month"]), int(match[f"{kind}_day"]), None
    if match["roman_year"] is not None:
        month = ROMAN_MONTHS.index(match["roman_month"])
        return int(match["roman_year"]), len(ROMAN_MONTHS) - month, int(match["roman_day"]), "day-month"
    if match["month_after"] is not None:
        name, day = match["month_after"].lower(), int(match["day_before"])
        written = match["year_after"] or match["year_first"]
        if match["short_year"] is not None:
            return _full_year(int(match["short_year"]), thai=name >= "\u0e00"), MONTHS[name], day, "day-month"
        return int(written) if written else None, MONTHS[name], day, "day-month"
    written = match["year_last"] or match["year_before"]
    return (
        int(written) if written else None,
        MONTHS[match["month_before"].lower()],
        int(match["day_after"]),
        "month-day",
    )


def _numeric(match: re.Match[str], clock: Clock | None, start: int, end: int) -> Mention | None:
    year = int(match["numeric_year"])
    if len(match["numeric_year"]) == len("16"):
        year = _full_year(year)
    first, second = int(match["first"]), int(match["second_number"])
    if is_solar_hijri(year):
        day = from_solar_hijri(year, second, first)
        date = make_date(day.year, day.month, day.day, clock) if day is not None else None
        return Mention(start, end, (date,)) if date is not None else None
    year = gregorian_year(year)
    day_month, month_day = make_date(year, second, first, clock), make_date(year, first, second, clock)
    readings = tuple(dict.fromkeys(reading.value for reading in (day_month, month_day) if reading is not None))
    if not readings:
        return None
    order: Order | None = None
    if match["mark"] == "." or (day_month and not month_day):
        # Dots write day first wherever they are used for dates.
        order, kept = "day-month", [day_month or month_day]
    elif month_day and not day_month:
        order, kept = "month-day", [month_day]
    else:
        kept = [day_month, month_day] if len(readings) > 1 else [day_month]
    return Mention(start, end, tuple(date for date in kept if date is not None), order=order, numeric=True)


def _full_year(two_digits: int, *, thai: bool = False) -> int:
    if thai:
        return 2500 + two_digits
    return two_digits + (2000 if two_digits < 70 else 1900)
