"""Which of the statements about a date stands, and what the others add to it.

The statements are in the order of their trust. The first that is possible stands, and then

1. a finer one on the same day replaces it: it adds the time, or the zone to the same clock reading;
2. the same clock reading with another offset replaces one that ends in UTC: programs glue a "Z" to local times;
3. the same moment with another offset replaces one in UTC: it tells the day where the page was made;
4. a clock reading without a zone on the day before or behind a moment in UTC, and off by whole quarters of an hour,
   is that moment where the page was made: the moment stays, with the offset between both, which is assumed;
5. a day that all others contradict and that agrees with two of them when its day and month change places is theirs;
6. what is stated as publication and as modification alike is the modification, if all other markup is earlier;
7. a day shown beside the headline before the one of the markup is the publication: nobody shows a day to come.

A modification before the publication stands as stated: the last change comes before a timed release.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import NamedTuple

from broadsheet.crawler.extraction.dates.claims import Claim, Role, is_finer
from broadsheet.crawler.extraction.dates.order import OrderEvidence, day_of, settle
from broadsheet.storage.model import Date, FieldSource

_FUTURE_TOLERANCE = timedelta(hours=26)
_WIDEST_OFFSET = timedelta(hours=14)
_QUARTER = timedelta(minutes=15)
# A page cannot show an earlier day of its own publication; texts and captions do.
_FIRST_WEB_YEAR = "1990"
_MARKUP = ("json-ld", "microdata", "opengraph", "meta")


class Stated(NamedTuple):
    """A claim whose reading is decided."""

    value: Date
    source: FieldSource
    near: bool


def latest_day(captured_at: datetime) -> date:
    """The last day that a date on a page can mean, a zone ahead of all others included."""
    return (captured_at + _FUTURE_TOLERANCE).date()


def possible(role: Role, claims: Iterable[Claim], evidence: OrderEvidence, captured_at: datetime) -> list[Stated]:
    """The claims of a role that can be true, their readings decided, in their order."""
    found: list[Stated] = []
    for claim in claims:
        value = settle(claim.readings, evidence) if claim.role == role else None
        if value is None or (claim.source == "visible" and value.value < _FIRST_WEB_YEAR):
            continue
        if _has_passed(value, captured_at):
            found.append(Stated(value, claim.source, claim.near))
    return found


def choose_published(published: Sequence[Stated], modified: Sequence[Stated]) -> Stated | None:
    """The date of publication."""
    if not published:
        return None
    first = _unswapped(published) or _not_the_modification(published, modified) or published[0]
    shown = next((stated for stated in published if stated.near and day_of(stated.value) is not None), None)
    if shown is not None and first.source in _MARKUP and _is_days_before(shown.value, first.value):
        first = shown
    return _refined(first, published)


def choose_modified(modified: Sequence[Stated]) -> Stated | None:
    """The date of the last modification."""
    return _refined(modified[0], modified) if modified else None


def _has_passed(value: Date, captured_at: datetime) -> bool:
    if value.zone == "stated":
        return datetime.fromisoformat(value.value) <= captured_at + _FUTURE_TOLERANCE
    return (day_of(value) or date.min) <= latest_day(captured_at)


def _refined(first: Stated, others: Iterable[Stated]) -> Stated:
    chosen = first
    for other in others:
        if is_finer(other.value, chosen.value) or _tells_the_offset(other.value, chosen.value):
            chosen = other
        elif (local := _local(chosen.value, other.value)) is not None:
            chosen = chosen._replace(value=local)
    return chosen


def _tells_the_offset(value: Date, than: Date) -> bool:
    """Whether a date is another one in UTC, by its clock or by its moment, with an offset that is not UTC's."""
    if value.zone != "stated" or not _is_utc(than):
        return False
    one, other = datetime.fromisoformat(value.value), datetime.fromisoformat(than.value)
    if not one.utcoffset():
        return False
    return one == other or one.replace(tzinfo=None) == other.replace(tzinfo=None)


def _local(moment: Date, clock: Date) -> Date | None:
    """A moment in UTC as the clock of the page told it, where that was another day."""
    if not _is_utc(moment) or clock.zone != "unknown" or clock.precision not in ("minute", "second"):
        return None
    instant, local = datetime.fromisoformat(moment.value), datetime.fromisoformat(clock.value)
    apart = local - instant.replace(tzinfo=None, second=local.second)
    if local.date() == instant.date() or abs(apart) > _WIDEST_OFFSET or apart % _QUARTER:
        return None
    value = instant.astimezone(timezone(apart)).isoformat()
    return Date(value=value, precision=moment.precision, zone="assumed")


def _is_utc(value: Date) -> bool:
    return value.zone == "stated" and value.value.endswith("+00:00")


def _unswapped(published: Sequence[Stated]) -> Stated | None:
    day = day_of(published[0].value)
    if day is None or day.day > 12 or day.day == day.month:
        return None
    days = [other for stated in published[1:] if (other := day_of(stated.value)) is not None]
    swapped = date(day.year, day.day, day.month)
    if day in days or days.count(swapped) < 2:
        return None
    return next(stated for stated in published if day_of(stated.value) == swapped)


def _not_the_modification(published: Sequence[Stated], modified: Sequence[Stated]) -> Stated | None:
    first = published[0]
    if first.value not in [stated.value for stated in modified if stated.source == first.source]:
        return None
    others = [stated for stated in published if stated.source in _MARKUP and stated.source != first.source]
    earlier = [stated for stated in others if _is_days_before(stated.value, first.value)]
    return earlier[0] if earlier and earlier == others else None


def _is_days_before(value: Date, than: Date) -> bool:
    """Whether a date lies before another one by more than zones can explain."""
    one, other = day_of(value), day_of(than)
    return one is not None and other is not None and one < other - timedelta(days=1)
