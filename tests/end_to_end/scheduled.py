"""A crawl as the service starts it: it looks again only at what is due.

::

    python scheduled.py --archive ARCHIVE URL SECONDS [REQUESTS]

Prints the summary as JSON. What it has looked at is due again after SECONDS at the latest.
"""

from __future__ import annotations

import sys
from datetime import timedelta

import msgspec

from broadsheet.crawler.crawling.audience import CrawlResult
from broadsheet.crawler.crawling.crawl import run
from broadsheet.crawler.job import CrawlJob
from broadsheet.crawler.revisiting.revisiting import Pace
from broadsheet.storage.workspace import Workspace


def main() -> None:
    """Crawl one source on loopback."""
    _, archive, url, seconds, *budget = sys.argv[1:]
    slowest = timedelta(seconds=float(seconds))
    job = CrawlJob(
        source=url,
        targets=[url],
        user_agent="test",
        allow_private=True,
        only_due=True,
        requests_per_hour=int(budget[0]) if budget else None,
        pace=Pace(quickest=timedelta(0), slowest=slowest, front_quickest=timedelta(0), front_slowest=slowest),
    )
    results: list[CrawlResult] = []
    with Workspace.open(archive) as workspace:
        run(workspace, [job], finished=results.append)
    sys.stdout.write(msgspec.json.encode(results[0].summary).decode())


if __name__ == "__main__":
    main()
