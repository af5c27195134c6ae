"""Removing captures from an archive: what that comes to is written down first, then done, and can be done again.

::

    1  the document (see `broadsheet.storage.documents.removals`): readers and crawls keep to a takedown from here on
    2  the new WARC segments, then their index segments, beside the old ones
    3  an amendment manifest that lists the document and what was put
    4  deleted are: the old index segments, what was made of them (runs, tables), the snapshots, the old WARC segments

Whatever is cut off is finished by doing 2 to 4 again from the document. Segments go from the newest to the oldest, so
that at no moment a revisit is there without what it repeats.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from broadsheet.storage import cdxj, layout
from broadsheet.storage.chains.rebuild import describe
from broadsheet.storage.documents import manifests, removals
from broadsheet.storage.documents.manifests import ManifestObject
from broadsheet.storage.documents.removals import Removal, RemovedRecord, Replacement
from broadsheet.storage.errors import ArchiveDamagedError, KeyCollisionError, NoSuchObjectError, RecordError
from broadsheet.storage.publishing.amendments import Amendments
from broadsheet.storage.segments import redaction, replaced
from broadsheet.storage.segments.redaction import Mark, Removed, Selection
from broadsheet.storage.segments.warc import WarcRecord
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import fetch_intact, get_intact
from broadsheet.storage.takedown import derived
from broadsheet.storage.takedown.index_lines import Doomed, index_replacement, replaced_index_key, rest_of

_REMOVED_FROM = (layout.WARC, layout.INDEX, layout.SNAPSHOTS, layout.EXTRACTIONS)
# How often what another machine replaces meanwhile is looked for anew.
_ATTEMPTS = 3


class _Planned(NamedTuple):
    segment: Replacement
    lines: Replacement
    snapshots: list[str]


class Remover:
    """Removes captures from one archive.

    Args:
        store: The archive. Objects are deleted from it.
        amendments: Where the manifests go that tell of it.
        scratch: A local directory with room for two WARC segments. It is made where it is missing.
    """

    def __init__(self, store: ObjectStore, amendments: Amendments, scratch: Path) -> None:
        self.store = store
        self._amendments = amendments
        self._scratch = scratch

    def remove(
        self,
        doomed: Iterable[Doomed],
        draft: Removal,
        *,
        others: Iterable[str] = (),
        is_doomed: Callable[[WarcRecord], bool] = lambda _: False,
    ) -> Removal:
        """Write down what is to be removed, then remove it.

        Args:
            doomed: The captures, by batch.
            draft: What is to be written down, but for the lists of what is removed.
            others: Keys of snapshots that are removed beside those of the captures.
            is_doomed: Tells of a record in the segments of the captures whether it is removed too.

        Raises:
            ArchiveDamagedError: A segment that is to be replaced is damaged or missing; nothing was removed.
            StoreError: The store failed; `finish` goes on.
        """
        order = sorted(doomed, key=lambda batch: layout.batch_of(batch.index_key), reverse=True)
        planned = [plan for batch in order if (plan := self._replacements(batch, draft, is_doomed))]
        keys = {*others, *(key for each in planned for key in each.snapshots)}
        removal = msgspec.structs.replace(
            draft,
            segments=[each.segment for each in planned],
            indexes=[each.lines for each in planned],
            snapshots=list(self._described({*keys, *derived.extractions_of(self.store, keys)})),
        )
        return self.carry_out(removal)

    def carry_out(self, removal: Removal) -> Removal:
        """Write a removal down, and do what it says; return it.

        Raises:
            ArchiveDamagedError: A segment that is to be replaced is damaged.
            StoreError: The store failed; `finish` goes on.
        """
        key, data = removals.encode(removal)
        self.store.put(key, data)
        self.finish(key, removal)
        return removal

    def finish(self, key: str, removal: Removal) -> None:
        """Do what a removal says, as far as it is not done.

        Args:
            key: The key of its document.
            removal: The removal.

        Raises:
            ArchiveDamagedError: A segment that is to be replaced is damaged.
            StoreError: The store failed.
        """
        written = [describe(self.store, key)]
        written += [segment for each in removal.segments for segment in self._put_segment(each, removal)]
        written += [index for each in removal.indexes for index in self._put_index(each, removal)]
        self._amendments.publish(written)
        for each in removal.indexes:
            self.store.delete(each.old.key)
        derived.delete(self.store, {layout.batch_of(gone.key) for gone in removal.gone if _is_index(gone.key)})
        for gone in removal.snapshots:
            self.store.delete(gone.key)
        for each in removal.segments:
            self.store.delete(each.old.key)

    def amend(self, objects: list[ManifestObject]) -> str | None:
        """Tell of what was written for a removal in a manifest; return its key, or None where the last tells it.

        Raises:
            StoreError: The store failed.
        """
        return self._amendments.publish(objects)

    def unfinished(self) -> Iterator[tuple[str, Removal]]:
        """Yield the removals, with their keys, of which something is still there."""
        there: set[str] = set()
        for key, removal in removals.all_of(self.store):
            there = there or {entry.key for prefix in _REMOVED_FROM for entry in self.store.list(prefix)}
            if any(gone.key in there for gone in removal.gone):
                yield key, removal

    def redacted(self, warc_key: str, removal: Removal, is_doomed: Callable[[WarcRecord], bool]) -> Replacement | None:
        """Return what takes the place of a WARC segment without some records; None where it has none of them.

        Raises:
            NoSuchObjectError: It is not there.
            ArchiveDamagedError: It is damaged.
        """
        with self._fetched(warc_key) as (path, target):
            selection = _select(path, warc_key, is_doomed)
            if not selection.removed:
                return None
            redaction.redact(path, target, selection, _mark(removal, warc_key))
            new = _segment_at(target, layout.batch_of(warc_key))
            old = manifests.described_file(warc_key, path)
        return Replacement(
            old=old,
            new=new,
            records=[
                RemovedRecord(
                    id=each.record_id, type=each.type, offset=each.offset, length=each.length, digest=each.digest
                )
                for each in selection.removed
            ],
        )

    def _replacements(
        self, batch: Doomed, removal: Removal, is_doomed: Callable[[WarcRecord], bool]
    ) -> _Planned | None:
        """Plan what takes the place of the segments of a batch; None where another machine has removed it all."""
        ids = {line.id for line in batch.lines}
        for _ in range(_ATTEMPTS):
            try:
                key, index = replaced.get(self.store, batch.index_key)
                lines = [line for line in cdxj.decode(index, key) if line.id in ids]
                if not lines:
                    return None
                segment = self.redacted(
                    lines[0].filename, removal, lambda record: record.record_id in ids or is_doomed(record)
                )
            except NoSuchObjectError as error:
                missing = error  # Another machine may be replacing it.
                continue
            if segment is None:
                raise ArchiveDamagedError(
                    f"{lines[0].filename} has none of the records that the index names; run verify --deep"
                )
            return _planned(segment, key, index)
        raise ArchiveDamagedError(f"{missing}, and the index names it; run verify") from missing

    def _put_segment(self, each: Replacement, removal: Removal) -> list[ManifestObject]:
        """Put a segment without the records that are removed; return what was put, or is there."""
        if self._has(each.new):
            return [each.new]
        try:
            with self._fetched(each.old.key) as (path, target):
                removed = [Removed(of.offset, of.length, of.type, of.id, of.digest) for of in each.records]
                selection = Selection(removed, is_all=each.new.size < each.old.size)
                redaction.redact(path, target, selection, _mark(removal, each.old.key))
                if manifests.described_file(each.new.key, target) != each.new:
                    raise ArchiveDamagedError(
                        f"{each.old.key} without what is removed is not {each.new.key}: it is kept"
                    )
                self._put(each.new.key, target)
        except NoSuchObjectError:
            # Another machine has replaced it meanwhile: what is left to be removed there, `takedown.enforce` finds.
            return [each.new] if self._has(each.new) else []
        if not self._has(each.new):
            raise ArchiveDamagedError(f"{each.new.key} is not what was stored: {each.old.key} is kept")
        return [each.new]

    def _put_index(self, each: Replacement, removal: Removal) -> list[ManifestObject]:
        """Put an index segment without the lines that are removed; return what was put, or is there."""
        if self._has(each.new):
            return [each.new]
        try:
            index = get_intact(self.store, each.old.key)
        except NoSuchObjectError:
            return []
        batch = layout.batch_of(each.old.key)
        segment = next((other.new.key for other in removal.segments if layout.batch_of(other.new.key) == batch), None)
        rest = rest_of(index, each.old.key, set(each.captures), segment)
        # Another machine's compressor may come to other bytes than those that were planned: the lines are the same.
        key = replaced_index_key(each.old.key, rest)
        self._put(key, rest)
        return [manifests.described(key, rest)]

    def _put(self, key: str, data: bytes | Path) -> None:
        """Put an object in the place of what may have been spoiled on its way there before."""
        try:
            self.store.put(key, data)
        except KeyCollisionError:
            self.store.delete(key)
            self.store.put(key, data)

    def _described(self, keys: set[str]) -> Iterator[ManifestObject]:
        for key in sorted(keys):
            with contextlib.suppress(NoSuchObjectError):
                yield describe(self.store, key)

    def _has(self, wanted: ManifestObject) -> bool:
        """Tell whether an object is there and whole: what is told so takes the place of another, which is deleted."""
        try:
            # What came may have been spoiled on its way: it is asked for once more.
            return any(describe(self.store, wanted.key) == wanted for _ in range(2))
        except NoSuchObjectError:
            return False

    @contextlib.contextmanager
    def _fetched(self, key: str) -> Iterator[tuple[Path, Path]]:
        """Fetch a segment into a file that is deleted afterwards; give its path and that of one to write to."""
        self._scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._scratch, prefix=".removal-") as directory:
            path = Path(directory) / "old.warc.gz"
            fetch_intact(self.store, key, path)
            yield path, path.with_name("new.warc.gz")


def _select(path: Path, key: str, is_doomed: Callable[[WarcRecord], bool]) -> Selection:
    try:
        return redaction.select(path, is_doomed)
    except RecordError as error:
        raise ArchiveDamagedError(f"{key} cannot be read, so nothing can be taken out of it: {error}") from error


def _mark(removal: Removal, key: str) -> Mark:
    return Mark(removal.beginning, removal.at, layout.batch_of(key))


def _segment_at(path: Path, batch: str) -> ManifestObject:
    described = manifests.described_file("", path)
    return msgspec.structs.replace(described, key=layout.warc_key(batch, described.sha256[:32]))


def _planned(segment: Replacement, index_key: str, index: bytes) -> _Planned:
    removed = {record.id for record in segment.records}
    lines = [line for line in cdxj.decode(index, index_key) if line.id in removed]
    return _Planned(
        segment=segment,
        lines=index_replacement(index_key, index, removed, segment.new.key),
        snapshots=[line.snapshot for line in lines if line.snapshot],
    )


def _is_index(key: str) -> bool:
    return key.startswith(layout.INDEX)
