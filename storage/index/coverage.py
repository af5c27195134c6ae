"""Every index line of one writer exactly once: through the largest runs that there are, else from the segments.

Runs are a cache. Where one is missing, or turns out to be damaged while it is read, the runs below it and in the end
the index segments themselves stand in for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import count

from broadsheet.storage import cdxj, layout
from broadsheet.storage.chains import chains
from broadsheet.storage.chains.chains import Chain
from broadsheet.storage.documents import manifests
from broadsheet.storage.errors import ArchiveDamagedError, NoSuchObjectError
from broadsheet.storage.index import run_keys, runs
from broadsheet.storage.index.run_keys import RunName, publications_in_run
from broadsheet.storage.index.runs import Range
from broadsheet.storage.segments import replaced
from broadsheet.storage.stores.objects import ObjectStore

Part = RunName | str
"""A run, or the key of an index segment."""

_log = logging.getLogger(__name__)


class Coverage:
    """The index lines of one writer.

    Args:
        store: The archive.
        writer: The writer.
        newest: The number of its last publication.
        segments: Tells the keys of the index segments of its publications from one number to another, both included.
            It is asked for what no run holds.
    """

    def __init__(
        self, store: ObjectStore, writer: str, newest: int, segments: Callable[[int, int], Sequence[str]]
    ) -> None:
        self.store = store
        self.writer = writer
        self.newest = newest
        self._segments = segments

    def parts(self, first: int = 1, last: int | None = None, below: int | None = None) -> Iterator[Part]:
        """Yield the runs and segments that together hold the publications `first` to `last`, in their order.

        Where there are all the runs that can be, these are fewer than `RUN_FAN_IN` of each level.

        Args:
            first: The number of the first publication.
            last: The number of the last, or None for the newest.
            below: Only runs of lower levels than this are used.
        """
        last = self.newest if last is None else last
        level = highest_level(last - first + 1)
        yield from self._parts(first, last, level if below is None else min(level, below - 1))

    def read(self, part: Part, wanted: Range) -> Iterator[bytes]:
        """Yield the lines of a part within a range, in their order, from what stands below it where it is damaged.

        Raises:
            ArchiveDamagedError: An index segment is damaged or missing.
        """
        if isinstance(part, str):
            yield from self._segment_lines(part, wanted)
            return
        try:
            for line in runs.read(self.store, part, wanted):
                wanted = wanted._replace(low=line + b"\0")  # what comes after this line
                yield line
        except (ArchiveDamagedError, NoSuchObjectError) as error:
            _log.warning("%s; reading what the run was made of", error)
        else:
            return
        yield from self.lines(wanted, part.first, part.last, part.level)

    def lines(
        self, wanted: Range, first: int = 1, last: int | None = None, below: int | None = None
    ) -> Iterator[bytes]:
        """Yield the lines of the publications `first` to `last` within a range, sorted, each once; see `parts`."""
        return runs.merge([self.read(part, wanted) for part in self.parts(first, last, below)])

    def _parts(self, first: int, last: int, level: int) -> Iterator[Part]:
        if first > last:
            return
        if level == 0:
            yield from self._segments(first, last)
            return
        for run in self._runs(level, first, last):
            yield from self._parts(first, run.first - 1, level - 1)
            yield run
            first = run.last + 1
        yield from self._parts(first, last, level - 1)

    def _runs(self, level: int, first: int, last: int) -> list[RunName]:
        """Return the runs of a level that lie within the publications `first` to `last`, in their order."""
        found: dict[int, RunName] = {}
        for entry in self.store.list(run_keys.level_prefix(self.writer, level)):
            run = run_keys.parse(entry.key)
            if run is None:
                continue
            if run.first < first:
                break  # the newest come first
            if run.last <= last and (run.first - 1) % publications_in_run(level) == 0:
                # Machines whose compressors differ make the same run under two names: either will do.
                found.setdefault(run.first, run)
        return [found[number] for number in sorted(found)]

    def _segment_lines(self, key: str, wanted: Range) -> Iterator[bytes]:
        try:
            key, segment = replaced.get(self.store, key)
        except NoSuchObjectError as error:
            message = f"index segment {key} is missing and its manifest names it; run recover"
            raise ArchiveDamagedError(message) from error
        for line in cdxj.encoded_lines(segment, key):
            if wanted.high is not None and line >= wanted.high:
                return
            if line >= wanted.low:
                yield line


def highest_level(publications: int) -> int:
    """Return the highest level of which a run of so many publications can be; 0 where they are too few for any."""
    return next(level for level in count() if publications_in_run(level + 1) > publications)


def coverages(store: ObjectStore) -> Iterator[Coverage]:
    """Yield what covers the index lines of each writer of an archive."""
    for writer in chains.writers(store):
        coverage = coverage_of(store, writer)
        if coverage is not None:
            yield coverage


def coverage_of(store: ObjectStore, writer: str) -> Coverage | None:
    """Return what covers the index lines of a writer, or None where it has published nothing."""
    chain = Chain(store, writer)
    return Coverage(store, writer, chain.newest, partial(_segments, store, chain)) if chain.newest else None


def _segments(store: ObjectStore, chain: Chain, first: int, last: int) -> list[str]:
    """Return the keys of the index segments of the publications `first` to `last`; an amendment has none."""
    found = [manifests.read(store, name.key) for name in chain.between(first, last)]
    return [
        written.key
        for manifest in found
        if manifest.kind == "batch"
        for written in manifest.objects
        if written.key.startswith(layout.INDEX)
    ]
