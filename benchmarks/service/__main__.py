"""`python -m benchmarks.service`: a day of the service in six and a half minutes, with what goes wrong on such days.

A real ``broadsheet run`` crawls the demo newspaper every minute. Two editions come out; the newspaper is away for a
while; the service is killed in a run, stays down over moments of its schedule, and is told to end in another run.
Then each moment of the schedule is accounted for.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.service.day import Day, play
from benchmarks.service.ledger import count

_MIB = 1024 * 1024


def main() -> None:
    """Play the day and print what came of it."""
    argparse.ArgumentParser(prog="python -m benchmarks.service", description=__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="broadsheet-benchmark-") as folder:
        day = play(Path(folder))
    print(_told(day))
    print()
    print(_counted(day))


def _told(day: Day) -> str:
    lines = list(day.happened)
    for job in day.jobs:
        run = f"run for {job.planned_for:%H:%M}"
        if job.started_at is not None:
            lines.append((job.started_at, f"{run} begins{' again' if job.attempts > 1 else ''}"))
        if job.ended_at is not None:
            lines.append((job.ended_at, f"{run} {job.state}{': ' + job.reason if job.reason else ''}"))
    return "\n".join(f"{moment:%H:%M:%S}  {what}" for moment, what in sorted(lines))


def _counted(day: Day) -> str:
    up = [(service.started_at, service.ended_at) for service in day.services if service.ended_at is not None]
    ledger = count(day.jobs, up)
    rows = [
        ("moments due", str(ledger.due)),
        ("runs made for them", str(ledger.made)),
        ("runs made twice", str(ledger.twice)),
        ("moments made up by a later run", str(ledger.made_up)),
        ("moments missed", str(ledger.missed)),
        *(
            (f"edits of edition {edition} that the archive holds", f"{held} of {changed}")
            for edition, (changed, held) in day.edits.items()
        ),
        ("start after the kill to the first run", f"{day.restarted:.1f} s"),
        *(("SIGTERM to the end", f"{seconds:.1f} s, exit {status}") for status, seconds in day.statuses),
        ("slowest answer of /healthz", f"{max(service.slowest_answer for service in day.services) * 1000:.0f} ms"),
        ("peak memory of the service", f"{max(service.peak for service in day.services) // _MIB} MiB"),
    ]
    return "\n".join(["| | |", "| --- | ---: |", *(f"| {name} | {value} |" for name, value in rows)])


if __name__ == "__main__":
    main()
