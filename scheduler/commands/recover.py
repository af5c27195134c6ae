"""`broadsheet recover`: finish what a crash left in the spool, and make anew what the archive lacks."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import click
from msgspec import Struct

from broadsheet.crawler.extraction.revision import extractor
from broadsheet.crawler.rebuilding import Lost, Rebuilt, rebuild
from broadsheet.crawler.recovery import recover
from broadsheet.scheduler.exits import DAMAGED
from broadsheet.scheduler.options import archive_option, json_option
from broadsheet.scheduler.output import console, print_json
from broadsheet.storage import parquet, tables
from broadsheet.storage.objects import ObjectStore
from broadsheet.storage.table_compaction import compact
from broadsheet.storage.workspace import Workspace


class Recovered(Struct, frozen=True, kw_only=True):
    """What recovery came to: segments of finished batches, objects put again, and what could not be."""

    segments: list[str]
    rebuilt: list[str]
    lost: list[Lost]


@click.command("recover")
@json_option
@archive_option
def command(archive: str, *, as_json: bool) -> int:
    """Publish what an interrupted run left in the spool of this machine; make anew what the archive lacks.

    Every index segment, snapshot and manifest that is missing or damaged is made from the WARC segments alone, and
    rows that tables lack from those. Nothing is fetched.
    """
    with Workspace.open(archive) as workspace:
        segments, rebuilt = asyncio.run(_recover(workspace))
    if as_json:
        print_json(Recovered(segments=segments, rebuilt=rebuilt.put, lost=rebuilt.lost))
    else:
        _print(archive, segments, rebuilt)
    return DAMAGED if rebuilt.lost else 0


async def _recover(workspace: Workspace) -> tuple[list[str], Rebuilt]:
    workspace.catalog.refresh(workspace.store)
    segments = await recover(workspace, extractor())
    rebuilt = await rebuild(workspace.store, extractor(), workspace.spool.idle_writers())
    rebuilt.put.extend(await asyncio.to_thread(_recover_tables, workspace.store))
    workspace.catalog.refresh(workspace.store)
    return segments, rebuilt


def _recover_tables(store: ObjectStore) -> list[str]:
    """Write what the tables lack, and compact all days that are over; return the keys of what they lacked."""
    if not parquet.is_available():
        return []
    written = tables.rebuild(store)
    compact(store, datetime.now(UTC).date())
    return written


def _print(archive: str, segments: list[str], rebuilt: Rebuilt) -> None:
    console.print(f"{archive}: {len(segments)} batches finished" if segments else f"{archive}: nothing was left")
    for key in segments:
        console.print(f"  {key}", soft_wrap=True)
    if rebuilt.put:
        console.print(f"{len(rebuilt.put)} objects were missing or damaged and are made anew:")
    for key in rebuilt.put:
        console.print(f"  {key}", soft_wrap=True)
    for lost in rebuilt.lost:
        console.print(f"  {lost.key}: {lost.reason}", soft_wrap=True)
