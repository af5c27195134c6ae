"""Publications without a version: what an unchanged re-crawl publishes, of which tables cost more than they tell.

They write no table segment. The rows of their captures are made of their index segments when the days are compacted,
straight into the compacted file, which names the index segments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import date
from functools import cache

from broadsheet.storage import cdxj, layout
from broadsheet.storage.chains import chains
from broadsheet.storage.documents import manifests
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import get_intact
from broadsheet.storage.tables.tables import build_captures, table_segments


def captured_days(store: ObjectStore) -> Iterator[date]:
    """Yield the days of which quiet publications may hold captures, the newest first.

    That is the day that one is filed under and the next; those with earlier captures, as imports, have table segments.
    """
    last: date | None = None
    for filed in _filing_days(store):
        yield from (day for day in reversed(_days(filed, 0, 1)) if last is None or day < last)
        last = filed


def without_segments(store: ObjectStore, day: date, compacted: Collection[str]) -> list[str]:
    """Return the keys of the index segments that may hold captures of a day and have no table segment.

    Args:
        store: The archive.
        day: The day of the captures (UTC), which is over.
        compacted: The batches whose rows of the day a compacted file holds; they are not returned.
    """
    filed = [entry.key for each in _days(day, -1, 0) for entry in store.list(layout.index_prefix(each))]
    counts = Counter(map(layout.batch_of, filed))
    # A batch has all of its segments or none.
    with_segments = {segment.batch for each in _days(day, -1, 1) for segment in table_segments(store, "captures", each)}

    @cache
    def newest(writer: str) -> str:
        return _newest_batch(store, writer)

    return [
        key
        for key in filed
        if (batch := layout.batch_of(key)) not in with_segments
        and batch not in compacted
        and not layout.is_early_index(key)
        and counts[batch] == 1  # where there are two, a removal is under way
        and batch <= newest(layout.batch_writer(batch))
    ]


def rows(store: ObjectStore, index_key: str, day: date) -> bytes | None:
    """Return the captures of a day in an index segment as the bytes of a Parquet file, or None where it has none.

    Raises:
        NoSuchObjectError: It is not there: it was replaced meanwhile.
        ArchiveDamagedError: It is not what was stored.
    """
    lines = (line for line in cdxj.decode(get_intact(store, index_key), index_key) if line.at.date() == day)
    return next((data for _, data in build_captures(layout.batch_of(index_key), lines)), None)


def _newest_batch(store: ObjectStore, writer: str) -> str:
    """Return the last batch of a writer that is published; all that are named before it are, too."""
    newest = chains.newest(store, writer)
    return (manifests.read(store, newest.key).batch or "") if newest else ""


def _filing_days(store: ObjectStore) -> Iterator[date]:
    for year in _newest_first(store, layout.INDEX):
        for month in _newest_first(store, f"{layout.INDEX}{year}/"):
            for day in _newest_first(store, f"{layout.INDEX}{year}/{month}/"):
                with suppress(ValueError):  # no day of this format; `verify` tells of it
                    yield date.fromisoformat(f"{year}-{month}-{day}")


def _newest_first(store: ObjectStore, prefix: str) -> list[str]:
    return sorted(store.directories(prefix), reverse=True)


def _days(day: date, first: int, last: int) -> list[date]:
    """Return the days from so many after a day to so many after it, as far as the calendar goes."""
    ordinals = range(max(day.toordinal() + first, 1), min(day.toordinal() + last, date.max.toordinal()) + 1)
    return [date.fromordinal(ordinal) for ordinal in ordinals]
