"""Archives of any size without a crawl: real index segments, snapshots, manifests and runs over empty WARC segments."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from broadsheet.storage import cdxj, layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.documents import manifests, snapshots
from broadsheet.storage.documents.manifests import ManifestObject, Place
from broadsheet.storage.documents.marker import ensure_format
from broadsheet.storage.index import compaction
from broadsheet.storage.model import Article, Extractor, HttpAnswer, Outcome, SnapshotDocument, WarcLocation
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.urls import identity_hash, surt
from broadsheet.storage.versions import content_digest

WRITER = "0badcafe"
HOSTS = tuple(f"news{number}.example" for number in range(20))
START = datetime(2026, 1, 1, tzinfo=UTC)
BETWEEN_BATCHES = timedelta(minutes=30)
_RECORD_LENGTH = 20_000
_EXTRACTOR = Extractor(name="benchmark", version="1", trafilatura="0")
_HTTP = HttpAnswer(
    status=200,
    reason="OK",
    content_type="text/html",
    headers=[("Content-Type", "text/html")],
    ip="192.0.2.1",
    protocol="http/1.1",
)


def article_url(number: int) -> str:
    """The URL of an article; neighbours lie on different hosts."""
    return f"https://{HOSTS[number % len(HOSTS)]}/{number % 7}/article-{number}"


def redirecting_url(number: int) -> str:
    """A URL that has no versions and leads to the article of that number."""
    return f"https://{HOSTS[number % len(HOSTS)]}/go/{number}"


@dataclass
class GeneratedArchive:
    """An archive that grows batch by batch, as one writer's.

    The articles are looked at in turn, again and again: at the first look each becomes a version, later nothing has
    changed. Every hundredth capture is a redirect instead, from a URL of its own to an article.

    Args:
        folder: Where it lies.
        articles: How many articles it is about.
        batch_size: Captures a batch.
    """

    folder: Path
    articles: int
    batch_size: int
    captures: int = 0
    publications: int = 0
    compaction_seconds: list[float] = field(default_factory=list)
    _previous: str | None = None

    @property
    def store(self) -> FolderStore:
        """The store it lies in."""
        return FolderStore(self.folder)

    def grow_to(self, captures: int) -> None:
        """Publish batches until there are so many captures; each eighth is followed by a compaction, as a crawl's."""
        store = self.store
        if not self.publications:
            ensure_format(store, create=True)
        while self.captures < captures:
            self._publish(min(self.batch_size, captures - self.captures))
            began = time.perf_counter()
            place = Place(writer=WRITER, number=self.publications, previous=None)
            compaction.after_publication(store, place, self.folder / ".local" / "tmp")
            self.compaction_seconds.append(time.perf_counter() - began)

    def _publish(self, count: int) -> None:
        opened = START + self.publications * BETWEEN_BATCHES
        batch = layout.batch_name(opened, WRITER)
        warc_digest = hashlib.sha256(batch.encode()).hexdigest()
        warc_key = layout.warc_key(batch, warc_digest[:32])
        self._write_hole(warc_key, count * _RECORD_LENGTH)
        written = [ManifestObject(key=warc_key, size=count * _RECORD_LENGTH, sha256=warc_digest)]
        lines = []
        for place, number in enumerate(range(self.captures, self.captures + count)):
            line, document = self._capture(number, place, opened + place * timedelta(milliseconds=500), warc_key)
            if document is not None and line.snapshot is not None:
                self._write(line.snapshot, document)
                written.append(manifests.described(line.snapshot, document))
            lines.append(line)
        index = cdxj.encode(lines)
        index_key = layout.index_key(batch, index)
        self._write(index_key, index)
        written.append(manifests.described(index_key, index))
        self.captures += count
        self.publications += 1
        self._write_manifest(batch, written)

    def _capture(self, number: int, place: int, at: datetime, warc_key: str) -> tuple[IndexLine, bytes | None]:
        where = WarcLocation(
            key=warc_key,
            offset=place * _RECORD_LENGTH,
            length=_RECORD_LENGTH,
            record_id=f"urn:uuid:00000000-0000-4000-8000-{number:012d}",
            payload_digest=f"sha256:{number % self.articles:064x}",
        )
        if number % 100 == 99:
            target = article_url(number % self.articles - 1)
            return _line(where, redirecting_url(number), at, status="301", location=target), None
        article = number % self.articles
        url = article_url(article)
        if number >= self.articles:
            return _line(where, url, at, outcome="unchanged"), None
        document = _document(where, url, at, article)
        key = layout.snapshot_key(identity_hash(url), at, document.content_digest, data := snapshots.encode(document))
        return _line(where, url, at, outcome="new", snapshot=key), data

    def _write_manifest(self, batch: str, written: list[ManifestObject]) -> None:
        place = Place(writer=WRITER, number=self.publications, previous=self._previous)
        data = manifests.encode(manifests.at(place, batch, written))
        self._previous = manifests.digest(data)
        self._write(layout.manifest_key(WRITER, self.publications, data), data)

    def _write(self, key: str, data: bytes) -> None:
        """Write an object without waiting for the disk: a store would, a hundred thousand times."""
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def _write_hole(self, key: str, length: int) -> None:
        """Write a file of that length that takes no room on the disk."""
        self._write(key, b"")
        with (self.folder / key).open("r+b") as file:
            file.truncate(length)


def _line(
    where: WarcLocation,
    url: str,
    at: datetime,
    *,
    status: str = "200",
    outcome: Outcome | None = None,
    snapshot: str | None = None,
    location: str | None = None,
) -> IndexLine:
    return IndexLine(
        url=url,
        mime="warc/revisit" if outcome == "unchanged" else "text/html",
        status=status,
        digest=where.payload_digest or "-",
        length=str(where.length),
        offset=str(where.offset),
        filename=where.key,
        at=at,
        id=where.record_id,
        outcome=outcome,
        snapshot=snapshot,
        etag='"57592f"' if status == "200" else None,
        location=location,
    )


def _document(where: WarcLocation, url: str, at: datetime, article: int) -> SnapshotDocument:
    content = Article(title=f"Article {article}", text=f"What article {article} tells. " * 20, language="en")
    return SnapshotDocument(
        url=url,
        final_url=url,
        surt=surt(url),
        captured_at=at,
        content_digest=content_digest(content, None),
        http=_HTTP,
        warc=where,
        article=content,
        extractor=_EXTRACTOR,
    )
