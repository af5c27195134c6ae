"""Asking once more for what came damaged: it may have been spoiled on its way, not where it lies."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from broadsheet.storage import layout
from broadsheet.storage.errors import ArchiveDamagedError
from broadsheet.storage.stores.objects import ObjectStore

_log = logging.getLogger(__name__)
_T = TypeVar("_T")
_PIECE = 8 * 1024 * 1024


def again_if_damaged(read: Callable[[], _T]) -> _T:
    """Return what `read` returns; where it finds damage, it is called a second time, and that counts.

    Args:
        read: Asks the store and checks what came.

    Raises:
        ArchiveDamagedError: What came was damaged both times.
    """
    try:
        return read()
    except ArchiveDamagedError as error:
        found = read()
        _log.warning("%s: asked for again, it is whole: something between the store and here spoils data", error)
        return found


def get_intact(store: ObjectStore, key: str) -> bytes:
    """Return the bytes of an object whose key tells their digest.

    Raises:
        NoSuchObjectError: There is no object under that key.
        ArchiveDamagedError: Twice, other bytes came than its key tells.
    """
    return again_if_damaged(lambda: _checked(store.get(key), key))


def fetch_intact(store: ObjectStore, key: str, path: Path) -> None:
    """Write the bytes of an object whose key tells their digest to a file, piece by piece.

    Raises:
        NoSuchObjectError: There is no object under that key.
        ArchiveDamagedError: Twice, other bytes came than its key tells.
    """
    again_if_damaged(lambda: _fetch(store, key, path))


def _fetch(store: ObjectStore, key: str, path: Path) -> None:
    hashed = hashlib.sha256()
    size = store.size(key)
    with path.open("wb") as file:
        for start in range(0, size, _PIECE):
            piece = store.get_range(key, start, min(_PIECE, size - start))
            hashed.update(piece)
            file.write(piece)
    if not hashed.hexdigest().startswith(layout.told_digest(key) or ""):
        raise ArchiveDamagedError(_not_what_was_stored(key))


def _checked(data: bytes, key: str) -> bytes:
    told = layout.told_digest(key)
    if told and layout.digest_name(data, len(told)) != told:
        raise ArchiveDamagedError(_not_what_was_stored(key))
    return data


def _not_what_was_stored(key: str) -> str:
    return f"{key}: its bytes are not those that were stored; run verify"
