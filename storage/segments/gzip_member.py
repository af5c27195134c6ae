"""One gzip member (RFC 1952) a record, with as much work as its content is worth."""

from __future__ import annotations

import struct
import zlib

from isal import isal_zlib

_GZIP_WINDOW = 31
_RAW_WINDOW = -15
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_SMALL = 8 * 1024
_SAMPLE = 2 * 1024
_WORTH_COMPRESSING = 0.9
_MAX_HTTP_HEAD = 16 * 1024
_MAX_STORED = 0xFFFF


def compress(head: bytes, block: bytes, tail: bytes) -> bytes:
    """Compress the three parts of a record into one gzip member.

    Records of less than 8 KiB are many, so every byte counts: zlib at its best. A block that does not
    shrink (most pages are sent compressed) is stored behind its compressed heads, in a fiftieth of the
    time. Everything else is deflated fast.

    Args:
        head: What precedes the block.
        block: The block.
        tail: What ends the record.
    """
    if len(head) + len(block) < _SMALL:
        return zlib.compress(b"".join((head, block, tail)), 9, wbits=_GZIP_WINDOW)
    if _is_compressed(block):
        return _stored(head, block, tail)
    deflater = isal_zlib.compressobj(isal_zlib.ISAL_BEST_COMPRESSION, wbits=_GZIP_WINDOW)
    parts = (deflater.compress(head), deflater.compress(block), deflater.compress(tail), deflater.flush())
    return b"".join(parts)


def _is_compressed(block: bytes) -> bool:
    """Asks a sample from the middle: labels lie, and an HTTP head says nothing of a picture."""
    middle = len(block) // 2
    sample = block[middle : middle + _SAMPLE]
    return len(isal_zlib.compress(sample, isal_zlib.ISAL_BEST_SPEED)) > _WORTH_COMPRESSING * len(sample)


def _stored(head: bytes, block: bytes, tail: bytes) -> bytes:
    end_of_head = block.find(b"\r\n\r\n", 0, _MAX_HTTP_HEAD)
    split = 0 if end_of_head < 0 else end_of_head + 4
    deflater = zlib.compressobj(9, zlib.DEFLATED, _RAW_WINDOW)
    # The flush ends at a byte boundary, where stored blocks (RFC 1951, section 3.2.4) can follow.
    parts: list[bytes | memoryview] = [
        _HEADER,
        deflater.compress(head + block[:split]),
        deflater.flush(zlib.Z_SYNC_FLUSH),
    ]
    view = memoryview(block)
    for start in range(split, len(block), _MAX_STORED):
        piece = view[start : start + _MAX_STORED]
        parts += (_stored_block_header(len(piece), last=False), piece)
    checksum = isal_zlib.crc32(tail, isal_zlib.crc32(block, isal_zlib.crc32(head)))
    size = (len(head) + len(block) + len(tail)) & 0xFFFFFFFF
    parts += (_stored_block_header(len(tail), last=True), tail, struct.pack("<LL", checksum, size))
    return b"".join(parts)


def _stored_block_header(length: int, *, last: bool) -> bytes:
    return struct.pack("<BHH", last, length, length ^ 0xFFFF)
