"""How many new articles a source has in an hour, learned from its crawls; and how improbable a silence is. Pure.

The rate of an hour of the day or week is ``r = (n + K * a) / (e + K)``: n new articles in e hours of that slot, a
articles an hour overall, and K = 0.25 hours for which the overall rate counts before a slot has shown its own. Slots
are the 168 hours of the week after three weeks, the 24 hours of the day after three days, and all hours alike before.

A silence in which L articles are expected has the probability ``exp(-L / d)``. Were articles independent of each other
(Poisson), d would be 1; they come in bursts, and d is what their variance is above that: the mean of
``(found - expected)^2 / expected`` over the crawls (a quasi-Poisson model: McCullagh and Nelder, Generalized Linear
Models, section 6.2).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from msgspec import Struct

_HOUR = timedelta(hours=1)
_PRIOR_HOURS = 0.25
_DAYS_FOR_HOURS_OF_DAY, _DAYS_FOR_HOURS_OF_WEEK = timedelta(days=3), timedelta(days=21)
_FEWEST_ARTICLES, _FEWEST_HOURS = 10, 24.0


class Look(Struct, frozen=True, kw_only=True):
    """What one crawl of a source came to.

    Attributes:
        at: When it ended, aware.
        succeeded: Whether it reached the source at all.
        new: How many new articles it found.
        reason: Why it did not succeed.
    """

    at: datetime
    succeeded: bool
    new: int = 0
    reason: str | None = None


class Silence(Struct, frozen=True, kw_only=True):
    """That nothing new came.

    Attributes:
        since: The last crawl that found something new.
        until: The last crawl.
        expected: How many articles would have been usual in that time.
        probability: How probable it is that by chance none came.
    """

    since: datetime
    until: datetime
    expected: float
    probability: float


def silence(looks: Sequence[Look]) -> Silence | None:
    """Return the silence at the end of the crawls of a source; None where too little is known, or there is none.

    Args:
        looks: The crawls, the oldest first. What the first one found was there before it, and counts for nothing.
    """
    reached = [look for look in looks if look.succeeded]
    last_new = max((index for index, look in enumerate(reached) if look.new), default=0)
    learned, silent = reached[: last_new + 1], reached[last_new + 1 :]
    if not silent or sum(look.new for look in learned[1:]) < _FEWEST_ARTICLES:
        return None
    rates = _Rates(learned)
    if rates.hours < _FEWEST_HOURS:
        return None
    since, until = learned[-1].at, silent[-1].at
    expected = rates.expected(since, until)
    return Silence(
        since=since, until=until, expected=expected, probability=math.exp(-expected / rates.dispersion(learned))
    )


class _Rates:
    """The rates of a source, by slot."""

    def __init__(self, looks: Sequence[Look]) -> None:
        span = looks[-1].at - looks[0].at
        self._slots = 168 if span >= _DAYS_FOR_HOURS_OF_WEEK else 24 if span >= _DAYS_FOR_HOURS_OF_DAY else 1
        self.hours = span / _HOUR
        found, hours = [0.0] * self._slots, [0.0] * self._slots
        for before, look in pairwise(looks):
            whole = max((look.at - before.at) / _HOUR, 1e-9)
            for at, part in _hours_between(before.at, look.at):
                found[self._slot(at)] += look.new * part / whole
                hours[self._slot(at)] += part
        overall = sum(found) / max(sum(hours), 1e-9)
        self._rates = [(n + _PRIOR_HOURS * overall) / (e + _PRIOR_HOURS) for n, e in zip(found, hours, strict=True)]

    def expected(self, since: datetime, until: datetime) -> float:
        """Return how many articles are usual between two moments."""
        return sum(self._rates[self._slot(at)] * part for at, part in _hours_between(since, until))

    def dispersion(self, looks: Sequence[Look]) -> float:
        """Return by how much the variance of what crawls find is above the mean; 1 at least."""
        terms = []
        for before, look in pairwise(looks):
            expected = self.expected(before.at, look.at)
            if expected > 0:
                terms.append((look.new - expected) ** 2 / expected)
        return max(1.0, sum(terms) / max(len(terms), 1))

    def _slot(self, at: datetime) -> int:
        return (at.weekday() * 24 + at.hour) % self._slots


def _hours_between(since: datetime, until: datetime) -> Iterator[tuple[datetime, float]]:
    """Yield the hours of the clock between two moments, each with how much of it lies between them."""
    at = since
    while at < until:
        following = min(until, at.replace(minute=0, second=0, microsecond=0) + _HOUR)
        yield at, (following - at) / _HOUR
        at = following
