"""Zones by name, as the offset that they mean on a day.

A name that means one offset wherever it stands is as good as the offset. A name of several (IST: India, Ireland,
Israel) is read as what most pages mean by it, and the offset is then assumed. ET, CT, MT and PT are standard or
daylight time by the rule of the United States for the day (Energy Policy Act of 2005; before 2007 from April to
October). Phrases that name a place of the European Union, Britain or Ukraine mean summer time in summer.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import NamedTuple

_HOURS = {
    0: "utc gmt z wet", 1: "cet bst mez wat", 2: "cest mesz eet sast cat", 3: "eest msk мск eat trt", 4: "gst",
    4.5: "aft", 5: "pkt", 5.75: "npt", 7: "wib ict", 8: "hkt sgt awst wita pht bjt", 9: "jst kst wit",
    9.5: "acst", 10: "aest", 10.5: "acdt", 11: "aedt", 12: "nzst", 13: "nzdt", -2.5: "ndt", -3: "adt brt",
    -3.5: "nst", -4: "edt hae", -5: "est cdt hne", -6: "mdt", -7: "mst pdt", -8: "pst akdt", -9: "akst", -10: "hst",
}  # fmt: skip
_NAMES = {name: timedelta(hours=hours) for hours, names in _HOURS.items() for name in names.split()}
_SEVERAL = {"ist": timedelta(hours=5.5), "cst": timedelta(hours=-6), "ast": timedelta(hours=-4)}
_PHRASES = {
    "moscow time": 3, "московское время": 3, "по московскому времени": 3, "по мск": 3, "beijing time": 8, "北京时间": 8,
    "日本時間": 9, "한국시간": 9, "heure de québec": -5, "بتوقيت غرينتش": 0, "بتوقيت جرينتش": 0, "بتوقيت غرينيتش": 0,
    "بتوقيت مكة المكرمة": 3, "بتوقيت السعودية": 3, "horário de brasília": -3, "hora de brasília": -3,
    "hora de colombia": -5, "waktu indonesia barat": 7, "waktu indonesia tengah": 8, "waktu indonesia timur": 9,
    "türkiye saatiyle": 3, "heure de paris": 1, "heure de bruxelles": 1, "hora peninsular española": 1,
    "hora peninsular": 1, "hora de madrid": 1, "hora de lisboa": 0, "ora italiana": 1, "london time": 0, "uk time": 0,
    "за київським часом": 2, "по киевскому времени": 2,
}  # fmt: skip
_UNITED_STATES = {"et": -5, "ct": -6, "mt": -7, "pt": -8, "eastern": -5, "central": -6, "mountain": -7, "pacific": -8}
_DAYLIGHT_PHRASES = frozenset(("heure de québec",))
_SUMMER_PHRASES = frozenset((
    "heure de paris", "heure de bruxelles", "hora peninsular española", "hora peninsular", "hora de madrid",
    "hora de lisboa", "ora italiana", "london time", "uk time", "за київським часом", "по киевскому времени",
))  # fmt: skip

_OFFSET = r"[+-]\d\d?(?::?\d\d)?(?!\d)"
ZONE = (
    rf"(?P<zone>(?:{'|'.join(sorted((*_NAMES, *_SEVERAL), key=len, reverse=True))})(?![^\W\d_])(?:\s*{_OFFSET})?"
    rf"|(?-i:[ECMP]T)\b|(?:eastern|central|mountain|pacific)(?:\s+(?:standard|daylight)?\s*time)?\b"
    rf"|{'|'.join(map(re.escape, _PHRASES))}|[+-]\d\d(?::?\d\d)?(?!\d))"
)
"""A zone behind a time of day, as the group `zone`; for patterns that ignore case."""
ZONE_IN_CAPITALS = rf"(?-i:{'|'.join(sorted((*_NAMES, *_SEVERAL), key=len, reverse=True)).upper()})(?![^\W\d_])"
"""The short name of a zone, without any group: `ist` is a word of some languages, `IST` is none."""

_PARTS = re.compile(r"(?P<name>[^\W\d]*(?:\s+[^\W\d]+)*)\s*(?:(?P<sign>[+-])(?P<hours>\d\d?):?(?P<minutes>\d\d)?)?")
_MAX_OFFSET = timedelta(hours=14)


class Offset(NamedTuple):
    """The offset from UTC that a zone means on a day, and whether that had to be assumed."""

    value: timedelta
    assumed: bool = False


def offset_of(zone: str | None, day: date) -> Offset | None:
    """Read a zone.

    Args:
        zone: What `ZONE` matched, or None.
        day: The day of the time that it stands behind.

    Returns:
        Its offset; None without a zone, or for one of more than 14 hours.
    """
    parts = _PARTS.fullmatch(zone.lower().strip()) if zone else None
    if parts is None:
        return None
    named = _named(parts["name"].strip(), day)
    if named is None or parts["sign"] is None:
        return named
    shift = timedelta(hours=int(parts["hours"]), minutes=int(parts["minutes"] or 0))
    value = named.value + (shift if parts["sign"] == "+" else -shift)
    return Offset(value, named.assumed) if abs(value) <= _MAX_OFFSET else None


def _named(name: str, day: date) -> Offset | None:
    if not name:
        return Offset(timedelta(0))
    if name in _NAMES:
        return Offset(_NAMES[name])
    if name in _SEVERAL:
        return Offset(_SEVERAL[name], assumed=True)
    if name in _PHRASES:
        saved = (
            has_daylight_time(day) if name in _DAYLIGHT_PHRASES else name in _SUMMER_PHRASES and has_summer_time(day)
        )
        return Offset(timedelta(hours=_PHRASES[name] + saved))
    word, _, kind = name.partition(" ")
    if word not in _UNITED_STATES:
        return None
    saved = "daylight" in kind or ("standard" not in kind and has_daylight_time(day))
    return Offset(timedelta(hours=_UNITED_STATES[word] + saved))


def has_daylight_time(day: date) -> bool:
    """Whether the United States keep daylight time on a day; on the days of the change, as on most of their hours."""
    if day.year >= 2007:
        return _sunday(day.year, 3, 8) <= day < _sunday(day.year, 11, 1)
    return _sunday(day.year, 4, 1) <= day < _sunday(day.year, 10, 25)


def has_summer_time(day: date) -> bool:
    """Whether Europe keeps summer time on a day: from the last Sunday of March to that of October.

    Directive 2000/84/EC; before 1996 it ended in September in most of the countries.
    """
    end = _sunday(day.year, 10, 25) if day.year >= 1996 else _sunday(day.year, 9, 24)
    return _sunday(day.year, 3, 25) <= day < end


def _sunday(year: int, month: int, earliest: int) -> date:
    """The first Sunday from a day of a month on."""
    first = date(year, month, earliest)
    return first + timedelta(days=6 - first.weekday())
