"""`python -m benchmarks.archive.listing`: reads captures or versions of an archive and tells its own peak memory."""

import argparse
import json
import re
import time
from datetime import datetime
from pathlib import Path

from broadsheet.storage import cdxj, layout
from broadsheet.storage.archive import Archive

_PEAK = re.compile(r"^VmHWM:\s*(\d+) kB$", re.MULTILINE)


def main() -> None:
    """Prints how many there were, how long it took, and the most memory that this process held, in MiB."""
    arguments = _arguments()
    archive = Archive.open(arguments.archive)
    began = time.perf_counter()
    count = {"captures": _captures, "versions": _versions, "segments": _segments}[arguments.what](archive, arguments)
    seconds = time.perf_counter() - began
    # Not getrusage: its maximum counts what the parent held before this program was started.
    peak = _PEAK.search(Path("/proc/self/status").read_text())
    print(json.dumps({"count": count, "seconds": seconds, "peak_mib": int(peak[1]) / 1024 if peak else None}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.archive.listing", description=__doc__)
    parser.add_argument("archive")
    parser.add_argument("what", choices=["captures", "versions", "segments"])
    parser.add_argument("--host")
    parser.add_argument("--since", type=datetime.fromisoformat)
    parser.add_argument("--until", type=datetime.fromisoformat)
    return parser.parse_args()


def _captures(archive: Archive, arguments: argparse.Namespace) -> int:
    found = archive.captures(host=arguments.host, since=arguments.since, until=arguments.until)
    return sum(1 for _ in found)


def _versions(archive: Archive, arguments: argparse.Namespace) -> int:
    found = archive.snapshots(host=arguments.host, since=arguments.since, until=arguments.until)
    return sum(1 for _ in found)


def _segments(archive: Archive, arguments: argparse.Namespace) -> int:
    """The reference: every index segment is read, and what is asked for held and sorted."""
    mentioning = f'"https://{arguments.host}/'.encode()
    lines = [
        line
        for entry in archive.store.list(layout.INDEX)
        for line in cdxj.decode(archive.store.get(entry.key), entry.key, mentioning)
    ]
    return len(sorted(lines, key=lambda line: (line.url, line.at)))


if __name__ == "__main__":
    main()
