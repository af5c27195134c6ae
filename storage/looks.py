"""What was captured at an address, article or not: a front page and what stood on it, a wall and why it is none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.documents.removals import Takedowns
from broadsheet.storage.errors import ArchiveDamagedError
from broadsheet.storage.index.lookup import Lookup
from broadsheet.storage.model import WarcLocation
from broadsheet.storage.segments.stored import read_record, read_rendering
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.urls import identity_hash


def looks(store: ObjectStore, url: str, until: datetime | None = None) -> list[IndexLine]:
    """Return the index lines of the captures filed under a URL, the oldest first; redirects left out.

    Args:
        store: The archive.
        url: The address of any page.
        until: The moment of the last of them, aware; None for all.
    """
    takedowns = Takedowns(store, identity_hash(url))
    found = [
        line
        for line in Lookup(store).filed_under(url)
        if line.outcome is not None
        and (until is None or line.at <= until)
        and not takedowns.hides(line.filed_as or line.url, line.snapshot)
    ]
    return sorted(found, key=lambda line: line.at)


def captures_at(store: ObjectStore, url: str) -> list[IndexLine]:
    """Return the index lines of whatever was answered at an address, the oldest first: pages, pictures, redirects.

    Left out is what goes with an article that is taken down: its own captures, and what it was shown with.

    Args:
        store: The archive.
        url: The address that was asked for.
    """
    takedowns = Takedowns(store)
    found = [
        line
        for line in Lookup(store).captured_at(url)
        if line.status != "-"
        and not takedowns.hides(line.filed_as or line.url, line.snapshot)
        and not takedowns.hides(line.url)
        and not (line.via and takedowns.hides(line.via))
    ]
    return sorted(found, key=lambda line: line.at)


def among(store: ObjectStore, line: IndexLine) -> list[IndexLine]:
    """Return the captures among which that of the body is which a revisit repeats."""
    return looks(store, line.filed_as or line.url, line.at) if line.outcome else captures_at(store, line.url)


def location(line: IndexLine) -> WarcLocation:
    """Return where the record of a capture lies."""
    return WarcLocation(
        key=line.filename,
        offset=int(line.offset),
        length=int(line.length),
        record_id=line.id,
        payload_digest=line.digest,
    )


def whole_response(store: ObjectStore, line: IndexLine, among: Sequence[IndexLine], most: int | None = None) -> bytes:
    """Return the HTTP response of a capture, byte for byte; of a revisit that whose body it repeats.

    Args:
        store: The archive.
        line: The capture.
        among: The captures of its address, of which one has the body.
        most: The most bytes that the record may have; None for any number.

    Raises:
        ArchiveDamagedError: The record is missing or not what was stored, or no capture has the body.
        TooLargeError: The record has more bytes.
    """
    if line.mime == "warc/revisit":
        earlier = [each for each in among if each.digest == line.digest and each.mime != "warc/revisit"]
        if not earlier:
            raise ArchiveDamagedError(f"record {line.id} in {line.filename} repeats a body that is not there")
        line = earlier[-1]
    return read_record(store, location(line), most)[1].block


def rendered(store: ObjectStore, line: IndexLine, most: int | None = None) -> bytes | None:
    """Return the document that a browser made of a captured page, in UTF-8; None where none did.

    Args:
        store: The archive.
        line: The capture.
        most: The most bytes that the record may have; None for any number.

    Raises:
        ArchiveDamagedError: The record is missing, or its block is not the one that was stored.
        TooLargeError: The record has more bytes.
    """
    return None if line.rendering is None else read_rendering(store, location(line), line.rendering, most)
