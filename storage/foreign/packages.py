"""The WARC files in a WACZ file: a ZIP that holds them as they are, below ``archive/``.

"Web Archive Collection Zipped", version 1.1.1, stores them without compression of the ZIP's own, so that each is a
range of the file: it is read where it lies, nothing is unpacked, and no name in the ZIP becomes a path. What a ZIP
says of itself may be a lie; the digests and checksums that hold are those of the WARC records.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator
from typing import BinaryIO

from msgspec import Struct

from broadsheet.storage.foreign.records import Unreadable

_DIRECTORY = "archive/"
_ENDINGS = (".warc", ".warc.gz", ".warc.zst")
# Local file header (APPNOTE.TXT, 4.3.7): its fixed part, where the lengths of name and extra field stand last.
_HEADER = b"PK\x03\x04"
_LENGTHS = struct.Struct("<26xHH")
_ENCRYPTED = 0x1
_GZIP = b"\x1f\x8b\x08"
_READ_SIZE = 1024 * 1024


class PackedFile(Struct, frozen=True):
    """A WARC file in a package.

    Attributes:
        name: Its name there, for people.
        file: Its bytes, as a seekable file; to be read before the next one is asked for.
    """

    name: str
    file: BinaryIO


def is_package(file: BinaryIO) -> bool:
    """Tell whether a file is a ZIP, as a WACZ file is; it is read from its start."""
    file.seek(0)
    found = file.read(len(_HEADER)) == _HEADER
    file.seek(0)
    return found


def packed_files(package: BinaryIO) -> Iterator[PackedFile | Unreadable]:
    """Yield the WARC files in a WACZ file in the order in which they lie there, and what cannot be read of it.

    Where its directory, which is its end, is missing or damaged, all behind the first gzip member is one WARC file.

    Args:
        package: A seekable file.

    Raises:
        OSError: It cannot be read.
    """
    try:
        with zipfile.ZipFile(package) as directory:
            members = [each for each in directory.infolist() if _is_warc(each.filename)]
    except (zipfile.BadZipFile, NotImplementedError, struct.error, ValueError, UnicodeDecodeError) as error:
        yield Unreadable(
            place="its end", reason=f"the directory of the ZIP file cannot be read ({error}): records are looked for"
        )
        yield from _without_directory(package)
        return
    if not members:
        yield Unreadable(place="its directory", reason=f"it is a ZIP file without WARC files in {_DIRECTORY}")
    behind = 0
    for member in sorted(members, key=lambda each: each.header_offset):
        start = _start(package, member)
        if isinstance(start, str) or member.header_offset < behind:
            reason = start if isinstance(start, str) else "it lies in another file of the ZIP"
            yield Unreadable(place=member.filename, reason=reason)
            continue
        behind = start + member.file_size
        yield PackedFile(member.filename, io.BufferedReader(_Range(package, start, member.file_size)))


def _is_warc(name: str) -> bool:
    return name.startswith(_DIRECTORY) and name.lower().endswith(_ENDINGS)


def _start(package: BinaryIO, member: zipfile.ZipInfo) -> int | str:
    """Return where the bytes of a member begin, or why they cannot be read there."""
    if member.flag_bits & _ENCRYPTED:
        return "it is encrypted"
    if member.compress_type != zipfile.ZIP_STORED or member.compress_size != member.file_size:
        return "the ZIP file compresses it, as no WACZ file does: unpack it, and import what comes out"
    package.seek(max(0, member.header_offset))
    header = package.read(_LENGTHS.size)
    if member.header_offset < 0 or len(header) < _LENGTHS.size or not header.startswith(_HEADER):
        return f"the ZIP file says that it lies at byte {member.header_offset:,}, and it does not"
    name, extra = _LENGTHS.unpack(header)
    return int(member.header_offset + _LENGTHS.size + name + extra)


def _without_directory(package: BinaryIO) -> Iterator[PackedFile]:
    end = package.seek(0, io.SEEK_END)
    start, before = 0, b""
    while start < end:
        package.seek(start)
        window = before + package.read(_READ_SIZE)
        if (found := window.find(_GZIP)) >= 0:
            begin = start - len(before) + found
            yield PackedFile("what is left of it", io.BufferedReader(_Range(package, begin, end - begin)))
            return
        start, before = start + _READ_SIZE, window[1 - len(_GZIP) :]


class _Range(io.RawIOBase):
    """A range of a file, as a file of its own."""

    def __init__(self, file: BinaryIO, start: int, length: int) -> None:
        self._file, self._start, self._length, self._place = file, start, length, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._length}[whence]
        self._place = max(0, base + offset)
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the stub takes any buffer
        self._file.seek(self._start + self._place)
        data = self._file.read(max(0, min(len(buffer), self._length - self._place)))
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)
