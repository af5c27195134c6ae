"""Merging removals that met: two machines that replaced the same segment at the same moment.

Each took its own records out of the same segment, and put the result beside the other's: of one batch there are two
segments, and each still holds what the other was to remove. No lock prevents it, since stores have none that can be
relied on. So whoever removes looks afterwards for batches with two segments, takes out of one what any removal lists,
and deletes the others. What is kept is the same in all of them, and at the same offsets.

A batch of which nothing was removed may have two index segments with the same lines: one that was made anew by another
compressor, beside one that could not be deleted. They are left alone; `verify` tells of the one that no manifest names.
"""

from __future__ import annotations

from itertools import groupby

import msgspec

from broadsheet.storage import cdxj, layout
from broadsheet.storage.chains.rebuild import describe, is_there
from broadsheet.storage.documents import removals
from broadsheet.storage.documents.removals import Removal
from broadsheet.storage.errors import NoSuchObjectError
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import get_intact
from broadsheet.storage.takedown.index_lines import index_replacement
from broadsheet.storage.takedown.removing import Remover

_REASON = "removals by several machines at the same time, merged"


def merge(remover: Remover) -> list[Removal]:
    """Merge removals that met; return what was written down of it: nothing in most cases, at the cost of two listings.

    Raises:
        ArchiveDamagedError: A segment is damaged.
        StoreError: The store failed; calling it again goes on.
    """
    try:
        return [_merge_batch(remover, batch) for batch in sorted(_met(remover.store), reverse=True)]
    except NoSuchObjectError:
        return []  # Another machine merges them as well.


def _met(store: ObjectStore) -> set[str]:
    """Return the batches that have two segments of a kind and of which something was removed, but is not just being."""
    batches = {batch for prefix in (layout.WARC, layout.INDEX) for batch in _with_several(store, prefix)}
    if not batches:
        return set()
    concerned: set[str] = set()
    under_way: set[str] = set()
    for _, removal in removals.all_of(store):
        concerned |= batches & {layout.batch_of(gone.key) for gone in removal.gone}
        replaced = [each.old.key for each in removal.replaced if layout.batch_of(each.old.key) in batches]
        under_way.update(layout.batch_of(key) for key in replaced if is_there(store, key))
    return concerned - under_way


def _with_several(store: ObjectStore, prefix: str) -> list[str]:
    of_batches = groupby(store.list(prefix), lambda entry: layout.batch_of(entry.key))
    return [batch for batch, entries in of_batches if len(list(entries)) > 1]


def _merge_batch(remover: Remover, batch: str) -> Removal:
    store = remover.store
    warcs = _segments_of(store, layout.warc_key(batch, ""), batch)
    indexes = {key: get_intact(store, key) for key in _segments_of(store, layout.index_beginning(batch), batch)}
    of_batch = [removal for _, removal in removals.all_of(store) if _concerns(removal, batch)]
    removed = {record.id for removal in of_batch for segment in removal.segments for record in segment.records}
    lines = {key: list(cdxj.decode(data, key)) for key, data in indexes.items()}
    index_key = min(indexes, key=lambda key: (len(lines[key]), key))
    # Nothing in it is of this machine or moment: others that merge the same write the same.
    draft = Removal(at=max(removal.at for removal in of_batch), reason=_REASON, scope="captures", identity=None)
    if lines[index_key]:
        kept = lines[index_key][0].filename
        segment = remover.redacted(kept, draft, lambda record: record.record_id in removed)
    else:
        # Nothing is left of it: the one that was cut short is the whole of it.
        kept = min(warcs, key=store.size)
        segment = None
    index = index_replacement(index_key, indexes[index_key], removed, segment.new.key if segment else None)
    # Another machine that merges them as well may have put what this one is about to.
    others = (warcs | indexes.keys()) - {kept, index_key, index.new.key, segment.new.key if segment else kept}
    merged = msgspec.structs.replace(
        draft,
        segments=[segment] if segment else [],
        indexes=[index] if index.new.key != index_key else [],
        snapshots=[describe(store, key) for key in sorted(others)],
    )
    return remover.carry_out(merged)


def _concerns(removal: Removal, batch: str) -> bool:
    return any(layout.batch_of(gone.key) == batch for gone in removal.gone)


def _segments_of(store: ObjectStore, key: str, batch: str) -> set[str]:
    listed = store.list(key.rpartition("/")[0] + "/")
    return {entry.key for entry in listed if layout.batch_of(entry.key) == batch}
