"""`broadsheet reextract`: read what is archived again, with the extractor of today."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial

import click

from broadsheet.crawler.reading.reextraction import ReextractionSummary, reextract
from broadsheet.scheduler.exits import FAILED
from broadsheet.scheduler.options import archive_option, json_option
from broadsheet.scheduler.output import console, errors, print_json, printable
from broadsheet.scheduler.presence import require_archive
from broadsheet.scheduler.wording import counted
from broadsheet.storage.archive import Archive
from broadsheet.storage.documents.manifests import ManifestObject
from broadsheet.storage.errors import NoSuchVersionError
from broadsheet.storage.model import Snapshot
from broadsheet.storage.workspace import Workspace

_MOST_FAILURES = 10


@click.command("reextract")
@click.argument("urls", nargs=-1, metavar="[URL...]")
@click.option("--all", "everything", is_flag=True, help="Every version in the archive.")
@json_option
@archive_option
def command(urls: tuple[str, ...], archive: str, *, everything: bool, as_json: bool) -> int:
    """Read every version of URLs again from its WARC record, and keep beside it what reads otherwise than before.

    Nothing is fetched; captures, snapshots and versions stay as they are. `show --extraction latest` shows the result.
    """
    if everything == bool(urls):
        raise click.UsageError("give URLs, or --all")
    require_archive(archive)
    with Workspace.open(archive) as workspace:
        opened = Archive(workspace.store)
        snapshots = opened.snapshots() if everything else _versions(opened, urls)
        summary = asyncio.run(reextract(opened, snapshots, partial(_amend, workspace)))
    if as_json:
        print_json(summary)
    else:
        _print(summary, archive)
    return FAILED if summary.failed else 0


def _amend(workspace: Workspace, stored: list[ManifestObject]) -> None:
    with workspace.amending() as amendments:
        amendments.publish(stored)


def _versions(archive: Archive, urls: tuple[str, ...]) -> Iterator[Snapshot]:
    for url in urls:
        if archive.latest(url) is None:
            raise NoSuchVersionError(f"nothing is archived for {url}")
        yield from archive.versions(url)


def _print(summary: ReextractionSummary, archive: str) -> None:
    made_by = f"{summary.extractor.name} {summary.extractor.version}, trafilatura {summary.extractor.trafilatura}"
    console().print(
        f"{archive}: {counted(summary.versions, 'version')} read by {made_by}: "
        f"{summary.revised} read otherwise than before, {summary.same} as before, {summary.failed} could not be read",
        soft_wrap=True,
    )
    for failure in summary.failures[:_MOST_FAILURES]:
        errors().print(f"  {failure.snapshot}: {printable(failure.reason)}", soft_wrap=True)
