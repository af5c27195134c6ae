"""Reading dates out of strings: machine stamps, and dates as people write them.

A date is read as far as it is written: a day stays a day, a time without a zone stays without one. A numeric
date whose day and month could change places gives both readings; `date_order` decides between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal, NamedTuple

from broadsheet.crawler.extraction.months import MONTH_PATTERN, MONTHS
from broadsheet.storage.model import Date, Precision

Order = Literal["day-month", "month-day"]

_EARLIEST_YEAR, _LATEST_YEAR = 1600, 2200
# Arabic-Indic, Persian, Devanagari and full-width digits; direction marks and odd spaces.
_PLAIN: dict[int, str | None] = {
    **{first + digit: str(digit) for first in (0x0660, 0x06F0, 0x0966, 0xFF10) for digit in range(10)},
    **dict.fromkeys(map(ord, "\u200e\u200f\u061c")),
    **dict.fromkeys(map(ord, "\u00a0\u202f\u2009"), " "),
    ord("，"): ",",
    ord("،"): ",",
    ord("："): ":",
}
# Names that mean one offset wherever they stand; IST (India, Ireland, Israel) and ET or MEZ-like seasons do
# not.
_ZONE_HOURS = {
    0: "utc gmt z wet", 1: "cet bst mez", 2: "cest mesz eet sast", 3: "eest msk", 7: "wib", 8: "hkt sgt",
    9: "jst kst", 10: "aest", 11: "aedt", 12: "nzst", 13: "nzdt", -4: "edt", -5: "est cdt", -6: "cst mdt",
    -7: "mst pdt", -8: "pst",
}  # fmt: skip
_ZONES = {name: timedelta(hours=hours) for hours, names in _ZONE_HOURS.items() for name in names.split()}
_ZONE = rf"(?P<zone>(?:{'|'.join(_ZONES)})(?![a-z])(?:\s*[+-]\d{{1,2}}(?::?\d\d)?)?|[+-]\d\d(?::?\d\d)?(?!\d))"

_STAMP = re.compile(
    rf"""
    (?P<year>\d{{4}}) (?:-?(?P<month>\d\d?) (?:-?(?P<day>\d\d?)
    (?:(?:T|\s+) (?P<hour>\d\d?) :?(?P<minute>\d\d) (?::?(?P<second>\d\d)(?:[.,:]\d+)?)?
    \s*{_ZONE}? (?:\s*(?:utc|gmt))? )?)?)? (?:\[[\w/]+\])?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?")

