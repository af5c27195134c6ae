"""A manifest made anew from the objects that a publication left in the archive."""

from __future__ import annotations

import hashlib

from broadsheet.storage import cdxj, layout
from broadsheet.storage.documents import manifests
from broadsheet.storage.documents.manifests import Manifest, ManifestObject, Place
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import get_intact

_PIECE = 8 * 1024 * 1024


def archived_index(store: ObjectStore, batch: str) -> str | None:
    """Return the key of the index segment that a batch has in the archive, or None."""
    beginning = layout.index_beginning(batch)
    found = (entry.key for entry in store.list(beginning.rpartition("/")[0] + "/"))
    return next((key for key in found if key.startswith(beginning)), None)


def rebuild(store: ObjectStore, batch: str, index_key: str, place: Place) -> Manifest:
    """Return the manifest of a batch whose objects are all there.

    It is the one that its writer wrote, where `place` is the same.

    Raises:
        NoSuchObjectError: Something that the index names is not there.
        ArchiveDamagedError: The index cannot be read.
    """
    index = get_intact(store, index_key)
    lines = sorted(cdxj.decode(index, index_key), key=lambda line: line.at)
    warc_keys = sorted({line.filename for line in lines})
    objects = [
        *(describe(store, key) for key in warc_keys),
        *(describe(store, line.snapshot) for line in lines if line.snapshot),
        manifests.described(index_key, index),
    ]
    return manifests.at(place, batch, objects)


def describe(store: ObjectStore, key: str) -> ManifestObject:
    """Return how a manifest names an object that is there; it is read piece by piece.

    Raises:
        NoSuchObjectError: It is not there.
    """
    size = store.size(key)
    hashed = hashlib.sha256()
    for start in range(0, size, _PIECE):
        hashed.update(store.get_range(key, start, min(_PIECE, size - start)))
    return ManifestObject(key=key, size=size, sha256=hashed.hexdigest())
