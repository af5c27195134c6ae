"""From the wire to the segment: each exchange becomes WARC records, once, before anyone reads its page."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

import msgspec
import scrapy

from broadsheet.crawler.capturing.dating import CaptureDates
from broadsheet.crawler.capturing.open_segment import OpenSegment
from broadsheet.crawler.capturing.publisher import Publisher
from broadsheet.crawler.capturing.shown_page import SHOWN, ShownPage
from broadsheet.crawler.courtesy.delays import DELAY
from broadsheet.crawler.courtesy.robots import RESERVATIONS, ROBOTS_DECISION
from broadsheet.crawler.courtesy.tdm import TDM_FILE
from broadsheet.crawler.credentials import CREDENTIALS, Credentials
from broadsheet.storage import captures, layout
from broadsheet.storage.captures import Capture, Rendering
from broadsheet.storage.digests import digest
from broadsheet.storage.errors import MessageError
from broadsheet.storage.http.messages import ResponseMessage, entity_body, parse_response
from broadsheet.storage.model import Exchange
from broadsheet.storage.optouts import OptOut
from broadsheet.storage.publishing.catalog import Catalog
from broadsheet.storage.publishing.known import Known
from broadsheet.storage.segments import warc
from broadsheet.storage.segments.exchange_records import Original, conversion_record, exchange_records, warcinfo_record
from broadsheet.storage.segments.reading import RENDERER_FIELD, SOURCE_FIELD, capture_of, request_fields
from broadsheet.storage.versions import PRESENT

# Keys of a Scrapy request's meta: why it is made (captures.Request), and what came of it (Captured).
REQUEST = "broadsheet_request"
CAPTURED = "broadsheet_captured"


@dataclass(frozen=True, kw_only=True)
class Captured:
    """A capture on its way to a reader.

    Attributes:
        capture: The capture as it lies in the segment.
        response: The response's bytes as received, also where the segment holds a revisit.
        awaited_by: The segment that waits for a finding, or None where the page is not to be read.
    """

    capture: Capture
    response: bytes
    awaited_by: OpenSegment | None


class Recorder:
    """Writes each exchange of a crawl into the open segment.

    Args:
        publisher: Where the records go.
        catalog: What the archive holds of a URL, to store no body twice.
        source: The source that the crawl is for.
        obey: The opt-outs that are obeyed.
        to_be_read: Tells whether the page of a capture will be read.
        earliest: A moment before which nothing is dated; see `CaptureDates`.
    """

    def __init__(
        self,
        publisher: Publisher,
        catalog: Catalog,
        *,
        source: str,
        obey: Sequence[OptOut] = (),
        to_be_read: Callable[[Capture], bool],
        earliest: datetime | None = None,
    ) -> None:
        self._publisher = publisher
        self._catalog = catalog
        self._source = source
        self._obey = list(obey)
        self._to_be_read = to_be_read
        self._dates = CaptureDates(earliest)

    def record(self, exchange: Exchange, request: scrapy.Request) -> None:
        """Record one exchange and leave what came of it in the request's meta under `CAPTURED`.

        Raises:
            StoreUnavailableError: The spool cannot take it.
        """
        of_the_site = captures.Request(purpose="tdmrep" if request.meta.get(TDM_FILE) else "robots")
        about = self._with_policy(request.meta.get(REQUEST, of_the_site), request)
        credentials: Credentials | None = request.meta.get(CREDENTIALS)
        if credentials is not None:
            exchange = credentials.without(exchange)
        if about.page_reserves and not exchange.response:
            return  # Nobody answered, and what a page asked for that is not archived is nobody's business.
        known = self._catalog.get(about.filed_as or exchange.url)
        exchange = self._dated(exchange, about, known)
        message = _message(exchange)
        payload_digest = None if message is None else _payload_digest(message, request.method)
        original = _original(request, about, exchange, message, payload_digest, known)
        if original is not None and known is not None:
            # It is not read again, and says what it said.
            about = msgspec.structs.replace(about, reservations=[*about.reservations, *known.page_reservations])
        with self._recording(exchange, request.meta.get(SHOWN)) as segment:
            records = exchange_records(
                exchange,
                warcinfo_id=segment.warcinfo_id,
                payload_digest=payload_digest,
                revisit_of=original,
                metadata=request_fields(about, revisit=original is not None),
            )
            members = [warc.serialise(record) for record in records]
            offset = segment.append(b"".join(members))
        if not exchange.response:
            return
        capture = capture_of(
            records[0], about, source=self._source, offset=offset, length=len(members[0]), message=message
        )
        to_be_read = self._to_be_read(capture)
        segment.add(capture, to_be_read=to_be_read)
        request.meta[CAPTURED] = Captured(
            capture=capture, response=exchange.response, awaited_by=segment if to_be_read else None
        )

    def record_rendering(self, captured: Captured, document: bytes) -> None:
        """Record what a browser made of a page whose reading its segment waits for.

        Args:
            captured: The capture of the page.
            document: The document, in UTF-8.

        Raises:
            StoreUnavailableError: The spool cannot take it.
        """
        segment = captured.awaited_by
        assert segment is not None  # noqa: S101 - only what will be read is rendered
        record = conversion_record(
            captured.capture,
            document,
            warcinfo_id=segment.warcinfo_id,
            made_at=datetime.now(UTC),
            content_type="text/html;charset=utf-8",
        )
        member = warc.serialise(record)
        with self._publisher.recording_into(segment):
            offset = segment.append(member)
        segment.add_rendering(captured.capture, Rendering(offset=offset, length=len(member)))

    def _with_policy(self, about: captures.Request, request: scrapy.Request) -> captures.Request:
        """Return why a request is made together with what allowed it, the pace it kept, and what is obeyed."""
        robots, delay = request.meta.get(ROBOTS_DECISION), request.meta.get(DELAY)
        reservations = request.meta.get(RESERVATIONS, [])
        shown: ShownPage | None = request.meta.get(SHOWN)
        page_reserves = (shown.reserves or []) if shown else []
        return msgspec.structs.replace(
            about, obey=self._obey, robots=robots, delay=delay, reservations=reservations, page_reserves=page_reserves
        )

    def _recording(self, exchange: Exchange, shown: ShownPage | None) -> contextlib.AbstractContextManager[OpenSegment]:
        """Give the segment that an exchange goes to: what a page on show asked for to that of the page."""
        segment = shown.segment if shown else None
        if segment is None or layout.is_beyond(segment.batch.name, exchange.started_at):
            return self._publisher.recording(exchange.started_at)
        return self._publisher.recording_into(segment)

    def _dated(self, exchange: Exchange, about: captures.Request, known: Known | None) -> Exchange:
        shown = exchange.started_at
        dated = self._dates.date(exchange.url, about.filed_as or exchange.url, shown, known)
        return exchange if dated == shown else msgspec.structs.replace(exchange, started_at=dated, clock=shown)


def segment_head(batch: str, *, source: str, user_agent: str, renderer: str | None = None) -> tuple[str, bytes]:
    """Return the record id and the bytes of the warcinfo record that a new segment begins with."""
    fields = {
        "software": f"Broadsheet/{version('broadsheet')}",
        "format": "WARC File Format 1.1",
        "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "http-header-user-agent": user_agent,
        "robots": "obey",
        SOURCE_FIELD: source,
    }
    if renderer is not None:
        fields[RENDERER_FIELD] = renderer
    record = warcinfo_record(f"{batch}.warc.gz", fields, created_at=datetime.now(UTC))
    return record.record_id, warc.serialise(record)


def _is_conditional(request: scrapy.Request) -> bool:
    return "If-None-Match" in request.headers or "If-Modified-Since" in request.headers


def _message(exchange: Exchange) -> ResponseMessage | None:
    try:
        return parse_response(exchange.response)
    except MessageError:
        return None


def _payload_digest(message: ResponseMessage, method: str) -> str | None:
    """Return the digest of the body, or None where a compressed transfer coding inflates beyond all measure."""
    try:
        return digest(entity_body(message, method=method))
    except MessageError:
        return None


def _original(
    request: scrapy.Request,
    about: captures.Request,
    exchange: Exchange,
    message: ResponseMessage | None,
    payload_digest: str | None,
    known: Known | None,
) -> Original | None:
    """Return the capture that holds the body already, or None where it has to be stored."""
    if about.render:
        return None  # What a browser shows is not told by the bytes of the page alone.
    if message is None or exchange.truncated or message.status not in {*PRESENT, 304}:
        return None
    if known is None or known.original is None:
        return None
    if message.status == 304:
        # RFC 9110 15.4.5 answers conditions; to a request without any it says nothing about what we hold.
        return known.original if _is_conditional(request) else None
    if about.expected and known.standing is None:
        return None  # Read once and taken for no article; now it is asked for as one and has to be read again.
    if payload_digest is None:
        return None
    return known.original if known.original.payload_digest == payload_digest else None
