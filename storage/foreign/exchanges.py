"""From the records of a foreign WARC file to exchanges, and from those to records as our own segments hold them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator

from msgspec import Struct

from broadsheet.storage.digests import digest
from broadsheet.storage.errors import InvalidURLError, MessageError
from broadsheet.storage.foreign.conversions import KIND
from broadsheet.storage.foreign.records import ForeignRecord, Unreadable
from broadsheet.storage.http.messages import entity_body, parse_response
from broadsheet.storage.segments.exchange_records import Original
from broadsheet.storage.segments.warc import Fields, WarcRecord, format_date
from broadsheet.storage.urls import normalise

# What other software stated and ours states anew stays on record under this name.
ORIGINAL_PREFIX = "Broadsheet-Original-"

_STATED_ANEW = {"warc-target-uri", "warc-warcinfo-id", "warc-concurrent-to", "warc-block-digest", "warc-payload-digest"}
_REFERENCE = {"warc-refers-to", "warc-refers-to-target-uri", "warc-refers-to-date"}
_RECORD_ID = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-;=?-~]{1,200}")
_END_OF_HEAD = re.compile(rb"\n\r?\n")
_SECRET = re.compile(rb"^(?:set-cookie|cookie|authorization|proxy-authorization)[ \t]*:", re.IGNORECASE | re.MULTILINE)


class ForeignExchange(Struct, frozen=True, kw_only=True):
    """A capture of a web page with the records that belong to it.

    Attributes:
        url: The target URI.
        capture: The response or revisit.
        others: Its request and its metadata, where the file has them next to it.
        conversions: What was made of it, wherever that lies in the file.
    """

    url: str
    capture: ForeignRecord
    others: list[ForeignRecord] = []
    conversions: list[ForeignRecord] = []

    @property
    def holds_secret(self) -> bool:
        """Whether a head in it has a cookie or an authorization."""
        return any(_SECRET.search(_head_of(record.block)) for record in (self.capture, *self.others))


class PassedOver(Struct, frozen=True, kw_only=True):
    """A record that is no part of an exchange with a web server.

    Attributes:
        kind: Its WARC-Type, or why it is none.
    """

    kind: str


def exchanges(found: Iterable[ForeignRecord | Unreadable]) -> Iterator[ForeignExchange | PassedOver | Unreadable]:
    """Bring together what belongs together: a response or revisit, its request, and metadata about it.

    A request may stand before or behind its response; writers differ. What stands apart from its response is passed
    over, and so is whatever is no HTTP exchange: ``resource``, ``conversion`` (see `Conversions`), look-ups of names.
    """
    open_exchange: ForeignExchange | None = None
    before: list[ForeignRecord] = []
    for record in found:
        if isinstance(record, Unreadable):
            yield record
        elif record.type in ("response", "revisit"):
            if open_exchange:
                yield open_exchange
            open_exchange = _begin(record, before)
            left = len(before) - (len(open_exchange.others) if open_exchange else 0)
            yield from (PassedOver(kind="request") for _ in range(left))
            before = []
            if open_exchange is None:
                yield PassedOver(kind=_kind(record))
        elif open_exchange and record.type in ("request", "metadata") and _belongs(record, open_exchange):
            open_exchange.others.append(record)
        elif record.type == "request":
            yield from (PassedOver(kind="request") for _ in before)
            before = [record]
        else:
            yield PassedOver(kind=_kind(record))
    if open_exchange:
        yield open_exchange
    yield from (PassedOver(kind="request") for _ in before)


def adopted_id(record: ForeignRecord) -> str:
    """Return the record id under which a capture is kept: its own, or one made of what it holds.

    The same record always has the same, so that it is known when it is met again.
    """
    if record.record_id and _RECORD_ID.fullmatch(record.record_id):
        return record.record_id
    return derived_id(record)


def derived_id(record: ForeignRecord) -> str:
    """Return a record id made of what a record holds, for one whose own is missing or not the only one."""
    told = [record.record_id or "", record.type, record.uri("WARC-Target-URI") or "", digest(record.block)]
    return uuid.uuid5(uuid.NAMESPACE_URL, "\n".join([*told, format_date(record.date)])).urn


def payload_digest_of(capture: ForeignRecord) -> str | None:
    """Return the SHA-256 of the entity-body of a response, or None where it has none that is well defined."""
    try:
        return digest(entity_body(parse_response(capture.block)))
    except MessageError:
        return None


def adopt_capture(
    exchange: ForeignExchange,
    *,
    record_id: str,
    warcinfo_id: str,
    payload_digest: str | None,
    original: Original | None,
) -> WarcRecord:
    """Return the record of a capture as our segments hold it: the same block, with digests and references of ours.

    Args:
        exchange: What was found.
        record_id: The id under which it is kept.
        warcinfo_id: Record id of the warcinfo record of the segment.
        payload_digest: That of the response, `payload_digest_of`.
        original: What a revisit refers to.
    """
    record = exchange.capture
    fields = _kept(record, exchange.url, warcinfo_id, record_id)
    if original is not None:
        fields += [
            ("WARC-Refers-To", f"<{original.record_id}>"),
            ("WARC-Refers-To-Target-URI", original.target_uri),
            ("WARC-Refers-To-Date", format_date(original.date)),
        ]
        payload_digest = original.payload_digest
    fields += [("WARC-Payload-Digest", payload_digest)] if payload_digest else []
    return _adopted(record, record_id, fields)


def adopt_others(exchange: ForeignExchange, *, record_id: str, warcinfo_id: str) -> list[WarcRecord]:
    """Return the request and the metadata of an exchange as our segments hold them, behind the capture `record_id`."""
    kept = []
    for record in sorted(exchange.others, key=lambda other: other.type != "request"):
        own_id = adopted_id(record)
        fields = _kept(record, exchange.url, warcinfo_id, own_id)
        kept.append(_adopted(record, own_id, [*fields, ("WARC-Concurrent-To", f"<{record_id}>")]))
    return kept


def adopt_conversions(exchange: ForeignExchange, *, record_id: str, warcinfo_id: str) -> list[WarcRecord]:
    """Return what was made of a capture, as our segments hold it, behind the capture `record_id`."""
    kept = []
    for record in exchange.conversions:
        own_id = adopted_id(record)
        fields = _kept(record, exchange.url, warcinfo_id, own_id)
        kept.append(_adopted(record, own_id, [*fields, ("WARC-Refers-To", f"<{record_id}>")]))
    return kept


def _kept(record: ForeignRecord, url: str, warcinfo_id: str, record_id: str) -> Fields:
    replaced = _STATED_ANEW | (_REFERENCE if record.type in ("revisit", KIND) else set())
    fields = [("WARC-Target-URI", url), ("WARC-Warcinfo-ID", f"<{warcinfo_id}>")]
    if record.record_id and record.record_id != record_id:
        fields.append((f"{ORIGINAL_PREFIX}Record-ID", record.record_id))
    for name, value in record.fields:
        if name.lower() not in replaced:
            fields.append((name, value))
        elif name.lower() not in ("warc-target-uri", "warc-concurrent-to", "warc-warcinfo-id"):
            fields.append((ORIGINAL_PREFIX + name[len("WARC-") :], value))
    return fields


def _adopted(record: ForeignRecord, record_id: str, fields: Fields) -> WarcRecord:
    fields = [*fields, ("WARC-Block-Digest", digest(record.block))]
    stated_again = {(name.replace("WARC-", ORIGINAL_PREFIX, 1), value) for name, value in fields if name[:5] == "WARC-"}
    fields = [field for field in fields if field not in stated_again]
    return WarcRecord(type=record.type, record_id=record_id, date=record.date, fields=fields, block=record.block)


def _begin(record: ForeignRecord, before: list[ForeignRecord]) -> ForeignExchange | None:
    url = record.uri("WARC-Target-URI") or ""
    try:
        normalise(url)
    except InvalidURLError:
        return None
    content_type = (record.field("Content-Type") or "application/http").lower()
    if not content_type.startswith("application/http") or record.field("WARC-Segment-Number"):
        return None
    exchange = ForeignExchange(url=url, capture=record, others=[])
    exchange.others.extend(request for request in before if _belongs(request, exchange))
    return exchange


def _belongs(record: ForeignRecord, exchange: ForeignExchange) -> bool:
    capture = exchange.capture
    linked = (record.record_id is not None and capture.uri("WARC-Concurrent-To") == record.record_id) or (
        capture.record_id is not None and record.uri("WARC-Concurrent-To") == capture.record_id
    )
    if linked or record.type != "request":
        return linked
    alone = not any(other.type == "request" for other in exchange.others)
    return alone and record.uri("WARC-Target-URI") == exchange.url and record.date == capture.date


def _kind(record: ForeignRecord) -> str:
    if (record.uri("WARC-Target-URI") or "").lower().startswith("dns:"):
        return "dns"
    if record.type not in ("response", "revisit"):
        return record.type
    return "segmented" if record.field("WARC-Segment-Number") else "not_http"


def _head_of(block: bytes) -> bytes:
    found = _END_OF_HEAD.search(block)
    return block[: found.start()] if found else block[: 64 * 1024]
