"""Runs crawls in this process, one after another: Scrapy around our parts, then publication, then the summary."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import importlib
import logging
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from msgspec import Struct
from scrapy import signals
from scrapy.crawler import AsyncCrawlerRunner, Crawler
from scrapy.settings import Settings
from scrapy.utils.reactor import install_reactor
from twisted.python.failure import Failure

from broadsheet.crawler import settings as defaults
from broadsheet.crawler.errors import BrokenCrawlError, ReaderStartError
from broadsheet.crawler.extraction.revision import extractor
from broadsheet.crawler.findings import finding_of, is_readable, page_of
from broadsheet.crawler.job import CrawlJob, CrawlSummary
from broadsheet.crawler.ledger import Ledger
from broadsheet.crawler.pool import ReadingPool
from broadsheet.crawler.publisher import Publisher
from broadsheet.crawler.recorder import Recorder, segment_head
from broadsheet.crawler.recovery import recover
from broadsheet.crawler.resolver import PublicResolver
from broadsheet.crawler.spiders.site import SiteSpider
from broadsheet.crawler.wire import drop_waiting, listen
from broadsheet.storage.errors import ArchiveError
from broadsheet.storage.publication import Published
from broadsheet.storage.workspace import Workspace

_log = logging.getLogger(__name__)

Progress = Callable[[Ledger], None]
_WATCH_SECONDS = 0.25
_GARBAGE_THRESHOLDS = (20_000, 20, 20)


class CrawlResult(Struct, frozen=True, kw_only=True):
    """What a crawl came to.

    Attributes:
        summary: The counts.
        published: What became of each capture, in order of publication.
        reasons: Why URLs failed or were refused, by URL.
        interrupted: Whether it was stopped from outside.
    """

    summary: CrawlSummary
    published: list[Published]
    reasons: dict[str, str]
    interrupted: bool


def run(workspace: Workspace, jobs: Sequence[CrawlJob], progress: Progress | None = None) -> list[CrawlResult]:
    """Finish what an earlier run left, then run the jobs one after another; once in a process, as its reactor.

    SIGINT and SIGTERM end the crawl that runs after the pages in flight; what was captured is published.

    Raises:
        StoreError: The archive could not be written; what was captured is in the spool, and the next run publishes it.
    """
    # What is loaded by now stays, and much is made that lives for one page: scanning it all costs a tenth.
    gc.freeze()
    gc.set_threshold(*_GARBAGE_THRESHOLDS)
    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    reactor: Any = importlib.import_module("twisted.internet.reactor")
    outcome: list[CrawlResult | BaseException] = []

    async def everything() -> None:
        try:
            outcome.extend(await _run_all(workspace, jobs, progress))
        except BaseException as error:  # noqa: BLE001 - raised again below, outside the reactor
            outcome.append(error)
        finally:
            reactor.stop()

    PublicResolver(reactor, allow_private=any(job.allow_private for job in jobs)).install_on_reactor()
    reactor.callWhenRunning(lambda: asyncio.ensure_future(everything()))
    reactor.run(installSignalHandlers=False)
    errors = [result for result in outcome if isinstance(result, BaseException)]
    if errors:
        raise errors[0]
    return [result for result in outcome if isinstance(result, CrawlResult)]


async def _run_all(workspace: Workspace, jobs: Sequence[CrawlJob], progress: Progress | None) -> list[CrawlResult]:
    await asyncio.to_thread(workspace.catalog.refresh, workspace.store)
    await recover(workspace, extractor())
    results: list[CrawlResult] = []
    for job in jobs:
        results.append(await _run_one(workspace, job, progress))
        if results[-1].interrupted:
            break
    return results


class _Ending(NamedTuple):
    """How a crawl ended: by itself, from outside, or by a fault of ours."""

    interrupted: bool
    fault: BaseException | None


async def _run_one(workspace: Workspace, job: CrawlJob, progress: Progress | None) -> CrawlResult:
    started_at, clock = datetime.now(UTC), time.monotonic()
    ledger = Ledger()
    head = partial(segment_head, source=job.source, user_agent=job.user_agent)
    publisher = Publisher(workspace, extractor(), head)
    async with ReadingPool() as pool:
        ending = await _crawl(workspace, job, ledger, publisher, pool, progress)
        unreadable = await _read_what_was_dropped(publisher, pool)
    await _close(publisher, job, ending.fault or unreadable)
    for published in publisher.published:
        if published.outcome is not None:
            ledger.finish(published.capture.filed_as, published.outcome, published.reason)
    ledger.close("interrupted" if ending.interrupted else "not_reached")
    summary = CrawlSummary(
        source=job.source,
        started_at=started_at,
        seconds=round(time.monotonic() - clock, 3),
        discovered=ledger.discovered,
        fetched=sum(published.capture.request.purpose == "page" for published in publisher.published),
        outcomes=ledger.outcomes,
        skipped=ledger.skipped,
        segments=publisher.segments,
    )
    return CrawlResult(
        summary=summary, published=publisher.published, reasons=ledger.reasons, interrupted=ending.interrupted
    )


async def _close(publisher: Publisher, job: CrawlJob, fault: BaseException | None) -> None:
    """Publish what can be published, then raise the fault that ended the crawl, if there was one."""
    if fault is None:
        await publisher.close()
        return
    try:
        await publisher.close()
    except ArchiveError as error:
        where = str(error)
    else:
        where = "what it had captured is published"
        if publisher.kept_in_spool:
            where = "what it had captured is in the spool, and the next crawl publishes it"
    message = f"the crawl of {job.source} broke off ({type(fault).__name__}: {fault}); {where}"
    raise BrokenCrawlError(message) from fault


async def _crawl(
    workspace: Workspace,
    job: CrawlJob,
    ledger: Ledger,
    publisher: Publisher,
    pool: ReadingPool,
    progress: Progress | None,
) -> _Ending:
    """Run Scrapy over one job; tell how it ended."""
    recorder = Recorder(
        publisher,
        workspace.catalog,
        source=job.source,
        to_be_read=lambda capture: is_readable(capture) and job.reads(capture),
    )
    logging.getLogger("scrapy").setLevel(logging.WARNING)
    # What it gave up on stands in the ledger, with the reason.
    logging.getLogger("scrapy.downloadermiddlewares.retry").setLevel(logging.CRITICAL)
    runner = AsyncCrawlerRunner(_settings(job))
    crawler = runner.create_crawler(SiteSpider)
    listen(crawler, recorder.record)
    stop = asyncio.Event()
    faults: list[BaseException] = []

    def end_on_fault(error: BaseException) -> None:
        faults.append(error)
        stop.set()

    def end_on_failure(failure: Failure) -> None:
        end_on_fault(failure.value or BrokenCrawlError("a fault without an error"))

    crawler.signals.connect(end_on_failure, signals.spider_error)
    report = _Report(progress, ledger)
    watching = asyncio.ensure_future(_watch(crawler, publisher, stop, report, end_on_fault))
    try:
        with _ending_on_signals(stop):
            await runner.crawl(crawler, job=job, ledger=ledger, pool=pool, catalog=workspace.catalog)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    return _Ending(interrupted=stop.is_set() and not faults, fault=faults[0] if faults else None)


def _settings(job: CrawlJob) -> Settings:
    settings = Settings()
    settings.setmodule(defaults, priority="project")
    settings.set("USER_AGENT", job.user_agent, priority="cmdline")
    settings.set("ALLOW_PRIVATE_ADDRESSES", job.allow_private, priority="cmdline")
    if job.delay is not None:
        settings.set("DOWNLOAD_DELAY", job.delay, priority="cmdline")
        settings.set("PRIVATE_HOST_DELAY", job.delay, priority="cmdline")
    return settings


class _Report:
    """Tells how far a crawl is, as long as anybody can be told: a closed terminal or pipe is no reason to end it."""

    def __init__(self, progress: Progress | None, ledger: Ledger) -> None:
        self._progress = progress
        self._ledger = ledger

    def __call__(self) -> None:
        if self._progress is None:
            return
        try:
            self._progress(self._ledger)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - rich exits on a closed pipe; whatever else, we crawl on
            self._progress = None
            _log.warning("progress is shown no more: %s: %s", type(error).__name__, error)


async def _watch(
    crawler: Crawler,
    publisher: Publisher,
    stop: asyncio.Event,
    report: _Report,
    end_on_fault: Callable[[BaseException], None],
) -> None:
    """Bring captures to the disk and report, several times a second; end the crawl when it has to."""
    try:
        while not (stop.is_set() or publisher.failed):
            await asyncio.sleep(_WATCH_SECONDS)
            await publisher.sync()
            report()
    except Exception as error:  # noqa: BLE001 - nobody waits for this task before the crawl is over
        end_on_fault(error)
    drop_waiting(crawler)
    await crawler.stop_async()


@contextlib.contextmanager
def _ending_on_signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


async def _read_what_was_dropped(publisher: Publisher, pool: ReadingPool) -> ReaderStartError | None:
    """Read the pages that were captured and never reached the spider, because the crawl was ended before.

    Returns:
        Why they could not be read, or None.
    """
    for segment, capture in publisher.unread():
        try:
            reading = await pool.read(page_of(capture, segment.block(capture)))
        except ReaderStartError as error:
            return error
        segment.settle(capture, finding_of(reading, expected=capture.request.expected))
    return None
