"""What a version rests on: the record of its capture, never shown once the version is taken down."""

from __future__ import annotations

from broadsheet.storage import looks
from broadsheet.storage.documents import removals
from broadsheet.storage.documents.removals import Takedowns
from broadsheet.storage.errors import ArchiveDamagedError, NoSuchVersionError, TakenDownError
from broadsheet.storage.index.lookup import Lookup
from broadsheet.storage.model import Snapshot
from broadsheet.storage.segments.stored import read_record
from broadsheet.storage.segments.warc import WarcRecord
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.urls import identity_hash


def record_of(store: ObjectStore, snapshot: Snapshot, most: int | None = None) -> tuple[bytes, WarcRecord]:
    """Return the WARC record that a version rests on: one gzip member as stored, and what it says.

    Args:
        store: The archive.
        snapshot: The version.
        most: The most bytes that the record may have; None for any number.

    Raises:
        TooLargeError: The record has more bytes.
        ArchiveDamagedError: It is missing, or not the one that was stored.
        TakenDownError: The version was taken down.
        NoSuchVersionError: It is too old, and was removed since it was read.
    """
    _refuse_hidden(store, snapshot)
    try:
        return read_record(store, snapshot.warc, most)
    except ArchiveDamagedError as error:
        if snapshot.key in removals.removed(store):
            message = f"version {snapshot.version} of {snapshot.url} was removed since it was read"
            raise NoSuchVersionError(message) from error
        raise


def rendering_of(store: ObjectStore, snapshot: Snapshot, most: int | None = None) -> bytes | None:
    """Return the document, in UTF-8, that a browser made of the page a version rests on; None where none did.

    Args:
        store: The archive.
        snapshot: The version.
        most: The most bytes that the record may have; None for any number.

    Raises:
        TooLargeError: The record has more bytes.
        ArchiveDamagedError: The record is missing, or its block is not the one that was stored.
        TakenDownError: The version was taken down.
    """
    _refuse_hidden(store, snapshot)
    lines = Lookup(store).filed_under(snapshot.url)
    line = next((line for line in lines if line.id == snapshot.warc.record_id), None)
    return None if line is None else looks.rendered(store, line, most)


def is_hidden(store: ObjectStore, snapshot: Snapshot) -> bool:
    """Tell whether a version was taken down."""
    return Takedowns(store, identity_hash(snapshot.url)).hides(snapshot.url, snapshot.key)


def _refuse_hidden(store: ObjectStore, snapshot: Snapshot) -> None:
    if is_hidden(store, snapshot):
        raise TakenDownError(f"version {snapshot.version} of {snapshot.url} was taken down")
