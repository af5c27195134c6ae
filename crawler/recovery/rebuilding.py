"""Making the derived objects of an archive anew, from its WARC segments alone.

The batches are gone through in the order in which they were opened, with a catalog that begins empty and learns from
each what its writer's catalog had learned. A batch whose index, snapshots and manifest are there and intact is
believed. Of any other the segment is read again by the functions that the crawl uses, and what is missing or damaged
is put: the same bytes as before, where the same extractor reads it and no other writer had published of the same
articles meanwhile. What an index or a manifest names is asked for by its key: a listing may lack it.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Container, Iterable
from pathlib import Path
from typing import NamedTuple

from broadsheet.crawler.recovery.rereading import SegmentReader
from broadsheet.storage import cdxj, layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.chains.inventory import Inventory
from broadsheet.storage.chains.rebuild import rebuild as rebuild_manifest
from broadsheet.storage.documents import manifests, snapshots
from broadsheet.storage.documents.manifests import Place
from broadsheet.storage.errors import ArchiveDamagedError, ArchiveFormatError, NoSuchObjectError, RecordError
from broadsheet.storage.model import Extractor
from broadsheet.storage.publishing import planning
from broadsheet.storage.publishing.catalog import Catalog
from broadsheet.storage.publishing.publication import Plan
from broadsheet.storage.repairs import Repairs
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import again_if_damaged, get_intact

_UNREADABLE = (ArchiveDamagedError, ArchiveFormatError, NoSuchObjectError)
_PIECE = 8 * 1024 * 1024
# A batch that another machine is publishing has its segment first. One look later it has its index, too.
_PATIENCE = 10.0  # seconds


async def rebuild(
    store: ObjectStore, extractor: Extractor, own_writers: Iterable[str] = (), waiting: Container[str] = ()
) -> Repairs:
    """Put every index segment, snapshot and manifest that is missing or damaged.

    Args:
        store: Where the archive lies.
        extractor: What reads the pages.
        own_writers: The writers of this machine, none of which is publishing now.
        waiting: The batches in the spool of this machine: they are published from there.
    """
    await _let_others_finish(store, frozenset(own_writers))
    repairs = Repairs(store)
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as directory:
        inventory = await asyncio.to_thread(Inventory, store, repairs)
        rebuilder = _Rebuilder(store, extractor, Path(directory), inventory, repairs)
        try:
            async with rebuilder.reader:
                for batch in inventory.batches:
                    if batch not in waiting:
                        await rebuilder.visit(batch)
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
        self.reader = SegmentReader()
        self._store = store
        self._extractor = extractor
        self._directory = directory
        self._inventory = inventory
        self._repairs = repairs
        self._catalog = Catalog(directory / "catalog.sqlite")
        self._ends: dict[str, Place] = {}

    def close(self) -> None:
        self._catalog.close()

    async def visit(self, batch: str) -> None:
        """See to a batch."""
        place = self._place(batch)
        index = await asyncio.to_thread(self._index, batch)
        missing = await asyncio.to_thread(self._missing_snapshots, index.lines) if index else set()
        warc_key = await asyncio.to_thread(self._inventory.segment, batch, index.lines if index else [])
        if warc_key is not None and (index is None or missing):
            try:
                plan = await self._plan(batch, warc_key, place)
                index = await asyncio.to_thread(self._complete, plan, index, missing)
            except (RecordError, ArchiveDamagedError) as error:
                self._repairs.lose(warc_key, str(error))
        if index is not None:
            await asyncio.to_thread(self._catalog.ingest, index.key, index.lines)
        await asyncio.to_thread(self._see_to_manifest, batch, index, place)

    async def _plan(self, batch: str, warc_key: str, place: Place) -> Plan:
        segment = await asyncio.to_thread(again_if_damaged, lambda: self._download(warc_key))
        plan, _ = planning.plan(
            batch,
            segment,
            await self.reader.read(segment),
            place=place,
            catalog=self._catalog,
            store=self._store,
            extractor=self._extractor,
        )
        return plan

    def _complete(self, plan: Plan, index: _Index | None, missing: set[str]) -> _Index:
        """Put what is missing of a batch, and return the index that it has then."""
        for key, data in plan.snapshots:
            if index is None or key in missing:
                self._repairs.ensure(key, data)
        if index is not None:
            derived = {key for key, _ in plan.snapshots}
            for key in sorted(missing - derived):
                self._repairs.lose(key, "another extractor than this version's had read it")
            return index
        for key in self._inventory.indexes(layout.batch_of(plan.index_key)):
            if key != plan.index_key:
                self._repairs.remove(key)  # It cannot be read: see `_index`.
        self._repairs.ensure(plan.index_key, plan.index)
        return _Index(plan.index_key, list(cdxj.decode(plan.index, plan.index_key)))

    def _see_to_manifest(self, batch: str, index: _Index | None, place: Place) -> None:
        manifest = self._inventory.manifests.get(batch)
        if manifest is None and index is not None:
            digest = self._inventory.digest_before(place.writer, place.number + 1)
            try:
                manifest = rebuild_manifest(
                    self._store,
                    batch,
                    index.key,
                    place,
                    originals=self._inventory.originals,
                    until=self._inventory.opened_next(batch),
                    digest=digest,
                )
            except _UNREADABLE as error:
                self._repairs.lose(index.key, f"no manifest of its batch can be made: {error}")
            else:
                data = manifests.encode(manifest)
                if digest not in (None, manifests.digest(data)):
                    key = layout.manifest_key(manifest.writer, manifest.number, data)
                    self._repairs.lose(key, "not the manifest that was there: the next one names another before it")
        if manifest is None:
            # Its number was given, whatever it was.
            self._ends[place.writer] = Place(writer=place.writer, number=place.number, previous=None)
            return
        data = manifests.encode(manifest)
        self._repairs.ensure(layout.manifest_key(manifest.writer, manifest.number, data), data)
        self._ends[manifest.writer] = Place(
            writer=manifest.writer, number=manifest.number, previous=manifests.digest(data)
        )

    def _place(self, batch: str) -> Place:
        """Return the place behind that of the writer's batch before."""
        writer = layout.batch_writer(batch)
        before = self._ends.get(writer)
        return Place(
            writer=writer, number=before.number + 1 if before else 1, previous=before.previous if before else None
        )

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

    def _download(self, key: str) -> Path:
        path = self._directory / "segment.warc.gz"
        size, hashed = self._store.size(key), hashlib.sha256()
        with path.open("wb") as file:
            for start in range(0, size, _PIECE):
                piece = self._store.get_range(key, start, min(_PIECE, size - start))
                hashed.update(piece)
                file.write(piece)
        if not key.endswith(f"-{hashed.hexdigest()[:32]}.warc.gz"):
            raise ArchiveDamagedError(
                f"{key}: its bytes are not those that its name tells; what it held is not made anew"
            )
        return path
