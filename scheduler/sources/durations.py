"""Lengths of time as people write them: ``15 minutes``, ``400 days``."""

from __future__ import annotations

import re
from datetime import timedelta

_DURATION = re.compile(r"(\d{1,9})\s*(seconds?|minutes?|hours?|days?|weeks?|years?|s|min|h|d)")
_UNITS = {
    "s": timedelta(seconds=1),
    "second": timedelta(seconds=1),
    "min": timedelta(minutes=1),
    "minute": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "hour": timedelta(hours=1),
    "d": timedelta(days=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "year": timedelta(days=365),
}
# Longer than anything is archived; what is before the year 1 is no date.
LONGEST = timedelta(days=365 * 1000)


def duration(text: str) -> timedelta | None:
    """Return how long a text says, or None where it says no length of time of at most a thousand years."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        return None
    unit = found[2] if found[2] in _UNITS else found[2].removesuffix("s")
    try:
        length = int(found[1]) * _UNITS[unit]
    except OverflowError:
        return None
    return length if length <= LONGEST else None


def in_words(length: timedelta) -> str:
    """Return whole seconds in the largest unit that they are a whole number of; the opposite of `duration`."""
    units = ("week", "day", "hour", "minute", "second")
    unit = next((unit for unit in units if length and not length % _UNITS[unit]), "second")
    count = length // _UNITS[unit]
    return f"{count} {unit}{'s' * (count != 1)}"
