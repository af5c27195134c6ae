"""How many new articles a listing leads to at what time of day, and how long they may be left waiting.

For each hour of the day (UTC) the articles found and the time watched are counted, with what is long past counting
less. The rate of an hour is what was found in it, drawn towards the rate of the whole day where little was seen.

A listing is due when the articles that are expected to wait on it have waited for a number of hours together that is
the same for all listings: with a rate r that is after sqrt(2 * WAITING / r) hours, so that a look comes half as late
where four times as much is published. Among all ways to spend a number of requests on listings, this one has articles
found soonest on average: what r articles an hour wait for at f looks an hour is r / (2 * f), and that times the looks
is least where f is proportional to the square root of r.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

_HOURS = 24
_WAITING = 0.06  # hours that articles wait, all together
_MEMORY_HOURS = 14 * 24.0
# What is assumed before anything was seen: so many articles, in so many hours.
_ASSUMED_ARTICLES, _ASSUMED_HOURS = 1.0, 2.0
# For so many hours the rate of the whole day counts, beside what was seen in an hour of the day.
_OF_WHOLE_DAY = 3.0


class Rhythm(Struct, frozen=True, array_like=True):
    """What a listing led to, by hour of the day.

    Attributes:
        articles: New articles.
        hours: For how long it was watched.
    """

    articles: tuple[float, ...] = (0.0,) * _HOURS
    hours: tuple[float, ...] = (0.0,) * _HOURS


UNKNOWN_RHYTHM = Rhythm()


def learn(rhythm: Rhythm, since: datetime, waited: float, new_articles: int) -> Rhythm:
    """Take in what a look found.

    Args:
        rhythm: What was known.
        since: The look before it.
        waited: Hours from that to this one.
        new_articles: How many articles it led to that were not known.
    """
    kept = math.exp(-waited / _MEMORY_HOURS)
    articles, hours = ([kept * value for value in known] for known in (rhythm.articles, rhythm.hours))
    pieces = [(hour, length, rate * length) for hour, length, rate in _pieces(rhythm, since, min(waited, _HOURS))]
    expected = sum(count for _, _, count in pieces)
    for hour, length, count in pieces:
        hours[hour] += length
        articles[hour] += new_articles * count / expected
    return msgspec.structs.replace(rhythm, articles=tuple(articles), hours=tuple(hours))


def expected_articles(rhythm: Rhythm, since: datetime, waited: float) -> float:
    """Return how many new articles are expected some hours after a look."""
    return sum(rate * length for _, length, rate in _pieces(rhythm, since, waited))


def hours_until_due(rhythm: Rhythm, since: datetime, longest: float) -> float:
    """Return how many hours after a look the articles that are expected to wait have waited long enough together."""
    passed = waiting = waited = 0.0
    for _, length, rate in _pieces(rhythm, since, longest):
        after = waited + waiting * length + rate * length * length / 2
        if after >= _WAITING:
            # waited + waiting * x + rate * x**2 / 2 = WAITING
            missing = _WAITING - waited
            return passed + 2 * missing / (waiting + math.sqrt(waiting * waiting + 2 * rate * missing))
        passed, waited, waiting = passed + length, after, waiting + rate * length
    return longest


def _pieces(rhythm: Rhythm, since: datetime, hours: float) -> Iterator[tuple[int, float, float]]:
    """Yield the hours of the day that follow a moment, how much of each, and how many articles an hour it has."""
    of_day = (_ASSUMED_ARTICLES + sum(rhythm.articles)) / (_ASSUMED_HOURS + sum(rhythm.hours))
    moment = since.astimezone(UTC)
    hour, length = moment.hour, 1.0 - (moment.minute * 60 + moment.second) / 3600
    while hours > 0:
        rate = (rhythm.articles[hour] + _OF_WHOLE_DAY * of_day) / (rhythm.hours[hour] + _OF_WHOLE_DAY)
        yield hour, min(length, hours), rate
        hours, hour, length = hours - length, (hour + 1) % _HOURS, 1.0
