"""Snapshot documents: their bytes, and reading them back so that damage is noticed and never shown."""

from __future__ import annotations

import msgspec

from broadsheet.storage import layout
from broadsheet.storage.errors import ArchiveDamagedError, ArchiveFormatError
from broadsheet.storage.model import SNAPSHOT_SCHEMA, Snapshot, SnapshotDocument
from broadsheet.storage.stores.objects import ObjectStore


def encode(document: SnapshotDocument) -> bytes:
    """Return the bytes of a document: one line of JSON, keys in the order of docs/format.md."""
    return msgspec.json.encode(document) + b"\n"


def read(store: ObjectStore, key: str) -> SnapshotDocument:
    """Read a snapshot document.

    Raises:
        NoSuchObjectError: There is none under that key.
        ArchiveDamagedError: Its bytes are not those that its key names.
        ArchiveFormatError: It is of a schema that this version does not read.
    """
    return decode(store.get(key), key)


def decode(data: bytes, key: str) -> SnapshotDocument:
    """Read the bytes of a document, as stored under a key.

    Raises:
        ArchiveDamagedError: They are not those that the key names.
        ArchiveFormatError: They are of a schema that this version does not read.
    """
    if not key.endswith(f"-{layout.digest_name(data, 16)}.json"):
        raise ArchiveDamagedError(f"snapshot {key}: its bytes are not those that were stored; run verify")
    try:
        document = msgspec.json.decode(data, type=SnapshotDocument)
    except msgspec.DecodeError as error:
        raise ArchiveFormatError(f"snapshot {key} cannot be read: {error}") from error
    if document.schema != SNAPSHOT_SCHEMA:
        message = f"snapshot {key} is of {document.schema!r}; this version reads {SNAPSHOT_SCHEMA!r}"
        raise ArchiveFormatError(message)
    return document


def numbered(document: SnapshotDocument, key: str, version: int) -> Snapshot:
    """Return a document as a reader sees it: with its key and its number among the versions of its URL."""
    fields = {name: getattr(document, name) for name in document.__struct_fields__}
    return Snapshot(**fields, key=key, version=version)
