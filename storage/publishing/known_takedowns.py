"""What a writer knows of takedowns, kept beside the catalog for when the store is away.

It says what need not be fetched, never what may be published: before each publication the store is asked once more.
"""

from __future__ import annotations

import logging
import os
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from broadsheet.storage import layout
from broadsheet.storage.documents import removals
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.urls import identity_hash

_log = logging.getLogger(__name__)


class KnownTakedown(Struct, frozen=True, kw_only=True):
    """One document of a takedown, without what it removed.

    Attributes:
        at: When it was ordered.
        reason: Why.
        for_good: Whether whatever is captured later is taken down too.
    """

    at: datetime
    reason: str
    for_good: bool


class KnownTakedowns:
    """What one machine knows of the takedowns of an archive.

    Args:
        path: The file that it is kept in; it may be deleted while no crawl runs, and is read again from the archive.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._by_key = _kept(path)
        self._by_identity = _by_identity(self._by_key or {})

    @property
    def were_read(self) -> bool:
        """Whether this machine has ever read them."""
        return self._by_key is not None

    def of(self, url: str) -> KnownTakedown | None:
        """Return the takedown by which an article is removed for good, the first of several, or None."""
        return self._by_identity.get(identity_hash(url)) if self._by_identity else None

    def refresh(self, store: ObjectStore) -> None:
        """Read those that are new in the archive, and keep what is known then.

        Raises:
            StoreError: The store failed; what was known before still is.
            ArchiveDamagedError: One is damaged.
        """
        before = self._by_key or {}
        listed = [entry.key for entry in store.list(layout.TAKEDOWNS)]
        unknown = (key for key in listed if key not in before)
        new = {key: _known(removal) for key, removal in removals.read_all(store, unknown)}
        known = {key: before.get(key) or new[key] for key in listed}
        if known != self._by_key:
            self._keep(known)
        self._by_key, self._by_identity = known, _by_identity(known)

    def _keep(self, known: dict[str, KnownTakedown]) -> None:
        written = self._path.with_name(f".{self._path.name}-{os.getpid()}")
        try:
            written.write_bytes(msgspec.json.encode(known))
            written.replace(self._path)
        except OSError as error:
            _log.warning(
                "%s cannot be written: %s: without it, no crawl begins while the store is away", self._path, error
            )


def _known(removal: removals.Removal) -> KnownTakedown:
    return KnownTakedown(at=removal.at, reason=removal.reason, for_good=removal.scope == "identity")


def _by_identity(by_key: dict[str, KnownTakedown]) -> dict[str, KnownTakedown]:
    found: dict[str, KnownTakedown] = {}
    for key in sorted(by_key):
        if by_key[key].for_good:
            found.setdefault(layout.takedown_identity(key), by_key[key])
    return found


def _kept(path: Path) -> dict[str, KnownTakedown] | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, KnownTakedown])
    except (OSError, msgspec.MsgspecError):
        return None  # It is read again from the archive.
