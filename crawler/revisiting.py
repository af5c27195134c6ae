"""When a page is worth another look: learned from what the looks before have found. Pure; it asks no clock.

**Articles.** How many edits are expected between two moments is the sum of two terms, both in closed form:

- by age: ``m * C * ln((t + A) / (s + A))`` for the ages s and t in hours, a hazard that falls as a power law of age.
  ``m`` is what this article has shown: (PRIOR + edits that were no follow-ups) / (PRIOR + edits expected of any
  article so far), the mean of a gamma distribution after that evidence. An article that never changes has an ever
  smaller one.
- after an edit: ``F * b * (1 / (s + b) - 1 / (t + b))`` for the times s and t since the last edit seen. Corrections
  come in bursts, and live pages change until they end; ``b`` is the time that lay before the last edit. An edit is
  counted as a follow-up by the share that this term had in the hazard (stochastic declustering: Zhuang, Ogata and
  Vere-Jones, JASA 97, 2002).

An article is due when the edits expected since the last look have come to a price that is the same for all. Why: a
page that is edited r times an hour and looked at f times an hour shows f * (1 - exp(-r/f)) edits an hour, since of
two edits between two looks the first is lost. What one more look an hour adds is 1 - (1 + x) * exp(-x), where x = r/f
is what is expected between two looks. The most edits are caught for a number of requests where that is equal for all
pages, so where x is. (To catch edits is another aim than to have a copy that is fresh, where pages that change too
often are best given up: Cho and Garcia-Molina, "Effective page refresh policies for web crawlers", ACM TODS 28, 2003;
Azar, Horvitz, Lubetzky, Peres and Shahaf, "Tractable near-optimal policies for crawling", PNAS 115, 2018.)

**Listings** change where they lead to an article that nothing else had led to. Their interval is multiplied: by less
than one where they did, by more where not.

**Removals** are looked at once more soon: a server errs. **Failures** are tried again after pauses that double.

Where a budget does not suffice for all that is due, `expected` says what comes first: the edits, or new articles,
that a look is expected to find.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec
from msgspec import Struct

from broadsheet.storage.model import Date

Role = Literal["front", "listing", "page", "article"]
Found = Literal["changed", "unchanged", "gone", "failed"]

# Of 600,000 articles 165,000 were changed after publication (changing-times.github.io).
_EDITS = 0.14  # C: edits for each time that age grows by the factor e
_YOUTH = 0.5  # A, in hours: before that, the hazard does not fall
_PRIOR = 0.3
_FOLLOW_UPS = 0.8  # F: edits that follow an edit
_BURST_HOURS = (0.1, 2.0)

_FASTER, _SLOWER = 0.6, 1.4
_FIRST_AND_LONGEST_HOURS: dict[Role, tuple[float, float]] = {
    "front": (0.25, 2.0),
    "listing": (0.5, 12.0),
    "page": (6.0, math.inf),
}
# How much of what a listing is said to lead to is what it led to last.
_SHARE_OF_LAST = 0.2

_CONFIRMED_AFTER_HOURS = 0.25
_RESTORED_HOURS = 24.0
_RETRIED_HOURS, _RETRIED_LONGEST_HOURS = 0.25, 24.0
_STEPS = 30
_WESTERNMOST = timedelta(hours=12)
_HOUR = timedelta(hours=1)


class Pace(Struct, frozen=True, kw_only=True):
    """How often the pages of a source are looked at.

    Attributes:
        quickest: No page is looked at again sooner than this.
        slowest: An article that never changes is still looked at again after this, and so is any other page.
        price: How many edits a look at an article has to be expected to find before it is due.
    """

    quickest: timedelta = timedelta(minutes=5)
    slowest: timedelta = timedelta(days=28)
    price: float = 0.03


DEFAULT_PACE = Pace()


class History(Struct, frozen=True, kw_only=True, array_like=True):
    """What the looks at a page have shown, in so much as the next one depends on it.

    Attributes:
        role: What it is: a front page, a feed or sitemap, an article, or any other page.
        first_seen: When it was looked at for the first time.
        born: When it was published; no later than it was first seen.
        tried_at: The last look.
        seen_at: The last look that was answered.
        changed_at: The last look that found a change.
        burst: Hours between that change and what was before it: the publication, or another change.
        own_edits: Changes that were no follow-ups of others.
        interval: Hours from look to look, of what is no article.
        share: How often a look at what is no article found something new, the last ones counting most.
        gone: Looks in a row that found that it is gone.
        failures: Looks in a row that were not answered.
    """

    role: Role
    first_seen: datetime
    born: datetime
    tried_at: datetime
    seen_at: datetime
    changed_at: datetime | None = None
    burst: float = 0.0
    own_edits: float = 0.0
    interval: float = 0.0
    share: float = 0.5
    gone: int = 0
    failures: int = 0


def begin(role: Role, at: datetime, *, published: datetime | None = None, found: Found = "changed") -> History:
    """Return the history of a page after the first look at it.

    Args:
        role: What it is.
        at: The moment of the look, aware.
        published: When it was published, where that is known.
        found: What the look found; that it changed means no more than that it is there.
    """
    born = min(at, published or at)
    begun = History(role=role, first_seen=at, born=born, tried_at=at, seen_at=at, interval=_bounds(role)[0])
    return observe(begun, at, found) if found in ("failed", "gone") else begun


def observe(history: History, at: datetime, found: Found) -> History:
    """Return the history of a page after another look at it.

    Args:
        history: What was known.
        at: The moment of the look, aware; one that is not later than the last changes nothing but what was found.
        found: What it found. Of a listing, whether it led to an article that was not known.
    """
    at = max(at, history.tried_at)
    if found == "failed":
        return msgspec.structs.replace(history, tried_at=at, failures=history.failures + 1)
    seen = msgspec.structs.replace(history, tried_at=at, seen_at=at, failures=0)
    if found == "gone":
        return msgspec.structs.replace(seen, gone=history.gone + 1)
    seen = msgspec.structs.replace(seen, gone=0)
    if history.role != "article":
        return _listed(seen, changed=found == "changed")
    return _edited(history, seen) if found == "changed" else seen


def become(history: History, role: Role, published: datetime | None = None) -> History:
    """Return the history of a page of which it is known better now what it is, or when it was published."""
    born = min(history.first_seen, published or history.born)
    if role == history.role:
        return msgspec.structs.replace(history, born=born)
    return msgspec.structs.replace(history, role=role, born=born, interval=_bounds(role)[0])


def due_at(history: History, pace: Pace) -> datetime:
    """Return when a page is to be looked at again."""
    quickest, slowest = pace.quickest / _HOUR, pace.slowest / _HOUR
    if history.failures:
        hours = min(_RETRIED_HOURS * 2.0 ** min(history.failures - 1, 20), _RETRIED_LONGEST_HOURS)
    elif history.gone == 1:
        hours = _CONFIRMED_AFTER_HOURS
    elif history.gone:
        hours = _RESTORED_HOURS * 2.0 ** min(history.gone - 2, 20)
    elif history.role == "article":
        hours = _hours_until(history, pace.price, quickest, slowest)
    else:
        hours = history.interval
    return history.tried_at + max(quickest, min(hours, slowest)) * _HOUR


def expected(history: History, at: datetime) -> float:
    """Return how much a look at a moment is expected to find: edits, or new articles.

    A removal that is to be confirmed counts as one, and so does a page that could not be had when it was new.
    """
    if history.gone == 1:
        return 1.0
    if history.failures and history.seen_at == history.first_seen:
        return 1.0 / history.failures
    waited = (at - history.seen_at) / _HOUR
    if history.gone:
        return 0.0
    if history.role == "article":
        return _expected_edits(history, waited)
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


def is_confirmed(history: History) -> bool:
    """Tell whether a page that is gone was found gone by two looks: before that, nobody need be told."""
    return history.gone > 1


def _edited(before: History, now: History) -> History:
    """Take in an edit: what it followed, and by which share it followed from that."""
    waited = (now.seen_at - before.seen_at) / _HOUR
    by_age, followed = _terms(before, waited)
    own = by_age / (by_age + followed) if by_age + followed > 0 else 1.0
    since = (now.seen_at - (before.changed_at or before.born)) / _HOUR
    return msgspec.structs.replace(
        now,
        changed_at=now.seen_at,
        burst=min(max(since, _BURST_HOURS[0]), _BURST_HOURS[1]),
        own_edits=now.own_edits + own,
    )


def _listed(now: History, *, changed: bool) -> History:
    _, longest = _bounds(now.role)
    interval = min(now.interval * (_FASTER if changed else _SLOWER), longest)
    # Shorter than any pace allows, it would take long to grow again.
    return msgspec.structs.replace(
        now,
        interval=max(interval, 1 / 12),
        share=now.share + _SHARE_OF_LAST * (changed - now.share),
        changed_at=now.seen_at if changed else now.changed_at,
    )


def _bounds(role: Role) -> tuple[float, float]:
    return _FIRST_AND_LONGEST_HOURS.get(role, (0.0, math.inf))


def _hours_until(history: History, price: float, quickest: float, slowest: float) -> float:
    """Return after how many hours so many edits are expected, by bisection of the logarithm."""
    if _expected_edits(history, slowest) <= price:
        return slowest
    low, high = math.log(max(quickest, 1e-3)), math.log(max(slowest, 1e-3))
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if _expected_edits(history, math.exp(middle)) < price:
            low = middle
        else:
            high = middle
    return math.exp(high)


def _expected_edits(history: History, hours: float) -> float:
    """Return how many edits are expected in the hours after the last look."""
    return sum(_terms(history, hours))


def _terms(history: History, hours: float) -> tuple[float, float]:
    """Return how many edits are expected in the hours after the last look: by age, and after the last edit."""
    age = (history.seen_at - history.born) / _HOUR
    watched_from = (history.first_seen - history.born) / _HOUR
    of_any = _EDITS * math.log((age + _YOUTH) / (watched_from + _YOUTH))
    inclination = (_PRIOR + history.own_edits) / (_PRIOR + of_any)
    by_age = inclination * _EDITS * math.log((age + hours + _YOUTH) / (age + _YOUTH))
    if history.changed_at is None:
        return by_age, 0.0
    since, scale = (history.seen_at - history.changed_at) / _HOUR, history.burst
    return by_age, _FOLLOW_UPS * scale * (1 / (since + scale) - 1 / (since + hours + scale))
