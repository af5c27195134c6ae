"""Putting back what is missing or damaged, and keeping account of it and of what cannot be put back."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from broadsheet.storage.errors import ArchiveDamagedError, NoSuchObjectError, StoreError, StoreUnavailableError
from broadsheet.storage.stores.objects import ObjectEntry, ObjectStore
from broadsheet.storage.stores.rereading import fetch_intact


class Lost(Struct, frozen=True, kw_only=True):
    """Something that could not be made anew, or not be put, and why; what is left to do, where something is."""

    key: str
    reason: str


class Repairs:
    """The repairs of one archive.

    Args:
        store: Where it lies.

    Attributes:
        put: The keys of the objects that were missing or damaged and are there again.
        lost: What could not be made anew, or not be put.
        refused: The bytes of what was made anew and not taken, by key.
    """

    def __init__(self, store: ObjectStore) -> None:
        self.put: list[str] = []
        self.lost: list[Lost] = []
        self.refused: dict[str, bytes] = {}
        self._store = store

    def ensure(self, key: str, data: bytes) -> None:
        """See that an object is there and has these bytes.

        Raises:
            StoreUnavailableError: The store did not answer.
        """
        try:
            # What came may have been spoiled on its way: it is asked for once more.
            if data in (self._store.get(key), self._store.get(key)):
                return
            self._replace(key, data)
        except NoSuchObjectError:
            self._put(key, data)

    def again(self, key: str) -> None:
        """Put an object once more that is there and that a listing lacks: that cures the listing.

        One of which twice other bytes came than its key tells is not put: where it is whole, it would be no more.

        Raises:
            StoreUnavailableError: The store did not answer.
        """
        with tempfile.NamedTemporaryFile(prefix="broadsheet-") as file:
            path = Path(file.name)
            try:
                fetch_intact(self._store, key, path)
            except ArchiveDamagedError as error:
                self.lose(key, f"a listing lacks it, and it is not put again as it came: {error}")
            else:
                self._put(key, path)

    def remove(self, key: str, what: str = "damaged") -> bool:
        """Remove an object; where that is refused, say what is left to do and return False.

        Args:
            key: Its key.
            what: Why it is removed.

        Raises:
            StoreUnavailableError: The store did not answer.
        """
        try:
            self._store.delete(key)
        except StoreUnavailableError:
            raise
        except StoreError as error:
            self.lose(key, f"{what}, and may not be deleted by this writer ({error}): {_LEFT_TO_DO}")
            return False
        return True

    def lose(self, key: str, reason: str) -> None:
        """Note what could not be made anew."""
        self.lost.append(Lost(key=key, reason=reason))

    def _replace(self, key: str, data: bytes) -> None:
        try:
            # A folder would not replace other bytes than these.
            self._store.delete(key)
        except StoreUnavailableError:
            raise
        except StoreError:
            pass  # Where a writer may not delete, a plain put may do: in a bucket that keeps versions it does.
        self._put(key, data)

    def _put(self, key: str, data: bytes | Path) -> None:
        try:
            self._store.put(key, data)
        except StoreUnavailableError:
            raise
        except StoreError as error:
            self.lose(key, f"made anew, and may not be put by this writer ({error}): {_LEFT_TO_DO}")
            if isinstance(data, bytes):
                self.refused[key] = data
        else:
            self.put.append(key)


class AsRepaired:
    """An archive as it is once somebody has deleted what keeps its repairs from being put.

    What is made anew of later batches depends on what earlier ones hold: read as it is, it would come to other bytes.

    Args:
        store: The archive.
        repairs: The repairs so far, and as they go on.
    """

    def __init__(self, store: ObjectStore, repairs: Repairs) -> None:
        self._store = store
        self._refused = repairs.refused

    def put(self, key: str, data: bytes | Path) -> None:
        """Put an object into the archive."""
        self._store.put(key, data)

    def get(self, key: str) -> bytes:
        """Return what was made anew, else what is stored."""
        made = self._refused.get(key)
        return self._store.get(key) if made is None else made

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        """Return a part of what was made anew, else of what is stored."""
        made = self._refused.get(key)
        return self._store.get_range(key, offset, length) if made is None else made[offset : offset + length]

    def size(self, key: str) -> int:
        """Return the size of what was made anew, else of what is stored."""
        made = self._refused.get(key)
        return self._store.size(key) if made is None else len(made)

    def list(self, prefix: str = "") -> Iterator[ObjectEntry]:
        """Return what is stored: what was refused is there, with other bytes."""
        return self._store.list(prefix)

    def directories(self, prefix: str = "") -> Iterator[str]:
        """Return the directories of what is stored."""
        return self._store.directories(prefix)

    def delete(self, key: str) -> None:
        """Delete an object of the archive."""
        self._store.delete(key)


_LEFT_TO_DO = "delete it with credentials that may, then run recover again"
