"""What an alarm is raised for, when that can be known at the earliest, and what came of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from benchmarks.service.press import Press, Trouble, Window
from benchmarks.service.receiver import Receiver

_KINDS: dict[Trouble, str] = {"mute": "silent", "undated": "extraction", "walled": "paywall", "down": "failing"}
# docs/alarms.md: of the last 20 articles a share 30 points above what was usual, and within 10 points of it again.
_LAST, _RAISED_AT, _CLEARED_AT = 20, 7, 2
_FAILURES = 3
_HOURS_OF_YEAR = 8766


@dataclass(frozen=True)
class Cause:
    """Why an alarm is to be raised.

    Attributes:
        kind: Of which kind the alarm is.
        source: Of which source it is; None for the service itself.
        window: From when to when the cause lasts.
        known_from: The crawl after which it can be known at the earliest, by what docs/alarms.md promises.
        over_from: The crawl after which it can be known that it is over.
    """

    kind: str
    source: str | None
    window: Window
    known_from: datetime
    over_from: datetime


@dataclass(frozen=True)
class Told:
    """What was told of a cause; None for what was not.

    Attributes:
        cause: The cause.
        raised_at: When the alarm was raised.
        cleared_at: When it was cleared.
        arrivals: How often its two notices arrived.
    """

    cause: Cause
    raised_at: datetime | None
    cleared_at: datetime | None
    arrivals: tuple[int, ...]

    def is_in_time(self, interval: timedelta) -> bool:
        """Tell whether it was raised and cleared within one interval of when it could be known."""
        return (
            self.raised_at is not None
            and self.cleared_at is not None
            and self.cause.window.since <= self.raised_at <= self.cause.known_from + interval
            and self.cause.window.until <= self.cleared_at <= self.cause.over_from + interval
        )


def causes_of(press: Press, moments: Sequence[datetime]) -> list[Cause]:
    """Return what is to be told of a newspaper that is crawled at some moments."""
    return [
        Cause(_KINDS[trouble], press.name, window, *_known(press, trouble, window, moments))
        for trouble, window in press.troubles.items()
    ]


def judge(causes: Sequence[Cause], receiver: Receiver) -> tuple[list[Told], list[dict[str, Any]]]:
    """Return what was told of each cause, and the alarms that were raised without one or once more."""
    alarms = sorted(
        (notice for notice in receiver.notices.values() if notice["about"] == "alarm"), key=lambda notice: notice["at"]
    )
    told = []
    for cause in causes:
        of_cause = [alarm for alarm in alarms if (alarm["kind"], alarm["source"]) == (cause.kind, cause.source)]
        raised = next((alarm for alarm in of_cause if alarm["event"] == "raised"), None)
        cleared = next((alarm for alarm in of_cause if alarm["event"] == "cleared"), None)
        alarms = [alarm for alarm in alarms if alarm not in (raised, cleared)]
        arrivals = tuple(receiver.arrivals[alarm["id"]] for alarm in (raised, cleared) if alarm)
        told.append(Told(cause, _at(raised), _at(cleared), arrivals))
    return told, [alarm for alarm in alarms if alarm["event"] == "raised"]


def _known(press: Press, trouble: Trouble, window: Window, moments: Sequence[datetime]) -> tuple[datetime, datetime]:
    in_it, after = [at for at in moments if at in window], [at for at in moments if at >= window.until]
    if trouble == "down":
        return in_it[_FAILURES - 1], after[0]
    if trouble == "mute":
        return _silence_known(press, in_it, moments), next(
            at for at in after if press.out(at) > press.out(window.until)
        )
    affected = [story for story in press.stories if story in window]

    def last(at: datetime) -> int:
        """How many of the last stories are affected."""
        out = [story for story in press.stories if story <= at][-_LAST:]
        return sum(story in window for story in out)

    known = next(at for at in in_it if sum(story <= at for story in affected) >= _RAISED_AT)
    return known, next(at for at in after if last(at) <= _CLEARED_AT)


def _silence_known(press: Press, in_it: Sequence[datetime], moments: Sequence[datetime]) -> datetime:
    """Return the crawl after which the silence is one that by chance comes less than once a year."""
    looks = [(before, at, press.out(at) - press.out(before)) for before, at in pairwise(moments)]
    learned = [(before, at, new) for before, at, new in looks if at <= in_it[0] - timedelta(hours=1)]
    hours = (learned[-1][1] - learned[0][0]) / timedelta(hours=1)
    rate = sum(new for *_, new in learned) / hours
    finds_a_year = sum(new > 0 for *_, new in learned) / hours * _HOURS_OF_YEAR
    last_find = max(at for _, at, new in looks if new and at <= in_it[-1])
    return next(at for at in in_it if rate * ((at - last_find) / timedelta(hours=1)) > math.log(finds_a_year))


def _at(notice: dict[str, Any] | None) -> datetime | None:
    return None if notice is None else datetime.fromisoformat(notice["at"])


def all_in_time(told: Iterable[Told], interval: timedelta) -> bool:
    """Tell whether each was told in time, and its two notices arrived once."""
    return all(each.is_in_time(interval) and each.arrivals == (1, 1) for each in told)
