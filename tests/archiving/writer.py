"""A writer of archives without a crawler: visits to pages that never were, recorded and published for real."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from broadsheet.storage.captures import Capture, Request
from broadsheet.storage.digests import digest
from broadsheet.storage.documents import manifests
from broadsheet.storage.http.messages import entity_body, parse_response
from broadsheet.storage.index import compaction
from broadsheet.storage.model import Article, Exchange, Extractor
from broadsheet.storage.publishing import planning, publication
from broadsheet.storage.publishing.batch import Batch
from broadsheet.storage.publishing.catalog import Catalog
from broadsheet.storage.publishing.publication import Plan, Published
from broadsheet.storage.publishing.spool import Spool
from broadsheet.storage.segments import warc
from broadsheet.storage.segments.exchange_records import Original, exchange_records, warcinfo_record
from broadsheet.storage.segments.reading import SOURCE_FIELD, capture_of, request_fields
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.versions import Finding

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
EXTRACTOR = Extractor(name="test", version="1", trafilatura="2.3.1")
Truncation = Literal["length", "time", "disconnect", "unspecified"]


def moment(minute: float) -> datetime:
    """The moment that many minutes after the tests begin."""
    return START + timedelta(minutes=minute)


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One fetch of a URL: when, what came back, and what was read in it."""

    url: str
    at: datetime
    response: bytes
    finding: Finding | None = None
    request: Request = field(default_factory=Request)
    truncated: Truncation | None = None


def answer(body: bytes = b"", status: str = "200 OK", headers: Sequence[tuple[str, str]] = ()) -> bytes:
    """An HTTP response as it is on the wire."""
    head = [("Content-Type", "text/html; charset=utf-8"), *headers, ("Content-Length", str(len(body)))]
    lines = "".join(f"{name}: {value}\r\n" for name, value in head)
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


def shows(url: str, minute: float, text: str, *, noise: str = "", language: str | None = None) -> Visit:
    """A visit that finds an article; with other `noise` the same article comes in another body."""
    article = Article(title="A title", text=text, language=language)
    body = f"<p>{text}</p><!-- {noise} -->".encode()
    return Visit(url=url, at=moment(minute), response=answer(body), finding=Finding(article=article))


def shows_no_article(url: str, minute: float, body: str = "<form>Log in</form>") -> Visit:
    """A visit that finds a page and no article on it."""
    finding = Finding(reason="no article")
    return Visit(url=url, at=moment(minute), response=answer(body.encode()), finding=finding)


def answers(url: str, minute: float, status: str, location: str | None = None) -> Visit:
    """A visit that finds no page: an error, a redirect, a 304."""
    headers = [("Location", location)] if location else []
    return Visit(url=url, at=moment(minute), response=answer(b"", status, headers))


class Writer:
    """What a crawl has of an archive: the store, and a spool and a catalog of its own."""

    def __init__(self, store: ObjectStore, directory: Path) -> None:
        self.store = store
        self.spool = Spool(directory / "spool")
        self.catalog = Catalog(directory / "catalog.sqlite")
        self.scratch = directory / "tmp"
        self.source = "test"

    def record(self, *visits: Visit) -> tuple[Batch, list[tuple[Capture, Finding | None]]]:
        """Record visits in a batch of their own; a body that the catalog knows becomes a revisit."""
        batch = self.spool.open_batch(visits[0].at)
        fields = {"software": "Test", SOURCE_FIELD: self.source}
        info = warcinfo_record(f"{batch.name}.warc.gz", fields, created_at=visits[0].at)
        batch.append(warc.serialise(info))
        captures = [self._record_visit(batch, info.record_id, visit) for visit in visits]
        batch.sync()
        return batch, captures

    def plan(self, batch: Batch, captures: Sequence[tuple[Capture, Finding | None]]) -> tuple[Plan, list[Published]]:
        """Seal a batch and decide what it adds to the archive."""
        return planning.plan(
            batch.name,
            batch.seal(),
            captures,
            place=self.spool.lane.place_of(batch),
            catalog=self.catalog,
            store=self.store,
            extractor=EXTRACTOR,
        )

    def publish(self, *visits: Visit) -> list[Published]:
        """Record visits and bring them into the archive."""
        batch, captures = self.record(*visits)
        plan, published = self.plan(batch, captures)
        batch.write_plan(publication.encode_plan(plan))
        self.finish(batch, plan)
        return published

    def finish(self, batch: Batch, plan: Plan) -> None:
        """Publish and discard a batch that is planned."""
        publication.publish(plan, batch.segment, self.store, self.catalog)
        self.spool.lane.conclude(batch, plan.place, manifests.digest(plan.manifest))
        compaction.after_publication(self.store, plan.place, self.scratch)

    def _record_visit(self, batch: Batch, warcinfo_id: str, visit: Visit) -> tuple[Capture, Finding | None]:
        original = self._original(visit)
        exchange = Exchange(
            url=visit.url,
            started_at=visit.at,
            request=b"GET / HTTP/1.1\r\n\r\n",
            response=visit.response,
            ip="192.0.2.1",
            protocols=["http/1.1", "tls/1.3"],
            truncated=visit.truncated,
        )
        about = request_fields(visit.request, revisit=original is not None)
        records = exchange_records(exchange, warcinfo_id=warcinfo_id, revisit_of=original, metadata=about)
        members = [warc.serialise(record) for record in records]
        offset = batch.append(b"".join(members))
        capture = capture_of(records[0], visit.request, source=self.source, offset=offset, length=len(members[0]))
        return capture, None if capture.revisit else visit.finding

    def _original(self, visit: Visit) -> Original | None:
        known = self.catalog.get(visit.request.filed_as or visit.url)
        if known is None or known.original is None or visit.truncated:
            return None
        message = parse_response(visit.response)
        repeated = message.status == 200 and known.original.payload_digest == digest(entity_body(message))
        return known.original if repeated or message.status == 304 else None
