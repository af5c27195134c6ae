"""Why a stored capture was made: what its metadata record tells, which stands behind it in the segment."""

from __future__ import annotations

import io

from broadsheet.storage.captures import Request
from broadsheet.storage.errors import ArchiveDamagedError, RecordError
from broadsheet.storage.model import WarcLocation
from broadsheet.storage.segments import replaced, warc
from broadsheet.storage.segments.reading import request_in
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import again_if_damaged

# Nearly every request and its metadata are smaller.
_FIRST_READ = 16 * 1024


def stored_request(store: ObjectStore, where: WarcLocation) -> Request:
    """Return why a capture was made; what stands for nothing said where it has no metadata record.

    Args:
        store: The archive.
        where: Where the capture's record lies.

    Raises:
        ArchiveDamagedError: The records behind it cannot be read.
    """
    start = where.offset + where.length
    key, size = replaced.size(store, where.key)
    left = size - start
    length = _FIRST_READ
    while left > length:
        try:
            return _request_in(store.get_range(key, start, length), where.record_id, is_all=False)
        except RecordError:
            length *= 8
    return (
        again_if_damaged(lambda: _request_in_rest(store, key, start, left, where.record_id)) if left > 0 else Request()
    )


def _request_in_rest(store: ObjectStore, key: str, start: int, length: int, record_id: str) -> Request:
    try:
        return _request_in(store.get_range(key, start, length), record_id, is_all=True)
    except RecordError as error:
        raise ArchiveDamagedError(f"{key} from byte {start} on: {error}; run verify") from error


def _request_in(data: bytes, record_id: str, *, is_all: bool) -> Request:
    for _, _, record in warc.iterate(io.BytesIO(data)):
        if record.type in ("response", "revisit"):
            return Request()
        if record.type == "metadata" and record.field("WARC-Concurrent-To") == f"<{record_id}>":
            return request_in(record.block)
    if not is_all:
        raise RecordError("more is to come")
    return Request()
