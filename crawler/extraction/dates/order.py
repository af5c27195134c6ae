"""Whether 06/10/2016 is the tenth of June or the sixth of October.

`settle` asks the following, in this order, and the first that tells the two readings apart decides:

1. **The calendar.** A reading later than the capture of the page falls.
2. **Statements.** A date that the page gives without doubt elsewhere (markup, address, feed): the reading on
   that day, or on a day beside it (a zone can shift the day), stands.
3. **Its own role.** Another date in the same role (header beside header, list beside list) that can be read
   in one way only proves the order for both. A list proves nothing for the header: one site formats them
   apart.
4. **Days that the text names.** News names days that have just passed or are about to come, mostly without a
   year ("on Thursday, June 8, they said"). The reading stands that has a named day close by, when the other
   has none or one much farther off; a past day counts more than a coming one. A weekday beside the named day
   is no proof: writers get it wrong.
5. **Convention of the language tag**: any language but English writes the day first; English does by region.
6. **How English prose spells dates**: "June 8" is the American order, "8 June" the other.
7. **Convention of the country** in the address's last label.
8. The order proved by dates in another role of the page; else the month first in English, the day in all
   others.

Steps 5 to 8 are presumptions. Whichever decides, both readings stay among the candidates of the field.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from broadsheet.crawler.extraction.dates.text import Mention, Order
from broadsheet.storage.model import Date

# Unicode CLDR: the regions whose short numeric date begins with the month.
_MONTH_FIRST_REGIONS = frozenset(("us", "ph", "fm", "gu", "pr", "mh", "mp", "as", "vi", "um", "pw"))
_MONTH_FIRST_DOMAINS = frozenset(("us", "gov", "mil", "edu", "ph"))
# Two letters, but sold to everyone: they name no country.
_WORLD_DOMAINS = frozenset(("ai", "cc", "co", "fm", "gg", "io", "ly", "me", "sh", "to", "tv", "ws"))
_NEAR = timedelta(days=31)
_FARTHER_BY = timedelta(days=14)
_ZONE_SHIFT = timedelta(days=1)


class OrderEvidence(NamedTuple):
    """What a page offers for settling the order of day and month.

    Attributes:
        latest: The last day that a date on the page can mean: the capture's, a day of zone shift included.
        stated: Days that the page states without doubt.
        same_role: The order proved by other dates in the same role.
        named_days: (month, day, year or None) of the days that the text names.
        spelled: The order in which the text spells dates with a month's name.
        language: The page's language tag as stated.
        url: The page's address.
        other_role: The order proved by dates in another role.
    """

    latest: date
    stated: tuple[date, ...] = ()
    same_role: Order | None = None
    named_days: tuple[tuple[int, int, int | None], ...] = ()
    spelled: Order | None = None
    language: str | None = None
    url: str = ""
    other_role: Order | None = None


def day_of(value: Date) -> date | None:
    """The calendar day of a date; None where it is only a month or a year."""
    return None if value.precision in ("month", "year") else datetime.fromisoformat(value.value).date()


def settle(readings: Sequence[Date], evidence: OrderEvidence) -> Date | None:
    """Decide between the two readings of a numeric date.

    Args:
        readings: The day-first reading, then the month-first one; or the only one.
        evidence: What the page offers.

    Returns:
        The reading that stands; None when every one lies after the capture.
    """
    left = [reading for reading in readings if (day_of(reading) or date.min) <= evidence.latest]
    if len(left) <= 1:
        return left[0] if left else None
    for decided in (
        _by_statement(left, evidence.stated),
        _in_order(left, evidence.same_role),
        _by_named_days(left, evidence.named_days),
        _in_order(left, _language_convention(evidence.language)),
        _in_order(left, evidence.spelled),
        _in_order(left, _domain_convention(evidence.url)),
        _in_order(left, evidence.other_role),
    ):
        if decided is not None:
            return decided
    return _in_order(left, "month-day" if evidence.language else "day-month")


def proved_order(mentions: Iterable[Mention]) -> Order | None:
    """The order that the numeric dates of one role prove together; None when none does or they disagree."""
    orders = {mention.order for mention in mentions if mention.order is not None}
    return orders.pop() if len(orders) == 1 else None


def _in_order(readings: Sequence[Date], order: Order | None) -> Date | None:
    if order is None:
        return None
    return readings[0] if order == "day-month" else readings[1]


def _by_statement(readings: Sequence[Date], stated: Sequence[date]) -> Date | None:
    for tolerance in (timedelta(0), _ZONE_SHIFT):
        hits = [
            reading
            for reading in readings
            if any(abs(day - known) <= tolerance for known in stated for day in (day_of(reading),) if day is not None)
        ]
        if len(hits) == 1:
            return hits[0]
    return None


def _by_named_days(readings: Sequence[Date], named: Sequence[tuple[int, int, int | None]]) -> Date | None:
    distances = [_distance(day, named) for day in map(day_of, readings) if day is not None]
    if len(distances) != len(readings):
        return None
    nearest = min(distances)
    if nearest > _NEAR or max(distances) - nearest < _FARTHER_BY:
        return None
    return readings[distances.index(nearest)]


def _distance(published: date, named: Sequence[tuple[int, int, int | None]]) -> timedelta:
    """How far the nearest named day is from a day of publication; days to come count double."""
    gaps = [timedelta.max]
    for month, day, year in named:
        years = (year,) if year is not None else (published.year - 1, published.year, published.year + 1)
        for candidate in years:
            try:
                gap = published - date(candidate, month, day)
            except ValueError:
                continue  # 29 February, in a year that has none
            gaps.append(gap if gap >= timedelta(0) else -2 * gap)
    return min(gaps)


def _language_convention(language: str | None) -> Order | None:
    primary, _, rest = (language or "").lower().replace("_", "-").partition("-")
    region = rest.rpartition("-")[2]
    if primary not in ("", "en"):
        return "day-month"
    if not region:
        return None
    return "month-day" if region in _MONTH_FIRST_REGIONS else "day-month"


def _domain_convention(url: str) -> Order | None:
    domain = (urlsplit(url).hostname or "").rpartition(".")[2]
    if domain in _MONTH_FIRST_DOMAINS:
        return "month-day"
    return "day-month" if len(domain) == len("uk") and domain not in _WORLD_DOMAINS else None
