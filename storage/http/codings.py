"""Removing gzip, deflate and br codings within a memory limit, forgiving what browsers forgive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

import brotli
from isal import isal_zlib

from broadsheet.storage.errors import MessageError

DEFAULT_LIMIT = 32 * 1024 * 1024

# Each member starts a new decoder: a body of a million empty members would keep a core busy for minutes.
_MAX_GZIP_MEMBERS = 64
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW, _ZLIB_WINDOW, _RAW_WINDOW = 31, 15, -15
_BROTLI_STEP = 256 * 1024
_SALVAGE_STEPS = 64 * 1024


class _UndecodableError(Exception):
    """The decoder found a place that it cannot read."""


class _Inflater:
    """One gzip member, zlib stream or raw deflate stream."""

    def __init__(self, window: int) -> None:
        self._inflater = isal_zlib.decompressobj(window)

    @property
    def finished(self) -> bool:
        return bool(self._inflater.eof)

    @property
    def unused(self) -> bytes:
        return bytes(self._inflater.unused_data)

    def decode(self, data: bytes, limit: int) -> bytes:
        """Decode `data`; a result longer than `limit` means that the limit is exceeded."""
        try:
            return bytes(self._inflater.decompress(data, limit + 1))
        except isal_zlib.error as error:  # type: ignore[misc]  # the stub calls the class an instance
            raise _UndecodableError from error


class _Brotli:
    """One brotli stream."""

    unused = b""

    def __init__(self) -> None:
        self._decompressor = brotli.Decompressor()

    @property
    def finished(self) -> bool:
        return bool(self._decompressor.is_finished())

    def decode(self, data: bytes, limit: int) -> bytes:
        """Decode `data`; a result longer than `limit` means that the limit is exceeded."""
        # The decompressor passes its own limit by up to a block, so it is asked for little at a time; and at
        # the end of a cut-off stream it holds back what it says it has given, so it is asked until it is dry.
        parts: list[bytes] = []
        size = 0
        try:
            part = self._decompressor.process(data, output_buffer_limit=_BROTLI_STEP)
            while part and size <= limit:
                parts.append(part)
                size += len(part)
                part = self._decompressor.process(b"", output_buffer_limit=_BROTLI_STEP)
        except brotli.error as error:
            raise _UndecodableError from error
        return parts[0] if len(parts) == 1 else b"".join(parts)


_Decoder = _Inflater | _Brotli


def _gzip_decoder(_: bytes) -> _Decoder:
    return _Inflater(_GZIP_WINDOW)


def _deflate_decoder(data: bytes) -> _Decoder:
    """RFC 9110 means a zlib stream by "deflate"; many servers send raw deflate, and browsers read both."""
    zlib_header = len(data) > 1 and data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
    return _Inflater(_ZLIB_WINDOW if zlib_header else _RAW_WINDOW)


def _brotli_decoder(_: bytes) -> _Decoder:
    return _Brotli()


_DECODERS: dict[str, Callable[[bytes], _Decoder]] = {
    "gzip": _gzip_decoder,
    "x-gzip": _gzip_decoder,
    "deflate": _deflate_decoder,
    "br": _brotli_decoder,
}


def remove_codings(body: bytes, codings: Sequence[str], limit: int = DEFAULT_LIMIT) -> bytes:
    """Undo codings in the reverse of the order in which they were applied (RFC 9110, section 8.4).

    A body that is not what its label says is returned as it is, a cut-off or damaged one as far as it can
    be decoded. A coding that is not known ends the decoding: what lies under it cannot be read.

    Args:
        body: The coded bytes.
        codings: Coding names in lower case, in the order of the header.
        limit: The largest result of any step, in bytes.

    Raises:
        MessageError: A step would yield more than `limit` bytes.
    """
    for coding in reversed(codings):
        if coding == "identity":
            continue
        new_decoder = _DECODERS.get(coding)
        if new_decoder is None:
            break
        body = _remove_coding(body, coding, new_decoder, limit)
    return body


def _remove_coding(body: bytes, coding: str, new_decoder: Callable[[bytes], _Decoder], limit: int) -> bytes:
    decoder = new_decoder(body)
    try:
        decoded = _within(decoder.decode(body, limit), coding, limit)
    except _UndecodableError:
        salvaged = _salvage(new_decoder(body), body, coding, limit)
        return salvaged if _is_plausible(salvaged, body) else body
    if not decoder.finished:
        return decoded if _is_plausible(decoded, body) else body
    if decoder.unused.startswith(_GZIP_MAGIC):
        return _with_further_members(decoded, decoder.unused, coding, limit)
    return decoded


def _is_plausible(decoded: bytes, body: bytes) -> bool:
    """Mislabelled text can pass for the beginning of a coded stream, but it does not grow like one."""
    return len(decoded) > len(body) or (bool(decoded) and body.startswith(_GZIP_MAGIC))


def _with_further_members(decoded: bytes, unused: bytes, coding: str, limit: int) -> bytes:
    """A gzip body may have several members (RFC 1952, section 2.2); whatever else follows is ignored."""
    parts, size = [decoded], len(decoded)
    with suppress(_UndecodableError):
        for _ in range(_MAX_GZIP_MEMBERS - 1):
            if not unused.startswith(_GZIP_MAGIC):
                break
            decoder = _Inflater(_GZIP_WINDOW)
            parts.append(_within(decoder.decode(unused, limit - size), coding, limit, size))
            size += len(parts[-1])
            unused = decoder.unused
    return b"".join(parts)


def _salvage(decoder: _Decoder, body: bytes, coding: str, limit: int) -> bytes:
    """Decode in small steps up to the damage: a decoder returns nothing for the step in which it fails."""
    step = max(1, len(body) // _SALVAGE_STEPS)
    parts: list[bytes] = []
    size = 0
    with suppress(_UndecodableError):
        for start in range(0, len(body), step):
            parts.append(_within(decoder.decode(body[start : start + step], limit - size), coding, limit, size))
            size += len(parts[-1])
            if decoder.finished:
                break
    return b"".join(parts)


def _within(part: bytes, coding: str, limit: int, before: int = 0) -> bytes:
    if before + len(part) > limit:
        raise MessageError(f"the body inflates ({coding}) to more than the limit of {limit} bytes")
    return part
