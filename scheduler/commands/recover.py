"""`broadsheet recover`: finish what a crash left in the spool, without crawling anything."""

from __future__ import annotations

import asyncio

import click

from broadsheet.crawler.extraction.revision import extractor
from broadsheet.crawler.recovery import recover
from broadsheet.scheduler.options import archive_option, json_option
from broadsheet.scheduler.output import console, print_json
from broadsheet.storage.workspace import Workspace


@click.command("recover")
@json_option
@archive_option
def command(archive: str, *, as_json: bool) -> None:
    """Publish what an interrupted run left in the spool of this machine; every crawl does so before it begins."""
    with Workspace.open(archive) as workspace:
        workspace.catalog.refresh(workspace.store)
        segments = asyncio.run(recover(workspace, extractor()))
    if as_json:
        print_json({"segments": segments})
    else:
        console.print(f"{archive}: {len(segments)} batches finished" if segments else f"{archive}: nothing was left")
        for segment in segments:
            console.print(f"  {segment}", soft_wrap=True)
