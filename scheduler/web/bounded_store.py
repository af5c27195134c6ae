"""A store that gives out nothing large: what answers many requests at once holds little for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from broadsheet.storage import layout
from broadsheet.storage.errors import TooLargeError
from broadsheet.storage.stores.objects import ObjectEntry, ObjectStore

# What is read line by line, or block by block, is never held as a whole.
_FLAT = (layout.INDEX, layout.RUNS)


class BoundedStore:
    """A store of which objects, and ranges of them, are read up to a length.

    Args:
        store: The store.
        most: The length in bytes. Of what is longer, `TooLargeError` is raised.
    """

    def __init__(self, store: ObjectStore, most: int) -> None:
        self._store = store
        self._most = most

    def get(self, key: str) -> bytes:
        """Return an object."""
        data = self._store.get(key)
        length = len(data)
        if length > self._most:
            del data  # The error holds what this frame does, for as long as somebody waits.
        self._refuse(key, length)
        return data

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        """Return a range of an object."""
        self._refuse(key, length)
        return self._store.get_range(key, offset, length)

    def put(self, key: str, data: bytes | Path) -> None:
        """Store an object."""
        self._store.put(key, data)

    def size(self, key: str) -> int:
        """Return the length of an object."""
        return self._store.size(key)

    def list(self, prefix: str = "") -> Iterator[ObjectEntry]:
        """Go through the objects under a directory."""
        return self._store.list(prefix)

    def directories(self, prefix: str = "") -> Iterator[str]:
        """Go through the directories right below a directory."""
        return self._store.directories(prefix)

    def delete(self, key: str) -> None:
        """Remove an object."""
        self._store.delete(key)

    def _refuse(self, key: str, length: int) -> None:
        if length > self._most and not key.startswith(_FLAT):
            raise TooLargeError(f"{length:,} bytes of {key}, and {self._most:,} may be read at once")
