"""Segments that a removal has replaced: what a document names by the key of then is found by its batch.

A removal puts the new segment of a batch beside the old one, and then deletes the old one. The keys of both begin with
the name of the batch, which has one segment of each kind; where there are two, the removal is under way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from broadsheet.storage import cdxj, layout
from broadsheet.storage.errors import ArchiveDamagedError, NoSuchObjectError
from broadsheet.storage.stores.objects import ObjectEntry, ObjectStore


def get(store: ObjectStore, key: str) -> tuple[str, bytes]:
    """Return key and bytes of a segment, or of the one that has taken its place.

    Raises:
        NoSuchObjectError: There is neither.
    """
    try:
        return key, store.get(key)
    except NoSuchObjectError:
        successor = successor_of(store, key)
        if successor is None:
            raise
        return successor, store.get(successor)


def size(store: ObjectStore, key: str) -> tuple[str, int]:
    """Return key and length in bytes of a segment, or of the one that has taken its place.

    Raises:
        NoSuchObjectError: There is neither.
    """
    try:
        return key, store.size(key)
    except NoSuchObjectError:
        successor = successor_of(store, key)
        if successor is None:
            raise
        return successor, store.size(successor)


def get_range(store: ObjectStore, key: str, offset: int, length: int) -> bytes:
    """Return `length` bytes of a segment from byte `offset` on, or of the one that has taken its place.

    Raises:
        NoSuchObjectError: There is neither.
        ArchiveDamagedError: It ends before `offset` + `length`.
    """
    try:
        return store.get_range(key, offset, length)
    except NoSuchObjectError:
        successor = successor_of(store, key)
        if successor is None:
            raise
        return store.get_range(successor, offset, length)


def successor_of(store: ObjectStore, key: str) -> str | None:
    """Return the key of the segment that has taken the place of one that is no more, or None."""
    beginning = key.rpartition("-")[0] + "-"
    listed = (entry.key for entry in store.list(key.rpartition("/")[0] + "/"))
    return next((other for other in listed if other.startswith(beginning) and other != key), None)


def index_segments(store: ObjectStore, entries: Iterable[ObjectEntry]) -> Iterator[tuple[str, bytes]]:
    """Yield key and bytes of the index segments of a listing, one for each batch, in its order.

    Raises:
        ArchiveDamagedError: One was deleted meanwhile, and nothing has taken its place.
    """
    for _, of_batch in groupby(entries, lambda entry: layout.batch_of(entry.key)):
        try:
            found = [get(store, entry.key) for entry in of_batch]
        except NoSuchObjectError as error:
            raise ArchiveDamagedError(f"an index segment has gone while it was read: {error}") from error
        # The one that takes the other's place has fewer lines.
        yield found[0] if len(found) == 1 else min(found, key=lambda segment: _count(*segment))


def _count(key: str, segment: bytes) -> int:
    return sum(1 for _ in cdxj.encoded_lines(segment, key))
