"""Checks an archive against docs/format.md: what is there, what it names, and with `deep` every byte of it."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet

from broadsheet.storage import cdxj, key_kinds, layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.chains.verification import ChainVerifier, absence
from broadsheet.storage.documents import removals, snapshots
from broadsheet.storage.documents.marker import ensure_format
from broadsheet.storage.errors import ArchiveError
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import get_intact
from broadsheet.storage.verification.derived import STRANGE, DerivedVerifier
from broadsheet.storage.verification.report import Finding, Verification
from broadsheet.storage.verification.segments import SegmentVerifier


def verify(store: ObjectStore, *, deep: bool) -> Verification:
    """Check an archive.

    Without `deep`, manifests, removals and index segments are read and everything they name is looked for in the
    listings. With it, every object is read, every digest computed anew, every record compared with its index line, the
    capture looked for whose body a revisit repeats, and the lines of runs compared with the segments they are made of.
    What seems damaged is read twice.

    An archive may be verified while others write to it.
    """
    return _Verifier(store, deep=deep).run()


class _Verifier:
    def __init__(self, store: ObjectStore, *, deep: bool) -> None:
        self._store = store
        self._deep = deep
        self._defects: list[Finding] = []
        self._remarks: list[Finding] = []
        # Against the order of a publication: what a listed object names is found, whoever publishes meanwhile.
        seen = (layout.WARC, layout.SNAPSHOTS, layout.INDEX, layout.MANIFESTS, layout.EXTRACTIONS, *layout.REMOVALS)
        self._others = {entry.key: entry.size for entry in store.list() if not entry.key.startswith(seen)}
        self._manifests = self._listed(layout.MANIFESTS)
        self._indexes = self._listed(layout.INDEX)
        self._snapshots = self._listed(layout.SNAPSHOTS)
        self._segments = self._listed(layout.WARC)
        self._extractions = self._listed(layout.EXTRACTIONS)
        self._removals = {key: size for of in layout.REMOVALS for key, size in self._listed(of).items()}
        self._replaced: dict[str, str] = {}
        self._removed: dict[str, set[str]] = {}
        self._gone: dict[str, str] = {}
        self._beginnings: set[str] = set()
        self._captures = 0
        self._named: dict[str, dict[int, IndexLine]] = {}
        self._whole: set[str] = set()
        self._unnamed: list[str] = []

    def run(self) -> Verification:
        self._guarded(layout.MARKER, lambda _: ensure_format(self._store, create=False, required=True))
        for key in self._removals:
            self._guarded(key, self._read_removal)
        there = ChainMap(self._indexes, self._snapshots, self._segments, self._extractions, self._removals)
        chains = ChainVerifier(self._store, list(self._manifests), there, self._gone.keys())
        self._defects += [Finding(key=key, what=what) for key, what in chains.defects]
        for key in self._indexes:
            self._guarded(key, self._check_index)
        self._check_removals(there)
        self._check_derived()
        if self._deep:
            self._check_segments()
            for key in sorted(self._snapshots):
                self._guarded(key, lambda key: self._check_snapshot(key, chains.named.keys()))
        return Verification(
            captures=self._captures,
            segments=len(self._segments),
            snapshots=len(self._snapshots),
            manifests=len(self._manifests),
            derived=len(self._others.keys() - {layout.MARKER}) + len(self._extractions),
            removals=len(self._removals),
            defects=self._defects,
            unnamed=self._unpublished(chains.named.keys()),
            remarks=self._remarks,
        )

    def _listed(self, prefix: str) -> dict[str, int]:
        found = {entry.key: entry.size for entry in self._store.list(prefix)}
        for key in [key for key in found if not key_kinds.is_known(key)]:
            self._remark(key, STRANGE)
            del found[key]
        return found

    def _unpublished(self, named: AbstractSet[str]) -> list[str]:
        """Return what no manifest names, or no index, and what rests on it: its publication did not end."""
        without_manifest = (self._indexes.keys() | self._removals.keys() | self._extractions.keys()) - named
        without_index = self._segments.keys() - self._named.keys() - named
        return sorted({*without_manifest, *without_index, *self._unnamed} - set(self._replaced.values()))

    def _read_removal(self, key: str) -> None:
        removal = removals.read(self._store, key)
        self._beginnings.add(removal.beginning)
        self._replaced.update((each.old.key, each.new.key) for each in removal.replaced)
        self._gone.update((gone.key, key) for gone in removal.gone)
        for segment in removal.segments:
            ids = {record.id for record in segment.records}
            self._removed.setdefault(layout.batch_of(segment.old.key), set()).update(ids)

    def _check_removals(self, there: ChainMap[str, int]) -> None:
        """What is said to be removed is gone, and what has taken its place is there."""
        for key, removal in self._gone.items():
            if key in there or key in self._others:
                self._remark(key, f"is to be removed, as {removal} tells: run recover")
            elif key in self._replaced and self._standing(key) not in there:
                self._note_missing(self._standing(key), f"has taken the place of {key}, as {removal} tells")

    def _standing(self, key: str) -> str:
        """Return the key of the segment that has taken the place of one, where it was replaced; else its own."""
        if key not in self._replaced or key in self._segments or key in self._indexes:
            return key
        # Where removals met, what one of them was to put may never have been put.
        listed = self._segments if key.startswith(layout.WARC) else self._indexes
        batch = layout.batch_of(key)
        return next((other for other in listed if layout.batch_of(other) == batch), self._replaced[key])

    def _guarded(self, key: str, check: Callable[[str], None]) -> None:
        try:
            check(key)
        except ArchiveError as error:
            self._note(key, str(error))

    def _note(self, key: str, what: str) -> None:
        self._defects.append(Finding(key=key, what=what))

    def _remark(self, key: str, what: str) -> None:
        self._remarks.append(Finding(key=key, what=what))

    def _note_once(self, key: str, what: str) -> None:
        if all(defect.key != key for defect in self._defects):
            self._note(key, what)

    def _note_missing(self, key: str, named: str) -> None:
        if all(defect.key != key for defect in self._defects):
            self._note(key, f"{absence(self._store, key)}; {named}")

    def _check_derived(self) -> None:
        derived = DerivedVerifier(self._store, self._others | self._extractions, self._snapshots, self._indexes)
        derived.check_names()
        if self._deep:
            derived.check_bytes()
        self._defects += derived.defects
        self._remarks += derived.remarks

    def _check_index(self, key: str) -> None:
        data = get_intact(self._store, key)
        for line in cdxj.decode(data, key):
            self._captures += 1
            self._named.setdefault(line.filename, {})[int(line.offset)] = line
            if line.mime != "warc/revisit" and not line.truncated:
                self._whole.add(line.id)
            end = int(line.offset) + int(line.length)
            if line.filename not in self._segments:
                self._note_missing(line.filename, f"named for {line.url} by {key}")
            elif end > self._segments[line.filename]:
                self._note_once(line.filename, f"ends before byte {end}, where the record of {line.url} ends")
            if line.snapshot and line.snapshot not in self._snapshots and line.snapshot not in self._gone:
                self._note_missing(line.snapshot, f"named for {line.url} by {key}")
            if key not in self._gone and line.id in self._removed.get(layout.batch_of(key), ()):
                self._note(key, f"names a capture that was removed: {line.id}")

    def _check_snapshot(self, key: str, published: AbstractSet[str]) -> None:
        where = snapshots.read(self._store, key).warc
        segment = self._standing(where.key)
        lines = self._named.get(segment)
        if lines is None and segment in self._segments:
            self._unnamed.append(key)
        elif lines is None:
            self._note_missing(where.key, f"named by {key}")
        elif where.offset not in lines or lines[where.offset].id != where.record_id:
            self._note(key, f"names a record that no index names: {where.record_id}")
        elif lines[where.offset].snapshot != key and key not in published:
            # A rebuilding by another extractor leaves such, and so does whoever slips a version in.
            self._remark(key, "readers take it for a version, but no index and no manifest names it")

    def _check_segments(self) -> None:
        verifier = SegmentVerifier(self._store, self._whole, self._beginnings)
        for key, size in sorted(self._segments.items()):

            def found(key: str = key, size: int = size) -> Iterator[str]:
                removed = set() if key in self._gone else self._removed.get(layout.batch_of(key), set())
                return verifier.check(key, size, self._named.get(key), removed)

            # What came may have been spoiled on its way: it is asked for once more.
            whats = list(found()) and list(found())
            self._defects += [Finding(key=key, what=what) for what in whats]
