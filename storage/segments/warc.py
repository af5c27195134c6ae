"""WARC/1.1 records (ISO 28500:2017), one gzip member each: bytes in, bytes out.

No library does this for us: warcio writes HTTP heads anew, FastWARC puts a whole file into one member.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, NamedTuple

from isal import isal_zlib
from msgspec import Struct

from broadsheet.storage.digests import is_digest_of
from broadsheet.storage.errors import RecordError, TooLargeError
from broadsheet.storage.segments.gzip_member import compress

Fields = list[tuple[str, str]]

_READ_SIZE = 64 * 1024
_GZIP_WINDOW = 31
_GZIP_HEADER = 10
_END = b"\r\n\r\n"
_VERSIONS = ("WARC/1.0", "WARC/1.1")


class WarcRecord(Struct, frozen=True, kw_only=True):
    """One record.

    Attributes:
        type: ``warcinfo``, ``response``, ``request``, ``revisit``, ``metadata`` or another WARC-Type.
        record_id: The WARC-Record-ID without its angle brackets, ``urn:uuid:...``.
        date: When the capture began, aware, in UTC.
        fields: The other named fields in order, without Content-Length, which is the length of the block.
        block: The content.
    """

    type: str
    record_id: str
    date: datetime
    fields: Fields = []
    block: bytes = b""

    def field(self, name: str) -> str | None:
        """The value of the first field of that name, compared without case, or None."""
        return next(iter(self.all_fields(name)), None)

    def all_fields(self, name: str) -> list[str]:
        """The values of every field of that name, for those that may be repeated (WARC-Protocol)."""
        wanted = name.lower()
        return [value for field, value in self.fields if field.lower() == wanted]


class Member(NamedTuple):
    """A gzip member of a file and the record in it.

    Attributes:
        offset: Where it lies in the file, in bytes.
        length: Its length in bytes.
        header: The first ten bytes of it (RFC 1952, section 2.3).
        head: What precedes the block: version and named fields, with the ends of their lines, as they stand there.
        record: The record.
    """

    offset: int
    length: int
    header: bytes
    head: bytes
    record: WarcRecord


def block_is_intact(record: WarcRecord) -> bool:
    """Whether the block is what the WARC-Block-Digest says; a record without one cannot be blamed."""
    stated = record.field("WARC-Block-Digest")
    return stated is None or is_digest_of(stated, record.block)


def format_date(moment: datetime) -> str:
    """A WARC-Date in UTC with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_date(value: str) -> datetime:
    """The moment that a WARC-Date tells, in UTC.

    Raises:
        RecordError: It is none.
    """
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise RecordError(f"{value!r} is no WARC-Date") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def serialise(record: WarcRecord) -> bytes:
    """The record as exactly one gzip member; the same record always gives the same bytes.

    Raises:
        RecordError: A field holds a line break, so the record would be read back as another one.
    """
    return compress(_head(record), record.block, _END)


def uncompressed(record: WarcRecord) -> bytes:
    """The record as it is in an uncompressed file.

    Raises:
        RecordError: A field holds a line break.
    """
    return _head(record) + record.block + _END


def _head(record: WarcRecord) -> bytes:
    fields = [
        ("WARC-Type", record.type),
        ("WARC-Record-ID", f"<{record.record_id}>"),
        ("WARC-Date", format_date(record.date)),
        *record.fields,
        ("Content-Length", str(len(record.block))),
    ]
    lines = "\r\n".join([f"{name}: {value}" for name, value in fields])
    if lines.count("\n") != len(fields) - 1 or lines.count("\r") != len(fields) - 1:
        raise RecordError(f"a field of the {record.type} record {record.record_id} holds a line break")
    return f"WARC/1.1\r\n{lines}\r\n\r\n".encode("utf-8", "surrogateescape")


def read_member(data: bytes, most: int | None = None) -> WarcRecord:
    """Read one record from the bytes of its gzip member, as a ranged GET returns them.

    Args:
        data: The member.
        most: The most bytes that the record may have; None for any number.

    Raises:
        RecordError: The bytes are not exactly one gzip member with exactly one record.
        TooLargeError: It has more.
    """
    decoder = isal_zlib.decompressobj(_GZIP_WINDOW)
    content = _inflate(decoder, data) if most is None else _inflate(decoder, data, most + 1)
    if most is not None and len(content) > most:
        raise TooLargeError(f"the record has more than {most:,} bytes")
    if not decoder.eof:
        raise RecordError(f"the gzip member is cut off after {len(data)} bytes")
    if decoder.unused_data:
        raise RecordError(f"{len(decoder.unused_data)} bytes follow the gzip member")
    return _parse(content)


