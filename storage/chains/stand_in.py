"""What the index of a batch told, put together from what is left: the manifest, the snapshots, the readable captures.

A manifest names the versions that began in its batch, and a snapshot names its record. So an index that is made of part
of a segment, or without what its writer knew of earlier ones, tells of the same versions as the one that it stands for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from broadsheet.storage import layout
from broadsheet.storage.captures import Capture, Request
from broadsheet.storage.cdxj import IndexLine, index_line
from broadsheet.storage.model import Outcome, SnapshotDocument
from broadsheet.storage.urls import identity_hash
from broadsheet.storage.versions import redirect_location


def stand_in(
    lines: Iterable[IndexLine], named: Sequence[str], documents: Mapping[str, SnapshotDocument]
) -> list[IndexLine]:
    """Return index lines that tell of the versions that a manifest names, and of no others.

    Args:
        lines: The captures that could be read, as they are judged now.
        named: The snapshots that the manifest names and no removal has taken away.
        documents: Those of them that can be read, by key. Of their captures there is a line in any case.
    """
    versions = {_place(key): key for key in named}
    found = [_as_named(line, versions.get(_place_of(line)), documents) for line in lines]
    told = {line.id for line in found}
    source = next((line.source for line in found if line.source), None)
    missing = [key for key, document in documents.items() if document.warc.record_id not in told]
    return [*found, *(_line_of(key, documents[key], source) for key in missing)]


def _as_named(line: IndexLine, snapshot: str | None, documents: Mapping[str, SnapshotDocument]) -> IndexLine:
    if line.outcome is None or snapshot == line.snapshot:
        return line
    if snapshot is None:
        return msgspec.structs.replace(line, snapshot=None, outcome="unchanged")
    document = documents.get(snapshot)
    is_version = line.outcome in ("new", "changed", "gone")
    outcome = _outcome(document) if document else line.outcome if is_version else "changed"
    return msgspec.structs.replace(line, snapshot=snapshot, outcome=outcome, kind=None)


def _line_of(key: str, document: SnapshotDocument, source: str | None) -> IndexLine:
    http, where = document.http, document.warc
    capture = Capture(
        url=document.final_url,
        captured_at=document.captured_at,
        record_id=where.record_id,
        status=http.status or None,
        reason=http.reason,
        headers=http.headers,
        payload_digest=where.payload_digest,
        ip=http.ip,
        protocol=http.protocol,
        source=source,
        request=Request(filed_as=document.url),
        offset=where.offset,
        length=where.length,
    )
    return index_line(
        capture,
        where.key,
        outcome=_outcome(document),
        kind=None,
        snapshot=key,
        location=redirect_location(capture),
        reservations=document.reservations,
    )


def _outcome(document: SnapshotDocument) -> Outcome:
    if document.state == "gone":
        return "gone"
    return "new" if document.previous is None else "changed"


def _place(snapshot_key: str) -> tuple[str, int]:
    """Return the article, and the millisecond, of a version."""
    return snapshot_key.rpartition("/")[0] + "/", layout.milliseconds(
        layout.parse_snapshot_key(snapshot_key).captured_at
    )


def _place_of(line: IndexLine) -> tuple[str, int]:
    return layout.snapshots_prefix(identity_hash(line.filed_as or line.url)), layout.milliseconds(line.at)
