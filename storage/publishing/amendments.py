"""Manifests of what is done to an archive afterwards: in chains of their own, beside those of the crawls.

A chain of amendments has no batches, so nothing of it ever waits in the spool. What is written is numbered behind the
newest manifest that the archive has of the chain, where the machine knows it for its own.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from broadsheet.storage import layout
from broadsheet.storage.chains import chains
from broadsheet.storage.documents import manifests
from broadsheet.storage.documents.manifests import Manifest, ManifestObject, Place
from broadsheet.storage.publishing.lane import Lane
from broadsheet.storage.publishing.spool import Spool
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import get_intact


class Amendments:
    """The chain of amendments that this process writes.

    Args:
        store: The archive.
        directory: Where the machine remembers its chains; it is made where it is missing.
    """

    def __init__(self, store: ObjectStore, directory: Path) -> None:
        self._store = store
        self._directory = directory
        self._spool = Spool(directory)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only process of this machine that amends the archive; waits for another one to end."""
        descriptor = os.open(self._directory / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            self._spool.close()
            os.close(descriptor)

    def publish(self, objects: list[ManifestObject]) -> str | None:
        """Put a manifest that lists what was written, and return its key; None where the last lists the first of them.

        Raises:
            StoreError: The store failed.
        """
        last = self._catch_up()
        if last and objects[0] in last.objects:
            return None
        lane = self._spool.lane
        place = Place(writer=lane.writer, number=lane.head.number + 1, previous=lane.head.digest)
        data = manifests.encode(manifests.amendment_at(place, objects))
        key = layout.manifest_key(place.writer, place.number, data)
        self._store.put(key, data)
        lane.advance(place, manifests.digest(data))
        return key

    def _catch_up(self) -> Manifest | None:
        """Take up the chain where the archive has it; return the last manifest, or None where a new chain begins."""
        lane = self._spool.lane
        newest = chains.newest(self._store, lane.writer)
        if (newest.number if newest else 0) not in (lane.head.number, lane.head.number + 1):
            # Another machine, or a later state of this one, has written in it; or the archive is an older one.
            self._spool.renounce()
            return None
        return self._read(lane, newest.key) if newest else None

    def _read(self, lane: Lane, key: str) -> Manifest:
        data = get_intact(self._store, key)
        manifest = manifests.decode(data, key)
        lane.advance(manifest.place, manifests.digest(data))
        return manifest