def iterate(source: Path | BinaryIO) -> Iterator[tuple[int, int, WarcRecord]]:
    """Read a file record by record, holding no more than one record in memory.

    Args:
        source: A file's path, or a binary stream that is at the start of a member; offsets count from
            there.

    Yields:
        Offset and length of the member in bytes, and its record.

    Raises:
        RecordError: The file is damaged or ends within a member; the message names the offset of the
        member.
    """
    if isinstance(source, Path):
        with source.open("rb") as stream:
            yield from ((member.offset, member.length, member.record) for member in members(stream))
    else:
        yield from ((member.offset, member.length, member.record) for member in members(source))


def valid_until(path: Path) -> int:
    """The offset behind the last member that is whole, counted from the start up to the first that is not.

    What a crash left behind that offset is the beginning of a record nobody was told of: recovery drops it.
    """
    end = 0
    with suppress(RecordError):
        for offset, length, _ in iterate(path):
            end = offset + length
    return end


def members(stream: BinaryIO) -> Iterator[Member]:
    """Read a stream member by member, as `iterate` does, with what only those who check a file want to know.

    Raises:
        RecordError: As `iterate` raises it.
    """
    offset = 0
    ahead = stream.read(_READ_SIZE)
    while ahead:
        try:
            header, length, content, ahead = _next_member(stream, ahead)
            record = _parse(content)
        except RecordError as error:
            raise RecordError(f"at byte {offset}: {error}") from error
        yield Member(offset, length, header, content[: content.find(_END) + 2], record)
        offset += length
        ahead = ahead or stream.read(_READ_SIZE)


def _next_member(stream: BinaryIO, ahead: bytes) -> tuple[bytes, int, bytes, bytes]:
    """Header, length and content of the member that begins with `ahead`, and what was read beyond it."""
    decoder = isal_zlib.decompressobj(_GZIP_WINDOW)
    parts = []
    length = 0
    header = b""
    while ahead:
        header += ahead[: _GZIP_HEADER - len(header)]
        parts.append(_inflate(decoder, ahead))
        length += len(ahead)
        if decoder.eof:
            unused = bytes(decoder.unused_data)
            return header, length - len(unused), b"".join(parts), unused
        ahead = stream.read(_READ_SIZE)
    raise RecordError(f"the gzip member is cut off after {length} bytes")


def _inflate(decoder: isal_zlib.Decompress, data: bytes, most: int = sys.maxsize) -> bytes:
    try:
        return decoder.decompress(data, most)
    except isal_zlib.error as error:  # type: ignore[misc]  # the stub calls the class an instance
        raise RecordError(f"no intact gzip member: {error}") from error


def _parse(content: bytes) -> WarcRecord:
    end_of_head = content.find(_END)
    version, *lines = content[: max(end_of_head, 0)].decode("utf-8", "surrogateescape").split("\r\n")
    if end_of_head < 0 or version not in _VERSIONS:
        raise RecordError(f"{content[:40]!r} does not begin a WARC/1.1 record")
    fields = parse_fields(lines)
    length = _take(fields, "Content-Length")
    start, end = end_of_head + len(_END), len(content) - len(_END)
    if not (length.isascii() and length.isdigit()) or content[max(start, end) :] != _END:
        raise RecordError("the record does not end behind its block")
    if end - start != int(length):
        raise RecordError(f"the block has {end - start} bytes, its Content-Length says {length}")
    return WarcRecord(
        type=_take(fields, "WARC-Type"),
        record_id=_take(fields, "WARC-Record-ID").strip("<>"),
        date=parse_date(_take(fields, "WARC-Date")),
        fields=fields,
        block=content[start:end],
    )


def parse_fields(lines: Iterable[str]) -> Fields:
    """Read the named fields of a record, continued lines joined (ISO 28500:2017, 4).

    Raises:
        RecordError: A line is neither a field nor goes on with one.
    """
    fields: Fields = []
    for line in lines:
        name, colon, value = line.partition(":")
        if line[:1] in (" ", "\t") and fields:
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line.strip()}")
        elif colon:
            fields.append((name, value.strip(" \t")))
        else:
            raise RecordError(f"{line[:60]!r} is no named field")
    return fields


def _take(fields: Fields, name: str) -> str:
    for index, (field, value) in enumerate(fields):
        if field.lower() == name.lower():
            del fields[index]
            return value
    raise RecordError(f"the record has no {name}")
