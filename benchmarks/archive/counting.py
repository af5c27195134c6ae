"""A store that counts what it is asked: what a reader would pay a server for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from broadsheet.storage.stores.objects import ObjectEntry, ObjectStore

_LISTED_AT_ONCE = 1_000  # the keys that S3 returns for one LIST
_Listed = TypeVar("_Listed")


class CountingStore:
    """Passes everything on to a store and counts requests as S3 would: a listing costs one for every 1,000 keys.

    Attributes:
        requests: How many there were.
        received: How many bytes of objects were read.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self.requests = 0
        self.received = 0

    def put(self, key: str, data: bytes | Path) -> None:
        """One request, nothing read."""
        self._count(0)
        self._store.put(key, data)

    def get(self, key: str) -> bytes:
        """One request."""
        data = self._store.get(key)
        self._count(len(data))
        return data

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        """One request."""
        data = self._store.get_range(key, offset, length)
        self._count(len(data))
        return data

    def size(self, key: str) -> int:
        """One request, nothing read."""
        self._count(0)
        return self._store.size(key)

    def list(self, prefix: str = "") -> Iterator[ObjectEntry]:
        """One request for every 1,000 keys that are asked for."""
        return self._paged(self._store.list(prefix))

    def directories(self, prefix: str = "") -> Iterator[str]:
        """One request for every 1,000 names that are asked for."""
        return self._paged(self._store.directories(prefix))

    def delete(self, key: str) -> None:
        """One request, nothing read."""
        self._count(0)
        self._store.delete(key)

    def _paged(self, listed: Iterator[_Listed]) -> Iterator[_Listed]:
        self._count(0)
        for number, name in enumerate(listed):
            if number and number % _LISTED_AT_ONCE == 0:
                self._count(0)
            yield name

    def _count(self, received: int) -> None:
        with self._lock:
            self.requests += 1
            self.received += received
