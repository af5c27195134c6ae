"""Everything that `recover` does, in its order: removals, what is derived, the spool, removals again, caches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from msgspec import Struct

from broadsheet.crawler.recovery.rebuilding import rebuild
from broadsheet.crawler.recovery.recovery import recover
from broadsheet.storage import layout
from broadsheet.storage.documents import extractions, removals
from broadsheet.storage.documents.removals import Removal
from broadsheet.storage.errors import ArchiveDamagedError, ArchiveFormatError, StoreError, StoreUnavailableError
from broadsheet.storage.index.repair import repair_runs
from broadsheet.storage.model import Extractor
from broadsheet.storage.repairs import Lost, Repairs
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.tables.repair import repair_tables
from broadsheet.storage.takedown.amendment_repair import repair_amendments
from broadsheet.storage.takedown.removing import Remover
from broadsheet.storage.takedown.stale import sweep
from broadsheet.storage.takedown.takedown import enforce, finish
from broadsheet.storage.workspace import Workspace

_LEFT_TO_DO = "run recover with credentials that may delete"


class Recovered(Struct, frozen=True, kw_only=True):
    """What recovery came to.

    Attributes:
        segments: The WARC segments of the batches that were finished.
        rebuilt: The objects that were put again.
        lost: What could not be made anew, or not be put.
        removals: The removals that were finished.
        set_aside: The directories of batches that nobody could read.
    """

    segments: list[str]
    rebuilt: list[str]
    lost: list[Lost]
    removals: list[str]
    set_aside: list[str]


async def recover_everything(workspace: Workspace, extractor: Extractor, *, deep: bool = False) -> Recovered:
    """Finish what was cut off, and make anew what the archive lacks.

    Args:
        workspace: The archive, opened for writing.
        extractor: What reads the pages.
        deep: Whether all WARC segments are read, to tell of those that are damaged.

    Raises:
        StoreUnavailableError: The store did not answer; calling it again goes on.
        StoreError: A batch of the spool could not be published.
    """
    store, spool = workspace.store, workspace.spool
    unfinished = Repairs(store)
    removed = await asyncio.to_thread(_remove, workspace, finish, unfinished)
    repairs = await rebuild(store, extractor, spool.idle_writers(), frozenset(spool.waiting()), deep=deep)
    repairs.lost += unfinished.lost
    await asyncio.to_thread(_remove, workspace, lambda remover: _amend(remover, repairs), repairs)
    segments = await recover(workspace, extractor) if await _knows(workspace, repairs) else []
    removed += await asyncio.to_thread(_remove, workspace, enforce, repairs)
    await asyncio.to_thread(_remove, workspace, _sweep, repairs)
    await asyncio.to_thread(repair_runs, store, workspace.scratch, repairs)
    await asyncio.to_thread(repair_tables, store, datetime.now(UTC).date(), repairs)
    await asyncio.to_thread(_look_at_extractions, store, repairs)
    return Recovered(
        segments=segments,
        rebuilt=repairs.put,
        lost=repairs.lost,
        removals=[removals.encode(removal)[0] for removal in removed],
        set_aside=[str(path) for path in spool.set_aside()],
    )


async def recover_spool(workspace: Workspace, extractor: Extractor) -> Recovered:
    """Publish what waits in the spool, as the next crawl would, and look at nothing else.

    Raises:
        StoreUnavailableError: The store did not answer; calling it again goes on.
        StoreError: A batch of the spool could not be published.
    """
    await asyncio.to_thread(workspace.catalog.refresh, workspace.store)
    segments = await recover(workspace, extractor)
    set_aside = [str(path) for path in workspace.spool.set_aside()]
    return Recovered(segments=segments, rebuilt=[], lost=[], removals=[], set_aside=set_aside)


async def _knows(workspace: Workspace, repairs: Repairs) -> bool:
    """Learn what the archive holds; note where an index that is damaged, and stayed so, keeps from it."""
    try:
        await asyncio.to_thread(workspace.catalog.refresh, workspace.store)
    except (ArchiveDamagedError, ArchiveFormatError) as error:
        repairs.lose(layout.INDEX, f"the spool stays as it is, and no crawl begins, until it can be read: {error}")
        return False
    return True


def _amend(remover: Remover, repairs: Repairs) -> list[Removal]:
    repair_amendments(remover, repairs)
    return []


def _sweep(remover: Remover) -> list[Removal]:
    sweep(remover.store)
    return []


def _remove(workspace: Workspace, what: Callable[[Remover], list[Removal]], repairs: Repairs) -> list[Removal]:
    """Do what is left to do of removals; note where that cannot be done."""
    try:
        with workspace.removing() as remover:
            return what(remover)
    except (ArchiveDamagedError, ArchiveFormatError) as error:
        repairs.lose(layout.TAKEDOWNS, f"removals are not finished: {error}")
    except StoreUnavailableError:
        raise
    except StoreError as error:
        repairs.lose(layout.TAKEDOWNS, f"removals are not finished: {error}; {_LEFT_TO_DO}")
    return []


def _look_at_extractions(store: ObjectStore, repairs: Repairs) -> None:
    for entry in store.list(layout.EXTRACTIONS):
        try:
            extractions.read(store, entry.key)
        except (ArchiveDamagedError, ArchiveFormatError) as error:
            repairs.lose(entry.key, f"{error}; delete it, and run reextract")
