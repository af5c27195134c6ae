"""An object as a stream, of which no more than a piece is in memory."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator

from broadsheet.storage.stores.objects import ObjectStore

_PIECE = 8 * 1024 * 1024


def pieces(store: ObjectStore, key: str, size: int) -> Iterator[bytes]:
    """Yield the bytes of an object of `size` bytes, in their order."""
    for start in range(0, size, _PIECE):
        yield store.get_range(key, start, min(_PIECE, size - start))


def sha256(store: ObjectStore, key: str, size: int) -> str:
    """Return the SHA-256 of an object of `size` bytes, in hexadecimal digits."""
    hashed = hashlib.sha256()
    for piece in pieces(store, key, size):
        hashed.update(piece)
    return hashed.hexdigest()


class HashedStream(io.RawIOBase):
    """A stream over pieces that hashes what passes."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._ahead = memoryview(b"")
        self._hashed = hashlib.sha256()

    def readable(self) -> bool:
        """Tell that it is there to be read."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # what io asks for
        """Fill a buffer, as far as the piece at hand goes."""
        if not self._ahead:
            self._ahead = memoryview(self._next())
        count = min(len(buffer), len(self._ahead))
        buffer[:count] = self._ahead[:count]
        self._ahead = self._ahead[count:]
        return count

    def sha256(self) -> str:
        """Read to the end; return the SHA-256 of everything, in hexadecimal digits."""
        while self._next():
            pass
        return self._hashed.hexdigest()

    def _next(self) -> bytes:
        piece = next(self._pieces, b"")
        self._hashed.update(piece)
        return piece
