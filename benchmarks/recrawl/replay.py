"""Plays a trace against a contender: how often it looks, and what it catches."""

from __future__ import annotations

import heapq
import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.recrawl.contenders import Contender, Watch
from benchmarks.recrawl.newsrooms import HORIZON, Trace

_PARTED = 14


@dataclass
class Tally:
    """What a contender came to.

    Attributes:
        versions: How many came to be, the first of an article left out.
        fetches: How many looks there were, the first at an article left out.
        caught: How many versions were seen: of those between two looks only the last.
        delays: After how many hours each of those was.
    """

    versions: int = 0
    fetches: int = 0
    caught: int = 0
    delays: list[float] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Take in what came of more articles."""
        self.versions += other.versions
        self.fetches += other.fetches
        self.caught += other.caught
        self.delays += other.delays

    def delay(self, share: float) -> float:
        """Return the hours within which a share of what was caught was caught."""
        ordered = sorted(self.delays)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else math.nan


class Page:
    """One article while it is played."""

    def __init__(self, trace: Trace, watched: Callable[[float, float], Watch]) -> None:
        self._trace = trace
        self._moments = trace.moments
        self._seen = 0
        self.watch = watched(trace.born, trace.found)

    def look(self, at: float, tally: Tally) -> None:
        """Look at it, and count."""
        tally.fetches += 1
        now = bisect_right(self._moments, at)
        changed = now > self._seen
        if changed:
            tally.caught += 1
            tally.delays.append(at - self._moments[now - 1])
        gone = self._trace.removed is not None and at >= self._trace.removed
        self._seen = now
        self.watch.saw(at, "gone" if gone else "changed" if changed else "unchanged")


def play(traces: Sequence[Trace], contender: Contender, stretched: float = 1.0) -> Tally:
    """Play the articles of a newsroom, look by look in the order of time."""
    watched = contender(stretched)
    pages = [Page(trace, watched) for trace in traces]
    tally = Tally(versions=sum(len(trace.moments) for trace in traces))
    looks = [(trace.found, number) for number, trace in enumerate(traces)]
    heapq.heapify(looks)
    started = [False] * len(pages)
    while looks:
        at, number = looks[0]
        if started[number]:
            pages[number].look(at, tally)
        started[number] = True
        following = pages[number].watch.next_look()
        if following < HORIZON:
            heapq.heapreplace(looks, (following, number))
        else:
            heapq.heappop(looks)
    return tally


def equalised(traces: Sequence[Trace], contender: Contender, fetches: int) -> Tally:
    """Play them with pauses stretched so that it comes to a number of fetches, as near as it can be had."""
    return stretched_to(fetches, lambda stretched: play(traces, contender, stretched))


def stretched_to(fetches: int, played: Callable[[float], Tally]) -> Tally:
    """Return what is played with the stretch that comes nearest to a number of fetches."""
    low, high, nearest = math.log(1 / 256), math.log(256), Tally()
    for _ in range(_PARTED):
        middle = (low + high) / 2
        tally = played(math.exp(middle))
        if abs(tally.fetches - fetches) <= abs(nearest.fetches - fetches):
            nearest = tally
        if abs(tally.fetches - fetches) <= fetches / 200:
            break
        if tally.fetches > fetches:
            low = middle
        else:
            high = middle
    return nearest
