"""What stays the same in every edition: the paper's name, sections, clock and hours of publication."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

NAME = "The Ternhaven Courier"
MOTTO = "News from the estuary of the Wend, in eight languages"
CLOSING_QUOTATION = "“Write down the tide before you argue about it.” - notice in the first pilots' room, Marrow Quay"

SECTIONS = {
    "harbour": "Harbour",
    "town": "Town",
    "science": "Science",
    "culture": "Culture",
}

ZONE = timezone(timedelta(hours=1))
"""Ternhaven keeps one clock the year round."""

EDITIONS = (1, 2, 3)
_HOURS = {1: time(6), 2: time(14), 3: time(22)}


def released(edition: int, today: date) -> datetime:
    """Return when an edition came out: all three appeared on the day before `today`.

    So nothing is ever dated later than midnight UTC at the start of `today`, and no answer claims to have
    been modified after it was sent (RFC 9110, section 8.8.2.1).
    """
    return datetime.combine(today - timedelta(days=1), _HOURS[edition], ZONE)
