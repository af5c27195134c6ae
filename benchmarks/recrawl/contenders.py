"""The rules that say when an article, or a front page, is looked at again: ours and those of others.

The rules of others are what their code does, read at these commits; the pauses that a rule gives may be stretched, so
that rules can be compared at equal numbers of fetches:

- diffengine bffd2a6 (`Entry.stale`): looked at where (time since the last look) / (time since it was found) is 0.2 or
  more, asked every 30 minutes as its README has cron do it. It takes the `.seconds` of both, which leaves out whole
  days.
- newsdiffs 279e867 (`get_update_delay`): pauses by the time since the last change.
- Common Crawl's news-crawl ffdfae3 (StormCrawler's AdaptiveScheduler with its conf): it never looks at an article
  again. What it does with feeds is tried here on articles too, from the first interval that it gives to feeds.
- changedetection.io fce2478: every three hours.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec
from benchmarks.recrawl.newsrooms import HORIZON

from broadsheet.crawler.revisiting import revisiting
from broadsheet.crawler.revisiting.histories import UNKNOWN_HABITS, Found, History, Role
from broadsheet.crawler.revisiting.revisiting import DEFAULT_PACE

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_HOUR = timedelta(hours=1)
_CRON = 0.5
_STALE = 0.2


class Watch(Protocol):
    """How one page is watched."""

    def next_look(self) -> float:
        """Return the hour of the next look; infinity where there is none."""

    def saw(self, at: float, found: Found, new_articles: int = 0) -> None:
        """Take in what a look found; of a listing, to how many new articles it led."""


Contender = Callable[[float], Callable[[float, float], Watch]]
"""Given by how much pauses are stretched: what watches a page, given when it was published and when it was found."""


class Revisiting:
    """Ours, over all pages of a source, whose habits it learns; what is stretched is the price of a look."""

    def __init__(self, stretched: float) -> None:
        self.pace = msgspec.structs.replace(DEFAULT_PACE, price=DEFAULT_PACE.price * stretched)
        self.habits = UNKNOWN_HABITS

    def __call__(self, born: float, found: float, role: Role = "article") -> RevisitedPage:
        """Return what watches a page."""
        return RevisitedPage(self, revisiting.begin(role, moment(found), published=moment(born)))


class RevisitedPage:
    """One page as `crawler/revisiting/revisiting.py` has it watched."""

    def __init__(self, source: Revisiting, history: History) -> None:
        self.history = history
        self._source = source

    def next_look(self) -> float:
        """Return the hour of the next look."""
        return (revisiting.due_at(self.history, self._source.pace, self._source.habits) - _EPOCH) / _HOUR

    def saw(self, at: float, found: Found, new_articles: int = 0) -> None:
        """Take in what a look found."""
        self.history, self._source.habits = revisiting.observe(
            self.history, moment(at), found, self._source.habits, new_articles=new_articles
        )

    def expects(self, at: float) -> float:
        """Return how much a look at an hour is expected to find."""
        return revisiting.expected(self.history, moment(at), self._source.habits)


class Rule:
    """A rule whose pause depends on age, on the time since the last change and on the last pause."""

    def __init__(self, found: float, stretched: float, pause: Callable[[Rule], float]) -> None:
        self.found = self.looked = self.changed = found
        self.last: Found = "changed"
        self.pause = 0.0
        self._of = pause
        self.stretched = stretched

    def next_look(self) -> float:
        """Return the hour of the next look."""
        self.pause = self._of(self)
        return self.looked + self.stretched * self.pause

    def saw(self, at: float, found: Found, new_articles: int = 0) -> None:  # noqa: ARG002 - these count changes
        """Take in what a look found; these rules know of no removal."""
        self.changed = at if found == "changed" else self.changed
        self.looked, self.last = at, found


def diffengine_as_meant(rule: Rule) -> float:
    """Return the pause that diffengine's rule means."""
    return _to_cron(_STALE / (1 - _STALE) * (rule.looked - rule.found))


def diffengine(rule: Rule) -> float:
    """Return the pause that diffengine makes."""
    return _until_stale(round((rule.looked - rule.found) / rule.stretched / _CRON))


def newsdiffs(rule: Rule) -> float:
    """Return the pause of newsdiffs, by the time since the last change."""
    since = rule.looked - rule.changed
    for within, minutes in ((3, 15), (24, 60), (7 * 24, 180), (30 * 24, 3 * 24 * 60), (360 * 24, 30 * 24 * 60)):
        if since < within:
            return minutes / 60
    return math.inf


def adaptive(rule: Rule) -> float:
    """Return news-crawl's: a fifth of the way to 90 minutes after a change, half as long again without."""
    if rule.pause == 0.0:
        return 12.0
    # With 90 minutes to tend to, it never gets below them.
    return 0.8 * rule.pause + 0.2 * 1.5 if rule.last == "changed" else min(1.5 * rule.pause, 90 * 24.0)


def fixed(_rule: Rule) -> float:
    """Return three hours."""
    return 3.0


def by_rule(pause: Callable[[Rule], float]) -> Contender:
    """Return the contender that watches every page by a rule."""
    return lambda stretched: lambda _born, found: Rule(found, stretched, pause)


CONTENDERS: dict[str, Contender] = {
    "broadsheet": Revisiting,
    "diffengine": by_rule(diffengine),
    "diffengine as meant": by_rule(diffengine_as_meant),
    "newsdiffs": by_rule(newsdiffs),
    "news-crawl's formula": by_rule(adaptive),
    "every 3 hours": by_rule(fixed),
}


def moment(hours: float) -> datetime:
    """Return an hour of a trace as a moment."""
    return _EPOCH + timedelta(hours=hours)


def _to_cron(pause: float) -> float:
    return max(1, math.ceil(pause / _CRON - 1e-9)) * _CRON


@functools.cache
def _until_stale(looked: int) -> float:
    """Return the pause after a look so many runs of cron after a page was found."""
    a_day = round(24 / _CRON)
    for run in range(looked + 1, round(HORIZON / _CRON) + 1):
        hotness, staleness = run % a_day, (run - looked) % a_day
        if hotness == 0 or staleness / hotness >= _STALE:
            return (run - looked) * _CRON
    return math.inf
