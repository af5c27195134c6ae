"""Broadsheet with extraction off: fetch every page of the sitemaps given, write WARC, publish. Prints the summary."""

import sys
from pathlib import Path

import msgspec

from broadsheet.crawler.crawling.crawl import run
from broadsheet.crawler.job import CrawlJob
from broadsheet.storage.workspace import Workspace


def main() -> None:
    """Crawl ``ARCHIVE MAX_PAGES SITEMAP...``."""
    archive, max_pages, *sitemaps = sys.argv[1:]
    job = CrawlJob(
        source="benchmark",
        targets=sitemaps,
        user_agent="Broadsheet benchmark",
        max_pages=int(max_pages),
        allow_private=True,
        read_pages=False,
    )
    with Workspace.open(str(Path(archive))) as workspace:
        run(workspace, [job], finished=lambda result: print(msgspec.json.encode(result.summary).decode()))


if __name__ == "__main__":
    main()
