"""Plays a front page: how soon what is published is found, and how often it is looked at for that."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence

from benchmarks.recrawl.contenders import Contender, Revisiting, Watch, adaptive, by_rule, fixed
from benchmarks.recrawl.newsrooms import Trace
from benchmarks.recrawl.replay import Tally, stretched_to


def _ours(stretched: float) -> Callable[[float, float], Watch]:
    return lambda born, found: Revisiting(stretched)(born, found, role="front")


CONTENDERS: dict[str, Contender] = {
    "broadsheet": _ours,
    "news-crawl": by_rule(adaptive),
    "every 3 hours": by_rule(fixed),
}


def play_front(traces: Sequence[Trace], contender: Contender, stretched: float = 1.0) -> Tally:
    """Play the front page on which every article of a newsroom appears when it is published, and stays."""
    published = sorted(trace.born for trace in traces if trace.born > 0)
    watch, seen = contender(stretched)(0.0, 0.0), 0
    tally = Tally(versions=len(published))
    while (at := watch.next_look()) < published[-1] + 24:
        tally.fetches += 1
        now = bisect_right(published, at)
        tally.delays += [at - moment for moment in published[seen:now]]
        tally.caught += now - seen
        watch.saw(at, "changed" if now > seen else "unchanged", now - seen)
        seen = now
    return tally


def equalised_front(traces: Sequence[Trace], contender: Contender, fetches: int) -> Tally:
    """Play it with pauses stretched so that it comes to a number of fetches."""
    return stretched_to(fetches, lambda stretched: play_front(traces, contender, stretched))


def mean(delays: Sequence[float]) -> float:
    """Return the mean delay, in hours."""
    return sum(delays) / len(delays) if delays else math.nan
