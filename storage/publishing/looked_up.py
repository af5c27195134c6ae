"""What is known of one URL, from the index alone: for a machine that has not read all of the archive yet."""

from __future__ import annotations

import msgspec

from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.index.lookup import Lookup
from broadsheet.storage.publishing.known import Known, advance
from broadsheet.storage.stores.objects import ObjectStore, holds


def looked_up(store: ObjectStore, lookup: Lookup, url: str) -> Known | None:
    """Return what the index tells of a URL, or None.

    Runs may tell of what was removed since they were made. So the version that stands has to be there, and so has the
    segment of its body, lest the next capture refers to nothing.

    Args:
        store: The archive.
        lookup: Its index.
        url: The URL.

    Raises:
        StoreError: The store failed.
        ArchiveDamagedError: What the index is made of is damaged.
    """
    lines = sorted(lookup.filed_under(url), key=lambda line: line.at)
    known: Known | None = None
    for line in lines:
        known = advance(known, line)
    if known is None or (known.snapshot_key is not None and not holds(store, known.snapshot_key)):
        return None
    if known.original is not None and not holds(store, _segment_of(known.original.record_id, lines)):
        return msgspec.structs.replace(known, original=None, etag=None, modified=None)
    return known


def _segment_of(record_id: str, lines: list[IndexLine]) -> str:
    return next(line.filename for line in lines if line.id == record_id)
