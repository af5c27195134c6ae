"""Checks an archive against docs/format.md: what is there, what it names, and with `deep` every byte of it."""

from __future__ import annotations

import hashlib
import io
from collections import ChainMap
from collections.abc import Callable, Iterator

from msgspec import Struct

from broadsheet.storage import cdxj, layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.chains.verification import ChainVerifier
from broadsheet.storage.documents import removals, snapshots
from broadsheet.storage.documents.marker import ensure_format
from broadsheet.storage.errors import ArchiveError, MessageError
from broadsheet.storage.segments import warc
from broadsheet.storage.segments.exchange_records import payload_is_intact
from broadsheet.storage.segments.warc import WarcRecord
from broadsheet.storage.stores.objects import ObjectStore

_PIECE = 8 * 1024 * 1024


class Defect(Struct, frozen=True, kw_only=True):
    """Something that is not as the format says.

    Attributes:
        key: The object.
        what: What is wrong with it, and where in it.
    """

    key: str
    what: str


class Verification(Struct, frozen=True, kw_only=True):
    """What a verification came to.

    Attributes:
        captures: How many captures the index names.
        segments: How many WARC segments there are.
        snapshots: How many snapshots there are.
        manifests: How many publications have been completed.
        defects: What is damaged or missing.
        unnamed: Segments that no manifest names, and with `deep` the snapshots that rest on them: publications that
            were cut off elsewhere, or are running.
    """

    captures: int
    segments: int
    snapshots: int
    manifests: int
    defects: list[Defect]
    unnamed: list[str]


def verify(store: ObjectStore, *, deep: bool) -> Verification:
    """Check an archive.

    Without `deep`, manifests and index segments are read and everything they name is looked for in the listings. With
    it, every object is read, every digest computed anew, every record compared with its index line, and the capture
    looked for whose body a revisit repeats.

    An archive may be verified while others write to it.
    """
    return _Verifier(store, deep=deep).run()


