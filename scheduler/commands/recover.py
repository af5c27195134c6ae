"""`broadsheet recover`: finish what a crash left in the spool, and make anew what the archive lacks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import click
from msgspec import Struct

from broadsheet.crawler.extraction.revision import extractor
from broadsheet.crawler.rebuilding import Lost, rebuild
from broadsheet.crawler.recovery import recover
from broadsheet.scheduler.exits import DAMAGED
from broadsheet.scheduler.options import archive_option, json_option
from broadsheet.scheduler.output import console, print_json
from broadsheet.storage.documents import removals
from broadsheet.storage.documents.removals import Removal
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.tables import parquet, tables
from broadsheet.storage.tables.compaction import compact
from broadsheet.storage.takedown.removing import Remover
from broadsheet.storage.takedown.takedown import enforce, finish
from broadsheet.storage.workspace import Workspace


class Recovered(Struct, frozen=True, kw_only=True):
    """What recovery came to: segments of finished batches, objects put again, what could not be, removals finished."""

    segments: list[str]
    rebuilt: list[str]
    lost: list[Lost]
    removals: list[str]


@click.command("recover")
@json_option
@archive_option
def command(archive: str, *, as_json: bool) -> int:
    """Publish what an interrupted run left in the spool of this machine; make anew what the archive lacks.

    Every index segment, snapshot and manifest that is missing or damaged is made from the WARC segments alone, and
    rows that tables lack from those. Nothing is fetched. A takedown that was cut off is finished.
    """
    with Workspace.open(archive) as workspace:
        recovered = asyncio.run(_recover(workspace))
    if as_json:
        print_json(recovered)
    else:
        _print(archive, recovered)
    return DAMAGED if recovered.lost else 0


def _remove(workspace: Workspace, what: Callable[[Remover], list[Removal]]) -> list[Removal]:
    with workspace.removing() as remover:
        return what(remover)


async def _recover(workspace: Workspace) -> Recovered:
    workspace.catalog.refresh(workspace.store)
    removed = await asyncio.to_thread(_remove, workspace, finish)
    segments = await recover(workspace, extractor())
    rebuilt = await rebuild(workspace.store, extractor(), workspace.spool.idle_writers())
    removed += await asyncio.to_thread(_remove, workspace, enforce)
    rebuilt.put.extend(await asyncio.to_thread(_recover_tables, workspace.store))
    workspace.catalog.refresh(workspace.store)
    return Recovered(
        segments=segments,
        rebuilt=rebuilt.put,
        lost=rebuilt.lost,
        removals=[removals.encode(removal)[0] for removal in removed],
    )


def _recover_tables(store: ObjectStore) -> list[str]:
    """Write what the tables lack, and compact all days that are over; return the keys of what they lacked."""
    if not parquet.is_available():
        return []
    written = tables.rebuild(store)
    compact(store, datetime.now(UTC).date())
    return written


def _print(archive: str, recovered: Recovered) -> None:
    segments = recovered.segments
    console.print(f"{archive}: {len(segments)} batches finished" if segments else f"{archive}: nothing was left")
    for key in segments:
        console.print(f"  {key}", soft_wrap=True)
    if recovered.rebuilt:
        console.print(f"{len(recovered.rebuilt)} objects were missing or damaged and are made anew:")
    for key in recovered.rebuilt:
        console.print(f"  {key}", soft_wrap=True)
    if recovered.removals:
        console.print(f"{len(recovered.removals)} removals are finished:")
    for key in recovered.removals:
        console.print(f"  {key}", soft_wrap=True)
    for lost in recovered.lost:
        console.print(f"  {lost.key}: {lost.reason}", soft_wrap=True)
