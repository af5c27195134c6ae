"""Which index lines are to be removed, and the index segments without them."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from msgspec import Struct

from broadsheet.storage import cdxj, layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.documents import manifests
from broadsheet.storage.documents.removals import Replacement
from broadsheet.storage.segments import replaced
from broadsheet.storage.stores.objects import ObjectStore


class Doomed(Struct, frozen=True, kw_only=True):
    """The captures of one batch that are to be removed.

    Attributes:
        index_key: The batch's index segment.
        lines: Their lines in it; all are of one WARC segment.
    """

    index_key: str
    lines: list[IndexLine]


def doomed_in(store: ObjectStore, is_doomed: Callable[[IndexLine], bool]) -> list[Doomed]:
    """Read every index segment of an archive; return what of it is doomed, by batch."""
    found = []
    for key, segment in replaced.index_segments(store, store.list(layout.INDEX)):
        lines = [line for line in cdxj.decode(segment, key) if is_doomed(line)]
        if lines:
            found.append(Doomed(index_key=key, lines=lines))
    return found


def index_replacement(key: str, index: bytes, removed: set[str], warc_key: str | None) -> Replacement:
    """Return what takes the place of an index segment without the lines of some records.

    Args:
        key: Its key.
        index: Its bytes.
        removed: The ids of the records.
        warc_key: The WARC segment that the lines come to name; None where they keep theirs.
    """
    lines = sorted(cdxj.decode(index, key), key=lambda line: line.at)
    rest = rest_of(index, key, removed, warc_key)
    return Replacement(
        old=manifests.described(key, index),
        new=manifests.described(replaced_index_key(key, rest), rest),
        captures=sorted(line.id for line in lines if line.id in removed),
        versions=[line.snapshot for line in lines if line.snapshot],
    )


def rest_of(index: bytes, key: str, ids: set[str], warc_key: str | None) -> bytes:
    """Return an index segment without the lines of some captures; they come to name `warc_key` where one is given."""
    kept = (line for line in cdxj.decode(index, key) if line.id not in ids)
    return cdxj.encode(msgspec.structs.replace(line, filename=warc_key) if warc_key else line for line in kept)


def replaced_index_key(old: str, data: bytes) -> str:
    """Return the key of the index segment with these bytes that takes the place of another."""
    return layout.index_key(layout.batch_of(old), data, early=layout.is_early_index(old))
