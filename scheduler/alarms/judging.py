"""Whether an alarm is raised or cleared, from what crawls found. Pure: it asks no clock, and knows no database.

What raises an alarm is further away than what clears it, so that none is raised and cleared in turn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from broadsheet.scheduler.alarms.rate import Look, silence

ONCE_A_YEAR = 1.0
FAILURES = 3
ENDLESS = 3
_RECENT, _BEFORE = 20, 60
_RAISED_ABOVE, _CLEARED_BELOW = 0.3, 0.1
_DEVIATIONS = 4.0
_SOONEST_USUAL, _LATEST_USUAL = timedelta(weeks=1), timedelta(weeks=8)


class Verdict(Struct, frozen=True, kw_only=True):
    """That an alarm is raised or cleared, and why.

    Attributes:
        event: ``raised`` or ``cleared``.
        text: Why, for people.
        baseline: What was usual when it was raised.
        usual_since: Since when what it told of is what is usual, where it was cleared for that.
    """

    event: Literal["raised", "cleared"]
    text: str
    baseline: float | None = None
    usual_since: datetime | None = None


class Tally(Struct, frozen=True, kw_only=True):
    """How many articles were read in a time, and how many of them were of the kind that is counted."""

    articles: int
    counted: int


def silent(looks: Sequence[Look], raised_at: datetime | None) -> Verdict | None:
    """Judge whether a source has fallen silent, or speaks again.

    Args:
        looks: Its crawls, the oldest first.
        raised_at: Since when the alarm stands, or None.
    """
    if raised_at is not None:
        new = sum(look.new for look in looks if look.succeeded and look.at > raised_at)
        return Verdict(event="cleared", text=f"{new} new articles since") if new else None
    found = silence(looks)
    if found is None or found.a_year >= ONCE_A_YEAR:
        return None
    hours = (found.until - found.since).total_seconds() / 3600
    return Verdict(
        event="raised",
        text=f"nothing new for {hours:.1f} hours, in which {found.expected:.0f} articles are usual "
        f"(by chance so long once in {1 / max(found.a_year, 1e-6):.0f} years)",
    )


def failing(looks: Sequence[Look], raised_at: datetime | None) -> Verdict | None:
    """Judge whether a source cannot be reached any more, or can again; see `silent`."""
    if not looks:
        return None
    if raised_at is not None:
        return Verdict(event="cleared", text="it was crawled again") if looks[-1].succeeded else None
    last = looks[-FAILURES:]
    if len(last) < FAILURES or any(look.succeeded for look in last):
        return None
    return Verdict(
        event="raised", text=f"{FAILURES} crawls in a row came to nothing: {last[-1].reason or 'no page came'}"
    )


def endless(looks: Sequence[Look], raised_at: datetime | None) -> Verdict | None:
    """Judge whether a source has pages without end, or is crawled to an end again; see `silent`.

    One crawl may take a large site for one; in the next ones it has met more of it.
    """
    last = [look for look in looks if look.succeeded][-ENDLESS:]
    if raised_at is not None:
        is_over = bool(last) and last[-1].at > raised_at and last[-1].endless is None
        return Verdict(event="cleared", text="its last crawl has met none") if is_over else None
    if len(last) < ENDLESS or any(look.endless is None for look in last):
        return None
    return Verdict(event="raised", text=f"{ENDLESS} crawls in a row ended at max_pages among {last[-1].endless}")


def share(
    tallies: Sequence[Tally], raised_at: datetime | None, baseline: float | None, *, what: str, both_ways: bool = False
) -> Verdict | None:
    """Judge whether the share of some articles has jumped, or is as before.

    Args:
        tallies: What was read, the oldest first.
        raised_at: Since when the alarm stands, or None.
        baseline: What the share was before.
        what: What the articles of that share are, for people.
        both_ways: Whether a fall is a jump too.
    """
    recent, before = _split(tallies)
    if recent.articles < _RECENT:
        forgotten = "too few articles are left to tell by"
        return None if raised_at is None else Verdict(event="cleared", text=forgotten)
    now = recent.counted / recent.articles
    if raised_at is not None and baseline is not None:
        away = abs(now - baseline) if both_ways else now - baseline
        return Verdict(event="cleared", text=f"{now:.0%} {what}, as before") if away <= _CLEARED_BELOW else None
    if before.articles < _BEFORE:
        return None
    usual = (before.counted + 1) / (before.articles + 2)
    away = abs(now - usual) if both_ways else now - usual
    if away < _RAISED_ABOVE or away < _DEVIATIONS * math.sqrt(usual * (1 - usual) / recent.articles):
        return None
    text = f"{now:.0%} of the last {recent.articles} articles {what}; {usual:.0%} are usual"
    return Verdict(event="raised", text=text, baseline=usual)


def has_become_usual(since: Sequence[Tally], raised_at: datetime, now: datetime, *, what: str) -> Verdict | None:
    """Judge whether a share that has jumped stays where it is, so that this is what is usual from then on.

    Args:
        since: What was read since the alarm was raised, the oldest first.
        raised_at: When it was.
        now: The present moment.
        what: What the articles of that share are, for people.
    """
    found, (recent, _) = _sum(since), _split(since)
    if now - raised_at < _SOONEST_USUAL or not found.articles:
        return None
    share = found.counted / found.articles
    is_steady = found.articles >= _BEFORE and abs(recent.counted / recent.articles - share) <= _CLEARED_BELOW
    if not is_steady and now - raised_at < _LATEST_USUAL:
        return None
    days = (now - raised_at).days
    return Verdict(
        event="cleared", text=f"{share:.0%} {what} for {days} days: that is usual now", usual_since=raised_at
    )


def _split(tallies: Sequence[Tally]) -> tuple[Tally, Tally]:
    """Return the last articles, and all before them."""
    at, articles = len(tallies), 0
    while at and articles < _RECENT:
        at -= 1
        articles += tallies[at].articles
    return _sum(tallies[at:]), _sum(tallies[:at])


def _sum(tallies: Sequence[Tally]) -> Tally:
    return Tally(articles=sum(t.articles for t in tallies), counted=sum(t.counted for t in tallies))
