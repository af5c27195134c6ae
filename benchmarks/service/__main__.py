"""`python -m benchmarks.service`: two days of the service by a compressed clock, with what goes wrong on such days.

A real ``broadsheet run`` crawls seven newspapers every two hours into a bucket. Things happen to them that alarms are
for; the service is killed, told to end, and loses its store; webhooks fail. Then each moment of the schedule and each
alarm is accounted for. At last the service is told to end while it is busy, and nothing may be lost.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from benchmarks.service import report
from benchmarks.service.causes import all_in_time
from benchmarks.service.day import play
from benchmarks.service.sources import INTERVAL
from benchmarks.service.stops import stop_in_each
from end_to_end.machine_clock import library


def main() -> None:
    """Play the day, stop the service while it is busy, and print what came of it; 1 where a promise is not kept."""
    # As Ctrl-C: what was started is ended.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        kept = _play_and_tell()
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(0 if kept else 1)


def _play_and_tell() -> bool:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.service", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="how long the day takes (default: 30)")
    parser.add_argument("--only", choices=["day", "stops"], help="leave the other out")
    parser.add_argument("--keep", type=Path, help="a folder for logs and databases; default: one that is removed")
    arguments = parser.parse_args()
    if library() is None:
        sys.exit("libfaketime is not installed, which compresses the clock: apt-get install libfaketime")
    kept = True
    with tempfile.TemporaryDirectory(prefix="broadsheet-benchmark-") as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if arguments.only != "stops":
            day = play(folder, arguments.minutes)
            for table in (report.told(day), report.counted(day, arguments.minutes), report.alarms(day)):
                print(f"\n{table}", flush=True)
            kept = all_in_time(day.told, INTERVAL) and not day.false and not day.moments.missed + day.moments.twice
        if arguments.only != "day":
            stopped = list(stop_in_each(folder))
            print(f"\n{report.stops(stopped)}")
            kept = kept and all(each.verified and each.held == each.pages and not each.status for each in stopped)
    return kept


if __name__ == "__main__":
    main()
