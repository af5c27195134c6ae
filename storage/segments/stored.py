"""One stored record, by where it lies: read by range, held to its id and digest."""

from __future__ import annotations

from broadsheet.storage.captures import Rendering
from broadsheet.storage.errors import ArchiveDamagedError, NoSuchObjectError, RecordError
from broadsheet.storage.model import WarcLocation
from broadsheet.storage.segments import replaced, warc
from broadsheet.storage.segments.warc import WarcRecord
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import again_if_damaged


def read_record(store: ObjectStore, where: WarcLocation, most: int | None = None) -> tuple[bytes, WarcRecord]:
    """Return a record as it is stored, one gzip member, and what it says.

    Args:
        store: The archive.
        where: Where it lies.
        most: The most bytes that it may have; None for any number.

    Raises:
        ArchiveDamagedError: It is missing, or not the one that was stored.
        TooLargeError: It has more bytes.
    """
    return again_if_damaged(lambda: _read(store, where, most))


def read_rendering(store: ObjectStore, original: WarcLocation, rendering: Rendering, most: int | None = None) -> bytes:
    """Return the document that a browser made of a page.

    Args:
        store: The archive.
        original: Where the record of the page lies.
        rendering: Where the record of the document lies, in the same segment.
        most: The most bytes that the record may have; None for any number.

    Raises:
        ArchiveDamagedError: The record is missing, or its block is not the one that was stored.
        TooLargeError: It has more bytes.
    """
    return again_if_damaged(lambda: _read_rendering(store, original, rendering, most))


def _read_rendering(store: ObjectStore, original: WarcLocation, rendering: Rendering, most: int | None) -> bytes:
    try:
        member = replaced.get_range(store, original.key, rendering.offset, rendering.length)
        record = warc.read_member(member, most)
    except (NoSuchObjectError, RecordError) as error:
        where = f"{original.key} at byte {rendering.offset}"
        raise ArchiveDamagedError(f"the rendering in {where}: {error}; run verify") from error
    refers_to = record.field("WARC-Refers-To")
    if refers_to != f"<{original.record_id}>" or not warc.block_is_intact(record):
        raise ArchiveDamagedError(f"the rendering of {original.record_id} is not what was stored; run verify")
    return record.block


def _read(store: ObjectStore, where: WarcLocation, most: int | None) -> tuple[bytes, WarcRecord]:
    try:
        member = replaced.get_range(store, where.key, where.offset, where.length)
        record = warc.read_member(member, most)
    except (NoSuchObjectError, RecordError) as error:
        raise ArchiveDamagedError(f"record {where.record_id} in {where.key}: {error}; run verify") from error
    if record.record_id != where.record_id or not warc.block_is_intact(record):
        message = f"record {where.record_id} in {where.key} is not what was stored; run verify"
        raise ArchiveDamagedError(message)
    return member, record
