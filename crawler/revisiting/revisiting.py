"""When a page is worth another look: learned from what the looks before have found. Pure; it asks no clock.

**Articles** are due when the edits that `forecast` expects since the last look have come to a price that is the same
for all. Why: a page that is edited r times an hour and looked at f times an hour shows f * (1 - exp(-r/f)) edits an
hour, since of two edits between two looks the first is lost. What one more look an hour adds is 1 - (1 + x) * exp(-x),
where x = r/f is what is expected between two looks. The most edits are caught for a number of requests where that is
equal for all pages, so where x is. (To catch edits is another aim than to have a copy that is fresh, where pages that
change too often are best given up: Cho and Garcia-Molina, "Effective page refresh policies for web crawlers", ACM TODS
28, 2003; Azar, Horvitz, Lubetzky, Peres and Shahaf, "Tractable near-optimal policies for crawling", PNAS 115, 2018.)

**Listings**, which are front pages, feeds and sitemaps, are due as `rhythm` says of the articles that nothing else had
led to. **Other pages** may be listings or not: the interval is multiplied, by less than one where a look led to such an
article, by more where not.

**Removals** are looked at once more soon: a server errs. **Failures** are tried again after pauses that double; those
of a front page sooner at first, so that a site that is away is known to be within the time in which it is looked at.

Where a budget does not suffice for all that is due, `expected` says what comes first: the edits, or new articles,
that a look is expected to find.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct

from broadsheet.crawler.revisiting.forecast import Forecast, watched
from broadsheet.crawler.revisiting.histories import HOUR, UNKNOWN_HABITS, Found, Habits, History, Role
from broadsheet.crawler.revisiting.rhythm import UNKNOWN_RHYTHM, expected_articles, hours_until_due, learn
from broadsheet.storage.model import Date

_LONGEST_OF_LISTING = timedelta(hours=12)
_FIRST_HOURS = 6.0
_FASTER, _SLOWER = 0.6, 1.4
# How much of what a page is said to lead to is what it led to last.
_SHARE_OF_LAST = 0.2

_CONFIRMED_AFTER_HOURS = 0.25
_RESTORED_HOURS = 24.0
_RETRIED_HOURS, _RETRIED_LONGEST_HOURS = 0.25, 24.0
# Of a front page the first pause is this share of the quickest pace: the third try, after the second, is within it.
_FRONT_RETRIED_SHARE, _FRONT_RETRIED_LEAST = 0.2, timedelta(minutes=1)
_STEPS = 20
_MOST_WAITED = 7 * 24.0
_WESTERNMOST = timedelta(hours=12)


class Pace(Struct, frozen=True, kw_only=True):
    """How often the pages of a source are looked at.

    Attributes:
        quickest: No page but a front page is looked at again sooner than this.
        slowest: An article that never changes is still looked at again after this, and so is any other page.
        front_quickest: No front page is looked at again sooner than this, but for one that could not be had.
        front_slowest: One where nothing new appears is still looked at again after this.
        price: How many edits a look at an article has to be expected to find before it is due.
    """

    quickest: timedelta = timedelta(minutes=5)
    slowest: timedelta = timedelta(days=28)
    front_quickest: timedelta = timedelta(minutes=5)
    front_slowest: timedelta = timedelta(hours=2)
    price: float = 0.03


DEFAULT_PACE = Pace()


def begin(role: Role, at: datetime, *, published: datetime | None = None, found: Found = "changed") -> History:
    """Return the history of a page after the first look at it.

    Args:
        role: What it is.
        at: The moment of the look, aware.
        published: When it was published, where that is known.
        found: What the look found; that it changed means no more than that it is there.
    """
    born = min(at, published or at)
    begun = become(History(role="page", first_seen=at, born=born, tried_at=at, seen_at=at, interval=_FIRST_HOURS), role)
    return observe(begun, at, found, UNKNOWN_HABITS)[0] if found in ("failed", "gone") else begun


def observe(
    history: History, at: datetime, found: Found, habits: Habits, *, new_articles: int = 0
) -> tuple[History, Habits]:
    """Return the history of a page, and the habits of its source, after another look at it.

    Args:
        history: What was known.
        at: The moment of the look, aware; one that is not later than the last changes nothing but what was found.
        found: What it found.
        habits: The habits of its source until now.
        new_articles: How many articles it led to that were not known; of what is no article this alone is a change.
    """
    at = max(at, history.tried_at)
    if found == "failed":
        return msgspec.structs.replace(history, tried_at=at, failures=history.failures + 1), habits
    seen = msgspec.structs.replace(history, tried_at=at, seen_at=at, failures=0)
    if found == "gone":
        return msgspec.structs.replace(seen, gone=history.gone + 1), habits
    seen = msgspec.structs.replace(seen, gone=0)
    if history.role != "article":
        return _listed(history, seen, new_articles), habits
    return watched(history, seen, habits, edited=found == "changed")


def become(history: History, role: Role, published: datetime | None = None) -> History:
    """Return the history of a page of which it is known better now what it is, or when it was published."""
    born = min(history.first_seen, published or history.born)
    rhythm = history.rhythm or (UNKNOWN_RHYTHM if role in ("front", "listing") else None)
    return msgspec.structs.replace(history, role=role, born=born, rhythm=rhythm)


def due_at(history: History, pace: Pace, habits: Habits) -> datetime:
    """Return when a page is to be looked at again."""
    is_front = history.role == "front"
    quickest = (pace.front_quickest if is_front else pace.quickest) / HOUR
    slowest = (pace.front_slowest if is_front else pace.slowest) / HOUR
    if history.failures:
        first = front_retried_after(pace) / HOUR if is_front else _RETRIED_HOURS
        quickest = min(quickest, first) if is_front else quickest
        hours = min(first * 2.0 ** min(history.failures - 1, 20), _RETRIED_LONGEST_HOURS)
    elif history.gone == 1:
        hours = _CONFIRMED_AFTER_HOURS
    elif history.gone:
        hours = _RESTORED_HOURS * 2.0 ** min(history.gone - 2, 20)
    elif history.role == "article":
        hours = _hours_until(Forecast(history, habits), pace.price, quickest, slowest)
    elif history.rhythm is not None:
        longest = pace.front_slowest if is_front else _LONGEST_OF_LISTING
        hours = hours_until_due(history.rhythm, history.seen_at, longest / HOUR)
    else:
        hours = history.interval
    return history.tried_at + max(quickest, min(hours, slowest)) * HOUR


def front_retried_after(pace: Pace) -> timedelta:
    """Return after which time a front page that could not be had is tried again for the first time."""
    return max(pace.front_quickest * _FRONT_RETRIED_SHARE, _FRONT_RETRIED_LEAST)


def expected(history: History, at: datetime, habits: Habits) -> float:
    """Return how much a look at a moment is expected to find: edits, or new articles.

    A removal that is to be confirmed counts as one, and so does a page that could not be had when it was new.
    """
    if history.gone == 1:
        return 1.0
    if history.failures and history.seen_at == history.first_seen:
        return 1.0 / history.failures
    waited = (at - history.seen_at) / HOUR
    if history.gone:
        return 0.0
    if history.role == "article":
        return Forecast(history, habits).edits(waited)
    if history.rhythm is not None:
        return expected_articles(history.rhythm, history.seen_at, min(max(waited, 0.0), _MOST_WAITED))
    return history.share * waited / max(history.interval, 1e-3)


def latest_moment(published: Date) -> datetime | None:
    """Return the latest moment that a date may mean, or None where it means none.

    A day ends late, and a zone may be missing. Taken as the moment of publication it makes an article too young, never
    too old: it is looked at too often rather than too rarely, and `begin` knows when it was there at the latest.
    """
    try:
        moment = datetime.fromisoformat(published.value)
    except ValueError:
        return None  # A month, or a year.
    if published.precision == "day":
        moment += timedelta(days=1)
    if moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=UTC) + _WESTERNMOST


def _listed(before: History, now: History, new_articles: int) -> History:
    changed_at = now.seen_at if new_articles else now.changed_at
    if before.rhythm is not None:
        waited = (now.seen_at - before.seen_at) / HOUR
        rhythm = learn(before.rhythm, before.seen_at, waited, new_articles)
        return msgspec.structs.replace(now, rhythm=rhythm, changed_at=changed_at)
    # Shorter than any pace allows, it would take long to grow again.
    interval = max(now.interval * (_FASTER if new_articles else _SLOWER), 1 / 12)
    share = now.share + _SHARE_OF_LAST * (bool(new_articles) - now.share)
    return msgspec.structs.replace(now, interval=interval, share=share, changed_at=changed_at)


def _hours_until(forecast: Forecast, price: float, quickest: float, slowest: float) -> float:
    """Return after how many hours so many edits are expected: by bisection where some follow others."""
    if forecast.goes_by_age_alone:
        return forecast.hours_until_by_age(price)
    if forecast.edits(slowest) <= price:
        return slowest
    low, high = math.log(max(quickest, 1e-3)), math.log(max(slowest, 1e-3))
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if forecast.edits(math.exp(middle)) < price:
            low = middle
        else:
            high = middle
    return math.exp(high)
