"""`python -m benchmarks.service.answers`: how long the service takes to answer while it crawls, by the machine's clock.

Seven newspapers are crawled into a bucket every minute. A compressed clock does not tell: what the service does every
few seconds comes a hundred times as often by it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.service.running import RunningService
from servers.seaweedfs import seaweedfs

from broadsheet.scheduler.demo.newspaper import DemoNewspaper

_NEWSPAPERS = 7
_PROMISED_SECONDS = 1.0


def main() -> None:
    """Ask for the health of a service that crawls, and print the slowest answer; 1 where it took over a second."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.service.answers", description=__doc__)
    parser.add_argument("--seconds", type=float, default=240.0, help="how long (default: 240)")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory(prefix="broadsheet-benchmark-") as folder:
        service = _crawling(Path(folder), seconds)
        print(f"crawls that ended: {service.said.count(' ends: ')}")
    print(f"slowest answer of /healthz: {service.slowest_answer * 1000:.0f} ms")
    print(f"peak memory of the service: {service.peak / 1024**2:.0f} MiB")
    sys.exit(0 if service.slowest_answer < _PROMISED_SECONDS else 1)


def _crawling(folder: Path, seconds: float) -> RunningService:
    with contextlib.ExitStack() as opened:
        weed = opened.enter_context(seaweedfs(asks_who=False))
        weed.make_bucket("press")
        os.environ |= {**weed.environment, "BROADSHEET_STATE": str(folder / "state")}
        today = datetime.now(UTC).date()
        papers = [opened.enter_context(DemoNewspaper(today=today)) for _ in range(_NEWSPAPERS)]
        sources = folder / "broadsheet.toml"
        sources.write_text(
            'contact = "https://press.example/"\n'
            + "".join(
                f'[sources.paper{number}]\nhome = "{paper.url}"\nschedule = "every 1 minute"\n'
                for number, paper in enumerate(papers)
            )
        )
        service = RunningService("s3://press/archive", sources, folder / "log")
        try:
            time.sleep(seconds)
            service.end()
        except BaseException:
            service.kill()
            raise
        return service


if __name__ == "__main__":
    main()
