"""Compaction: makes the runs that let readers pass over index segments. Nothing is ever rewritten or deleted by it.

A run is derived from what it merges, and so are its keys: doing it again, or two processes doing it at once, comes to
the same objects. It may fail at any point: readers use what is there, and the next time makes what is missing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from broadsheet.storage.documents.manifests import Place
from broadsheet.storage.errors import ArchiveError
from broadsheet.storage.index import runs
from broadsheet.storage.index.coverage import Coverage, coverage_of, highest_level
from broadsheet.storage.index.run_keys import RUN_FAN_IN, RunName, publications_in_run
from broadsheet.storage.index.runs import EVERYTHING
from broadsheet.storage.stores.objects import ObjectStore

# A merge holds a block of each in memory.
_MOST_PARTS = 2 * RUN_FAN_IN

_log = logging.getLogger(__name__)


def after_publication(store: ObjectStore, place: Place, scratch: Path) -> None:
    """Make the runs that a publication made due, where it did.

    A failure is logged and no more: runs are a cache, and the next time makes what is missing now.

    Args:
        store: The archive.
        place: Where the publication's manifest stands.
        scratch: See `compact`.
    """
    if place.number % RUN_FAN_IN:
        return
    try:
        coverage = coverage_of(store, place.writer)
        if coverage is not None:
            compact(coverage, scratch)
    except (ArchiveError, OSError) as error:
        _log.warning("the index was not compacted, which makes look-ups slower; it is tried again later: %s", error)


def compact(coverage: Coverage, scratch: Path) -> list[str]:
    """Make the runs of a writer that are due and missing; return the keys of their block indexes.

    Due are the largest runs that together hold as many of its publications as runs can: fewer than `RUN_FAN_IN` of
    each level.

    Args:
        coverage: The index lines of the writer.
        scratch: A local directory with room for a compressed run.

    Raises:
        ArchiveDamagedError: An index segment is damaged or missing.
        StoreError: The store failed.
        OSError: The disk failed.
    """
    held = {(part.level, part.first) for part in coverage.parts() if isinstance(part, RunName)}
    made = []
    for level, first in _due(coverage.newest):
        if (level, first) not in held:
            made += _make(coverage, level, first, scratch)
    return made


def _due(newest: int) -> Iterator[tuple[int, int]]:
    first = 1
    for level in range(highest_level(newest), 0, -1):
        while first + publications_in_run(level) - 1 <= newest:
            yield level, first
            first += publications_in_run(level)


def _make(coverage: Coverage, level: int, first: int, scratch: Path) -> list[str]:
    last = first + publications_in_run(level) - 1
    parts = list(coverage.parts(first, last, level))
    made = []
    if len(parts) > _MOST_PARTS:
        held = {part.first for part in parts if isinstance(part, RunName) and part.level == level - 1}
        for start in range(first, last, publications_in_run(level - 1)):
            if start not in held:
                made += _make(coverage, level - 1, start, scratch)
    lines = coverage.lines(EVERYTHING, first, last, level)
    return [*made, runs.write(coverage.store, coverage.writer, level, first, lines, scratch)]
