"""Segments that a removal has replaced: what a document names by the key of then is found by its batch.

A removal puts the new segment of a batch beside the old one, and then deletes the old one. The keys of both begin with
the name of the batch, which has one segment of each kind; where there are two, the removal is under way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import groupby
from typing import TypeVar

from broadsheet.storage import cdxj, layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.errors import ArchiveDamagedError, NoSuchObjectError
from broadsheet.storage.segments import warc
from broadsheet.storage.stores.objects import ObjectEntry, ObjectStore
from broadsheet.storage.stores.rereading import get_intact

_T = TypeVar("_T")


def get(store: ObjectStore, key: str) -> tuple[str, bytes]:
    """Return key and bytes of a segment, or of the one that has taken its place.

    Raises:
        NoSuchObjectError: There is neither.
        ArchiveDamagedError: Twice, other bytes came than its key tells.
    """
    return _standing(store, key, partial(get_intact, store))


def size(store: ObjectStore, key: str) -> tuple[str, int]:
    """Return key and length in bytes of a segment, or of the one that has taken its place.

    Raises:
        NoSuchObjectError: There is neither.
    """
    return _standing(store, key, store.size)


def get_range(store: ObjectStore, key: str, offset: int, length: int) -> bytes:
    """Return `length` bytes of a segment from byte `offset` on, or of the one that has taken its place.

    Raises:
        NoSuchObjectError: There is neither.
        ArchiveDamagedError: It ends before `offset` + `length`.
    """
    return _standing(store, key, lambda standing: store.get_range(standing, offset, length))[1]


def _standing(store: ObjectStore, key: str, ask: Callable[[str], _T]) -> tuple[str, _T]:
    """Ask for a segment, else for the one that has taken its place; return the key of which it was, and the answer."""
    try:
        return key, ask(key)
    except NoSuchObjectError:
        successor = successor_of(store, key)
        if successor is None:
            raise
        return successor, ask(successor)


def original_of(store: ObjectStore, revisit: IndexLine) -> str:
    """Return the id of the record whose body a revisit repeats, as the revisit says; empty where it says none.

    Raises:
        NoSuchObjectError: There is neither its segment nor one that has taken its place.
        RecordError: The record cannot be read.
    """
    member = get_range(store, revisit.filename, int(revisit.offset), int(revisit.length))
    return (warc.read_member(member).field("WARC-Refers-To") or "").strip("<>")


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
