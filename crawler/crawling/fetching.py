"""Runs Scrapy over one job: exchanges go to the recorder, until nothing is left to fetch or the crawl is ended."""

from __future__ import annotations

import asyncio
import logging

from scrapy import Request, signals
from scrapy.core.engine import ExecutionEngine
from scrapy.crawler import AsyncCrawlerRunner, Crawler
from twisted.python.failure import Failure

from broadsheet.crawler.capturing.recorder import Recorder
from broadsheet.crawler.capturing.spool_limits import FetchingPause
from broadsheet.crawler.crawling.audience import Progress, ProgressReport
from broadsheet.crawler.crawling.heard_signals import HeardSignals
from broadsheet.crawler.crawling.job_settings import settings_of
from broadsheet.crawler.crawling.parts import CrawlParts
from broadsheet.crawler.crawling.watching import watch
from broadsheet.crawler.errors import BrokenCrawlError
from broadsheet.crawler.frontier.ledger import Ledger
from broadsheet.crawler.reading.archived_pages import ArchivedPages
from broadsheet.crawler.reading.findings import is_readable
from broadsheet.crawler.reading.page_reading import PageReader
from broadsheet.crawler.spiders.site import SiteSpider
from broadsheet.crawler.wire.handler import drop_waiting, listen, time_fetches
from broadsheet.storage.archive import Archive
from broadsheet.storage.model import Exchange


async def fetch(parts: CrawlParts, progress: Progress | None) -> BaseException | None:
    """Fetch what the job leads to; return the fault of ours that ended it, if one did.

    Args:
        parts: What the crawl works with.
        progress: Told how far it is.
    """
    job, run, workspace = parts.job, parts.run, parts.workspace
    _quieten_scrapy()
    recorder = _recorder(parts)
    runner = AsyncCrawlerRunner(settings_of(job, workspace))
    crawler = runner.create_crawler(SiteSpider)
    crawler.signals = HeardSignals(crawler)
    _record_exchanges(crawler, parts, recorder)
    faults = _Faults(crawler, parts)
    pages = PageReader(job, crawler, recorder, parts.pool, parts.meter)
    ledger = Ledger(run, parts.meter)
    pause = FetchingPause(
        job.spool_limits,
        workspace.spool.directory,
        parts.publisher,
        left=lambda: parts.preparation.left_bytes,
        pause=lambda: _engine(crawler).pause(),
        go_on=lambda: _engine(crawler).unpause(),
    )
    report = ProgressReport(progress, ledger)

    def look() -> bool:
        run.flush()
        pause.look()
        report()
        run.ended = run.ended or parts.publisher.failed or parts.interruption.requested.is_set()
        return not run.ended

    watching = asyncio.ensure_future(watch(crawler, parts, pages, look, faults.end_on))
    try:
        await runner.crawl(
            crawler,
            job=job,
            ledger=ledger,
            run=run,
            pages=pages,
            catalog=workspace.catalog,
            takedowns=workspace.takedowns,
            known=parts.preparation.known,
            archived=ArchivedPages(Archive(workspace.store), parts.pool),
            budget=parts.bounds.pages,
        )
    finally:
        await pages.close()
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    if isinstance(crawler.spider, SiteSpider):
        crawler.spider.admission.judge_growth()
    return faults.first or run.fault or parts.preparation.fault


class _Faults:
    """Ends a crawl on a fault of ours, and keeps the first."""

    def __init__(self, crawler: Crawler, parts: CrawlParts) -> None:
        self._run = parts.run
        self.first: BaseException | None = None
        crawler.signals.connect(self._end_on_failure, signals.spider_error)

    def end_on(self, fault: BaseException) -> None:
        self.first = self.first or fault
        self._run.ended = True

    def _end_on_failure(self, failure: Failure) -> None:
        self.end_on(failure.value or BrokenCrawlError("a fault without an error"))


def _quieten_scrapy() -> None:
    logging.getLogger("scrapy").setLevel(logging.WARNING)
    # What it gave up on, and what is not whole, stands in the ledger with the reason.
    logging.getLogger("scrapy.downloadermiddlewares.retry").setLevel(logging.CRITICAL)
    logging.getLogger("scrapy.core.downloader.handlers.http11").setLevel(logging.ERROR)


def _recorder(parts: CrawlParts) -> Recorder:
    job = parts.job
    return Recorder(
        parts.publisher,
        parts.workspace.catalog,
        source=job.source,
        obey=job.obey,
        to_be_read=lambda capture: is_readable(capture) and job.reads(capture),
    )


def _record_exchanges(crawler: Crawler, parts: CrawlParts, recorder: Recorder) -> None:
    size, run = parts.bounds.bytes, parts.run

    def record(exchange: Exchange, request: Request) -> None:
        parts.meter.exchanged(exchange)
        recorder.record(exchange, request)
        size.spend(exchange)
        if size.is_spent:
            run.ended = True
            drop_waiting(crawler)

    listen(crawler, record)
    time_fetches(crawler, parts.meter.fetched)


def _engine(crawler: Crawler) -> ExecutionEngine:
    assert crawler.engine is not None  # noqa: S101 - nobody looks before the crawl has begun
    return crawler.engine
