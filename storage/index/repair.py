"""Repairing runs: damaged ones go, and those that are due and missing are made from the index segments."""

from __future__ import annotations

from pathlib import Path

from broadsheet.storage import layout
from broadsheet.storage.errors import ArchiveDamagedError, NoSuchObjectError
from broadsheet.storage.index import run_keys, runs
from broadsheet.storage.index.compaction import compact
from broadsheet.storage.index.coverage import coverages
from broadsheet.storage.repairs import Repairs
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import get_intact


def repair_runs(store: ObjectStore, scratch: Path, repairs: Repairs) -> None:
    """Remove the runs that cannot be read, and make all that are due.

    Args:
        store: The archive.
        scratch: A local directory with room for a compressed run.
        repairs: Takes account of it.

    Raises:
        StoreUnavailableError: The store did not answer.
        OSError: The disk failed.
    """
    for entry in list(store.list(layout.RUNS)):
        try:
            get_intact(store, entry.key)
            if run := run_keys.parse(entry.key):
                for _ in runs.read(store, run):
                    pass
        except (ArchiveDamagedError, NoSuchObjectError):
            repairs.remove(entry.key)
    for coverage in coverages(store):
        try:
            repairs.put += compact(coverage, scratch)
        except ArchiveDamagedError as error:
            repairs.lose(run_keys.writer_prefix(coverage.writer), f"the runs of this writer cannot be made: {error}")
