"""The uncompressed bytes of a file of gzip members, zstd frames or neither, and on behind what is damaged.

Other people's WARC files have one gzip member (RFC 1952) a record, or one for the whole file; or one zstd frame a
record, where a first, skippable frame may hold the dictionary that the others need (IIPC, "Zstandard compressed
WARC files", version 1.0).
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Generator, Iterator
from typing import BinaryIO, NamedTuple, Protocol

from isal import igzip_lib

from broadsheet.storage.errors import RecordError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_READ_SIZE = 256 * 1024
# No more of a member is in memory than this, whatever it inflates to.
_LARGEST_PIECE = 1024 * 1024
# An error loses what came of the input it was found in.
_INPUT_SIZE = 8 * 1024
_GZIP = b"\x1f\x8b\x08"
_ZSTD = b"\x28\xb5\x2f\xfd"
_DICTIONARY = b"\x5d\x2a\x4d\x18"
_LARGEST_DICTIONARY = 64 * 1024 * 1024
_RECORD = b"WARC/"
_ERRORS: tuple[type[Exception], ...] = (
    zstd.ZstdError,
    igzip_lib.IsalError,  # type: ignore[assignment]  # the stub calls the class an instance
    EOFError,
)


class Piece(NamedTuple):
    """Bytes without their compression.

    Attributes:
        data: The bytes.
        member: Where in the file the member, or frame, begins that they are of; None in a plain file.
    """

    data: bytes
    member: int | None


class Gap(NamedTuple):
    """A place where bytes are missing, because they cannot be uncompressed."""

    member: int
    reason: str


class _Decoder(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def uncompressed(file: BinaryIO) -> Iterator[Piece | Gap]:
    """Go through a file from its start, whatever it is compressed with; its first bytes tell.

    After a gap it goes on with the next member that begins with a WARC record.

    Args:
        file: A seekable binary file.

    Raises:
        RecordError: The dictionary of a zstd file cannot be read: nothing else can.
    """
    file.seek(0)
    magic = file.read(4)
    file.seek(0)
    if magic.startswith(_GZIP[:2]):
        return _members(file, 0, _GZIP, lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP))
    if magic == _DICTIONARY:
        dictionary = _read_dictionary(file)
        return _members(file, file.tell(), _ZSTD, lambda: zstd.ZstdDecompressor(dictionary))
    if magic == _ZSTD:
        return _members(file, 0, _ZSTD, zstd.ZstdDecompressor)
    return (Piece(data, None) for data in iter(lambda: file.read(_READ_SIZE), b""))


def _read_dictionary(file: BinaryIO) -> zstd.ZstdDict:
    """Read the dictionary, which may be a zstd frame itself."""
    (length,) = struct.unpack("<4xL", file.read(8).ljust(8, b"\0"))
    if length > _LARGEST_DICTIONARY:
        raise RecordError(f"at byte 0: a zstd dictionary of {length:,} bytes is larger than any")
    data = file.read(length)
    try:
        return zstd.ZstdDict(zstd.decompress(data) if data.startswith(_ZSTD) else data)
    except (zstd.ZstdError, ValueError) as error:
        raise RecordError(f"at byte 0: the zstd dictionary cannot be read: {error}") from error


def _members(file: BinaryIO, start: int, magic: bytes, new_decoder: Callable[[], _Decoder]) -> Iterator[Piece | Gap]:
    following: int | None = start
    while following is not None:
        start = following
        file.seek(start)
        try:
            following = yield from _member(file, start, new_decoder())
        except _ERRORS as error:
            yield Gap(start, f"the {'gzip member' if magic == _GZIP else 'zstd frame'} is damaged ({error})")
            following = _next_record(file, start + 1, magic, new_decoder)


def _member(file: BinaryIO, start: int, decoder: _Decoder) -> Generator[Piece, None, int | None]:
    """Yield the pieces of one member; return where the next one begins, or None at the end of the file."""
    data = file.read(_INPUT_SIZE)
    if not data:
        return None
    while True:
        if piece := decoder.decompress(data, _LARGEST_PIECE):
            yield Piece(piece, start)
        if decoder.eof:
            return file.tell() - len(decoder.unused_data)
        data = file.read(_INPUT_SIZE) if decoder.needs_input else b""
        if not data and decoder.needs_input:
            raise EOFError(f"cut off after {file.tell() - start:,} bytes")


def _next_record(file: BinaryIO, start: int, magic: bytes, new_decoder: Callable[[], _Decoder]) -> int | None:
    """Return where the next member begins that holds a WARC record, or None."""
    file.seek(start)
    window = file.read(_READ_SIZE)
    while len(window) >= len(magic):
        found = window.find(magic)
        while found >= 0:
            if _begins_record(file, start + found, new_decoder()):
                return start + found
            found = window.find(magic, found + 1)
        start += len(window) - len(magic) + 1
        file.seek(start)
        window = file.read(_READ_SIZE)
    return None


def _begins_record(file: BinaryIO, start: int, decoder: _Decoder) -> bool:
    file.seek(start)
    try:
        return decoder.decompress(file.read(_INPUT_SIZE), len(_RECORD)) == _RECORD
    except _ERRORS:
        return False
