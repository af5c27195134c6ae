"""Records of WARC files that other software wrote, in whatever shape, and past whatever is damaged in them.

`storage.warc` reads what we write, strictly. Here WARC/0.17, 1.0 and 1.1 are read alike, in files of gzip members,
zstd frames or neither. Behind a damaged place, reading goes on with the next member, or the next line that begins a
record. No library does that: warcio and FastWARC end at the first damaged byte, or go on without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO

from msgspec import Struct

from broadsheet.storage.digests import is_digest_of
from broadsheet.storage.errors import RecordError
from broadsheet.storage.foreign.uncompressed import Gap, Piece, uncompressed
from broadsheet.storage.segments.warc import Fields, parse_fields

LARGEST_BLOCK = 128 * 1024 * 1024
"""The most bytes that the block of a record may have: it is held in memory as a whole."""

_LARGEST_HEAD = 256 * 1024
_VERSION = re.compile(r"WARC/\d+\.\d+")
_BEGIN = re.compile(rb"WARC/\d")
_END_OF_HEAD = re.compile(rb"\n\r?\n")
# WARC/1.1, section 5.4 allows dates of any precision from the year on.
_SHORT_DATE = re.compile(r"(\d{4})(?:-(\d\d))?")


class ForeignRecord(Struct, frozen=True, kw_only=True):
    """A record as it was found.

    Attributes:
        place: Where in the file, for people.
        type: The WARC-Type, in lower case.
        record_id: The WARC-Record-ID without angle brackets; None where there is none.
        date: The WARC-Date, aware, in UTC.
        fields: The other named fields in order, without Content-Length.
        block: The content.
    """

    place: str
    type: str
    record_id: str | None
    date: datetime
    fields: Fields
    block: bytes

    def field(self, name: str) -> str | None:
        """The value of the first field of that name, compared without case, or None."""
        wanted = name.lower()
        return next((value for field, value in self.fields if field.lower() == wanted), None)

    def uri(self, name: str) -> str | None:
        """The value of a field that is a URI, without the angle brackets that some writers put around any."""
        value = self.field(name)
        return value.strip().removeprefix("<").removesuffix(">") if value else None


class Unreadable(Struct, frozen=True, kw_only=True):
    """Something in the file that is no whole record.

    Attributes:
        place: Where in the file it begins, for people.
        reason: What is wrong with it.
    """

    place: str
    reason: str


def read_foreign(file: BinaryIO) -> Iterator[ForeignRecord | Unreadable]:
    """Go through the records of a WARC file; one of them is in memory at a time.

    A record whose block is not the one that its WARC-Block-Digest names is damaged like one that is cut off.

    Args:
        file: The file, seekable; it is read from its start.

    Raises:
        OSError: The file cannot be read.
        RecordError: It is a zstd file whose dictionary cannot be read.
    """
    text = _Text(uncompressed(file))
    while text.begin_record():
        if text.gap is not None and not text.data:
            yield Unreadable(place=text.place(), reason=text.gap.reason)
            text.pass_gap()
            continue
        place = text.place()
        try:
            yield _read_record(text, place)
        except RecordError as error:
            reason = text.gap.reason if text.gap is not None else str(error)
            yield Unreadable(place=place, reason=reason)
            text.find_next_record()
            if not text.data:
                text.pass_gap()


class _Text:
    """The uncompressed bytes of the file, as far as they are read: `data` is what comes next.

    Attributes:
        data: What is ahead; a gap, where there is one, lies behind it.
        gap: The gap that was come to, or None.
    """

    def __init__(self, pieces: Iterator[Piece | Gap]) -> None:
        self.data = bytearray()
        self.gap: Gap | None = None
        self._pieces = pieces
        self._position = 0
        # For each member that reaches into `data`: where it begins in the uncompressed bytes, and in the file.
        self._members: list[tuple[int, int | None]] = [(0, None)]

    def more(self) -> bool:
        """Read on; False at the end of the file and before a gap."""
        if self.gap is not None:
            return False
        piece = next(self._pieces, None)
        if isinstance(piece, Gap):
            self.gap = piece
            return False
        if piece is None:
            return False
        if piece.member != self._members[-1][1]:
            self._members.append((self._position + len(self.data), piece.member))
            self.drop(0)
        self.data += piece.data
        return True

    def have(self, count: int) -> bool:
        """Read until so many bytes are ahead; False where there are fewer before a gap or the end."""
        while len(self.data) < count:
            if not self.more():
                return False
        return True

    def drop(self, count: int) -> None:
        """Go on behind so many bytes."""
        del self.data[:count]
        self._position += count
        while len(self._members) > 1 and self._members[1][0] <= self._position:
            del self._members[0]

    def begin_record(self) -> bool:
        """Go on to what is no line end; False at the end of the file."""
        while self.have(1) and (count := _behind_line_ends(self.data, 0)):
            self.drop(count)
        return bool(self.data) or self.gap is not None

    def pass_gap(self) -> None:
        """Go on behind the gap."""
        self.gap = None

    def record_may_end(self, end: int) -> bool:
        """Tell whether a record may end there: before the next one, or where nothing more is to come."""
        while True:
            begin = _behind_line_ends(self.data, end)
            if begin + len("WARC/1") <= len(self.data) or not self.more():
                return bool(_BEGIN.match(self.data, begin)) or not self.data[begin : begin + 1].strip(b"\0")

    def is_cut_off_behind(self, end: int) -> bool:
        """Tell whether nothing but a gap in the same member is there: what was uncompressed last may be wrong."""
        return self.gap is not None and self.gap.member == self._members[-1][1] and not self.data[end:].strip()

    def find_next_record(self) -> None:
        """Go on with the next line, or member, that begins a record; else before the gap, or to the end."""
        start = 1
        while (found := self._next_begin(start)) is None:
            start = max(1, len(self.data) - len("WARC/1"))
            if start > _LARGEST_HEAD:
                self.drop(start - 1)
                start = 1
            if not self.more():
                found = len(self.data)
                break
        self.drop(found)

    def _next_begin(self, start: int) -> int | None:
        begins = (found.start() for found in _BEGIN.finditer(self.data, start))
        return next((begin for begin in begins if self._begins_line(begin) or self._begins_member(begin)), None)

    def _begins_line(self, place: int) -> bool:
        return self.data[place - 1 : place] == b"\n"

    def place(self) -> str:
        """Say where `data` begins."""
        if self.gap is not None and not self.data:
            return f"byte {self.gap.member:,}"
        begin, member = self._members[0]
        within = self._position - begin
        if member is None:
            return f"byte {within:,}"
        return f"byte {member:,}" + (f" ({within:,} bytes into what is compressed there)" if within else "")

    def _begins_member(self, place: int) -> bool:
        return any(begin == self._position + place for begin, _ in self._members)


def _behind_line_ends(data: bytearray, start: int) -> int:
    """Return where the line ends that begin there are over."""
    while data[start : start + 1].strip(b"\r\n") != data[start : start + 1]:
        start += 1
    return start


def _read_record(text: _Text, place: str) -> ForeignRecord | Unreadable:
    """Read the next record and go on behind it.

    Raises:
        RecordError: Where it ends cannot be told; nothing was gone on.
    """
    fields, begin = _parse_head(text)
    end = begin + _length(fields)
    if not text.have(end):
        raise RecordError(f"its block is cut off: {len(text.data) - begin:,} of {end - begin:,} bytes are there")
    block = bytes(memoryview(text.data)[begin:end])
    stated = _take(fields, "WARC-Block-Digest")
    is_right = stated is not None and is_digest_of(stated, block)
    may_end = text.record_may_end(end)
    if not is_right and (not may_end or text.is_cut_off_behind(end)):
        raise RecordError(
            f"what follows its {end - begin:,} bytes is no record: they, or its Content-Length, are wrong"
        )
    text.drop(end)
    if stated is not None and not is_right:
        return Unreadable(place=place, reason=f"its block is not the one that its WARC-Block-Digest {stated} names")
    try:
        return _record(place, fields, stated, block)
    except RecordError as error:
        return Unreadable(place=place, reason=str(error))


def _record(place: str, fields: Fields, block_digest: str | None, block: bytes) -> ForeignRecord:
    kind, date, record_id = (_take(fields, name) for name in ("WARC-Type", "WARC-Date", "WARC-Record-ID"))
    if kind is None or date is None:
        raise RecordError(f"it has no {'WARC-Date' if kind else 'WARC-Type'}")
    return ForeignRecord(
        place=place,
        type=kind.lower(),
        record_id=record_id.strip("<> ") or None if record_id else None,
        date=_parse_date(date),
        fields=[*fields, *([("WARC-Block-Digest", block_digest)] if block_digest else [])],
        block=block,
    )


def _no_record(data: bytearray) -> str:
    """Return why no record begins with these bytes."""
    return f"{bytes(data[:40])!r} does not begin a record" if data else "nothing is there"


def _parse_head(text: _Text) -> tuple[Fields, int]:
    """Return the fields of the next record, and where in what is ahead its block begins."""
    while (end := _END_OF_HEAD.search(text.data, 0, _LARGEST_HEAD)) is None:
        if len(text.data) >= _LARGEST_HEAD or not text.more():
            raise RecordError(_no_record(text.data))
    if not _BEGIN.match(text.data):
        raise RecordError(_no_record(text.data))
    version, *lines = text.data[: end.start()].decode("utf-8", "surrogateescape").replace("\r\n", "\n").split("\n")
    if not _VERSION.fullmatch(version.strip()):
        raise RecordError(f"{version[:40]!r} is no version of WARC")
    fields = [(name.strip(), value.strip()) for name, value in parse_fields(lines)]
    return fields, end.end()


def _length(fields: Fields) -> int:
    stated = _take(fields, "Content-Length")
    if stated is None or not (stated.isascii() and stated.isdigit()):
        raise RecordError(f"its Content-Length is {stated!r}")
    if len(stated) > 18 or int(stated) > LARGEST_BLOCK:
        raise RecordError(f"it has {stated} bytes; records of more than {LARGEST_BLOCK:,} are not taken")
    return int(stated)


def _take(fields: Fields, name: str) -> str | None:
    for index, (field, value) in enumerate(fields):
        if field.lower() == name.lower():
            del fields[index]
            return value
    return None


def _parse_date(value: str) -> datetime:
    short = _SHORT_DATE.fullmatch(value)
    try:
        moment = datetime.fromisoformat(f"{short[1]}-{short[2] or '01'}-01" if short else value)
    except ValueError as error:
        raise RecordError(f"{value!r} is no WARC-Date") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
