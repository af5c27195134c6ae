"""`broadsheet crawl TARGET...`: crawl sources now and publish what was seen."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from broadsheet.scheduler.exits import FAILED, INTERRUPTED
from broadsheet.scheduler.options import allow_private_option, archive_option, config_option, json_option
from broadsheet.scheduler.output import console, errors, print_json
from broadsheet.scheduler.progress import shown_progress
from broadsheet.scheduler.targets import crawl_jobs
from broadsheet.scheduler.wording import counted
from broadsheet.scheduler.workers.measuring import Telling
from broadsheet.storage.stores.objects import open_store
from broadsheet.storage.tables.compaction import try_to_compact
from broadsheet.storage.workspace import Workspace

if TYPE_CHECKING:
    from rich.console import Console

    from broadsheet.crawler.crawling.audience import CrawlResult

_MOST_REASONS = 10
_SECONDS_FOR_STORE = 10.0


@click.command("crawl")
@click.argument("targets", nargs=-1, required=True, metavar="TARGET...")
@config_option("The sources file, where TARGET names a source; an address on the site of one is fetched as that is.")
@click.option("--max-pages", type=click.IntRange(min=1), help="Ask for at most this many pages [default: 1000].")
@click.option("--max-depth", type=click.IntRange(min=0), help="Go at most this many links from a target [default: 5].")
@click.option("--max-bytes", metavar="SIZE", help="Exchange at most this many bytes, such as '500 MiB' [default: any].")
@click.option("--due", "only_due", is_flag=True, help="Of what is known, look again only at what is due.")
@allow_private_option
@json_option
@archive_option
def command(
    targets: tuple[str, ...],
    sources_file: Path | None,
    max_pages: int | None,
    max_depth: int | None,
    max_bytes: str | None,
    archive: str,
    *,
    only_due: bool,
    allow_private: bool,
    as_json: bool,
) -> int:
    """Crawl TARGETs now: names of sources, or URLs of home or section pages, feeds, sitemaps or articles."""
    jobs = crawl_jobs(
        targets,
        sources_file=sources_file,
        max_pages=max_pages,
        max_depth=max_depth,
        max_bytes=max_bytes,
        only_due=only_due,
        allow_private=allow_private,
    )
    # Scrapy takes a second to load: whoever mistyped something need not wait for it.
    from broadsheet.crawler.crawling.crawl import run

    results: list[CrawlResult] = []
    telling = Telling()

    def keep(result: CrawlResult) -> None:
        results.append(result)
        telling.at_the_end(result.summary.measures)

    try:
        with Workspace.open(archive, may_be_away=True) as workspace, shown_progress(telling) as progress:
            run(workspace, jobs, progress, finished=keep)
    finally:
        # What the crawls before came to is told also where a later one broke off.
        for result in results:
            _tell(result, archive, as_json=as_json)
    if any(result.interrupted for result in results):
        errors().print(
            f"interrupted: what was captured is {results[-1].whereabouts}; crawl again to go on", soft_wrap=True
        )
        return INTERRUPTED
    # Only now: it may take as long as a crawl.
    _compact(archive)
    return FAILED if any(result.summary.outcome == "failed" for result in results) else 0


def _compact(archive: str) -> None:
    """Compact tables after crawls. Whatever becomes of that, the crawls are over, and came to what they came to."""
    try:
        # A store that has gone away meanwhile is not waited for as a crawl waits.
        store = open_store(archive, deadline=_SECONDS_FOR_STORE, ask=False)
        try_to_compact(store, datetime.now(UTC).date())
    except KeyboardInterrupt:
        errors().print("interrupted: the tables are not compacted; the next crawl does it", soft_wrap=True)


def _tell(result: CrawlResult, archive: str, *, as_json: bool) -> None:
    if as_json:
        print_json(result.summary)
        _tell_reasons(result, errors())
    else:
        print_summary(result, archive)
    if result.summary.outcome == "failed" and not result.interrupted:
        # The last line, which is what becomes of a job for its reason.
        why = next(iter(result.reasons.values()), "nothing was captured")
        errors().print(f"{result.summary.source}: no page came: {why}", soft_wrap=True)


def print_summary(result: CrawlResult, archive: str) -> None:
    """Print what a crawl came to, for people."""
    summary = result.summary
    outcomes = ", ".join(f"{count} {outcome.replace('_', ' ')}" for outcome, count in summary.outcomes.items() if count)
    skipped = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in summary.skipped.items())
    console().print(summary.source, style="bold", soft_wrap=True)
    console().print(
        f"  {counted(summary.discovered, 'URL')} discovered, {counted(summary.fetched, 'capture')} in "
        f"{summary.seconds:.1f} s into {archive}",
        soft_wrap=True,
    )
    console().print(f"  outcomes: {outcomes or 'none'}", soft_wrap=True)
    if skipped:
        console().print(f"  skipped: {skipped}", soft_wrap=True)
    for segment in summary.segments:
        console().print(f"  {segment}", soft_wrap=True)
    _tell_reasons(result, console())


def _tell_reasons(result: CrawlResult, where: Console) -> None:
    """Say of the first URLs that failed or were refused why they did."""
    for url, reason in list(result.reasons.items())[:_MOST_REASONS]:
        where.print(f"  {url}: {reason}", soft_wrap=True)
    if result.explained > _MOST_REASONS:
        where.print(f"  ... and {result.explained - _MOST_REASONS} more")
