"""Repairing tables: damaged objects go, and what is missing is made from index segments and snapshots."""

from __future__ import annotations

import logging
from datetime import date

from broadsheet.storage import layout
from broadsheet.storage.errors import ArchiveDamagedError, NoSuchObjectError
from broadsheet.storage.repairs import Repairs
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import get_intact
from broadsheet.storage.tables import parquet, tables
from broadsheet.storage.tables.compaction import compact

_log = logging.getLogger(__name__)


def renew_after_removal(store: ObjectStore, today: date) -> None:
    """Make again what a removal took away of the tables along with what was removed; without pyarrow, do nothing.

    Args:
        store: The archive.
        today: The day it is, in UTC.

    Raises:
        StoreError: The store failed.
    """
    if not parquet.is_available():
        return
    tables.rebuild(store)
    try:
        compact(store, today)
    except ArchiveDamagedError as error:
        _log.warning("the tables are not compacted: %s", error)


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
        # Of a day of which something is missing still, a copy would be half of one.
        if not any(lost.key.startswith((layout.INDEX, layout.SNAPSHOTS)) for lost in repairs.lost):
            compact(store, today)
    except ArchiveDamagedError as error:
        repairs.lose(layout.TABLES, f"the tables are not made anew: {error}")
