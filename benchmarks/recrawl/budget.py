"""Plays a newsroom where less may be asked for than is due: what is asked for first decides what is caught."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.recrawl.contenders import Contender, RevisitedPage, Rule, Watch
from benchmarks.recrawl.newsrooms import HORIZON, Trace
from benchmarks.recrawl.replay import Page, Tally

Order = Callable[[Watch, float, float], float]
"""Given a page, when it was due and what hour it is: the greatest comes first."""

_TICK = 1.0


def most_expected(watch: Watch, _due: float, at: float) -> float:
    """Return what a look is expected to find, as `crawler/revisiting/revisiting.py` has it."""
    assert isinstance(watch, RevisitedPage)
    return watch.expects(at)


def longest_due(_watch: Watch, due: float, at: float) -> float:
    """Return how long a page was due."""
    return at - due


def by_pauses(watch: Watch, _due: float, at: float) -> float:
    """Return how many pauses have passed since the last look: newsdiffs' order."""
    assert isinstance(watch, Rule)
    return (at - watch.looked) / watch.pause


def play_within(traces: Sequence[Trace], contender: Contender, order: Order, requests_per_hour: float) -> Tally:
    """Play the articles of a newsroom, hour by hour, with so many requests for each."""
    watched = contender(1.0)
    pages = [Page(trace, watched) for trace in traces]
    due = [page.watch.next_look() for page in pages]
    tally = Tally(versions=sum(len(trace.moments) for trace in traces))
    left, at = 0.0, 0.0
    while (at := at + _TICK) < HORIZON:
        left = min(left + requests_per_hour * _TICK, max(1.0, requests_per_hour))
        ready = [number for number, moment in enumerate(due) if moment <= at]
        ready.sort(key=lambda number: order(pages[number].watch, due[number], at), reverse=True)
        for number in ready[: int(left)]:
            pages[number].look(at, tally)
            due[number] = pages[number].watch.next_look()
            left -= 1
    return tally
