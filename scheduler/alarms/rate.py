"""How many new articles a source has in an hour, learned from its crawls; and how improbable a silence is. Pure.

The rate of an hour of the day or week is ``r = (n + K * a) / (e + K)``: n new articles in e hours of that slot, a
articles an hour overall, and K = 0.1 hours for which the overall rate counts before a slot has shown its own.

A silence in which L articles are expected has the probability ``exp(-L / d)``. Were articles independent of each other
(Poisson), d would be 1; they come in bursts, and d is what their variance is above that: ``sum((found - expected)^2) /
sum(expected)`` over the crawls (a quasi-Poisson model: McCullagh and Nelder, Generalized Linear Models, section 6.2).
What is expected of a crawl is what all others have shown: a slot that was seen once would expect what it found then.

What is not known yet is left open: a silence is as probable as in the model in which it is most. In the first week
these are the hour of the day and no slots at all, later the hours of the day and those of the week. Before a week has
been seen nobody knows which days a source rests on: Friday, Saturday and Sunday count for nothing then.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from msgspec import Struct

_HOUR, _DAY, _WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
_HOURS_OF_YEAR = 8766
_PRIOR_HOURS = 0.1
_FEWEST_FINDS = 10
_FRIDAY = 4 * 24  # its first hour of the week


class Look(Struct, frozen=True, kw_only=True):
    """What one crawl of a source came to.

    Attributes:
        at: When it ended, aware.
        succeeded: Whether it reached the source at all.
        new: How many new articles it found.
        reason: Why it did not succeed.
        endless: What it warned of as pages without end, where it did.
    """

    at: datetime
    succeeded: bool
    new: int = 0
    reason: str | None = None
    endless: str | None = None


class Silence(Struct, frozen=True, kw_only=True):
    """That nothing new came.

    Attributes:
        since: The last crawl that found something new.
        until: The last crawl.
        expected: How many articles would have been usual in that time.
        probability: How probable it is that by chance none came.
        a_year: How many silences so improbable come in a year by chance.
    """

    since: datetime
    until: datetime
    expected: float
    probability: float
    a_year: float


def silence(looks: Sequence[Look]) -> Silence | None:
    """Return the silence at the end of the crawls of a source; None where too little is known, or there is none.

    Args:
        looks: The crawls, the oldest first. What the first one found was there before it, and counts for nothing.
    """
    reached = [look for look in looks if look.succeeded]
    last_new = max((index for index, look in enumerate(reached) if look.new), default=0)
    learned, silent = reached[: last_new + 1], reached[last_new + 1 :]
    finds = sum(look.new > 0 for look in learned[1:])
    if not silent or finds < _FEWEST_FINDS or (span := learned[-1].at - learned[0].at) < _DAY:
        return None
    since, until = learned[-1].at, silent[-1].at
    is_week_known = span >= _WEEK
    found = [(look.new, list(_parts(before.at, look.at))) for before, look in pairwise(learned)]
    waited = [part for part in _parts(since, until) if is_week_known or part.hour < _FRIDAY]
    models = [_Rates(found, slots) for slots in ((168, 24) if is_week_known else (24, 1))]
    probability, expected = max(rates.chance_of_none(waited) for rates in models)
    return Silence(
        since=since,
        until=until,
        expected=expected,
        probability=probability,
        # Each find may be the last for so long.
        a_year=probability * finds / (span / _HOUR) * _HOURS_OF_YEAR,
    )


class _Part(NamedTuple):
    """What of a time belongs to one hour of the week, from 0 for that after midnight on Monday."""

    hour: int
    hours: float


class _Rates:
    """The rates of a source, by slot: of 168 hours of the week, of 24 of the day, or of all time alike.

    Args:
        looks: What was found since the look before, and the parts of the time that lay between.
        slots: How many slots there are.
    """

    def __init__(self, looks: Sequence[tuple[int, Sequence[_Part]]], slots: int) -> None:
        self._looks, self._slots = looks, slots
        self._found, self._hours = [0.0] * slots, [0.0] * slots
        for new, parts in looks:
            each = _each_hour(new, parts)
            for hour, hours in parts:
                self._hours[hour % slots] += hours
                self._found[hour % slots] += each * hours
        self._overall = sum(self._found) / max(sum(self._hours), 1e-9)

    def chance_of_none(self, waited: Sequence[_Part]) -> tuple[float, float]:
        """Return how probable it is that nothing comes in a time, and how many articles are usual in it."""
        expected = sum(self._rate(hour % self._slots, 0.0, 0.0) * hours for hour, hours in waited)
        return math.exp(-expected / self._dispersion()), expected

    def _dispersion(self) -> float:
        """Return by how much the variance of what crawls find is above the mean; 1 at least."""
        squares = total = 0.0
        for new, parts in self._looks:
            each = _each_hour(new, parts)
            expected = sum(self._rate(hour % self._slots, each * hours, hours) * hours for hour, hours in parts)
            squares += (new - expected) ** 2
            total += expected
        return max(1.0, squares / max(total, 1e-9))

    def _rate(self, slot: int, found: float, hours: float) -> float:
        """Return the rate of a slot without what was found there in some hours."""
        kept = self._found[slot] - found + _PRIOR_HOURS * self._overall
        return kept / (self._hours[slot] - hours + _PRIOR_HOURS)


def _each_hour(new: int, parts: Sequence[_Part]) -> float:
    return new / max(sum(hours for _, hours in parts), 1e-9)


def _parts(since: datetime, until: datetime) -> Iterator[_Part]:
    """Yield the hours of the week between two moments, each with how much of it lies between them."""
    at = since
    while at < until:
        following = min(until, at.replace(minute=0, second=0, microsecond=0) + _HOUR)
        yield _Part(at.weekday() * 24 + at.hour, (following - at) / _HOUR)
        at = following
