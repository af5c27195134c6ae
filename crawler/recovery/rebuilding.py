"""Making the derived objects of an archive anew, from its WARC segments alone.

The batches are gone through in the order in which they were opened, with a catalog that begins empty and learns from
each what its writer's catalog had learned. A batch whose index, snapshots and manifest are there and intact is
believed. Of any other the segment is read again by the functions that the crawl uses, and what is missing or damaged
is put: the same bytes as before, where the same extractor reads it and no other writer had published of the same
articles meanwhile. What an index or a manifest names is asked for by its key: a listing may lack it.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Container, Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec

from broadsheet.crawler.recovery.chaining import Chaining
from broadsheet.crawler.recovery.replanning import Replanned, Replanner
from broadsheet.storage import cdxj, layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.chains.inventory import Inventory
from broadsheet.storage.chains.stand_in import stand_in
from broadsheet.storage.documents import snapshots
from broadsheet.storage.errors import ArchiveDamagedError, ArchiveFormatError, NoSuchObjectError
from broadsheet.storage.model import Extractor
from broadsheet.storage.publishing.catalog import Catalog
from broadsheet.storage.repairs import AsRepaired, Repairs
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import get_intact
from broadsheet.storage.takedown.stale import made_of_index

_UNREADABLE = (ArchiveDamagedError, ArchiveFormatError, NoSuchObjectError)
# A batch that another machine is publishing has its segment first. One look later it has its index, too.
_PATIENCE = 10.0  # seconds


async def rebuild(
    store: ObjectStore,
    extractor: Extractor,
    own_writers: Iterable[str] = (),
    waiting: Container[str] = (),
    *,
    deep: bool = False,
) -> Repairs:
    """Put every index segment, snapshot and manifest that is missing or damaged.

    Args:
        store: Where the archive lies.
        extractor: What reads the pages.
        own_writers: The writers of this machine, none of which is publishing now.
        waiting: The batches in the spool of this machine: they are published from there.
        deep: Whether the segments are read of which nothing is missing, too, to tell of those that are damaged.
    """
    await _let_others_finish(store, frozenset(own_writers))
    repairs = Repairs(store)
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as directory:
        inventory = await asyncio.to_thread(Inventory, store, repairs)
        rebuilder = _Rebuilder(AsRepaired(store, repairs), extractor, Path(directory), inventory, repairs)
        try:
            async with rebuilder.replanner:
                for batch in inventory.batches:
                    if batch not in waiting:
                        await rebuilder.visit(batch, deep=deep)
        finally:
            rebuilder.close()
    return repairs


async def _let_others_finish(store: ObjectStore, own_writers: frozenset[str]) -> None:
    segments = await asyncio.to_thread(lambda: sorted(layout.batch_of(entry.key) for entry in store.list(layout.WARC)))
    newest = {layout.batch_writer(batch): batch for batch in segments}
    indexed = {layout.batch_of(entry.key) for entry in store.list(layout.INDEX)}
    if any(batch not in indexed for writer, batch in newest.items() if writer not in own_writers):
        await asyncio.sleep(_PATIENCE)


class _Index(NamedTuple):
    key: str
    lines: list[IndexLine]


class _Rebuilder:
    """Goes through the batches in their order, and knows after each what a writer would know."""

    def __init__(
        self, store: ObjectStore, extractor: Extractor, directory: Path, inventory: Inventory, repairs: Repairs
    ) -> None:
        self._store = store
        self._inventory = inventory
        self._repairs = repairs
        self._catalog = Catalog(directory / "catalog.sqlite")
        self.replanner = Replanner(store, extractor, directory, self._catalog, repairs)
        self._chaining = Chaining(store, inventory, repairs)
        self._unreadable: str | None = None
        """The segment of the batch that is visited, where it cannot be read whole."""
        self._unknown: str | None = None
        """The first of what could not be read and may decide how later batches are planned."""

    def close(self) -> None:
        self._catalog.close()

    async def visit(self, batch: str, *, deep: bool) -> None:
        """See to a batch; where `deep`, look at its segment in any case."""
        self._unknown = self._unknown or self._chaining.lacking_before(batch)
        index = await asyncio.to_thread(self._index, batch)
        missing = await asyncio.to_thread(self._missing_snapshots, index.lines) if index else set()
        warc_key = await asyncio.to_thread(self._inventory.segment, batch, index.lines if index else [])
        is_named = index is not None and await asyncio.to_thread(self._is_named, batch, index.key)
        if missing or not is_named:
            place = self._chaining.place(batch)
            self._unreadable = None
            original = self._inventory.originals.of(layout.WARC, batch)
            replanned = await self.replanner.plan(batch, warc_key, place, original) if warc_key else None
            if replanned is None or not replanned.is_whole:
                self._unreadable = self._inventory.standing_segment(batch)
            if index is not None and is_named:
                await asyncio.to_thread(self._put_snapshots, missing, replanned)
            else:
                index = await asyncio.to_thread(self._settle, batch, warc_key, replanned, index)
        elif deep and warc_key:
            await asyncio.to_thread(self.replanner.look_at, warc_key)
        if index is not None:
            if not is_named or self._inventory.named_indexes(batch):
                await asyncio.to_thread(self._remove_others, batch, index.key)
            await asyncio.to_thread(self._catalog.ingest, index.key, index.lines)
        else:
            for key in self._inventory.indexes(batch):
                await asyncio.to_thread(self._repairs.remove, key)  # It cannot be read, and no crawl would begin.
        await asyncio.to_thread(self._chaining.put, batch, index.key if index else None, self._unknown)

    def _is_named(self, batch: str, index_key: str) -> bool:
        """Tell whether nothing speaks against an index: it is named, or nothing is, or a removal goes on from it."""
        named = self._inventory.named_indexes(batch)
        if not named:
            return not self._chaining.contradicts(batch, index_key)
        return index_key in named or self._inventory.originals.is_replaced(index_key)

    def _put_snapshots(self, missing: Iterable[str], replanned: Replanned | None) -> None:
        """Put the snapshots of those that are missing that a plan has; the others are lost."""
        planned = replanned.snapshots if replanned else {}
        for key in sorted(missing):
            if key in planned:
                self._repairs.ensure(key, planned[key])
            elif replanned is None or not replanned.is_whole:
                self._lose(key, "its record cannot be read")
            elif self._unknown is not None:
                self._lose(key, f"it cannot be made anew as it was while {self._unknown} cannot be read")
            else:
                self._lose(key, "another extractor than this version's had read it, or one before it was removed")

    def _settle(
        self, batch: str, warc_key: str | None, replanned: Replanned | None, found: _Index | None
    ) -> _Index | None:
        """Put the index of a batch of which that with the right name cannot be read; return what it has then.

        Args:
            batch: The batch.
            warc_key: Its segment, if it is there.
            replanned: What its segment gives.
            found: An index under another name, which stood in for it.
        """
        named = self._inventory.named_indexes(batch)
        if not named and self._unknown is not None and self._chaining.is_held_to_nothing(batch):
            return self._withheld(batch, replanned, found)
        if replanned and replanned.is_whole:
            key, data = _encoded(batch, replanned.lines)
            if not named or key in named:
                for pair in replanned.snapshots.items():
                    self._repairs.ensure(*pair)
                self._repairs.ensure(key, data)
                return _Index(key, replanned.lines)
        if batch not in self._inventory.manifests:
            return self._without_manifest(batch, warc_key, replanned, found)
        made = self._stand_in(batch, replanned, found)
        if made.key not in named:
            wanted = min(named, default=f"{layout.INDEX}...{batch}")
            if replanned is None or not replanned.is_whole:
                why = f"its segment cannot be read whole: put {warc_key or 'it'} back, and run recover again"
            elif self._unknown is not None:
                why = f"{self._unknown} cannot be read: put it back, and run recover again"
            else:
                why = "this version reads or judges its pages otherwise than the one that wrote it"
            put = f"; meanwhile {made.key} stands in for it" if made.lines else ""
            self._lose(wanted, f"it cannot be made anew with the bytes that it had, since {why}{put}")
        return made if made.lines else None

    def _without_manifest(
        self, batch: str, warc_key: str | None, replanned: Replanned | None, found: _Index | None
    ) -> _Index | None:
        """Learn from what can be read of a batch; put nothing, since its whole segment would not be waited for then."""
        if replanned is not None:
            self._catalog.ingest(f"{layout.INDEX}...{batch}", replanned.lines)
        self._lose(
            f"{layout.INDEX}...{batch}",
            f"neither its index nor its manifest is made anew while its segment cannot be read whole: "
            f"put {warc_key or 'it'} back, and run recover again",
        )
        return found

    def _withheld(self, batch: str, replanned: Replanned | None, found: _Index | None) -> _Index | None:
        """Learn from a batch; put nothing that nobody could tell from what was there, lest it stays in its place."""
        if replanned is not None:
            self._catalog.ingest(f"{layout.INDEX}...{batch}", replanned.lines)
        self._repairs.lose(
            f"{layout.INDEX}...{batch}",
            f"neither its index nor its manifest is made anew while {self._unknown} cannot be read: pages are judged "
            "by what stood before, and the manifest behind this one, which would tell what it was, is lost as well. "
            f"Put {self._unknown} back, and run recover again",
        )
        return found

    def _stand_in(self, batch: str, replanned: Replanned | None, found: _Index | None) -> _Index:
        """Put an index that tells of the versions that the manifest names, and of what captures can be read."""
        keys = self._inventory.named_snapshots(batch)
        self._put_snapshots([key for key in keys if not self._is_readable(key)], replanned)
        documents = {key: snapshots.read(self._store, key) for key in keys if self._is_readable(key)}
        lines = {line.id: line for line in replanned.lines} if replanned else {}
        if found is not None and not (replanned and replanned.is_whole):
            lines = {line.id: line for line in found.lines} | lines
        segment = self._inventory.standing_segment(batch)
        told = stand_in(lines.values(), keys, documents)
        told = [msgspec.structs.replace(line, filename=segment) for line in told] if segment else told
        key, data = _encoded(batch, told)
        if told:
            self._repairs.ensure(key, data)
        return _Index(key, told)

    def _remove_others(self, batch: str, index_key: str) -> None:
        """Remove what stood in for an index segment, with what was made of it, and what cannot be read."""
        named = self._inventory.named_indexes(batch)
        for key in self._inventory.indexes(batch):
            if key == index_key or self._inventory.originals.is_replaced(key):
                continue
            if key not in named:
                self._remove_with_copies(batch, key)
            elif index_key not in named:
                self._repairs.remove(key)  # It cannot be read: see `_index`.

    def _remove_with_copies(self, batch: str, key: str) -> None:
        manifest = self._inventory.manifests.get(batch)
        number = (manifest or self._chaining.place(batch)).number
        what = "made of an index that stood in for another"
        if all(self._repairs.remove(made, what) for made in made_of_index(self._store, key, number)):
            self._repairs.remove(key, "it stood in for another")

    def _lose(self, key: str, reason: str) -> None:
        self._repairs.lose(key, reason)
        self._unknown = self._unknown or self._unreadable or key

    def _index(self, batch: str) -> _Index | None:
        """Return the index of a batch, or None where it has none that can be read."""
        for key in self._inventory.indexes(batch):
            try:
                return _Index(key, list(cdxj.decode(get_intact(self._store, key), key)))
            except _UNREADABLE:
                continue
        return None

    def _missing_snapshots(self, lines: list[IndexLine]) -> set[str]:
        return {line.snapshot for line in lines if line.snapshot and not self._is_readable(line.snapshot)}

    def _is_readable(self, snapshot_key: str) -> bool:
        try:
            snapshots.read(self._store, snapshot_key)
        except _UNREADABLE:
            return False
        self._inventory.see_to_listing(snapshot_key)
        return True


def _encoded(batch: str, lines: list[IndexLine]) -> tuple[str, bytes]:
    """Return key and bytes of the index segment with some lines."""
    data = cdxj.encode(lines)
    return layout.index_key(batch, data, early=any(layout.is_early(batch, line.at) for line in lines)), data
