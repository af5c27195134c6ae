"""How many edits of an article are to be expected, as learned from it and from its source.

How many edits are expected between two moments is the sum of two terms:

- by age: ``m`` times what the habits of the source make of the two ages. The habits are edits for each hour watched,
  in spans of age that double; where little was seen they are ``C / (age + A)``, falling as a power of age. ``m`` is
  what this article has shown: (PRIOR + its edits that were no follow-ups) / (PRIOR + edits foreseen for any article
  meanwhile), the mean of a gamma distribution after that evidence. Of one that never changes it grows small.
- after an edit: ``F * b * (1 / (s + b) - 1 / (t + b))`` for the times s and t since the last edit seen. Corrections
  come in bursts, and live pages change until they end; ``b`` is the time that lay before the last edit. An edit is
  counted as a follow-up by the share that this term had in what was expected (stochastic declustering: Zhuang, Ogata
  and Vere-Jones, JASA 97, 2002).
"""

from __future__ import annotations

import math
from bisect import bisect_right

import msgspec

from broadsheet.crawler.revisiting.histories import HOUR, SPANS, Habits, History

# Of 600,000 articles 165,000 were changed after publication (changing-times.github.io).
_EDITS = 0.14  # C: edits for each time that age grows by the factor e
_YOUTH = 0.5  # A, in hours: before that, the hazard does not fall
_PRIOR = 0.3
_FOLLOW_UPS = 0.6  # edits that follow an edit, before any was seen
# How many edits have to be seen to count as much as that, and those of one article as much as those of its source.
_EDITS_ASSUMED, _EDITS_OF_SOURCE = 3.0, 2.0
_BURST_HOURS = (0.1, 2.0)
# How many edits have to be seen in a span of age to count as much as what is assumed of it.
_ASSUMED_EDITS = 0.5
_ASSUMED = tuple(
    _EDITS * math.log((end + _YOUTH) / (start + _YOUTH)) / (end - start)
    for start, end in zip(SPANS, (*SPANS[1:], 2 * SPANS[-1]), strict=True)
)


class Forecast:
    """How many edits of an article are expected after the last look."""

    def __init__(self, history: History, habits: Habits) -> None:
        self._rates = [
            (_ASSUMED_EDITS + edits) / (_ASSUMED_EDITS / assumed + hours)
            for edits, hours, assumed in zip(habits.edits, habits.hours, _ASSUMED, strict=True)
        ]
        # Edits of any article from its publication to the beginning of each span.
        self._until = [0.0]
        for rate, start, end in zip(self._rates, SPANS, SPANS[1:], strict=False):
            self._until.append(self._until[-1] + rate * (end - start))
        self._inclination = (_PRIOR + history.own_edits) / (_PRIOR + history.foreseen)
        self._age = (history.seen_at - history.born) / HOUR
        self._of_any = self._cumulated(self._age)
        self._scale = history.burst
        self._since = 0.0 if history.changed_at is None else (history.seen_at - history.changed_at) / HOUR
        self._follow_ups = 0.0 if history.changed_at is None else _follow_ups(history, habits)

    def edits(self, hours: float) -> float:
        """Return how many are expected within so many hours."""
        return self.by_age(hours) + self.follow_ups(hours)

    def by_age(self, hours: float) -> float:
        """Return how many of them follow no other edit."""
        return self._inclination * self.of_any(hours)

    def of_any(self, hours: float) -> float:
        """Return how many the habits of the source make one expect of any article of this age."""
        return self._cumulated(self._age + hours) - self._of_any

    def follow_ups(self, hours: float) -> float:
        """Return how many follow the last edit."""
        if not self._follow_ups:
            return 0.0
        return (
            self._follow_ups * self._scale * (1 / (self._since + self._scale) - 1 / (self._since + hours + self._scale))
        )

    @property
    def goes_by_age_alone(self) -> bool:
        """Whether no edits are expected that follow another: none was seen so far."""
        return not self._follow_ups

    def hours_until_by_age(self, edits: float) -> float:
        """Return within how many hours so many are expected that follow no other edit: the inverse of `by_age`."""
        of_any = self._of_any + edits / self._inclination
        span = bisect_right(self._until, of_any) - 1
        return SPANS[span] + (of_any - self._until[span]) / self._rates[span] - self._age

    def by_span(self, hours: float) -> list[tuple[float, float]]:
        """Return, for each span of age, the hours in it and the edits of any article."""
        start, end = self._age, self._age + hours
        inside = [
            max(0.0, min(end, span_end) - max(start, span_start))
            for span_start, span_end in zip(SPANS, (*SPANS[1:], math.inf), strict=True)
        ]
        return [(hours, hours * rate) for hours, rate in zip(inside, self._rates, strict=True)]

    def _cumulated(self, age: float) -> float:
        span = bisect_right(SPANS, age) - 1
        return self._until[span] + self._rates[span] * (age - SPANS[span])


def _follow_ups(history: History, habits: Habits) -> float:
    """Return how many edits follow an edit: as with this article, as with its source, as is assumed."""
    of_source = (_EDITS_ASSUMED * _FOLLOW_UPS + habits.followed) / (
        _EDITS_ASSUMED + habits.followed + sum(habits.edits)
    )
    return (_EDITS_OF_SOURCE * of_source + history.followed) / (_EDITS_OF_SOURCE + history.followed + history.own_edits)


def watched(before: History, now: History, habits: Habits, *, edited: bool) -> tuple[History, Habits]:
    """Take in that an article was edited or not since the last look; an edit by the share that was no follow-up."""
    waited = (now.seen_at - before.seen_at) / HOUR
    forecast = Forecast(before, habits)
    expected_edits = forecast.edits(waited)
    own = (forecast.by_age(waited) / expected_edits if expected_edits > 0 else 1.0) if edited else 0.0
    spans, of_any = forecast.by_span(waited), forecast.of_any(waited)
    learned = Habits(
        hours=tuple(known + hours for known, (hours, _) in zip(habits.hours, spans, strict=True)),
        edits=tuple(
            known + (own * share / of_any if of_any > 0 else 0.0)
            for known, (_, share) in zip(habits.edits, spans, strict=True)
        ),
        followed=habits.followed + (edited - own),
    )
    now = msgspec.structs.replace(
        now,
        foreseen=now.foreseen + of_any,
        own_edits=now.own_edits + own,
        followed=now.followed + (edited - own),
    )
    if not edited:
        return now, learned
    shortest, longest = _BURST_HOURS
    since = (now.seen_at - (before.changed_at or before.born)) / HOUR
    return msgspec.structs.replace(now, changed_at=now.seen_at, burst=min(max(since, shortest), longest)), learned
