"""A Scrapy crawl in a process of its own: what to do comes as JSON on stdin, what happened goes to stdout.

It runs crawler/courtesy/ and the pool of readers where they run in earnest: in Scrapy, on the asyncio reactor.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from tempfile import TemporaryDirectory
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.http import Response
from twisted.python.failure import Failure

from broadsheet.crawler import settings as crawl_settings
from broadsheet.crawler.courtesy.robots import named_sitemaps
from broadsheet.crawler.reading.page import CapturedPage
from broadsheet.crawler.reading.pool import ReadingPool

SETTINGS: dict[str, Any] = {
    **{name: value for name, value in vars(crawl_settings).items() if name.isupper()},
    "ALLOW_PRIVATE_ADDRESSES": True,
    "DOWNLOAD_DELAY": 0,
    "FETCH_DEADLINE": 2,
    "LOG_ENABLED": True,
    "LOG_LEVEL": "INFO",
    "LOG_INSTALL_ROOT_HANDLER": True,
    "RETRY_TIMES": 1,
}


def crawl(*urls: str, sitemaps_of: str | None = None, read: bool = False, **settings: Any) -> CrawlReport:
    """Fetch URLs in a Scrapy process of their own, with the crawler's settings but for those given."""
    job = {"urls": urls, "sitemaps_of": sitemaps_of, "read": read, "settings": settings}
    done = subprocess.run(
        [sys.executable, __file__],
        input=json.dumps(job).encode(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()
    return CrawlReport(log=done.stderr.decode(), **json.loads(done.stdout))


@dataclass(kw_only=True)
class CrawlReport:
    """What became of each URL.

    Attributes:
        fetched: By URL: status, robots_decision, and what was read where that was asked for.
        refused: By URL: the error.
        sitemaps: What robots.txt named, where that was asked for.
        reader_processes: How many readers ran when the crawl ended.
        loaded: The modules that were loaded by then.
        log: What was logged.
    """

    fetched: dict[str, dict[str, Any]]
    refused: dict[str, str]
    sitemaps: list[str]
    reader_processes: int
    loaded: list[str]
    log: str


class ScriptSpider(Spider):
    """Fetches the URLs it is given, all at once, and notes what became of each."""

    name = "script"

    def __init__(self, *, job: dict[str, Any], report: dict[str, Any], **arguments: Any) -> None:
        super().__init__(**arguments)
        self.job = job
        self.report = report
        self.pool = ReadingPool(processes=2)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *arguments: Any, **named: Any) -> ScriptSpider:
        spider = super().from_crawler(crawler, *arguments, **named)
        crawler.signals.connect(spider.finish, signals.spider_closed)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        if self.job["sitemaps_of"]:
            self.report["sitemaps"] = await named_sitemaps(self.crawler, self.job["sitemaps_of"])
        for url in self.job["urls"]:
            yield Request(url, callback=self.parse, errback=self.failed, dont_filter=True)

    async def parse(self, response: Response) -> None:
        assert response.request is not None
        meta = response.request.meta
        outcome: dict[str, Any] = {"status": response.status, "robots_decision": meta.get("robots_decision")}
        if self.job["read"]:
            block = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n" + response.body
            page = CapturedPage(url=response.url, captured_at=datetime.now(UTC), response=block)
            reading = await self.pool.read(page)
            outcome["kind"] = reading.kind
            outcome["entries"] = [entry.url for entry in reading.entries]
        self.report["fetched"][response.request.url] = outcome

    async def failed(self, failure: Failure) -> None:
        url = failure.request.url  # type: ignore[attr-defined]
        self.report["refused"][url] = f"{type(failure.value).__name__}: {failure.value}"

    async def finish(self) -> None:
        self.report["reader_processes"] = len(self.pool.process_ids)
        await self.pool.__aexit__(None, None, None)


def main() -> None:
    job = json.load(sys.stdin)
    report: dict[str, Any] = {"fetched": {}, "refused": {}, "sitemaps": [], "reader_processes": 0}
    with TemporaryDirectory() as hosts:
        process = AsyncCrawlerProcess(SETTINGS | {"PACE_DIRECTORY": hosts} | job["settings"])
        process.crawl(ScriptSpider, job=job, report=report)
        process.start()
    report["loaded"] = list(sys.modules)
    json.dump(report, sys.stdout)


if __name__ == "__main__":
    main()
