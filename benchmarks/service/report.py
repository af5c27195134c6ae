"""What came of it, in tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from statistics import median

from benchmarks.service.day import HOURS, Day
from benchmarks.service.sources import INTERVAL
from benchmarks.service.stops import Stopped

_MIB = 1024 * 1024


def told(day: Day) -> str:
    """Tell what happened, in its order."""
    return "\n".join(f"{moment:%a %H:%M}  {what}" for moment, what in sorted(day.happened))


def counted(day: Day, minutes: float) -> str:
    """Count the moments of the schedule, the edits, the notices, and what the service took."""
    memory = [size for service in day.services for _, size in service.memory]
    quarter = len(memory) // 4
    arrivals = day.receiver.arrivals.values()
    rows = [
        ("the day", f"{HOURS} h in {minutes:g} min, {INTERVAL.seconds // 3600} h between runs of a source"),
        ("moments due", str(day.moments.due)),
        ("runs made for them", str(day.moments.made)),
        ("runs made twice", str(day.moments.twice)),
        ("moments made up by a later run", str(day.moments.made_up)),
        ("moments missed", str(day.moments.missed)),
        *((f"edits of edition {e.edition} that the archive holds", f"{e.held} of {e.changed}") for e in day.edits),
        *((f"edits of edition {e.edition} that were told once", f"{e.told} of {e.changed}") for e in day.edits),
        ("from each start until it listened", ", ".join(f"{each.seconds_to_start:.1f} s" for each in day.services)),
        *(("SIGTERM to the end", f"{seconds:.1f} s, exit {status}") for status, seconds in day.statuses),
        ("slowest answer of `/healthz`", f"{max(service.slowest_answer for service in day.services) * 1000:.0f} ms"),
        ("peak memory of the service", f"{max(service.peak for service in day.services) / _MIB:.0f} MiB"),
        ("its memory, median of the first quarter", f"{median(memory[:quarter]) / _MIB:.0f} MiB"),
        ("its memory, median of the last quarter", f"{median(memory[-quarter:]) / _MIB:.0f} MiB"),
        ("notices that arrived", f"{len(arrivals)}, {sum(count > 1 for count in arrivals)} of them twice"),
        ("requests that the webhook refused, left unanswered", f"{day.receiver.refused}, {day.receiver.hung}"),
        ("requests with a wrong signature", str(day.receiver.forged + day.dead.forged)),
        ("requests to the webhook that never answers", str(day.dead.hung)),
    ]
    return _table(("", ""), rows)


def alarms(day: Day) -> str:
    """Tell of each cause what was told of it, and of alarms without one."""
    rows = [
        (
            f"{each.cause.kind} {each.cause.source or ''}".strip(),
            _at(each.cause.window.since),
            _at(each.cause.known_from),
            _at(each.raised_at),
            _at(each.cause.window.until),
            _at(each.cause.over_from),
            _at(each.cleared_at),
            "yes" if each.is_in_time(INTERVAL) else "NO",
            "yes" if each.arrivals == (1, 1) else f"NO: {each.arrivals}",
        )
        for each in day.told
    ]
    names = ("alarm", "begins", "known from", "raised", "ends", "over from", "cleared", "in time", "arrived once")
    false = [f"{alarm['at']} {alarm['kind']} {alarm['source']}: {alarm['text']}" for alarm in day.false]
    return _table(names, rows) + f"\n\nfalse alarms: {len(false)}" + "".join(f"\n  {line}" for line in false)


def stops(stopped: Sequence[Stopped]) -> str:
    """Tell how the service ended while it was busy."""
    rows = [
        (
            each.when,
            f"{each.seconds:.1f} s, exit {each.status}",
            f"{each.held} of {each.pages}",
            str(each.again),
            "yes" if each.verified else "NO",
        )
        for each in stopped
    ]
    names = ("SIGTERM in a", "to the end", "pages held after the next start", "fetched again", "`verify --deep`")
    return _table(names, rows)


def _at(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%a %H:%M}"


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
