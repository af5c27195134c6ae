"""Making the derived objects of an archive anew, from its WARC segments alone.

The batches are gone through in the order in which they were opened, with a catalog that begins empty and learns from
each what its writer's catalog had learned. A batch whose index, snapshots and manifest are there and intact is
believed. Of any other the segment is read again by the functions that the crawl uses, and what is missing or damaged
is put: the same bytes as before, where the same extractor reads it and no other writer had published of the same
articles meanwhile.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from broadsheet.crawler.rereading import SegmentReader
from broadsheet.storage import cdxj, layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.chains.rebuild import rebuild as rebuild_manifest
from broadsheet.storage.documents import manifests, snapshots
from broadsheet.storage.documents.manifests import Manifest, Place
from broadsheet.storage.errors import ArchiveDamagedError, ArchiveFormatError, NoSuchObjectError, RecordError
from broadsheet.storage.model import Extractor
from broadsheet.storage.publishing import publication
from broadsheet.storage.publishing.catalog import Catalog
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import get_intact

_UNREADABLE = (ArchiveDamagedError, ArchiveFormatError, NoSuchObjectError)
_PIECE = 8 * 1024 * 1024
# A batch that another machine is publishing has its segment first. One look later it has its index, too.
_PATIENCE = 10.0  # seconds


class Lost(Struct, frozen=True, kw_only=True):
    """Something that could not be made anew, and why."""

    key: str
    reason: str


class Rebuilt(Struct, frozen=True, kw_only=True):
    """What rebuilding came to.

    Attributes:
        put: The keys of the objects that were missing or damaged and are there again.
        lost: What could not be made anew.
    """

    put: list[str]
    lost: list[Lost]


async def rebuild(store: ObjectStore, extractor: Extractor, own_writers: Iterable[str] = ()) -> Rebuilt:
    """Put every derived object that is missing or damaged.

    Args:
        store: Where the archive lies.
        extractor: What reads the pages.
        own_writers: The writers of this machine, none of which is publishing now.
    """
    await _let_others_finish(store, frozenset(own_writers))
    with tempfile.TemporaryDirectory(prefix="broadsheet-") as directory:
        rebuilder = _Rebuilder(store, extractor, Path(directory))
        try:
            async with rebuilder.reader:
                for key in await asyncio.to_thread(_segments, store):
                    await rebuilder.visit(key)
        finally:
            rebuilder.close()
    return Rebuilt(put=rebuilder.put, lost=rebuilder.lost)


async def _let_others_finish(store: ObjectStore, own_writers: frozenset[str]) -> None:
    newest = {layout.batch_of(key).partition("-")[2]: key for key in await asyncio.to_thread(_segments, store)}
    indexed = {layout.batch_of(entry.key) for entry in store.list(layout.INDEX)}
    if any(layout.batch_of(key) not in indexed for writer, key in newest.items() if writer not in own_writers):
        await asyncio.sleep(_PATIENCE)


def _segments(store: ObjectStore) -> list[str]:
    return sorted((entry.key for entry in store.list(layout.WARC)), key=layout.batch_of)


class _Index(NamedTuple):
    key: str
    lines: list[IndexLine]


class _Rebuilder:
    """Goes through the batches in their order, and knows after each what a writer would know."""

    def __init__(self, store: ObjectStore, extractor: Extractor, directory: Path) -> None:
        self.put: list[str] = []
        self.lost: list[Lost] = []
        self.reader = SegmentReader()
        self._store = store
        self._extractor = extractor
        self._directory = directory
        self._catalog = Catalog(directory / "catalog.sqlite")
        self._indexes: dict[str, list[str]] = defaultdict(list)
        for entry in store.list(layout.INDEX):
            self._indexes[layout.batch_of(entry.key)].append(entry.key)
        self._manifests = {manifest.batch: manifest for manifest in self._intact_manifests()}
        self._ends: dict[str, Place] = {}

    def close(self) -> None:
        self._catalog.close()

    async def visit(self, warc_key: str) -> None:
        """See to the batch of a WARC segment."""
        batch = layout.batch_of(warc_key)
        place = self._place(batch)
        index = await asyncio.to_thread(self._index, batch)
        missing = await asyncio.to_thread(self._missing_snapshots, index.lines) if index else set()
        if index is None or missing:
            try:
                plan = await self._plan(batch, warc_key, place)
            except (RecordError, ArchiveDamagedError) as error:
                self.lost.append(Lost(key=warc_key, reason=str(error)))
                return
            index = await asyncio.to_thread(self._complete, plan, index, missing)
        await asyncio.to_thread(self._catalog.ingest, index.key, index.lines)
        await asyncio.to_thread(self._see_to_manifest, batch, index.key, place)

    async def _plan(self, batch: str, warc_key: str, place: Place) -> publication.Plan:
        segment = await asyncio.to_thread(self._download, warc_key)
        plan, _ = publication.plan(
            batch,
            segment,
            await self.reader.read(segment),
            place=place,
            catalog=self._catalog,
            store=self._store,
            extractor=self._extractor,
        )
        return plan

    def _complete(self, plan: publication.Plan, index: _Index | None, missing: set[str]) -> _Index:
        """Put what is missing of a batch, and return the index that it has then."""
        for key, data in plan.snapshots:
            if index is None or key in missing:
                self._ensure(key, data)
        if index is not None:
            derived = {key for key, _ in plan.snapshots}
            self.lost += [
                Lost(key=key, reason="another extractor than this version's had read it") for key in missing - derived
            ]
            return index
        for key in self._indexes[layout.batch_of(plan.index_key)]:
            self._store.delete(key)  # It cannot be read: see `_index`.
        self._ensure(plan.index_key, plan.index)
        return _Index(plan.index_key, list(cdxj.decode(plan.index, plan.index_key)))

    def _see_to_manifest(self, batch: str, index_key: str, place: Place) -> None:
        manifest = self._manifests.get(batch)
        if manifest is None:
            try:
                manifest = rebuild_manifest(self._store, batch, index_key, place)
            except _UNREADABLE as error:
                self.lost.append(Lost(key=index_key, reason=str(error)))
                return
        data = manifests.encode(manifest)
        self._ensure(layout.manifest_key(manifest.writer, manifest.number, data), data)
        self._ends[manifest.writer] = Place(
            writer=manifest.writer, number=manifest.number, previous=manifests.digest(data)
        )

    def _place(self, batch: str) -> Place:
        """Return the place behind that of the writer's batch before."""
        writer = batch.partition("-")[2]
        before = self._ends.get(writer)
        return Place(
            writer=writer, number=before.number + 1 if before else 1, previous=before.previous if before else None
        )

    def _index(self, batch: str) -> _Index | None:
        """Return the index of a batch, or None where it has none that can be read."""
        for key in self._indexes[batch]:
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
        return True

    def _intact_manifests(self) -> Iterator[Manifest]:
        for entry in self._store.list(layout.MANIFESTS):
            try:
                yield manifests.read(self._store, entry.key)
            except _UNREADABLE:
                continue  # It is made anew when its batch is visited.

    def _ensure(self, key: str, data: bytes) -> None:
        try:
            if self._store.get(key) == data:
                return
            # Other bytes than its name tells: a folder would not replace them.
            self._store.delete(key)
        except NoSuchObjectError:
            pass
        self._store.put(key, data)
        self.put.append(key)

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
