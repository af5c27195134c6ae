"""Runs crawls in this process, one after another: what is fetched is read and published, then summed up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from broadsheet.crawler.capturing.publisher import Publisher
from broadsheet.crawler.capturing.recorder import segment_head
from broadsheet.crawler.courtesy.tdm import asked_in_run
from broadsheet.crawler.crawling.audience import Audience, CrawlResult, Progress, Tell
from broadsheet.crawler.crawling.fetching import fetch
from broadsheet.crawler.crawling.job_settings import tdm_directory
from broadsheet.crawler.crawling.parts import CrawlParts
from broadsheet.crawler.crawling.reactor import run_in_reactor
from broadsheet.crawler.discovery.admission import REFUSALS
from broadsheet.crawler.discovery.bounds import Bounds, ByteBudget, PageBudget
from broadsheet.crawler.errors import BrokenCrawlError, FrontierError
from broadsheet.crawler.extraction.revision import extractor
from broadsheet.crawler.frontier.database import open_database
from broadsheet.crawler.frontier.publishing import Acknowledgements
from broadsheet.crawler.frontier.run import Run
from broadsheet.crawler.frontier.runs import Frontier
from broadsheet.crawler.frontier.schema import Ending
from broadsheet.crawler.job import CrawlJob, CrawlSummary
from broadsheet.crawler.measures import Meter
from broadsheet.crawler.process.interruption import UNTIL_UNREAD, Interruption
from broadsheet.crawler.reading.pool import ReadingPool
from broadsheet.crawler.reading.unread import read_unread
from broadsheet.crawler.recovery.preparation import Preparation
from broadsheet.crawler.rendering.browser import renderer_name
from broadsheet.crawler.run_outcome import REFUSED, outcome_of_run
from broadsheet.storage.errors import ArchiveError
from broadsheet.storage.stores.objects import repeated
from broadsheet.storage.workspace import Workspace


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
    run_in_reactor(partial(_run_all, workspace, jobs, Audience(progress, finished, published)), jobs)


async def _run_all(workspace: Workspace, jobs: Sequence[CrawlJob], audience: Audience) -> None:
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
    audience: Audience,
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
    of_site = asked_in_run(tdm_directory(workspace), job.targets, run.started_at)
    bounds = Bounds(
        # At least the page that was asked for: what its site reserves has to be known before.
        PageBudget(max(1, job.max_pages - of_site), *(run.asked_for(REFUSALS) if run.resumed else ())),
        ByteBudget(job.max_bytes, run.spending),
    )
    run.ended = bounds.bytes.is_spent
    async with ReadingPool() as pool:
        parts = CrawlParts(
            workspace=workspace,
            job=job,
            run=run,
            publisher=publisher,
            pool=pool,
            bounds=bounds,
            meter=meter,
            interruption=interruption,
            preparation=preparation,
        )
        fault = await fetch(parts, audience.progress)
        unreadable = await read_unread(publisher, pool, meter, lambda: interruption.seconds_until(UNTIL_UNREAD))
    error = await _close(publisher, job, fault or unreadable, interruption)
    audience.finished(_end(frontier, parts, error))
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


def _end(frontier: Frontier, parts: CrawlParts, error: Exception | None) -> CrawlResult:
    """Note how the run ended; return what the crawl came to."""
    run, publisher = parts.run, parts.publisher
    interrupted = parts.interruption.requested.is_set()
    ending: Ending = "broken" if error else "interrupted" if interrupted else "finished"
    try:
        run.put_off(publisher.kept)
        standing = frontier.end(
            run,
            ending,
            unfinished="interrupted" if interrupted else parts.bounds.reached or "not_reached",
            pace=parts.job.pace,
        )
    except FrontierError as unwritten:
        raise (error or unwritten) from unwritten
    outcome = outcome_of_run(standing.coverage.outcomes, standing.coverage.skipped, ending)
    is_idle = outcome == "idle" and parts.job.only_due
    put_off = frontier.put_off(parts.job.source, parts.job.targets, REFUSED) if is_idle else None
    summary = CrawlSummary(
        source=parts.job.source,
        outcome=outcome if put_off is None else "failed",
        started_at=run.started_at,
        seconds=round(standing.seconds, 3),
        discovered=standing.coverage.discovered,
        fetched=standing.fetched + len(publisher.kept),
        outcomes=standing.coverage.outcomes,
        skipped=standing.coverage.skipped,
        segments=standing.segments,
        measures=parts.meter.measures,
        alerts=run.alerts.raised,
        put_off_until=None if put_off is None else put_off.until,
    )
    return CrawlResult(
        summary=summary,
        reasons=standing.explanations if put_off is None else {put_off.url: put_off.explanation},
        explained=standing.explained if put_off is None else 1,
        interrupted=interrupted and error is None,
        whereabouts=publisher.whereabouts,
    )
