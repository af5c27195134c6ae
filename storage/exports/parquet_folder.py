"""Captures and versions as a folder of Parquet files, a directory for each captured day, as SQL engines read them."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial
from itertools import takewhile
from pathlib import Path

from broadsheet.storage import layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.documents import snapshots
from broadsheet.storage.documents.removals import Takedowns
from broadsheet.storage.durable import sync_directory, sync_file
from broadsheet.storage.exports.progress import Progress, UnfinishedFolder
from broadsheet.storage.exports.selection import lines_of
from broadsheet.storage.layout import TableName
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.tables import parquet, table_keys, tables
from broadsheet.storage.tables.rows import COLUMNS

# Segments of a day whose rows become one file: what is done again at most after an interruption.
_SEGMENTS_AT_ONCE = 64
_GETS_AT_ONCE = 8


def write_parquet(archive: Archive, folder: UnfinishedFolder, progress: Progress, step: Callable[[], None]) -> None:
    """Write what is not written yet, some index segments of a day at a time: a file for each table and captured day.

    A file is named for the place of its first segment, so that a step that was cut off writes the same files again.

    Args:
        archive: The archive.
        folder: The output.
        progress: How far it has come; kept after each step.
        step: Called after each step.

    Raises:
        ArchiveDamagedError: A segment or a snapshot is not what was stored.
        NoSuchObjectError: One is gone: it was removed meanwhile.
    """
    with ThreadPoolExecutor(_GETS_AT_ONCE, "export") as threads:
        while keys := _next(progress.segments[progress.done :]):
            with tempfile.TemporaryDirectory(prefix="broadsheet-export-") as scratch:
                found = _rows(archive.store, keys, progress, threads, Path(scratch))
                for (table, day), files in found.items():
                    path = folder.part / table / f"day={day}" / f"part-{progress.done:06d}.parquet"
                    path.parent.mkdir(parents=True, exist_ok=True)
                    parquet.merge(COLUMNS[table], map(Path.read_bytes, files), path)
                    progress.length += path.stat().st_size
                    _bring_to_disk(path, folder.part)
            progress.done += len(keys)
            folder.note(progress)
            step()


def _next(segments: Sequence[str]) -> list[str]:
    """Return the segments whose rows are written next: the first ones, of one day."""
    day = segments[0].rpartition("/")[0] if segments else ""
    return list(takewhile(lambda key: key.rpartition("/")[0] == day, segments[:_SEGMENTS_AT_ONCE]))


def _rows(
    store: ObjectStore, keys: Sequence[str], progress: Progress, threads: ThreadPoolExecutor, scratch: Path
) -> dict[tuple[TableName, date], list[Path]]:
    """Write the rows of each segment to files of its own; return those by table and captured day."""
    selection, takedowns = progress.task.selection, Takedowns(store)
    found: dict[tuple[TableName, date], list[Path]] = defaultdict(list)
    for key in keys:
        lines = [
            line
            for line in lines_of(store, key)
            if selection.takes(line) and not takedowns.hides(line.filed_as or line.url, line.snapshot)
        ]
        progress.versions += sum(line.snapshot is not None for line in lines)
        built = tables.build(
            layout.batch_of(key), lines, lambda some: threads.map(partial(snapshots.read, store), some)
        )
        for table_key, data in built:
            segment = table_keys.parse(table_key)
            path = scratch / f"{segment.table}-{segment.day}-{segment.name}"
            path.write_bytes(data)
            found[(segment.table, segment.day)].append(path)
    return found


def _bring_to_disk(path: Path, top: Path) -> None:
    sync_file(path)
    while path != top:
        path = path.parent
        sync_directory(path)
