"""Whether the records of a segment are what docs/format.md and WARC/1.1 (ISO 28500:2017) say they are.

That a block is the one that was stored, its digest tells. What is checked here is what no digest covers: the fields of
a record, its gzip member, and how the records of a segment belong together. What other software has written and an
import has kept is held to less: to what the import promises.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from broadsheet.storage.errors import InvalidURLError, MessageError
from broadsheet.storage.http.messages import entity_body, parse_request, parse_response
from broadsheet.storage.segments import warc
from broadsheet.storage.segments.exchange_records import (
    IDENTICAL_PAYLOAD,
    NOT_MODIFIED,
    payload_is_intact,
    response_head,
)
from broadsheet.storage.segments.warc import Member, WarcRecord
from broadsheet.storage.urls import normalise

_CAPTURES = frozenset({"response", "revisit"})
_CONTENT_TYPES = {
    "warcinfo": "application/warc-fields",
    "metadata": "application/warc-fields",
    "request": "application/http;msgtype=request",
    "response": "application/http;msgtype=response",
    "revisit": "application/http;msgtype=response",
    "conversion": "text/html;charset=utf-8",
}
# WARC/1.1, section 5: only this one may be repeated; WARC-Protocol is a later addition to the standard that may be.
_REPEATABLE = frozenset({"warc-concurrent-to", "warc-protocol"})
_TRUNCATIONS = frozenset({"length", "time", "disconnect", "unspecified"})
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # token, RFC 9110 5.6.2
_URI = re.compile(r"[a-z][a-z0-9+.-]*:[^\s<>]+")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# RFC 1952: deflate, no flags, no time; XFL and OS are the compressor's. A comment fills what was removed.
_HEADER = re.compile(rb"\x1f\x8b\x08\x00\x00\x00\x00\x00..", re.DOTALL)
_FILLED_HEADER = re.compile(rb"\x1f\x8b\x08\x10\x00\x00\x00\x00..", re.DOTALL)


class SegmentConformance:
    """Goes through the records of one segment in their order.

    Args:
        filename: The name of the segment that its warcinfo record should tell, or None where it is not known.
    """

    def __init__(self, filename: str | None = None) -> None:
        self._filename = filename
        self._ids: set[str] = set()
        self._warcinfo_id: str | None = None
        self._capture: WarcRecord | None = None
        self._is_request_due = False
        self._is_imported = False

    def check(self, member: Member) -> Iterator[str]:
        """Yield what is wrong with the next record."""
        record = member.record
        is_filling = record.type == "metadata" and not record.field("WARC-Concurrent-To")
        yield from _check_gzip_header(member, is_filling=is_filling)
        yield from _check_fields(member)
        yield from self._check_id(record)
        if record.type == "warcinfo":
            yield from self._check_warcinfo(record)
        elif self._warcinfo_id is None:
            yield "no warcinfo record stands before it"
        if record.type not in _CONTENT_TYPES:
            yield f"it is of the type {record.type!r}"
            return
        yield from _check_digests(record)
        if record.type == "warcinfo" or is_filling:
            yield from self._end_exchange()
            return
        if record.type == "conversion":
            yield from self._check_conversion(record)
            return
        yield from self._check_place(record)
        yield from _check_target(record)
        if record.type in _CAPTURES and record.field("WARC-Warcinfo-ID") != f"<{self._warcinfo_id}>":
            yield "its WARC-Warcinfo-ID is not that of the segment's warcinfo record"
        if record.type == "revisit":
            yield from _check_revisit(record, is_imported=self._is_imported)
        if not self._is_imported:
            yield from _check_own(record)

    def finish(self) -> Iterator[str]:
        """Yield what is wrong with the segment as a whole, now that it was gone through."""
        if self._warcinfo_id is None:
            yield "it has no warcinfo record"
        yield from self._end_exchange()

    def _check_id(self, record: WarcRecord) -> Iterator[str]:
        if _URI.fullmatch(record.record_id) is None:
            yield "its WARC-Record-ID is no URI"
        if record.record_id in self._ids:
            yield "another record of the segment has its WARC-Record-ID"
        self._ids.add(record.record_id)

    def _check_warcinfo(self, record: WarcRecord) -> Iterator[str]:
        if self._warcinfo_id is not None:
            yield "it is the second warcinfo record"
        elif len(self._ids) > 1:
            yield "the warcinfo record is not the first"
        self._warcinfo_id = record.record_id
        self._is_imported = b"\ndescription: imported" in record.block
        if self._filename is not None and record.field("WARC-Filename") != self._filename:
            yield f"its WARC-Filename is not {self._filename}"

    def _check_place(self, record: WarcRecord) -> Iterator[str]:
        """WARC/1.1, section 5.7, and the order in which we write: the capture, its request, its metadata."""
        concurrent = [value.strip("<>") for value in record.all_fields("WARC-Concurrent-To")]
        if record.type in _CAPTURES:
            yield from self._end_exchange()
            self._capture = record
            self._is_request_due = not self._is_imported
        elif any(of not in self._ids for of in concurrent):
            yield "its WARC-Concurrent-To names no record before it"
        elif record.type == "request" and not concurrent:
            yield from self._end_exchange()
            self._capture = record
        elif self._capture is None or self._capture.record_id not in concurrent:
            yield "it stands behind another exchange than its own"
        else:
            self._is_request_due = self._is_request_due and record.type != "request"
            if not self._is_imported and record.date != self._capture.date:
                yield "its WARC-Date is not that of the capture it belongs to"
            if record.field("WARC-Target-URI") != self._capture.field("WARC-Target-URI"):
                yield "its WARC-Target-URI is not that of the capture it belongs to"

    def _check_conversion(self, record: WarcRecord) -> Iterator[str]:
        """WARC/1.1, section 6.8. It may stand between any two exchanges, behind the capture that it was made from."""
        yield from self._end_exchange()
        yield from _check_target(record)
        if (record.field("WARC-Refers-To") or "").strip("<>") not in self._ids:
            yield "its WARC-Refers-To names no record before it"
        if not self._is_imported and record.field("Content-Type") != _CONTENT_TYPES[record.type]:
            yield f"its Content-Type is {record.field('Content-Type')!r}"

    def _end_exchange(self) -> Iterator[str]:
        if self._is_request_due and self._capture is not None:
            yield f"no request follows the {self._capture.type} {self._capture.record_id}"
        self._capture, self._is_request_due = None, False


def _check_gzip_header(member: Member, *, is_filling: bool) -> Iterator[str]:
    if _HEADER.fullmatch(member.header) or (is_filling and _FILLED_HEADER.fullmatch(member.header)):
        return
    yield f"its gzip member begins with {member.header.hex()}"


def _check_fields(member: Member) -> Iterator[str]:
    head = member.head.decode("utf-8", "surrogateescape")
    version, *lines = head.removesuffix("\r\n").split("\r\n")
    if version != "WARC/1.1":
        yield f"it is of the version {version!r}"
    names = [line.partition(":")[0].lower() for line in lines]
    for line in lines:
        name, _, value = line.partition(":")
        if not _NAME.fullmatch(name) or not value.startswith(" ") or not value.strip():
            yield f"{line[:60]!r} is no named field"
        elif not all(character.isprintable() or character == "\xa0" for character in value):
            yield f"the field {name} holds what cannot be printed"
    for name in sorted({name for name in names if names.count(name) > 1} - _REPEATABLE):
        yield f"it has the field {name} more than once"
    record = member.record
    for line in (
        f"WARC-Record-ID: <{record.record_id}>",
        f"WARC-Date: {warc.format_date(record.date)}",
        f"Content-Length: {len(record.block)}",
    ):
        if line not in lines:
            yield f"its {line.partition(':')[0]} is not as it is written"


def _check_digests(record: WarcRecord) -> Iterator[str]:
    for name in ("WARC-Block-Digest", "WARC-Payload-Digest"):
        stated = record.field(name)
        if stated is not None and not _DIGEST.fullmatch(stated):
            yield f"its {name} is no SHA-256"
    if record.block and record.field("WARC-Block-Digest") is None:
        yield "it has no WARC-Block-Digest"
    if not warc.block_is_intact(record):
        yield "the block is not the one that was stored"
    try:
        if not payload_is_intact(record):
            yield "the payload is not the one that was stored"
    except MessageError as error:
        yield str(error)


def _check_target(record: WarcRecord) -> Iterator[str]:
    target = record.field("WARC-Target-URI") or ""
    try:
        normalise(target)
    except InvalidURLError:
        yield "its WARC-Target-URI is none"
    if re.search(r"[\s<>#]", target):
        yield "its WARC-Target-URI holds what a URI does not"


def _check_revisit(record: WarcRecord, *, is_imported: bool) -> Iterator[str]:
    """WARC/1.1, section 6.7."""
    for name in ("WARC-Refers-To", "WARC-Refers-To-Target-URI", "WARC-Refers-To-Date", "WARC-Payload-Digest"):
        if record.field(name) is None:
            yield f"it has no {name}"
    if is_imported:
        return
    profile = record.field("WARC-Profile")
    if profile not in (IDENTICAL_PAYLOAD, NOT_MODIFIED):
        yield f"its WARC-Profile is {profile!r}"
    head = response_head(record)
    if (profile == NOT_MODIFIED) != (head is not None) or (head is not None and record.block):
        yield "its head is not where its profile says"
    elif not _is_head(head or record.block):
        yield "it holds no head of a response and nothing else"


def _check_own(record: WarcRecord) -> Iterator[str]:
    """Look at what a crawl writes, and an import keeps as it finds it."""
    content_type = record.field("Content-Type")
    if record.block and content_type != _CONTENT_TYPES[record.type]:
        yield f"its Content-Type is {content_type!r}"
    truncated = record.field("WARC-Truncated")
    if truncated is not None and truncated not in _TRUNCATIONS:
        yield f"it is truncated for {truncated!r}"
    if record.type == "response" and record.field("WARC-Payload-Digest") is None and _has_payload(record.block):
        yield "it has no WARC-Payload-Digest"
    if record.type == "request" and not _is_request(record.block):
        yield "it holds no request"
    address = record.field("WARC-IP-Address")
    try:
        ipaddress.ip_address(address or "0.0.0.0")  # noqa: S104 - nothing is bound to it
    except ValueError:
        yield "its WARC-IP-Address is none"


def _has_payload(block: bytes) -> bool:
    """Whether a block holds a response whose body can be told: a transfer coding may inflate it beyond all measure."""
    try:
        entity_body(parse_response(block))
    except MessageError:
        return False
    return True


def _is_head(block: bytes) -> bool:
    try:
        return parse_response(block).body_offset == len(block)
    except MessageError:
        return False


def _is_request(block: bytes) -> bool:
    try:
        parse_request(block)
    except MessageError:
        return False
    return True
