"""What a sealed segment adds to the archive: every object of its publication, decided before the first is put.

Deciding touches nothing; `broadsheet.storage.publishing.publication` keeps the plan and carries it out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from broadsheet.storage import cdxj, layout
from broadsheet.storage.captures import Capture
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.documents import manifests, snapshots
from broadsheet.storage.documents.manifests import ManifestObject, Place
from broadsheet.storage.errors import ArchiveDamagedError, NoSuchObjectError
from broadsheet.storage.model import Extractor, HttpAnswer, PageKind, SnapshotDocument, WarcLocation
from broadsheet.storage.optouts import Reservation, reserved
from broadsheet.storage.publishing.catalog import Catalog
from broadsheet.storage.publishing.known import Known, advance
from broadsheet.storage.publishing.publication import Answer, Plan, Published
from broadsheet.storage.publishing.reservations import stated
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.urls import identity, identity_hash, surt
from broadsheet.storage.versions import (
    Finding,
    Standing,
    Verdict,
    content_digest,
    content_name,
    judge,
    redirect_location,
)


def plan(
    batch: str,
    segment: Path,
    captures: Sequence[tuple[Capture, Finding | None]],
    *,
    place: Place,
    catalog: Catalog,
    store: ObjectStore,
    extractor: Extractor,
) -> tuple[Plan, list[Published]]:
    """Decide what a sealed segment adds to the archive.

    Args:
        batch: The batch's name.
        segment: The sealed WARC file.
        captures: Its captures with what reading their pages came to.
        place: Where its manifest stands in the writer's chain.
        catalog: What this writer knows of the archive.
        store: Read for the versions that stood before; nothing is written.
        extractor: What read the pages.
    """
    with segment.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    described = ManifestObject(key=layout.warc_key(batch, sha256[:32]), size=segment.stat().st_size, sha256=sha256)
    return plan_described(batch, described, captures, place=place, catalog=catalog, store=store, extractor=extractor)


def plan_described(
    batch: str,
    segment: ManifestObject,
    captures: Sequence[tuple[Capture, Finding | None]],
    *,
    place: Place,
    catalog: Catalog,
    store: ObjectStore,
    extractor: Extractor,
) -> tuple[Plan, list[Published]]:
    """Decide as `plan` does, of a segment that is in the archive and may not be whole any more.

    Args:
        batch: The batch's name.
        segment: How a manifest names the segment.
        captures: Those of its captures that can be read, as for `plan`.
        place: As for `plan`.
        catalog: As for `plan`.
        store: As for `plan`.
        extractor: As for `plan`.
    """
    warc_key = segment.key
    planner = _Planner(warc_key, catalog, store, extractor)
    published = [planner.add(*pair) for pair in sorted(captures, key=lambda pair: pair[0].captured_at)]
    index = cdxj.encode(planner.lines)
    early = any(layout.is_early(batch, capture.captured_at) for capture, _ in captures)
    index_key = layout.index_key(batch, index, early=early)
    objects = [
        segment,
        *(manifests.described(*snapshot) for snapshot in planner.snapshots),
        manifests.described(index_key, index),
    ]
    manifest = manifests.encode(manifests.at(place, batch, objects))
    return (
        Plan(
            warc_key=warc_key,
            snapshots=planner.snapshots,
            index_key=index_key,
            index=index,
            place=place,
            manifest_key=layout.manifest_key(place.writer, place.number, manifest),
            manifest=manifest,
            outlinks={capture.url: finding.outlinks for capture, finding in captures if finding},
            answers=[_answer(each) for each in published if each.capture.request.purpose == "page"],
        ),
        published,
    )


def _answer(published: Published) -> Answer:
    capture = published.capture
    return Answer(capture.filed_as, capture.url, capture.captured_at, published.outcome, published.reason)


def _is_superseded(capture: Capture, standing: Standing | None, known: Known | None) -> bool:
    """Tell whether the version that stood before a capture is known to have stood after it as well.

    Such captures come late: from an import, or from another writer. A version made of one would stand until the article
    changes the next time, although it was seen otherwise; two crawlers that are shown different pages would take turns.
    """
    if standing is None or known is None or standing.snapshot_key != known.snapshot_key:
        return False
    return capture.captured_at < known.captured_at


def _kind(finding: Finding | None, known: Known | None) -> PageKind | None:
    """Return what a page is that is no article; where it was not read, since its body is known, what it was before."""
    if finding is not None:
        return finding.kind
    return known.kind if known else None


class _Planner:
    """Goes through a batch in the order of its captures, knowing after each what a reader would know."""

    def __init__(self, warc_key: str, catalog: Catalog, store: ObjectStore, extractor: Extractor) -> None:
        self.lines: list[IndexLine] = []
        self.snapshots: list[tuple[str, bytes]] = []
        self._warc_key = warc_key
        self._catalog = catalog
        self._store = store
        self._extractor = extractor
        self._known: dict[str, Known | None] = {}
        self._documents: dict[str, SnapshotDocument] = {}

    def add(self, capture: Capture, finding: Finding | None) -> Published:
        filed = identity(capture.filed_as)
        known = self._known[filed] if filed in self._known else self._catalog.get(capture.filed_as)
        standing = self._standing(capture, known.standing if known else None)
        verdict = judge(capture, finding, standing, self._read)
        if verdict.is_version and _is_superseded(capture, standing, known):
            verdict = Verdict(
                outcome="failed", reason="a later look, archived before, found the version before it standing"
            )
        previous = standing.snapshot_key if standing else None
        reservations = stated(capture, finding)
        snapshot = self._snapshot(capture, finding, verdict, previous, reservations) if verdict.is_version else None
        line = cdxj.index_line(
            capture,
            self._warc_key,
            outcome=verdict.outcome,
            kind=_kind(finding, known) if verdict.outcome == "not_article" else None,
            snapshot=snapshot,
            location=redirect_location(capture),
            reservations=reservations,
            reason=verdict.reason or (finding.reason if finding else None),
        )
        self.lines.append(line)
        self._known[filed] = advance(known, line)
        return Published(
            capture=capture,
            outcome=verdict.outcome,
            reason=verdict.reason,
            changes=verdict.changes,
            snapshot_key=snapshot,
            previous_key=previous if snapshot else None,
            standing_key=snapshot or previous,
            warc=self._location(capture),
        )

    def _snapshot(
        self,
        capture: Capture,
        finding: Finding | None,
        verdict: Verdict,
        previous: str | None,
        reservations: list[Reservation],
    ) -> str:
        assert verdict.digest is not None  # noqa: S101 - what is_version says, said to the type checker
        live = finding if verdict.state == "live" else None
        document = SnapshotDocument(
            url=capture.filed_as,
            final_url=capture.url,
            canonical_url=live.canonical_url if live else None,
            surt=surt(capture.filed_as),
            captured_at=capture.captured_at,
            previous=previous,
            changes=verdict.changes,
            state=verdict.state,
            content_digest=verdict.digest,
            http=HttpAnswer(
                status=capture.status or 0,
                reason=capture.reason,
                content_type=capture.header("content-type"),
                headers=capture.headers,
                ip=capture.ip,
                protocol=capture.protocol,
            ),
            warc=self._location(capture),
            article=live.article if live else None,
            optouts=reserved(reservations),
            reservations=reservations,
            extractor=self._extractor,
        )
        data = snapshots.encode(document)
        key = layout.snapshot_key(identity_hash(capture.filed_as), capture.captured_at, verdict.digest, data)
        self.snapshots.append((key, data))
        self._documents[key] = document
        return key

    def _standing(self, capture: Capture, known: Standing | None) -> Standing | None:
        """Return the version that stood when a capture was made, where another process has published later ones."""
        if known is None or layout.parse_snapshot_key(known.snapshot_key).captured_at <= capture.captured_at:
            return known
        prefix = layout.snapshots_prefix(identity_hash(capture.filed_as))
        stored = [entry.key for entry in self._store.list(prefix)]
        planned = [key for key in self._documents if key.startswith(prefix)]
        for name in map(layout.parse_snapshot_key, sorted([*stored, *planned])):
            if name.captured_at <= capture.captured_at:
                return self._standing_then(name)
        return None

    def _standing_then(self, name: layout.SnapshotName) -> Standing:
        gone = name.content == content_name(content_digest(None, None))
        try:
            payload_digest = None if gone else self._read(name.key).warc.payload_digest
        except (ArchiveDamagedError, NoSuchObjectError):
            payload_digest = None  # `judge` says so where it matters
        return Standing(
            snapshot_key=name.key,
            content=name.content,
            state="gone" if gone else "live",
            payload_digest=payload_digest,
        )

    def _location(self, capture: Capture) -> WarcLocation:
        return WarcLocation(
            key=self._warc_key,
            offset=capture.offset,
            length=capture.length,
            record_id=capture.record_id,
            payload_digest=capture.payload_digest,
        )

    def _read(self, key: str) -> SnapshotDocument:
        return self._documents.get(key) or snapshots.read(self._store, key)
