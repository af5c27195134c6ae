"""Runs crawls in this process, one after another: Scrapy around our parts, then publication, then the summary."""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from msgspec import Struct
from scrapy import Request, signals
from scrapy.core.engine import ExecutionEngine
from scrapy.crawler import AsyncCrawlerRunner, Crawler
from scrapy.settings import Settings
from scrapy.utils.reactor import install_reactor
from twisted.python.failure import Failure

from broadsheet.crawler import settings as defaults
from broadsheet.crawler.bounds import Bounds, ByteBudget, PageBudget
from broadsheet.crawler.capturing.publisher import Publisher
from broadsheet.crawler.capturing.recorder import Recorder, segment_head
from broadsheet.crawler.capturing.spool_limits import FetchingPause
from broadsheet.crawler.discovery.admission import REFUSALS
from broadsheet.crawler.errors import BrokenCrawlError, FrontierError, ReaderStartError
from broadsheet.crawler.extraction.revision import extractor
from broadsheet.crawler.frontier.database import open_database
from broadsheet.crawler.frontier.ledger import Ledger
from broadsheet.crawler.frontier.publishing import Acknowledgements
from broadsheet.crawler.frontier.run import Run
from broadsheet.crawler.frontier.runs import Frontier
from broadsheet.crawler.frontier.scheduler import FrontierScheduler
from broadsheet.crawler.frontier.schema import Ending
from broadsheet.crawler.interruption import Interruption
from broadsheet.crawler.job import CrawlJob, CrawlSummary
from broadsheet.crawler.measures import Meter
from broadsheet.crawler.memory import keep_large_memory_apart, share_memory_between_threads
from broadsheet.crawler.reading.archived_pages import ArchivedPages
from broadsheet.crawler.reading.findings import finding_of, is_readable, page_of
from broadsheet.crawler.reading.page_reading import PageReader
from broadsheet.crawler.reading.pool import ReadingPool
from broadsheet.crawler.recovery.preparation import Preparation
from broadsheet.crawler.rendering.browser import add_browser, renderer_name
from broadsheet.crawler.run_outcome import outcome_of_run
from broadsheet.crawler.spiders.site import SiteSpider
from broadsheet.crawler.wire.handler import cut_off, drop_waiting, listen, time_fetches
from broadsheet.crawler.wire.resolver import GuardedResolver
from broadsheet.storage.archive import Archive
from broadsheet.storage.errors import ArchiveError
from broadsheet.storage.model import Exchange
from broadsheet.storage.publishing.publication import Published
from broadsheet.storage.stores.objects import repeated
from broadsheet.storage.workspace import Workspace

_log = logging.getLogger(__name__)

Progress = Callable[[Ledger], None]
Tell = Callable[[Published], None]
_WATCH_SECONDS = 0.25
# Less than `Interruption.GRACE`: what arrived of them is still to be published.
_SECONDS_FOR_PAGES_IN_FLIGHT = 4.0
_SECONDS_FOR_READING = 1.0
_SECONDS_FOR_PUBLICATION = 1.0
_GARBAGE_THRESHOLDS = (20_000, 20, 20)


class CrawlResult(Struct, frozen=True, kw_only=True):
    """What a crawl came to.

    Attributes:
        summary: The counts.
        reasons: Why the first URLs failed or were refused that did, by URL.
        explained: How many there are.
        interrupted: Whether it was stopped from outside.
        whereabouts: Where what was captured is, for people: in the archive, or in the spool.
    """

    summary: CrawlSummary
    reasons: dict[str, str]
    explained: int
    interrupted: bool
    whereabouts: str


def run(
    workspace: Workspace,
    jobs: Sequence[CrawlJob],
    progress: Progress | None = None,
    *,
    finished: Callable[[CrawlResult], None],
    published: Tell | None = None,
) -> None:
    """Finish what an earlier run left, then run the jobs one after another; once in a process, as its reactor.

    SIGINT and SIGTERM end the crawl that runs after the pages in flight; what was captured is published, as far as the
    archive takes it in time.

    Args:
        workspace: The archive, opened for writing.
        jobs: What to crawl.
        progress: Called several times a second while a crawl runs.
        finished: Called with what each crawl came to, also where it broke off.
        published: Called with what became of each capture, in the order of publication.

    Raises:
        StoreError: The archive could not be written; what was captured is in the spool, and the next run publishes it.
        BrokenCrawlError: A fault of ours ended a crawl.
    """
    # What is loaded by now stays, and much is made that lives for one page: scanning it all costs a tenth.
    gc.freeze()
    gc.set_threshold(*_GARBAGE_THRESHOLDS)
    share_memory_between_threads()
    keep_large_memory_apart()
    install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
    reactor: Any = importlib.import_module("twisted.internet.reactor")
    errors: list[BaseException] = []

    async def everything() -> None:
        try:
            await _run_all(workspace, jobs, _Audience(progress, finished, published))
        except BaseException as error:  # noqa: BLE001 - raised again below, outside the reactor
            errors.append(error)
        finally:
            reactor.stop()

    GuardedResolver(
        reactor,
        allow_private=any(job.allow_private for job in jobs),
        allow_public=any(job.allow_public for job in jobs),
    ).install_on_reactor()
    reactor.callWhenRunning(lambda: asyncio.ensure_future(everything()))
    reactor.run(installSignalHandlers=False)
    if errors:
        raise errors[0]


