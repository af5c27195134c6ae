"""Repairing tables: damaged objects go, and what is missing is made from index segments and snapshots."""

from __future__ import annotations

from datetime import date

from broadsheet.storage import layout
from broadsheet.storage.errors import ArchiveDamagedError, NoSuchObjectError
from broadsheet.storage.repairs import Repairs
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import get_intact
from broadsheet.storage.tables import parquet, tables
from broadsheet.storage.tables.compaction import compact


def repair_tables(store: ObjectStore, today: date, repairs: Repairs) -> None:
    """Remove what is damaged, write what batches lack, compact the days that are over; without pyarrow, do nothing.

    Args:
        store: The archive.
        today: The day it is, in UTC.
        repairs: Takes account of it.

    Raises:
        StoreUnavailableError: The store did not answer.
    """
    if not parquet.is_available():
        return
    for prefix in (layout.COMPACTED_TABLES, layout.TABLES):
        for entry in list(store.list(prefix)):
            try:
                get_intact(store, entry.key)
            except (ArchiveDamagedError, NoSuchObjectError):
                repairs.remove(entry.key)
    try:
        repairs.put += tables.rebuild(store)
        compact(store, today)
    except ArchiveDamagedError as error:
        repairs.lose(layout.TABLES, f"the tables are not made anew: {error}")
