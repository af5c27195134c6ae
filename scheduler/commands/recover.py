"""`broadsheet recover`: finish what a crash left in the spool, and make anew what the archive lacks."""

from __future__ import annotations

import asyncio

import click

from broadsheet.crawler.extraction.revision import extractor
from broadsheet.crawler.recovery.repairing import Recovered, recover_everything, recover_spool
from broadsheet.scheduler.exits import DAMAGED
from broadsheet.scheduler.options import archive_option, json_option
from broadsheet.scheduler.output import console, print_json
from broadsheet.scheduler.wording import counted
from broadsheet.storage.documents.marker_repair import repair_marker
from broadsheet.storage.stores.objects import open_store
from broadsheet.storage.workspace import Workspace


@click.command("recover")
@click.option("--spool", "only_spool", is_flag=True, help="Publish what waits in the spool, and look at nothing else.")
@click.option("--deep", is_flag=True, help="Read every WARC segment, and tell which are damaged.")
@json_option
@archive_option
def command(archive: str, *, only_spool: bool, deep: bool, as_json: bool) -> int:
    """Publish what an interrupted run left in the spool of this machine; make anew what the archive lacks.

    Every index segment, snapshot and manifest that is missing or damaged is made from the WARC segments alone, and runs
    and tables from those; archive.json, where what lies beside it tells the format. Nothing is fetched. A takedown that
    was cut off is finished. What cannot be made anew, or may not be put with these credentials, is told with what is
    left to do; where there is such a thing, the exit code is 3.
    """
    if only_spool and deep:
        raise click.UsageError("--spool looks at nothing that --deep would read: give one of them")
    # Before it is opened: without the format that it says, it is not.
    marker = None if only_spool else repair_marker(open_store(archive))
    with Workspace.open(archive) as workspace:
        recovering = (
            recover_spool(workspace, extractor())
            if only_spool
            else recover_everything(workspace, extractor(), deep=deep)
        )
        recovered = asyncio.run(recovering)
    if marker is not None:
        recovered.rebuilt[:0] = marker.put
        recovered.lost[:0] = marker.lost
    if as_json:
        print_json(recovered)
    else:
        _print(archive, recovered, has_read_all=only_spool or deep)
    return DAMAGED if recovered.lost else 0


def _print(archive: str, recovered: Recovered, *, has_read_all: bool) -> None:
    segments = recovered.segments
    console().print(
        f"{archive}: {counted(len(segments), 'batch', 'batches')} finished"
        if segments
        else f"{archive}: no batch was left in the spool"
    )
    for key in segments:
        console().print(f"  {key}", soft_wrap=True)
    if recovered.rebuilt:
        console().print(f"missing or damaged, and made anew: {counted(len(recovered.rebuilt), 'object')}")
    for key in recovered.rebuilt:
        console().print(f"  {key}", soft_wrap=True)
    if recovered.removals:
        console().print(f"finished: {counted(len(recovered.removals), 'removal')}")
    for key in recovered.removals:
        console().print(f"  {key}", soft_wrap=True)
    for path in recovered.set_aside:
        console().print(f"  {path}: set aside: nobody could read it: save what can be, or delete it", soft_wrap=True)
    if not has_read_all:
        console().print(
            "WARC segments were read where something of them was missing: recover --deep reads them all",
            soft_wrap=True,
        )
    if recovered.lost:
        console().print(f"{len(recovered.lost)} could not be repaired:")
    for lost in recovered.lost:
        console().print(f"  {lost.key}: {lost.reason}", soft_wrap=True)