class _Audience(NamedTuple):
    """Who is told what happens."""

    progress: Progress | None
    finished: Callable[[CrawlResult], None]
    published: Tell | None

    def tell(self, published: Published) -> None:
        """Tell what became of a capture."""
        if self.published is not None:
            self.published(published)


async def _run_all(workspace: Workspace, jobs: Sequence[CrawlJob], audience: _Audience) -> None:
    with open_database(workspace) as database:
        frontier = Frontier(database)
        preparation = Preparation(workspace, Acknowledgements(database))
        await preparation.begin(jobs[0].targets)
        with Interruption() as interruption:
            for number, job in enumerate(jobs):
                if number:
                    await preparation.begin(job.targets)
                run = await _begin_run(frontier, job, preparation)
                await _run_one(workspace, frontier, run, job, audience, interruption, preparation)
                if interruption.requested.is_set():
                    break


async def _begin_run(frontier: Frontier, job: CrawlJob, preparation: Preparation) -> Run:
    cut_off = frontier.cut_off(job.source, job.asked_for) if job.follow else None
    if cut_off is not None:
        # Its process may have ended since the spool was looked through.
        await preparation.recover()
    return frontier.begin(job.source, job.asked_for, cut_off)


async def _run_one(
    workspace: Workspace,
    frontier: Frontier,
    run: Run,
    job: CrawlJob,
    audience: _Audience,
    interruption: Interruption,
    preparation: Preparation,
) -> None:
    meter = Meter(partial(repeated, workspace.store))
    publisher = Publisher(
        workspace,
        extractor(),
        partial(_begin_segment, job, run),
        audience.tell,
        acknowledge=run.acknowledge,
        meter=meter,
        ready=preparation.done,
    )
    bounds = Bounds(
        PageBudget(job.max_pages, *(run.asked_for(REFUSALS) if run.resumed else ())),
        ByteBudget(job.max_bytes, run.spending),
    )
    run.ended = bounds.bytes.is_spent
    async with ReadingPool() as pool:
        fault = await _crawl(
            workspace, job, run, publisher, pool, bounds, meter, audience.progress, interruption, preparation
        )
        unreadable = await _read_what_was_dropped(publisher, pool, meter, interruption)
    error = await _close(publisher, job, fault or unreadable, interruption)
    interrupted = interruption.requested.is_set()
    ending: Ending = "broken" if error else "interrupted" if interrupted else "finished"
    try:
        run.put_off(publisher.kept)
        standing = frontier.end(
            run,
            ending,
            unfinished="interrupted" if interrupted else bounds.reached or "not_reached",
            pace=job.pace,
        )
    except FrontierError as unwritten:
        raise (error or unwritten) from unwritten
    summary = CrawlSummary(
        source=job.source,
        outcome=outcome_of_run(standing.coverage.outcomes, standing.coverage.skipped, ending),
        started_at=run.started_at,
        seconds=round(standing.seconds, 3),
        discovered=standing.coverage.discovered,
        fetched=standing.fetched + len(publisher.kept),
        outcomes=standing.coverage.outcomes,
        skipped=standing.coverage.skipped,
        segments=standing.segments,
        measures=meter.measures,
    )
    audience.finished(
        CrawlResult(
            summary=summary,
            reasons=standing.explanations,
            explained=standing.explained,
            interrupted=interrupted and error is None,
            whereabouts=publisher.whereabouts,
        )
    )
    if error is not None:
        raise error


def _begin_segment(job: CrawlJob, run: Run, batch: str) -> tuple[str, bytes]:
    run.begin_batch(batch)
    return segment_head(
        batch, source=job.source, user_agent=job.user_agent, renderer=renderer_name() if job.render else None
    )


async def _close(
    publisher: Publisher, job: CrawlJob, fault: BaseException | None, interruption: Interruption
) -> Exception | None:
    """Publish what can be published; return why the crawl broke off, if it did."""
    try:
        await publisher.close(may_wait=lambda: interruption.seconds_left > 0)
    except (ArchiveError, FrontierError) as error:
        if fault is None:
            return error
        where = str(error)
    else:
        where = f"what it had captured is {publisher.whereabouts}"
    if fault is None:
        return None
    broken = BrokenCrawlError(f"the crawl of {job.source} broke off ({type(fault).__name__}: {fault}); {where}")
    broken.__cause__ = fault
    return broken