class _Verifier:
    def __init__(self, store: ObjectStore, *, deep: bool) -> None:
        self._store = store
        self._deep = deep
        self._defects: list[Defect] = []
        # Against the order of a publication: what a listed object names is found, whoever publishes meanwhile.
        self._manifests = [entry.key for entry in store.list(layout.MANIFESTS)]
        self._indexes = {entry.key: entry.size for entry in store.list(layout.INDEX)}
        self._snapshots = {entry.key: entry.size for entry in store.list(layout.SNAPSHOTS)}
        self._segments = {entry.key: entry.size for entry in store.list(layout.WARC)}
        self._removals = {entry.key: entry.size for of in layout.REMOVALS for entry in store.list(of)}
        self._replaced: dict[str, str] = {}
        self._captures = 0
        self._named: dict[str, dict[int, IndexLine]] = {}
        self._whole: set[str] = set()
        self._unnamed: list[str] = []

    def run(self) -> Verification:
        self._guarded(layout.MARKER, lambda _: ensure_format(self._store, create=False, required=True))
        removed = self._read_removals()
        there = ChainMap(self._indexes, self._snapshots, self._segments, self._removals)
        chains = ChainVerifier(self._store, self._manifests, there, removed)
        for key, what in chains.defects:
            self._note(key, what)
        for key in self._indexes:
            self._guarded(key, self._check_index)
        if self._deep:
            for key in sorted(self._segments):
                self._guarded(key, self._check_segment)
            for key in sorted(self._snapshots):
                self._guarded(key, self._check_snapshot)
            self._check_derived()
        return Verification(
            captures=self._captures,
            segments=len(self._segments),
            snapshots=len(self._snapshots),
            manifests=len(self._manifests),
            defects=self._defects,
            unnamed=sorted(
                {*(self._segments.keys() - self._named.keys()), *(self._indexes.keys() - chains.named.keys())}
                | set(self._unnamed)
            ),
        )

    def _read_removals(self) -> set[str]:
        """Return the keys of what was removed on purpose."""
        removed: set[str] = set()
        for key in self._removals:
            self._guarded(key, lambda key: removed.update(self._read_removal(key)))
        return removed

    def _read_removal(self, key: str) -> list[str]:
        removal = removals.read(self._store, key)
        self._replaced.update((each.old.key, each.new.key) for each in removal.segments)
        return [gone.key for gone in removal.gone]

    def _standing(self, key: str) -> str:
        """Return the key of the segment that has taken the place of one, where it was replaced; else its own."""
        while key not in self._segments and key in self._replaced:
            key = self._replaced[key]
        return key

    def _guarded(self, key: str, check: Callable[[str], None]) -> None:
        try:
            check(key)
        except ArchiveError as error:
            self._note(key, str(error))

    def _note(self, key: str, what: str) -> None:
        self._defects.append(Defect(key=key, what=what))

    def _note_once(self, key: str, what: str) -> None:
        if all(defect.key != key for defect in self._defects):
            self._note(key, what)

    def _check_derived(self) -> None:
        """Look at whatever else there is: that its bytes are those that its name tells."""
        seen = (layout.WARC, layout.SNAPSHOTS, layout.INDEX, layout.MANIFESTS, layout.MARKER)
        for entry in self._store.list():
            told = layout.told_digest(entry.key)
            if not entry.key.startswith(seen) and told and not self._sha256(entry.key, entry.size).startswith(told):
                self._note(entry.key, "its bytes are not those that its name tells")

    def _check_index(self, key: str) -> None:
        data = self._store.get(key)
        for line in cdxj.decode(data, key):
            self._captures += 1
            self._named.setdefault(line.filename, {})[int(line.offset)] = line
            if line.mime != "warc/revisit" and not line.truncated:
                self._whole.add(line.id)
            end = int(line.offset) + int(line.length)
            if line.filename not in self._segments:
                self._note_once(line.filename, f"missing; named for {line.url} by {key}")
            elif end > self._segments[line.filename]:
                self._note_once(line.filename, f"ends before byte {end}, where the record of {line.url} ends")
            if line.snapshot and line.snapshot not in self._snapshots:
                self._note_once(line.snapshot, f"missing; named for {line.url} by {key}")

    def _check_snapshot(self, key: str) -> None:
        where = snapshots.read(self._store, key).warc
        segment = self._standing(where.key)
        lines = self._named.get(segment)
        if lines is None and segment in self._segments:
            self._unnamed.append(key)
        elif lines is None:
            self._note(where.key, f"missing; named by {key}")
        elif where.offset not in lines or lines[where.offset].id != where.record_id:
            self._note(key, f"names a record that no index names: {where.record_id}")

    def _check_segment(self, key: str) -> None:
        if not self._sha256(key, self._segments[key]).startswith(layout.told_digest(key) or "-"):
            self._note(key, "its bytes are not those that its name tells")
        lines = dict(self._named.get(key, {}))
        reader = io.BufferedReader(_Reader(self._pieces(key, self._segments[key])))
        for offset, length, record in warc.iterate(reader):
            self._check_record(key, offset, length, record, lines.pop(offset, None))
        for line in lines.values():
            self._note(key, f"holds no record at byte {line.offset}, where the index has {line.url}")

    def _check_record(self, key: str, offset: int, length: int, record: WarcRecord, line: IndexLine | None) -> None:
        where = f"record {record.record_id} at byte {offset}"
        if not warc.block_is_intact(record):
            self._note(key, f"{where}: the block is not the one that was stored")
        try:
            if not payload_is_intact(record):
                self._note(key, f"{where}: the payload is not the one that was stored")
        except MessageError as error:
            self._note(key, f"{where}: {error}")
        if record.type not in ("response", "revisit") or key not in self._named:
            return
        if line is None:
            self._note(key, f"{where}: no index names it")
        elif (line.id, line.length, line.url) != (record.record_id, str(length), record.field("WARC-Target-URI")):
            self._note(key, f"{where}: the index tells something else of it")
        if record.type == "revisit":
            self._check_original(key, where, record)

    def _check_original(self, key: str, where: str, revisit: WarcRecord) -> None:
        """WARC/1.1, section 6.7: what a revisit does not repeat lies in the record that it refers to."""
        original = (revisit.field("WARC-Refers-To") or "").strip("<>")
        if original not in self._whole:
            self._note(key, f"{where}: repeats {original or 'nothing'}, which is no whole capture of the archive")

    def _sha256(self, key: str, size: int) -> str:
        hashed = hashlib.sha256()
        for piece in self._pieces(key, size):
            hashed.update(piece)
        return hashed.hexdigest()

    def _pieces(self, key: str, size: int) -> Iterator[bytes]:
        for start in range(0, size, _PIECE):
            yield self._store.get_range(key, start, min(_PIECE, size - start))


class _Reader(io.RawIOBase):
    """A stream over the pieces of an object, so that no more than one of them is in memory."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._ahead = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # what io asks for
        if not self._ahead:
            self._ahead = memoryview(next(self._pieces, b""))
        count = min(len(buffer), len(self._ahead))
        buffer[:count] = self._ahead[:count]
        self._ahead = self._ahead[count:]
        return count