_YEAR = r"(?:1[6-9]|2[01])\d\d(?!\d)"
_DATE = re.compile(
    rf"""
    (?<!\d) (?P<cjk_year>{_YEAR}) \s?[年년]\s? (?P<cjk_month>\d\d?) \s?[月월]\s? (?P<cjk_day>\d\d?) \s?[日일]
  | (?<![\d.]) (?P<iso_year>{_YEAR}) (?P<iso_mark>[-/.])\s? (?P<iso_month>\d\d?) (?P=iso_mark)\s?
        (?P<iso_day>\d\d?) (?!\d)
  | (?<![\d.,]) (?P<first>\d\d?) \s?(?P<mark>[/.-])\s? (?P<second_number>\d\d?) \s?(?P=mark)\s?
        (?P<numeric_year>(?:1[6-9]|2[01])\d\d|\d\d) (?!\d)
  | (?<!\d) (?P<day_before>\d\d?) (?:st|nd|rd|th|er|º|ª|°)?[.,]?[\s-]* (?:de\s|di\s|of\s|d['’])?\s*
        (?P<month_after>{MONTH_PATTERN}) (?![^\W\d_]) [.,]*[\s-]*(?:(?:de|del|of|din|do)\s)?\s*
        (?:(?P<year_after>{_YEAR})|['’](?P<short_year>\d\d)(?!\d))?
  | (?<!\d) (?:(?P<year_before>{_YEAR})\.?\s+)? (?<![^\W\d_]) (?P<month_before>{MONTH_PATTERN}) (?![^\W\d_])
        \.?\s* (?P<day_after>\d\d?) (?![\d:]) (?:st|nd|rd|th|\.)?
        (?:(?:\s*[,/]\s*|\s+) (?P<year_last>{_YEAR}))?
  | (?<!\d) (?P<vi_day>\d\d?) \s+tháng\s+ (?P<vi_month>\d\d?) [,\s]+(?:năm\s+)? (?P<vi_year>\d{{4}})
    """,
    re.IGNORECASE | re.VERBOSE,
)
_CLOCK = rf"""
    (?:(?P<half>[오上下午前後전후]{{2}})\s*)? (?P<hour>[01]?\d|2[0-4])
    (?:
        \s?(?:[:.]|h|Uhr|時|시|點|点)\s? (?P<minute>[0-5]\d)
        (?:\s?[:.]\s?(?P<second>[0-5]\d)(?:\.\d+)?)? (?:\s?[분分])? (?!\d)
      | (?=\s?[ap]\.?m\b)
      | (?=\s?(?:Uhr|時|시)(?!\w))
    )
    \s*(?P<meridiem>[ap]\.?\s?m\b\.?)? (?:\s*(?:Uhr|h|hrs|น\.))?
    (?:\s*\(?{_ZONE}\)?)?
"""
_TIME_AFTER = re.compile(
    rf"""
    (?:\s*\([^()\d]{{1,12}}\))? [\s,;|·•–—\-/()]*
    (?:(?<=\d)T(?=\d)
      |\b(?:at|um|à|alle|ore|ora|h|o|a\s+las|às|as|kl|klo|в|о|om|saat|godz|pukul|jam|ve)\b\.?:?\s*)?
    {_CLOCK}
    """,
    re.IGNORECASE | re.VERBOSE,
)
_TIME_BEFORE = re.compile(
    rf"""
    (?<![\d.:]) {_CLOCK} [\s,;|·•–—\-()]* (?:\b(?:on|am|le|el|del|il)\b\s*)?
    (?:[^\W\d_]{{2,12}}\.?,?\s+)? $  # a weekday
    """,
    re.IGNORECASE | re.VERBOSE,
)
_AFTERNOON = ("오후", "下午", "午後")
_HAS_DATE_CHARACTER = re.compile(r"\d")


class Clock(NamedTuple):
    """A time of day as written."""

    hour: int
    minute: int
    second: int | None
    offset: timedelta | None


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
    match = _STAMP.fullmatch(value)
    if match is not None and match["month"] is not None and not _EPOCH.fullmatch(value):
        return _from_stamp(match)
    if _EPOCH.fullmatch(value):
        moment = datetime.fromtimestamp(int(value[:10]), UTC)
        return Date(value=moment.isoformat(), precision="second", zone="stated")
    mentions = list(find_dates(value))
    if len(mentions) == 1 and len(mentions[0].readings) == 1:
        return mentions[0].readings[0]
    return None


def plain(text: str) -> str:
    """The text with ASCII digits and plain spaces, without direction marks."""
    return text.strip() if text.isascii() else text.translate(_PLAIN).strip()


def find_dates(text: str) -> Iterator[Mention]:
    """Find the dates in a text.

    Args:
        text: Visible text, `plain`.

    Yields:
        Each date with a year, and each day with a month's name, in order.
    """
    if not _HAS_DATE_CHARACTER.search(text):
        return
    for match in _DATE.finditer(text):
        mention = _mention(text, match)
        if mention is not None:
            yield mention


def _from_stamp(match: re.Match[str]) -> Date | None:
    clock = None
    if match["hour"] is not None:
        second = int(match["second"]) if match["second"] is not None else None
        clock = Clock(int(match["hour"]), int(match["minute"]), second, _offset(match["zone"]))
        if clock[:2] == (0, 0) and not second and clock.offset is None:
            clock = None  # "2016-06-10T00:00:00" is how programs write a day.
    return _date(int(match["year"]), int(match["month"]), int(match["day"]) if match["day"] else None, clock)