async def _crawl(
    workspace: Workspace,
    job: CrawlJob,
    run: Run,
    publisher: Publisher,
    pool: ReadingPool,
    bounds: Bounds,
    meter: Meter,
    progress: Progress | None,
    interruption: Interruption,
    preparation: Preparation,
) -> BaseException | None:
    """Run Scrapy over one job; return the fault of ours that ended it, if one did."""
    recorder = Recorder(
        publisher,
        workspace.catalog,
        source=job.source,
        obey=job.obey,
        to_be_read=lambda capture: is_readable(capture) and job.reads(capture),
    )
    logging.getLogger("scrapy").setLevel(logging.WARNING)
    # What it gave up on stands in the ledger, with the reason.
    logging.getLogger("scrapy.downloadermiddlewares.retry").setLevel(logging.CRITICAL)
    runner = AsyncCrawlerRunner(_settings(job, workspace))
    crawler = runner.create_crawler(SiteSpider)

    def record(exchange: Exchange, request: Request) -> None:
        meter.exchanged(exchange)
        recorder.record(exchange, request)
        bounds.bytes.spend(exchange)
        if bounds.bytes.is_spent:
            run.ended = True
            drop_waiting(crawler)

    listen(crawler, record)
    time_fetches(crawler, meter.fetched)
    faults: list[BaseException] = []

    def end_on_fault(fault: BaseException) -> None:
        faults.append(fault)
        run.ended = True

    def end_on_failure(failure: Failure) -> None:
        end_on_fault(failure.value or BrokenCrawlError("a fault without an error"))

    crawler.signals.connect(end_on_failure, signals.spider_error)
    pause = FetchingPause(
        job.spool_limits,
        workspace.spool.directory,
        publisher,
        left=lambda: preparation.left_bytes,
        pause=lambda: _engine(crawler).pause(),
        go_on=lambda: _engine(crawler).unpause(),
    )
    ledger = Ledger(run, meter)
    report = _Report(progress, ledger)

    def look() -> bool:
        run.flush()
        pause.look()
        report()
        run.ended = run.ended or publisher.failed or interruption.requested.is_set()
        return not run.ended

    pages = PageReader(job, crawler, recorder, pool, meter)

    watching = asyncio.ensure_future(_watch(crawler, publisher, look, end_on_fault, pages, preparation))
    try:
        await runner.crawl(
            crawler,
            job=job,
            ledger=ledger,
            run=run,
            pages=pages,
            catalog=workspace.catalog,
            takedowns=workspace.takedowns,
            known=preparation.known,
            archived=ArchivedPages(Archive(workspace.store), pool),
            budget=bounds.pages,
        )
    finally:
        await pages.close()
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    return faults[0] if faults else run.fault or preparation.fault


def _engine(crawler: Crawler) -> ExecutionEngine:
    assert crawler.engine is not None  # noqa: S101 - nobody looks before the crawl has begun
    return crawler.engine


def _settings(job: CrawlJob, workspace: Workspace) -> Settings:
    settings = Settings()
    settings.setmodule(defaults, priority="project")
    settings.set("PACE_DIRECTORY", str(workspace.directory / "hosts"), priority="cmdline")
    settings.set("TDM_DIRECTORY", str(workspace.directory / "tdmrep"), priority="cmdline")
    settings.set("TDM_OF_REQUISITES", "tdm" in job.obey, priority="cmdline")
    settings.set("SCHEDULER", FrontierScheduler, priority="cmdline")
    settings.set("PROXY", job.proxy, priority="cmdline")
    settings.set("USER_AGENT", job.user_agent, priority="cmdline")
    settings.set("ALLOW_PRIVATE_ADDRESSES", job.allow_private, priority="cmdline")
    settings.set("ALLOW_PUBLIC_ADDRESSES", job.allow_public, priority="cmdline")
    if job.render:
        add_browser(settings)
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
    look: Callable[[], bool],
    end_on_fault: Callable[[BaseException], None],
    pages: PageReader,
    preparation: Preparation,
) -> None:
    """Bring captures to the disk and `look`, several times a second; end the crawl when that says no, or fails."""
    try:
        going_on = True
        while going_on:
            await asyncio.sleep(_WATCH_SECONDS)
            await publisher.sync()
            going_on = look()
    except Exception as error:  # noqa: BLE001 - nobody waits for this task before the crawl is over
        end_on_fault(error)
    drop_waiting(crawler)
    ending = asyncio.ensure_future(crawler.stop_async())
    await asyncio.wait([ending], timeout=_SECONDS_FOR_PAGES_IN_FLIGHT)
    cut_off(crawler)
    pages.show_no_more()
    preparation.give_up()
    await asyncio.wait([ending], timeout=_SECONDS_FOR_READING)
    pages.read_no_more()
    await ending


async def _read_what_was_dropped(
    publisher: Publisher, pool: ReadingPool, meter: Meter, interruption: Interruption
) -> ReaderStartError | None:
    """Read the pages that were captured and never reached the spider, because the crawl was ended before.

    What there is no time for any more stays in the spool, where the next start reads it.

    Returns:
        Why they could not be read, or None.
    """
    for segment, capture in publisher.unread():
        left = interruption.seconds_left - _SECONDS_FOR_PUBLICATION
        reading_it = pool.read(page_of(capture, segment.block(capture)))
        try:
            reading = await asyncio.wait_for(reading_it, None if math.isinf(left) else max(left, 0.0))
        except TimeoutError:
            return None
        except ReaderStartError as error:
            return error
        finding = finding_of(reading, expected=capture.request.expected)
        meter.read(finding.article, finding.failure)
        segment.settle(capture, finding)
    return None
