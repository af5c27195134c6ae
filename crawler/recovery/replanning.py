"""Planning a batch again from its segment as it lies in the archive, whole or damaged."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

import msgspec

from broadsheet.crawler.recovery.rereading import SegmentReader
from broadsheet.storage import cdxj, layout
from broadsheet.storage.captures import Capture
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.documents.manifests import ManifestObject, Place
from broadsheet.storage.errors import RecordError
from broadsheet.storage.model import Extractor
from broadsheet.storage.publishing import planning
from broadsheet.storage.publishing.catalog import Catalog
from broadsheet.storage.repairs import Repairs
from broadsheet.storage.segments.salvage import Salvage
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.versions import Finding

_PIECE = 8 * 1024 * 1024
_MOST_TOLD = 20


class Replanned(NamedTuple):
    """What a segment adds to the archive.

    Attributes:
        lines: What its index has.
        snapshots: The documents of the versions that begin in it, by key.
        is_whole: Whether all of it could be read.
    """

    lines: list[IndexLine]
    snapshots: dict[str, bytes]
    is_whole: bool


class Replanner:
    """Plans batches again. Its reader processes start with the first, and end with the context.

    Args:
        store: The archive.
        extractor: What reads the pages.
        scratch: A local directory with room for a segment.
        catalog: What is known of the batches before.
        repairs: Told of what cannot be read.
    """

    def __init__(
        self, store: ObjectStore, extractor: Extractor, scratch: Path, catalog: Catalog, repairs: Repairs
    ) -> None:
        self._store = store
        self._extractor = extractor
        self._path = scratch / "segment.warc.gz"
        self._catalog = catalog
        self._repairs = repairs
        self._reader = SegmentReader()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._reader.__aexit__(kind, error, trace)

    async def plan(self, batch: str, warc_key: str, place: Place, original: ManifestObject | None) -> Replanned | None:
        """Return what a segment adds to the archive, as far as it can be read; None where none of it can.

        Args:
            batch: The batch.
            warc_key: Its segment.
            place: Where its manifest stands.
            original: The segment that it was published with, where a removal has replaced that: snapshots name it.
        """
        segment = await asyncio.to_thread(self._fetch, warc_key)
        is_whole = _is_what_its_key_tells(segment)
        try:
            found = await self._reader.read(self._path) if is_whole else await self._salvage(warc_key)
        except RecordError as error:
            self._repairs.lose(warc_key, str(error))
            return None
        plan, _ = await asyncio.to_thread(
            planning.plan_described,
            batch,
            original or segment,
            found,
            place=place,
            catalog=self._catalog,
            store=self._store,
            extractor=self._extractor,
        )
        lines = cdxj.decode(plan.index, plan.index_key)
        return Replanned(
            [msgspec.structs.replace(line, filename=warc_key) for line in lines], dict(plan.snapshots), is_whole
        )

    def look_at(self, warc_key: str) -> None:
        """Read a segment of which nothing is missing, and tell where it is damaged."""
        if not _is_what_its_key_tells(self._fetch(warc_key)):
            salvage = Salvage(self._path)
            readable = sum(record.type in ("response", "revisit") for _, _, record in salvage.records())
            self._repairs.lose(warc_key, _damage(salvage, readable))

    async def _salvage(self, warc_key: str) -> list[tuple[Capture, Finding | None]]:
        salvage = Salvage(self._path)
        found = await self._reader.read(self._path, salvage.records)
        captures = [capture for capture, _ in found]
        sure = [
            (capture, finding)
            for number, (capture, finding) in enumerate(found)
            if salvage.is_sure_of(capture, captures[number + 1 : number + 2])
        ]
        unsure = [capture.url for capture in captures if all(capture is not other for other, _ in sure)]
        self._repairs.lose(warc_key, _damage(salvage, len(sure), unsure))
        return sure

    def _fetch(self, key: str) -> ManifestObject:
        """Write a segment to the disk; what came damaged may have been spoiled on its way, and is asked for again."""
        described = self._download(key)
        return described if _is_what_its_key_tells(described) else self._download(key)

    def _download(self, key: str) -> ManifestObject:
        size, hashed = self._store.size(key), hashlib.sha256()
        with self._path.open("wb") as file:
            for start in range(0, size, _PIECE):
                piece = self._store.get_range(key, start, min(_PIECE, size - start))
                hashed.update(piece)
                file.write(piece)
        return ManifestObject(key=key, size=size, sha256=hashed.hexdigest())


def _is_what_its_key_tells(described: ManifestObject) -> bool:
    return described.sha256.startswith(layout.told_digest(described.key) or "")


def _damage(salvage: Salvage, readable: int, unsure: Sequence[str] = ()) -> str:
    gaps = [f"{gap.start} to {gap.end}" for gap in salvage.gaps]
    more = f" and {len(gaps) - _MOST_TOLD} more" if len(gaps) > _MOST_TOLD else ""
    where = f"no record can be read in bytes {', '.join(gaps[:_MOST_TOLD])}{more}" if gaps else "every record is whole"
    said = f"its bytes are not those that its name tells: {where}; {readable} of its captures can be"
    if unsure:
        said += f", not counting {len(unsure)} of which it cannot be told why they were made ({unsure[0]})"
    return f"{said}. Put it back from a backup, and run recover again"
