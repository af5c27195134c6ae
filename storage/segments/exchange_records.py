"""The records of one HTTP exchange, and the warcinfo record that describes them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote_from_bytes, unquote_to_bytes

from msgspec import Struct

from broadsheet.storage.captures import Capture
from broadsheet.storage.digests import digest, is_digest_of
from broadsheet.storage.errors import MessageError, RecordError
from broadsheet.storage.http.messages import entity_body, parse_request, parse_response
from broadsheet.storage.model import Exchange
from broadsheet.storage.segments import warc
from broadsheet.storage.segments.warc import Fields, WarcRecord, format_date

IDENTICAL_PAYLOAD = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"

# A field of our own, with our name as its prefix. Where the head is the block of the revisit, pywb 2.10
# answers an empty 304; where it is a metadata record, pywb and cdxj-indexer list it as a capture of the page.
RESPONSE_HEAD_FIELD = "Broadsheet-Response-Head"
# What the clock showed, where WARC-Date had to be another moment for the sake of order.
CLOCK_FIELD = "Broadsheet-Clock"

_CAPTURES = ("response", "revisit")
_REQUEST_TYPE = "application/http;msgtype=request"
_RESPONSE_TYPE = "application/http;msgtype=response"
_FIELDS_TYPE = "application/warc-fields"

# Printable ASCII but for the escape character itself; a head ends in line breaks, so no blank is at the ends.
_UNESCAPED = bytes(range(0x20, 0x7F)).replace(b"%", b"")


class Original(Struct, frozen=True, kw_only=True):
    """The earlier capture that a revisit refers to.

    Attributes:
        record_id: Its WARC-Record-ID, without angle brackets.
        target_uri: Its WARC-Target-URI.
        date: Its WARC-Date.
        payload_digest: Its WARC-Payload-Digest.
    """

    record_id: str
    target_uri: str
    date: datetime
    payload_digest: str


def warcinfo_record(filename: str, fields: Mapping[str, str], *, created_at: datetime) -> WarcRecord:
    """The record that begins a WARC file.

    Args:
        filename: The name of the file that will hold it.
        fields: What wrote the file and how: ``software``, ``format``, ``robots``, ... (WARC/1.1, section
            6.2).
        created_at: When the file was begun.

    Raises:
        RecordError: A field holds a line break.
    """
    block = _warc_fields(fields)
    named = [
        ("WARC-Filename", filename),
        ("WARC-Block-Digest", digest(block)),
        ("Content-Type", _FIELDS_TYPE),
    ]
    return WarcRecord(type="warcinfo", record_id=uuid.uuid4().urn, date=created_at, fields=named, block=block)


def exchange_records(
    exchange: Exchange,
    *,
    warcinfo_id: str,
    payload_digest: str | None = None,
    revisit_of: Original | None = None,
    metadata: Mapping[str, str] | None = None,
) -> list[WarcRecord]:
    """The records of one exchange: what came back first, then the request, then metadata where due.

    What came back is a ``response`` record with the bytes as received, or a ``revisit`` of `revisit_of`;
    where nothing came back there is neither. A revisit with an identical payload keeps the head of the
    response in its block (WARC/1.1, section 6.7.2). The revisit of a 304 answer has an empty block (6.7.3
    allows it), because replay engines show an empty page otherwise; its head is in a field, see
    `response_head`.

    Args:
        exchange: The exchange.
        warcinfo_id: Record id of the warcinfo record of the file.
        payload_digest: Digest of the entity-body, if the caller knows it; computed otherwise. A response
            that cannot be parsed has no payload and no such digest.
        revisit_of: The capture whose payload this one repeats, or which the server says is unmodified.
        metadata: Fields of the metadata record; none is written if there are none.

    Raises:
        MessageError: A revisit was asked for, and the response cannot be parsed.
        RecordError: A revisit was asked for of a truncated exchange: what is missing might differ. Or a
            metadata field holds a line break.
    """
    # The ids of one exchange differ in their last digit only: they stay as unique as they were, and repeated
    # in WARC-Concurrent-To they compress to nothing. Unchanged pages are checked for years, so bytes count.
    stem = uuid.uuid4().urn[:-1]
    records: list[WarcRecord] = []
    if revisit_of is not None:
        records.append(_revisit(exchange, f"{stem}0", warcinfo_id, revisit_of))
    elif exchange.response:
        records.append(_response(exchange, f"{stem}0", warcinfo_id, payload_digest))
    concurrent = ("WARC-Concurrent-To", f"<{stem}{0 if records else 1}>")
    request_fields = [concurrent] if records else []
    records.append(_record("request", f"{stem}1", exchange, request_fields, exchange.request, _REQUEST_TYPE))
    if metadata:
        block = _warc_fields(metadata)
        records.append(_record("metadata", f"{stem}2", exchange, [concurrent], block, _FIELDS_TYPE))
    return records


def conversion_record(
    capture: Capture, document: bytes, *, warcinfo_id: str, made_at: datetime, content_type: str
) -> WarcRecord:
    """The record of what a captured page was made into (WARC/1.1, section 6.8).

    Args:
        capture: The capture of the page.
        document: What it was made into.
        warcinfo_id: Record id of the warcinfo record of the file, which says what made it.
        made_at: When it was made.
        content_type: Of what type the document is.
    """
    stated = digest(document)
    fields = [
        ("WARC-Target-URI", capture.url),
        ("WARC-Warcinfo-ID", f"<{warcinfo_id}>"),
        ("WARC-Refers-To", f"<{capture.record_id}>"),
        ("WARC-Block-Digest", stated),
        ("WARC-Payload-Digest", stated),
        ("Content-Type", content_type),
    ]
    return WarcRecord(type="conversion", record_id=uuid.uuid4().urn, date=made_at, fields=fields, block=document)


def response_head(revisit: WarcRecord) -> bytes | None:
    """The head of a 304 response as received, byte for byte, out of its revisit record, or None."""
    escaped = revisit.field(RESPONSE_HEAD_FIELD)
    return None if escaped is None else unquote_to_bytes(escaped)


def clock_of(record: WarcRecord) -> datetime | None:
    """What the clock showed at a capture, where its date is another moment; None where the record does not tell."""
    stated = record.field(CLOCK_FIELD)
    try:
        return None if stated is None else warc.parse_date(stated)
    except RecordError:
        return None


def payload_is_intact(record: WarcRecord) -> bool:
    """Whether the payload, the entity-body (WARC/1.1, section 6.3.2), is what the WARC-Payload-Digest says.

    A record without such a digest cannot be blamed, nor can a revisit, whose payload is in another record.

    Raises:
        MessageError: The block is no HTTP message.
    """
    stated = record.field("WARC-Payload-Digest")
    if stated is None or record.type == "revisit":
        return True
    return is_digest_of(stated, _payload(record))


def _payload(record: WarcRecord) -> bytes:
    if record.type == "response":
        return entity_body(parse_response(record.block))
    if record.type == "request":
        return record.block[parse_request(record.block).body_offset :]
    return record.block


def _response(exchange: Exchange, record_id: str, warcinfo_id: str, payload_digest: str | None) -> WarcRecord:
    payload_digest = payload_digest or _payload_digest(exchange)
    fields = [
        ("WARC-Warcinfo-ID", f"<{warcinfo_id}>"),
        *_connection(exchange),
        *([("WARC-Truncated", exchange.truncated)] if exchange.truncated else []),
        *([("WARC-Payload-Digest", payload_digest)] if payload_digest else []),
    ]
    return _record("response", record_id, exchange, fields, exchange.response, _RESPONSE_TYPE)


def _payload_digest(exchange: Exchange) -> str | None:
    try:
        message = parse_response(exchange.response)
        return digest(entity_body(message, method=_method(exchange)))
    except MessageError:
        # 5.9: no such field on a record without a well-defined payload.
        return None


def _method(exchange: Exchange) -> str:
    return exchange.request.partition(b" ")[0].decode("latin-1")


def _revisit(exchange: Exchange, record_id: str, warcinfo_id: str, original: Original) -> WarcRecord:
    if exchange.truncated:
        raise RecordError(f"the capture of {exchange.url} is truncated ({exchange.truncated}): no revisit")
    message = parse_response(exchange.response)
    head = exchange.response[: message.body_offset]
    unmodified = message.status == 304
    fields = [
        ("WARC-Warcinfo-ID", f"<{warcinfo_id}>"),
        *_connection(exchange),
        ("WARC-Profile", NOT_MODIFIED if unmodified else IDENTICAL_PAYLOAD),
        ("WARC-Refers-To", f"<{original.record_id}>"),
        ("WARC-Refers-To-Target-URI", original.target_uri),
        ("WARC-Refers-To-Date", format_date(original.date)),
        ("WARC-Payload-Digest", original.payload_digest),
    ]
    if unmodified:
        fields.append((RESPONSE_HEAD_FIELD, quote_from_bytes(head, safe=_UNESCAPED)))
    elif len(head) < len(exchange.response):
        fields.append(("WARC-Truncated", "length"))
    block = b"" if unmodified else head
    return _record("revisit", record_id, exchange, fields, block, _RESPONSE_TYPE)


def _connection(exchange: Exchange) -> Fields:
    suite = exchange.cipher_suite
    return [
        *[("WARC-Protocol", protocol) for protocol in exchange.protocols],
        *([("WARC-Cipher-Suite", suite)] if suite else []),
    ]


def _warc_fields(fields: Mapping[str, str]) -> bytes:
    for name, value in fields.items():
        if "\r" in value or "\n" in value:
            raise RecordError(f"the field {name} holds a line break: {value[:60]!r}")
    return "".join([f"{name}: {value}\r\n" for name, value in fields.items()]).encode()


def _record(
    kind: str, record_id: str, exchange: Exchange, fields: Fields, block: bytes, content_type: str
) -> WarcRecord:
    named = [
        ("WARC-Target-URI", exchange.url),
        *([("WARC-IP-Address", exchange.ip)] if exchange.ip else []),
        *([(CLOCK_FIELD, format_date(exchange.clock))] if exchange.clock and kind in _CAPTURES else []),
        *fields,
        *([("WARC-Block-Digest", digest(block)), ("Content-Type", content_type)] if block else []),
    ]
    return WarcRecord(type=kind, record_id=record_id, date=exchange.started_at, fields=named, block=block)