def _mention(text: str, match: re.Match[str]) -> Mention | None:
    clock, start, end = _clock_near(text, match)
    if match["first"] is not None:
        return _numeric(match, clock, start, end)
    year, month, day, spelled = _parts(match)
    if year is None:
        valid = _date(2000, month, day, None) is not None
        return Mention(match.start(), match.end(), (), (month, day), spelled=spelled) if valid else None
    found = _date(year, month, day, clock)
    return Mention(start, end, (found,), spelled=spelled) if found is not None else None


def _parts(match: re.Match[str]) -> tuple[int | None, int, int, Order | None]:
    """Year, month, day and the order in which a date is spelled."""
    for kind in ("cjk", "iso", "vi"):
        if match[f"{kind}_year"] is not None:
            return int(match[f"{kind}_year"]), int(match[f"{kind}_month"]), int(match[f"{kind}_day"]), None
    if match["month_after"] is not None:
        year = match["year_after"]
        short = match["short_year"]
        number = int(year) if year is not None else _full_year(int(short)) if short is not None else None
        return number, MONTHS[match["month_after"].lower()], int(match["day_before"]), "day-month"
    year = match["year_last"] or match["year_before"]
    return (
        int(year) if year else None,
        MONTHS[match["month_before"].lower()],
        int(match["day_after"]),
        "month-day",
    )


def _numeric(match: re.Match[str], clock: Clock | None, start: int, end: int) -> Mention | None:
    year = int(match["numeric_year"])
    if len(match["numeric_year"]) == len("16"):
        year = _full_year(year)
    first, second = int(match["first"]), int(match["second_number"])
    day_month, month_day = _date(year, second, first, clock), _date(year, first, second, clock)
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


def _clock_near(text: str, match: re.Match[str]) -> tuple[Clock | None, int, int]:
    """The time of day after or before a date, and where date and time begin and end together."""
    after = _TIME_AFTER.match(text, match.end())
    if after is not None:
        return _clock(after), match.start(), after.end()
    before = _TIME_BEFORE.search(text, max(0, match.start() - 40), match.start())
    if before is not None and before["minute"] is not None:
        return _clock(before), before.start(), match.end()
    return None, match.start(), match.end()


def _clock(match: re.Match[str]) -> Clock:
    hour = int(match["hour"])
    meridiem = (match["meridiem"] or "").lower()
    if hour <= 12:
        if meridiem.startswith("p") or match["half"] in _AFTERNOON:
            hour = hour % 12 + 12
        elif meridiem.startswith("a"):
            hour %= 12
    second = int(match["second"]) if match["second"] is not None else None
    return Clock(hour, int(match["minute"] or 0), second, _offset(match["zone"]))


def _offset(zone: str | None) -> timedelta | None:
    if not zone:
        return None
    parts = re.fullmatch(r"([a-z]*)\s*(?:([+-])(\d\d?):?(\d\d)?)?", zone.lower())
    if parts is None:
        return None
    offset = _ZONES.get(parts[1], timedelta(0))
    if parts[2] is not None:
        shift = timedelta(hours=int(parts[3]), minutes=int(parts[4] or 0))
        offset += shift if parts[2] == "+" else -shift
    return offset


def _full_year(two_digits: int) -> int:
    return two_digits + (2000 if two_digits < 70 else 1900)


def _date(year: int, month: int, day: int | None, clock: Clock | None) -> Date | None:
    """Build a `Date`, or None where there is no such day or time."""
    if not _EARLIEST_YEAR <= year <= _LATEST_YEAR:
        return None
    try:
        if day is None or clock is None:
            moment = datetime(year, month, day or 1)  # noqa: DTZ001 - a day has no zone
            return Date(
                value=moment.date().isoformat()[: 7 if day is None else 10],
                precision="day" if day else "month",
                zone="unknown",
            )
        zone = timezone(clock.offset) if clock.offset is not None else None
        moment = datetime(year, month, day, clock.hour % 24, clock.minute, min(clock.second or 0, 59), tzinfo=zone)
    except ValueError:
        return None
    precision: Precision = "minute" if clock.second is None else "second"
    return Date(value=moment.isoformat(), precision=precision, zone="unknown" if zone is None else "stated")
