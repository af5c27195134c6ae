"""A store that gives out nothing large, nor for long: what answers many requests at once holds little for each.

Whoever has waited too long is gone, and nobody else would end what still reads for them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from broadsheet.scheduler.web.errors import slow
from broadsheet.storage import layout
from broadsheet.storage.errors import TooLargeError
from broadsheet.storage.stores.objects import ObjectEntry, ObjectStore

# What is read line by line, or block by block, is never held as a whole.
_FLAT = (layout.INDEX, layout.RUNS)


class BoundedStore:
    """A store of which objects, and ranges of them, are read up to a length, and for some time.

    Args:
        store: The store.
        most: The length in bytes; None for any. Of what is longer, `TooLargeError` is raised.
        seconds: For so long, from now on. After that, each request ends in a `ProblemError`.
    """

    def __init__(self, store: ObjectStore, most: int | None, *, seconds: float) -> None:
        self._store = store
        self._most = most
        self._seconds = seconds
        self._until = time.monotonic() + seconds

    def get(self, key: str) -> bytes:
        """Return an object."""
        self._end_in_time()
        data = self._store.get(key)
        length = len(data)
        if self._most is not None and length > self._most:
            del data  # The error holds what this frame does, for as long as somebody waits.
        self._refuse(key, length)
        return data

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        """Return a range of an object."""
        self._end_in_time()
        self._refuse(key, length)
        return self._store.get_range(key, offset, length)

    def put(self, key: str, data: bytes | Path) -> None:
        """Store an object."""
        self._store.put(key, data)

    def size(self, key: str) -> int:
        """Return the length of an object."""
        self._end_in_time()
        return self._store.size(key)

    def list(self, prefix: str = "") -> Iterator[ObjectEntry]:
        """Go through the objects under a directory."""
        for entry in self._store.list(prefix):
            self._end_in_time()
            yield entry

    def directories(self, prefix: str = "") -> Iterator[str]:
        """Go through the directories right below a directory."""
        for directory in self._store.directories(prefix):
            self._end_in_time()
            yield directory

    def delete(self, key: str) -> None:
        """Remove an object."""
        self._store.delete(key)

    def _refuse(self, key: str, length: int) -> None:
        if self._most is not None and length > self._most and not key.startswith(_FLAT):
            raise TooLargeError(f"{length:,} bytes of {key}, and {self._most:,} may be read at once")

    def _end_in_time(self) -> None:
        if time.monotonic() > self._until:
            raise slow(f"there was no answer within {self._seconds:g} s")
