"""Removing captures from an archive: what that comes to is written down first, then done, and can be done again.

::

    1  the document (see `broadsheet.storage.documents.removals`): readers and crawls keep to it from here on
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
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
from msgspec import Struct

from broadsheet.storage import cdxj, layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.chains.rebuild import describe
from broadsheet.storage.documents import manifests, removals
from broadsheet.storage.documents.manifests import ManifestObject
from broadsheet.storage.documents.removals import Removal, RemovedRecord, Replacement
from broadsheet.storage.errors import ArchiveDamagedError, NoSuchObjectError, RecordError
from broadsheet.storage.publishing.amendments import Amendments
from broadsheet.storage.segments import redaction, replaced
from broadsheet.storage.segments.redaction import Mark, Removed, Selection
from broadsheet.storage.segments.warc import WarcRecord
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import get_intact

_REMOVED_FROM = (layout.WARC, layout.INDEX, layout.SNAPSHOTS, layout.EXTRACTIONS)
_PIECE = 8 * 1024 * 1024


class Doomed(Struct, frozen=True, kw_only=True):
    """The captures of one batch that are to be removed.

    Attributes:
        index_key: The batch's index segment.
        lines: Their lines in it; all are of one WARC segment.
    """

    index_key: str
    lines: list[IndexLine]


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
        *,
        at: datetime,
        reason: str,
        identity: str | None,
        scope: Literal["identity", "captures"],
        others: Iterable[str] = (),
        is_doomed: Callable[[WarcRecord], bool] = lambda _: False,
    ) -> Removal:
        """Write down what is to be removed, then remove it.

        Args:
            doomed: The captures, by batch.
            at: The moment to write down.
            reason: The reason to write down.
            identity: The identity hash of the article, or None where it is of many.
            scope: Whether an article is removed for good, or the captures alone; see `Removal`.
            others: Keys of snapshots that are removed beside those of the captures.
            is_doomed: Tells of a record in the segments of the captures whether it is removed too.

        Raises:
            ArchiveDamagedError: A segment that is to be replaced is damaged or missing; nothing was removed.
            StoreError: The store failed; `finish` goes on.
        """
        order = sorted(doomed, key=lambda batch: layout.batch_of(batch.index_key), reverse=True)
        draft = Removal(at=at, reason=reason, scope=scope, identity=identity)
        planned = [self._replacements(batch, draft, is_doomed) for batch in order]
        keys = {*others, *(key for each in planned for key in each.snapshots)}
        removal = msgspec.structs.replace(
            draft,
            segments=[each.segment for each in planned],
            indexes=[each.lines for each in planned],
            snapshots=list(self._described({*keys, *self._extractions(keys)})),
        )
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
        for each in removal.segments:
            self._put_segment(each, removal)
        written += [each.new for each in removal.segments]
        written += [index for each in removal.indexes for index in self._put_index(each, removal)]
        self._amendments.publish(written)
        for each in removal.indexes:
            self.store.delete(each.old.key)
        self._delete_derived(removal)
        for gone in removal.snapshots:
            self.store.delete(gone.key)
        for each in removal.segments:
            self.store.delete(each.old.key)

    def unfinished(self) -> Iterator[tuple[str, Removal]]:
        """Yield the removals, with their keys, of which something is still there."""
        there: set[str] = set()
        for key, removal in removals.all_of(self.store):
            there = there or {entry.key for prefix in _REMOVED_FROM for entry in self.store.list(prefix)}
            if any(gone.key in there for gone in removal.gone):
                yield key, removal

    def _replacements(self, batch: Doomed, removal: Removal, is_doomed: Callable[[WarcRecord], bool]) -> _Planned:
        ids = {line.id for line in batch.lines}
        warc_key = batch.lines[0].filename
        with self._fetched(warc_key) as (path, target):
            selection = _select(path, warc_key, lambda record: record.record_id in ids or is_doomed(record))
            redaction.redact(path, target, selection, _mark(removal, warc_key))
            new = _segment_at(target, layout.batch_of(warc_key))
            old = manifests.described_file(warc_key, path)
        records = [
            RemovedRecord(id=each.record_id, type=each.type, offset=each.offset, length=each.length, digest=each.digest)
            for each in selection.removed
        ]
        index = get_intact(self.store, batch.index_key)
        removed = {record.id for record in records}
        lines = [line for line in cdxj.decode(index, batch.index_key) if line.id in removed]
        captures = {line.id for line in lines}
        rest = _rest(index, batch.index_key, captures, new.key)
        return _Planned(
            segment=Replacement(old=old, new=new, records=records),
            lines=Replacement(
                old=manifests.described(batch.index_key, index),
                new=manifests.described(_index_key(batch.index_key, rest), rest),
                captures=sorted(captures),
            ),
            snapshots=[line.snapshot for line in lines if line.snapshot],
        )

    def _put_segment(self, each: Replacement, removal: Removal) -> None:
        if self._has(each.new) or not self._has(each.old):
            return
        with self._fetched(each.old.key) as (path, target):
            removed = [Removed(of.offset, of.length, of.type, of.id, of.digest) for of in each.records]
            selection = Selection(removed, is_all=each.new.size < each.old.size)
            redaction.redact(path, target, selection, _mark(removal, each.old.key))
            self.store.put(each.new.key, target)
        if describe(self.store, each.new.key) != each.new:
            raise ArchiveDamagedError(f"{each.new.key} is not what was stored: {each.old.key} is kept")

    def _put_index(self, each: Replacement, removal: Removal) -> list[ManifestObject]:
        """Put an index segment without the lines that are removed; return what was put, or is there."""
        if self._has(each.new):
            return [each.new]
        try:
            index = get_intact(self.store, each.old.key)
        except NoSuchObjectError:
            return []
        batch = layout.batch_of(each.old.key)
        segment = next(other.new.key for other in removal.segments if layout.batch_of(other.new.key) == batch)
        rest = _rest(index, each.old.key, set(each.captures), segment)
        # Another machine's compressor may come to other bytes than those that were planned: the lines are the same.
        key = _index_key(each.old.key, rest)
        self.store.put(key, rest)
        return [manifests.described(key, rest)]

    def _delete_derived(self, removal: Removal) -> None:
        """Delete what was made of the old index segments; it is made again from the new ones when it is due."""
        batches = {layout.batch_of(each.old.key) for each in removal.indexes}
        for writer in sorted({batch.rpartition("-")[2] for batch in batches}):
            for entry in self.store.list(layout.writer_runs_prefix(writer)):
                self.store.delete(entry.key)
        for name in layout.TABLE_NAMES:
            for day in self.store.directories(layout.table_prefix(name)):
                self._delete_tables(f"{name}/{day}/", batches)

    def _delete_tables(self, day: str, batches: set[str]) -> None:
        """Delete what a day of a table has of some batches; the compacted rows of the day before the segments."""
        listed = [entry.key for entry in self.store.list(layout.TABLES + day)]
        segments = [key for key in listed if layout.batch_of(key) in batches]
        if segments:
            for entry in list(self.store.list(layout.COMPACTED_TABLES + day)):
                self.store.delete(entry.key)
        for key in segments:
            self.store.delete(key)

    def _extractions(self, snapshot_keys: set[str]) -> Iterator[str]:
        """Yield the keys of what was read again in the captures of snapshots."""
        beginnings = {layout.extraction_beginning(key) for key in snapshot_keys}
        for directory in {beginning.rpartition("/")[0] + "/" for beginning in beginnings}:
            for entry in self.store.list(directory):
                if entry.key.rpartition("-")[0] + "-" in beginnings:
                    yield entry.key

    def _described(self, keys: set[str]) -> Iterator[ManifestObject]:
        for key in sorted(keys):
            with contextlib.suppress(NoSuchObjectError):
                yield describe(self.store, key)

    def _has(self, wanted: ManifestObject) -> bool:
        try:
            return self.store.size(wanted.key) == wanted.size
        except NoSuchObjectError:
            return False

    @contextlib.contextmanager
    def _fetched(self, key: str) -> Iterator[tuple[Path, Path]]:
        """Fetch a segment into a file that is deleted afterwards; give its path and that of one to write to."""
        self._scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._scratch, prefix=".removal-") as directory:
            path = Path(directory) / "old.warc.gz"
            try:
                with path.open("wb") as file:
                    size = self.store.size(key)
                    for start in range(0, size, _PIECE):
                        file.write(self.store.get_range(key, start, min(_PIECE, size - start)))
            except NoSuchObjectError as error:
                raise ArchiveDamagedError(f"{key} is missing and the index names it; run verify") from error
            yield path, path.with_name("new.warc.gz")


def doomed_in(store: ObjectStore, is_doomed: Callable[[IndexLine], bool]) -> list[Doomed]:
    """Read every index segment of an archive; return what of it is doomed, by batch."""
    found = []
    for key, segment in replaced.index_segments(store, store.list(layout.INDEX)):
        lines = [line for line in cdxj.decode(segment, key) if is_doomed(line)]
        if lines:
            found.append(Doomed(index_key=key, lines=lines))
    return found


def _select(path: Path, key: str, is_doomed: Callable[[WarcRecord], bool]) -> Selection:
    try:
        selection = redaction.select(path, is_doomed)
    except RecordError as error:
        raise ArchiveDamagedError(f"{key} cannot be read, so nothing can be taken out of it: {error}") from error
    if not selection.removed:
        raise ArchiveDamagedError(f"{key} has none of the records that the index names; run verify --deep")
    return selection


def _mark(removal: Removal, key: str) -> Mark:
    return Mark(removal.beginning, removal.at, layout.batch_of(key))


def _segment_at(path: Path, batch: str) -> ManifestObject:
    described = manifests.described_file("", path)
    return msgspec.structs.replace(described, key=layout.warc_key(batch, described.sha256[:32]))


def _index_key(old: str, data: bytes) -> str:
    return layout.index_key(layout.batch_of(old), data, early=layout.is_early_index(old))


def _rest(index: bytes, key: str, ids: set[str], warc_key: str) -> bytes:
    """Return an index segment without the lines of some captures, for the WARC segment `warc_key`."""
    return cdxj.encode(
        msgspec.structs.replace(line, filename=warc_key) for line in cdxj.decode(index, key) if line.id not in ids
    )
