"""`broadsheet recrawl URL`: fetch one URL now, publish it, and say what changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from broadsheet.scheduler.answers import Recrawled, RecrawlOutcome
from broadsheet.scheduler.exits import FAILED, INTERRUPTED
from broadsheet.scheduler.options import allow_private_option, archive_option, config_option, json_option
from broadsheet.scheduler.output import console, print_json
from broadsheet.scheduler.progress import shown_progress
from broadsheet.scheduler.targets import recrawl_job
from broadsheet.scheduler.workers.measuring import Telling
from broadsheet.storage.archive import Archive
from broadsheet.storage.publishing.publication import Published
from broadsheet.storage.workspace import Workspace

if TYPE_CHECKING:
    from broadsheet.crawler.crawling.audience import CrawlResult

# Before the reason of a page that was captured; its outcome is "failed" all the same: no version came of it.
_NOT_AN_ARTICLE = "not an article"
_BLOCKED = {"robots", "private_address", "no_contact", "taken_down", "opted_out"}


@click.command("recrawl")
@click.argument("url")
@config_option("The sources file: a URL on the site of a source is fetched as that source is.")
@allow_private_option
@json_option
@archive_option
def command(url: str, sources_file: Path | None, archive: str, *, allow_private: bool, as_json: bool) -> int:
    """Fetch URL now and publish it: what changed since the archive last saw it?"""
    job = recrawl_job(url, sources_file=sources_file, allow_private=allow_private)
    # Scrapy takes a second to load: whoever mistyped something need not wait for it.
    from broadsheet.crawler.crawling.crawl import run

    results: list[CrawlResult] = []
    published: list[Published] = []
    telling = Telling()

    def keep(result: CrawlResult) -> None:
        results.append(result)
        telling.at_the_end(result.summary.measures)

    with Workspace.open(archive, may_be_away=True) as workspace, shown_progress(telling) as progress:
        run(workspace, [job], progress, finished=keep, published=published.append)
    (result,) = results
    answer = _answer(url, result, published, Archive.open(archive))
    if as_json:
        print_json(answer)
    else:
        _print(answer, archive)
    if result.interrupted:
        return INTERRUPTED
    return FAILED if answer.outcome in ("failed", "blocked") else 0


def _answer(url: str, result: CrawlResult, captures: list[Published], archive: Archive) -> Recrawled:
    pages = [published for published in captures if published.capture.request.purpose == "page"]
    judged = [published for published in pages if published.outcome is not None]
    if result.summary.skipped.keys() & _BLOCKED and not judged:
        return _unpublished(url, "blocked", "; ".join(result.reasons.values()), pages)
    if not judged or judged[-1].outcome in ("failed", "not_article"):
        reason = "; ".join(result.reasons.values()) or (judged[-1].reason if judged else _unjudged(pages))
        reason = reason or "the page holds no article"
        if judged and judged[-1].outcome == "not_article":
            reason = f"{_NOT_AN_ARTICLE}: {reason}"
        return _unpublished(url, "failed", reason, pages)
    return _published(url, judged[-1], archive)


def _unjudged(pages: list[Published]) -> str:
    return "its redirects lead in a circle" if pages else "nothing was captured"


def _unpublished(url: str, outcome: RecrawlOutcome, reason: str | None, pages: list[Published]) -> Recrawled:
    return Recrawled(
        url=url,
        outcome=outcome,
        reason=reason,
        version=None,
        previous_version=None,
        changes=[],
        snapshot_key=None,
        warc=pages[-1].warc if pages else None,
    )


def _published(url: str, published: Published, archive: Archive) -> Recrawled:
    numbers = {snapshot.key: snapshot.version for snapshot in archive.versions(published.capture.filed_as)}
    version = numbers.get(published.standing_key or "")
    previous = version - 1 if published.snapshot_key and version and version > 1 else version
    outcome: RecrawlOutcome = published.outcome  # type: ignore[assignment]  # `_answer` sorts out not_article and None
    return Recrawled(
        url=url,
        outcome=outcome,
        reason=published.reason,
        version=version,
        previous_version=None if outcome == "new" else previous,
        changes=published.changes,
        snapshot_key=published.standing_key,
        warc=published.warc,
    )


def _print(answer: Recrawled, archive: str) -> None:
    from rich.text import Text

    number = "" if answer.version is None else f", version {answer.version}"
    if answer.reason and answer.reason.startswith(_NOT_AN_ARTICLE):
        console().print(Text.assemble(f"{answer.url}: archived, but ", (answer.reason, "bold")), soft_wrap=True)
    else:
        console().print(Text.assemble(f"{answer.url}: ", (answer.outcome, "bold"), number), soft_wrap=True)
        if answer.reason:
            console().print(f"  {answer.reason}", soft_wrap=True)
    if answer.changes:
        console().print(f"  changed: {', '.join(answer.changes)}")
        console().print(f"  see: broadsheet --archive {archive} diff {answer.url}", soft_wrap=True)
    if answer.snapshot_key:
        console().print(f"  {answer.snapshot_key}", soft_wrap=True)
    if answer.warc:
        warc = answer.warc
        console().print(f"  {warc.key} at {warc.offset}, {warc.length} bytes", soft_wrap=True)
