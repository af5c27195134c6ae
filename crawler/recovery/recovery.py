"""Finishing what a crash left in the spool, from the WARC itself and without help.

A batch with a plan is published as planned. One without, or with a plan that this version cannot read, is cut behind
its last whole record, its pages are read again by the function that the crawl uses, and it goes the way of any other
batch. One whose segment cannot be read is set aside, so that it stands in the way of no other.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

from broadsheet.crawler.capturing.batch_publication import Acknowledge, plan_batch, publish_planned
from broadsheet.crawler.discovery.batch_claims import settle_together
from broadsheet.crawler.recovery.rereading import SegmentReader
from broadsheet.storage import cdxj, layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.chains import chains
from broadsheet.storage.chains.rebuild import Originals, archived_index, rebuild
from broadsheet.storage.documents import manifests, removals
from broadsheet.storage.errors import PlanError, RecordError
from broadsheet.storage.model import Extractor
from broadsheet.storage.publishing import publication
from broadsheet.storage.publishing.batch import Batch
from broadsheet.storage.publishing.lane import Lane
from broadsheet.storage.publishing.publication import Answer, Plan
from broadsheet.storage.publishing.withholding import is_to_be_planned_anew
from broadsheet.storage.segments import warc
from broadsheet.storage.stores.rereading import get_intact
from broadsheet.storage.workspace import Workspace

_log = logging.getLogger(__name__)


async def recover(workspace: Workspace, extractor: Extractor, acknowledge: Acknowledge | None = None) -> list[str]:
    """Publish every batch in the spool whose process is gone; return the keys of their WARC segments.

    Args:
        workspace: The archive, opened for writing.
        extractor: What reads the pages.
        acknowledge: Told of each batch before it is discarded; the frontier of the archive, where none is given.

    Raises:
        StoreError: The store failed; what is left stays in the spool.
        FrontierError: The frontier cannot be used; what is left stays in the spool.
    """
    recovered = []
    async with SegmentReader() as reader, _acknowledging(workspace, acknowledge) as told:
        for lane, batch in _left(workspace):
            key = await _recover_batch(workspace, lane, batch, extractor, reader, told)
            if key is not None:
                _log.warning("finished batch %s, which an earlier run had left in the spool: %s", batch.name, key)
                recovered.append(key)
    if await asyncio.to_thread(_is_overtaken, workspace, workspace.spool.lane):
        workspace.spool.renounce()
    return recovered


@contextlib.asynccontextmanager
async def _acknowledging(workspace: Workspace, given: Acknowledge | None) -> AsyncIterator[Acknowledge]:
    """Give what is told of each batch. The frontier is opened with the first: most starts have nothing to recover."""
    if given is not None:
        yield given
        return
    with contextlib.ExitStack() as opened:
        frontier: list[Acknowledge] = []

        def acknowledge(batch: str, warc_key: str, answers: Sequence[Answer]) -> None:
            if not frontier:
                # Whoever has nothing to recover need not wait for SQLAlchemy either.
                from broadsheet.crawler.frontier.database import open_database
                from broadsheet.crawler.frontier.publishing import Acknowledgements

                frontier.append(Acknowledgements(opened.enter_context(open_database(workspace))))
            frontier[0](batch, warc_key, answers)

        yield acknowledge


def _left(workspace: Workspace) -> Iterator[tuple[Lane, Batch]]:
    for lane in workspace.spool.abandoned():
        for batch in lane.batches():
            yield lane, batch


async def _recover_batch(
    workspace: Workspace,
    lane: Lane,
    batch: Batch,
    extractor: Extractor,
    reader: SegmentReader,
    acknowledge: Acknowledge,
) -> str | None:
    try:
        planned = _planned(batch)
        if planned is not None and await asyncio.to_thread(_is_valid, workspace, planned):
            await asyncio.to_thread(publish_planned, workspace, lane, batch, planned, acknowledge)
            return planned.warc_key
        # A repeated plan is harmless. Another plan of a batch that is in the archive would count its captures twice.
        key = await asyncio.to_thread(_conclude_archived, workspace, lane, batch, acknowledge)
        if key is not None:
            return key
        if await asyncio.to_thread(_is_overtaken, workspace, lane):
            lane = workspace.spool.adopt(batch)
        return await _plan_and_publish(workspace, lane, batch, extractor, reader, acknowledge)
    except RecordError as error:
        _set_aside(batch, error)
        return None


def _planned(batch: Batch) -> Plan | None:
    planned = batch.read_plan()
    if planned is None:
        return None
    try:
        return publication.decode_plan(planned)
    except PlanError as error:
        _log.warning("batch %s is planned anew: %s", batch.name, error)
        return None


def _is_valid(workspace: Workspace, plan: Plan) -> bool:
    return not (_is_displaced(workspace, plan) or is_to_be_planned_anew(plan, workspace.store))


def _is_displaced(workspace: Workspace, plan: Plan) -> bool:
    """Tell whether another manifest stands in the chain where that of a plan belongs.

    It is a copy's of this machine, or of a later state of it that was put back.
    """
    later = chains.since(workspace.store, plan.place.writer, plan.place.number - 1)
    return bool(later) and later[0].key != plan.manifest_key


def _conclude_archived(workspace: Workspace, lane: Lane, batch: Batch, acknowledge: Acknowledge) -> str | None:
    """Forget a batch that is in the archive, with a manifest of its own; return its WARC segment, or None."""
    store = workspace.store
    for name in chains.since(store, lane.writer, lane.head.number):
        manifest = manifests.read(store, name.key)
        if manifest.batch == batch.name:
            break
    else:
        index_key = archived_index(store, batch.name)
        if index_key is None:
            return None
        originals = Originals(removal for _, removal in removals.all_of(store))
        manifest = rebuild(store, batch.name, index_key, lane.place_of(batch), originals=originals)
    data = manifests.encode(manifest)
    store.put(layout.manifest_key(manifest.writer, manifest.number, data), data)
    warc_key, index_key = manifest.objects[0].key, archived_index(store, batch.name)
    lines = cdxj.decode(get_intact(store, index_key), index_key) if index_key else []
    acknowledge(batch.name, warc_key, _answers(lines))
    lane.conclude(batch, manifest.place, manifests.digest(data))
    return warc_key


def _answers(lines: Iterable[IndexLine]) -> list[Answer]:
    """Return what an index tells of the pages of a batch: not why."""
    return [
        Answer(line.filed_as or line.url, line.url, line.at, line.outcome, None)
        for line in lines
        if line.outcome is not None
    ]


def _is_overtaken(workspace: Workspace, lane: Lane) -> bool:
    """Tell whether the chain in the archive is ahead of what the lane remembers of it."""
    newest = chains.newest(workspace.store, lane.writer)
    return newest is not None and newest.number > lane.head.number


async def _plan_and_publish(
    workspace: Workspace,
    lane: Lane,
    batch: Batch,
    extractor: Extractor,
    reader: SegmentReader,
    acknowledge: Acknowledge,
) -> str | None:
    if not batch.is_sealed:
        whole = warc.valid_until(batch.segment) if batch.segment.exists() else 0
        if not whole:
            batch.discard()
            return None
        batch.seal(whole)
    captures = settle_together(await reader.read(batch.segment), workspace.catalog)
    if captures:
        plan, _ = await asyncio.to_thread(plan_batch, workspace, lane, batch, captures, extractor)
        await asyncio.to_thread(publish_planned, workspace, lane, batch, plan, acknowledge)
        return plan.warc_key
    batch.discard()
    return None


def _set_aside(batch: Batch, error: RecordError) -> None:
    name, kept = batch.name, batch.set_aside()
    _log.warning(
        "batch %s, which an earlier run had left, cannot be read and is not in the archive: %s. It lies in %s: see "
        "what can be saved of its segment, or delete it; under its old name it is tried again",
        name,
        error,
        kept,
    )
