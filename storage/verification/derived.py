"""What is derived and no index names: runs, tables and extraction revisions; and what is of no kind at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import zip_longest

from broadsheet.storage import key_kinds, layout
from broadsheet.storage.documents import extractions
from broadsheet.storage.errors import ArchiveError, NoSuchObjectError
from broadsheet.storage.index import run_keys, runs
from broadsheet.storage.index.coverage import coverage_of
from broadsheet.storage.index.run_keys import RunName
from broadsheet.storage.stores.objects import ObjectEntry, ObjectStore
from broadsheet.storage.tables import parquet
from broadsheet.storage.verification.report import Finding
from broadsheet.storage.verification.streams import sha256

DERIVED = (layout.RUNS, layout.TABLES, layout.COMPACTED_TABLES, layout.EXTRACTIONS)
STRANGE = "no object of an archive that this version knows"


class DerivedVerifier:
    """Checks what is derived.

    Args:
        store: Where the archive lies.
        sizes: The lengths in bytes of all derived objects and of whatever is of no kind, by key.
        snapshots: The lengths of the snapshots, by key.
        indexes: The keys of the index segments.

    Attributes:
        defects: What is damaged.
        remarks: What is no damage.
    """

    def __init__(
        self, store: ObjectStore, sizes: Mapping[str, int], snapshots: Mapping[str, int], indexes: Collection[str]
    ) -> None:
        self.defects: list[Finding] = []
        self.remarks: list[Finding] = []
        self._store = store
        self._sizes = sizes
        self._snapshots = snapshots
        self._indexes = indexes
        self._batches = frozenset(map(layout.batch_of, indexes))

    def check_names(self) -> None:
        """Look at keys alone."""
        for key in self._sizes:
            if not key_kinds.is_known(key):
                self._remark(key, STRANGE)
            elif key.startswith(layout.TABLES) and layout.batch_of(key) not in self._batches:
                self._remark(key, "no index segment is of its batch")

    def check_bytes(self) -> None:
        """Read everything."""
        for key, size in self._sizes.items():
            told = layout.told_digest(key)
            # What came may have been spoiled on its way: it is asked for once more.
            if told and not any(sha256(self._store, key, size).startswith(told) for _ in range(2)):
                self._note(key, "its bytes are not those that its name tells")
            else:
                self._check_content(key, size)

    def _check_content(self, key: str, size: int) -> None:
        try:
            if key.startswith(layout.EXTRACTIONS):
                self._check_extraction(key)
            elif key.startswith(layout.RUNS) and (run := run_keys.parse(key)):
                self._check_run(run)
            elif key.startswith(layout.COMPACTED_TABLES) and parquet.is_available():
                self._check_compacted(ObjectEntry(key, size))
        except ArchiveError as error:
            self._note(key, str(error))

    def _check_extraction(self, key: str) -> None:
        extraction = extractions.read(self._store, key)
        if not key.startswith(layout.extraction_beginning(extraction.snapshot)):
            self._note(key, f"is of another snapshot than its name tells: {extraction.snapshot}")
        elif extraction.snapshot not in self._snapshots:
            self._note(key, f"is of a snapshot that is missing: {extraction.snapshot}")

    def _check_run(self, run: RunName) -> None:
        """A run holds the lines of its publications, from what it was made of or what stands in for it."""
        coverage = coverage_of(self._store, run.writer)
        if coverage is None or run.last > coverage.newest:
            self._remark(run.key, "holds publications that no manifest tells of: no reader uses it")
            return
        try:
            held = runs.read(self._store, run)
            made_of = coverage.lines(runs.EVERYTHING, run.first, run.last, run.level)
            if any(one != other for one, other in zip_longest(held, made_of)):
                self._note(run.key, "its lines are not those of the index segments that it was made of")
        except NoSuchObjectError as error:
            self._note(run.key, f"leads to what is missing: {error}")

    def _check_compacted(self, entry: ObjectEntry) -> None:
        directory = layout.TABLES + entry.key.removeprefix(layout.COMPACTED_TABLES).rpartition("/")[0]
        copied = parquet.copied_in(self._store, entry)
        are_segments_there = all(f"{directory}/{name}.parquet" in self._sizes for name in copied.segments)
        if not are_segments_there or any(key not in self._indexes for key in copied.indexes):
            self._remark(entry.key, "a segment that it copies is gone: it counts no more and may be deleted")

    def _note(self, key: str, what: str) -> None:
        self.defects.append(Finding(key=key, what=what))

    def _remark(self, key: str, what: str) -> None:
        self.remarks.append(Finding(key=key, what=what))
