"""From WARC records back to captures: what a segment holds, told by its own bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec

from broadsheet.storage.captures import Capture, Rendering, Request
from broadsheet.storage.errors import MessageError, RecordError
from broadsheet.storage.http.messages import ResponseMessage, parse_response
from broadsheet.storage.segments import warc
from broadsheet.storage.segments.exchange_records import clock_of, response_head
from broadsheet.storage.segments.warc import WarcRecord

# The warcinfo field for the source (Dublin Core, WARC/1.1 section 6.2), the metadata fields for the request
# (``via`` is Heritrix's name for the page a URL was found on).
SOURCE_FIELD = "isPartOf"
# What makes the ``conversion`` records of the segment, as a User-Agent would name it.
RENDERER_FIELD = "broadsheet-renderer"
_REQUEST_FIELD = "broadsheet-request"
_VIA_FIELD = "via"

Records = Callable[[], Iterator[tuple[int, int, WarcRecord]]]
"""Yields offset and length in bytes of each member of a segment, and its record; asked for again where need be."""


def request_fields(request: Request, *, revisit: bool) -> dict[str, str]:
    """Return the fields of the metadata record that tells why an exchange took place; none where none is due.

    A revisit becomes no version and is never read again: what would decide on that is not kept.
    """
    if revisit:
        request = msgspec.structs.replace(request, expected=False, via=None, hints=None, render=False)
    fields = {_VIA_FIELD: request.via} if request.via else {}
    rest = msgspec.structs.replace(request, via=None)
    if rest != Request():
        fields[_REQUEST_FIELD] = msgspec.json.encode(rest).decode()
    return fields


def capture_of(
    record: WarcRecord,
    request: Request,
    *,
    source: str | None,
    offset: int,
    length: int,
    message: ResponseMessage | None = None,
) -> Capture:
    """Return the capture that a response or revisit record is.

    Args:
        record: The record.
        request: Why the exchange took place.
        source: What the segment's warcinfo names as its source.
        offset: Where the record's gzip member starts in the segment, in bytes.
        length: The member's length in bytes.
        message: The response, where it is parsed already.
    """
    message = message or _message(record)
    # Of those that are repeated the first counts.
    fields = {name.lower(): value for name, value in reversed(record.fields)}
    return Capture(
        url=fields.get("warc-target-uri", ""),
        captured_at=record.date,
        clock=clock_of(record),
        record_id=record.record_id,
        revisit=record.type == "revisit",
        status=message.status if message else None,
        reason=message.reason if message else None,
        headers=message.headers if message else [],
        payload_digest=fields.get("warc-payload-digest"),
        ip=fields.get("warc-ip-address"),
        protocol=fields.get("warc-protocol"),
        truncated=fields.get("warc-truncated") if record.type == "response" else None,
        source=source,
        request=request,
        offset=offset,
        length=length,
    )


def read_captures(segment: Path, records: Records | None = None) -> Iterator[tuple[Capture, bytes]]:
    """Yield the captures of a segment in their order, each with the block of its response.

    One exchange is held in memory at a time.

    Args:
        segment: Its file.
        records: What of it is read; None for all of it.

    Raises:
        RecordError: The segment is damaged.
    """
    renderings: dict[str, Rendering] = {}
    for capture, block in _captures(records or partial(warc.iterate, segment), renderings):
        rendering = renderings.get(capture.record_id)
        is_shown = rendering is not None and capture.request.render
        yield (msgspec.structs.replace(capture, rendering=rendering) if is_shown else capture), block


def read_rendering(segment: Path, rendering: Rendering) -> bytes:
    """Return what a browser made of a page, out of the segment's file.

    Raises:
        RecordError: The segment is damaged.
    """
    with segment.open("rb") as file:
        file.seek(rendering.offset)
        return warc.read_member(file.read(rendering.length)).block


def _captures(records: Records, renderings: dict[str, Rendering]) -> Iterator[tuple[Capture, bytes]]:
    """Yield the captures; before the first, fill in the renderings, where the segment says that there are any."""
    source: str | None = None
    held: tuple[int, int, WarcRecord] | None = None
    request = Request()
    for offset, length, record in records():
        if record.type == "warcinfo":
            source = source_in(record.block)
            if RENDERER_FIELD in _warc_fields(record.block):
                renderings.update(_renderings(records))
        elif record.type in ("response", "revisit"):
            if held:
                yield _held_capture(held, request, source)
            held, request = (offset, length, record), Request()
        elif record.type == "metadata" and held and _belongs(record, held[2]):
            request = request_in(record.block)
    if held:
        yield _held_capture(held, request, source)


def _renderings(records: Records) -> Iterator[tuple[str, Rendering]]:
    """They lie anywhere behind their captures: a page is rendered while others are fetched."""
    for offset, length, record in records():
        original = record.field("WARC-Refers-To")
        if record.type == "conversion" and original is not None:
            yield original.strip("<>"), Rendering(offset=offset, length=length)


def _held_capture(held: tuple[int, int, WarcRecord], request: Request, source: str | None) -> tuple[Capture, bytes]:
    offset, length, record = held
    return capture_of(record, request, source=source, offset=offset, length=length), record.block


def _belongs(metadata: WarcRecord, record: WarcRecord) -> bool:
    return metadata.field("WARC-Concurrent-To") == f"<{record.record_id}>"


def _message(record: WarcRecord) -> ResponseMessage | None:
    try:
        return parse_response(response_head(record) or record.block)
    except MessageError:
        return None


def _warc_fields(block: bytes) -> dict[str, str]:
    # Not splitlines: a feed's title in it may hold what Unicode calls a line separator.
    pairs = (line.partition(": ") for line in block.decode(errors="replace").split("\r\n"))
    return {name: value for name, _, value in pairs}


def source_in(block: bytes) -> str | None:
    """Return the source that was crawled, out of the block of a warcinfo record, or None."""
    return _warc_fields(block).get(SOURCE_FIELD)


def request_in(block: bytes) -> Request:
    """Return why an exchange took place, out of the block of its metadata record.

    Raises:
        RecordError: Our field in it cannot be read.
    """
    fields = _warc_fields(block)
    encoded = fields.get(_REQUEST_FIELD)
    try:
        request = msgspec.json.decode(encoded, type=Request) if encoded else Request()
    except msgspec.DecodeError as error:
        raise RecordError(f"a metadata record's field {_REQUEST_FIELD} cannot be read: {error}") from error
    return msgspec.structs.replace(request, via=fields.get(_VIA_FIELD))
