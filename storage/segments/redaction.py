"""Takes records out of a WARC segment and leaves every other byte where it was.

What is taken out is filled with one small ``metadata`` record that names the removal. Its gzip member is as long as
what it stands for: the rest is a comment in its header (RFC 1952 section 2.3, FCOMMENT), which readers pass over. So
all offsets stay valid that snapshots and index lines name. The member is stored, not deflated: whoever repeats a
removal that was cut off, with whatever compressor, writes the same bytes.
"""

from __future__ import annotations

import shutil
import struct
import uuid
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from broadsheet.storage.digests import digest
from broadsheet.storage.durable import sync_file
from broadsheet.storage.errors import RecordError
from broadsheet.storage.segments import warc
from broadsheet.storage.segments.warc import WarcRecord

REMOVAL_FIELD = "broadsheet-removal"
WITHHELD_FIELD = "broadsheet-withheld"
_PIECE = 1024 * 1024
_COMMENT_FOLLOWS = 0x10


class Mark(NamedTuple):
    """What stands in the place of records.

    Attributes:
        why: The beginning of the removal's key; or, behind `WITHHELD_FIELD`, the opt-outs that were obeyed.
        at: When it was.
        batch: The segment's batch.
        field: The name of the field that says why.
    """

    why: str
    at: datetime
    batch: str
    field: str = REMOVAL_FIELD


class Removed(NamedTuple):
    """A record that is to be removed: where its gzip member lies, in bytes, and what it was.

    `digest` is that of the payload where the record has one, else of the block; None where it states neither.
    """

    offset: int
    length: int
    type: str
    record_id: str
    digest: str | None


class Selection(NamedTuple):
    """What is to be removed from a segment; `is_all` where nothing would be left but the warcinfo record."""

    removed: list[Removed]
    is_all: bool


class _Seen(NamedTuple):
    record: Removed
    links: list[str]
    is_doomed: bool


def select(segment: Path, is_doomed: Callable[[WarcRecord], bool]) -> Selection:
    """Find the records of a segment that are doomed and those that belong to them.

    What belongs to a record names it or is named by it as concurrent: its request, its metadata. A revisit does not
    belong to what it repeats.

    Args:
        segment: The file.
        is_doomed: Tells of a record whether it is to be removed.

    Raises:
        RecordError: The segment is damaged.
    """
    seen = [_see(offset, length, record, is_doomed) for offset, length, record in warc.iterate(segment)]
    contents = [each for each in seen if each.record.type != "warcinfo"]
    doomed = {each.record.record_id for each in contents if each.is_doomed}
    size = 0
    while size != len(doomed):
        size = len(doomed)
        for each in contents:
            if each.record.record_id in doomed:
                doomed.update(each.links)
            elif not doomed.isdisjoint(each.links):
                doomed.add(each.record.record_id)
    removed = [each.record for each in contents if each.record.record_id in doomed]
    return Selection(removed, is_all=len(removed) == len(contents))


def redact(segment: Path, target: Path, selection: Selection, mark: Mark) -> None:
    """Write a segment without some records to `target`, durably; no other record changes its place.

    Where nothing is left but the warcinfo record, nothing is filled: the file is cut short.

    Args:
        segment: The file.
        target: Where to write.
        selection: What to remove: something.
        mark: What is left in its place.

    Raises:
        RecordError: What is removed is shorter than what has to stand for it.
    """
    with segment.open("rb") as source, target.open("wb") as file:
        for offset, length in _stretches(selection.removed):
            _copy(source, file, offset - source.tell())
            file.write(_filling(mark, offset, None if selection.is_all else length))
            source.seek(offset + length)
            if selection.is_all:
                break
        else:
            shutil.copyfileobj(source, file)
    sync_file(target)


def _see(offset: int, length: int, record: WarcRecord, is_doomed: Callable[[WarcRecord], bool]) -> _Seen:
    names = ["WARC-Concurrent-To"] if record.type == "revisit" else ["WARC-Concurrent-To", "WARC-Refers-To"]
    links = [value.strip("<>") for name in names for value in record.all_fields(name)]
    stated = record.field("WARC-Payload-Digest") or record.field("WARC-Block-Digest")
    return _Seen(Removed(offset, length, record.type, record.record_id, stated), links, is_doomed(record))


def _stretches(removed: list[Removed]) -> Iterator[tuple[int, int]]:
    """Yield offset and length of what is removed, where members that follow each other are one stretch."""
    start = end = removed[0].offset
    for record in removed:
        if record.offset != end:
            yield start, end - start
            start = record.offset
        end = record.offset + record.length
    yield start, end - start


def _copy(source: BinaryIO, file: BinaryIO, length: int) -> None:
    while length:
        piece = source.read(min(length, _PIECE))
        file.write(piece)
        length -= len(piece)


def _filling(mark: Mark, offset: int, length: int | None) -> bytes:
    """Return a member of `length` bytes, or as short as can be; one that fits says less where there is little room."""
    named = _member(_record(mark, offset, f"{mark.field}: {mark.why}\r\n".encode()), length)
    filling = named or _member(_record(mark, offset, b""), length)
    if filling is None:
        raise RecordError(f"at byte {offset}: no record is short enough to stand for one of {length} bytes")
    return filling


def _record(mark: Mark, offset: int, block: bytes) -> WarcRecord:
    fields = [("WARC-Block-Digest", digest(block)), ("Content-Type", "application/warc-fields")] if block else []
    record_id = uuid.uuid5(uuid.NAMESPACE_URL, f"{mark.why}/{mark.batch}/{offset}").urn
    return WarcRecord(type="metadata", record_id=record_id, date=mark.at, fields=fields, block=block)


def _member(record: WarcRecord, length: int | None) -> bytes | None:
    content = warc.uncompressed(record)
    stored = struct.pack("<BHH", 1, len(content), len(content) ^ 0xFFFF) + content
    end = stored + struct.pack("<LL", zlib.crc32(content), len(content))
    header = b"\x1f\x8b\x08%c\x00\x00\x00\x00\x00\xff"
    room = 0 if length is None else length - len(end) - 10
    if room <= 0:
        return None if room else header % 0 + end
    return header % _COMMENT_FOLLOWS + b" " * (room - 1) + b"\x00" + end
