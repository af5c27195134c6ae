"""What the tables hold: the columns of `captures` and `versions`, and the row of each index line and snapshot.

Nothing here needs pyarrow: a column is a name and the kind of its values, and a row is a mapping. docs/format.md
tells what the columns mean; fields of the index and of the snapshot document keep their names, but for what lies in
nested objects there (``warc.key`` is the column ``warc_key``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, cast

from broadsheet.storage import layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.model import Article, Date, SnapshotDocument
from broadsheet.storage.urls import identity_hash, site, surt

Kind = Literal["text", "texts", "integer", "boolean", "moment", "authors", "images", "related", "reservations"]
Row = dict[str, Any]

_ARTICLE = "captured_at:moment url surt host identity"
_RECORD = "payload_digest warc_key warc_offset:integer warc_length:integer warc_record_id"
_BATCH = "batch writer"
# Columns that came later stand last: files that were written before do not have them.
_OPT_OUTS = "optouts:texts reservations:reservations"


def _columns(*groups: str) -> Mapping[str, Kind]:
    pairs = (column.partition(":") for column in " ".join(groups).split())
    return {name: cast("Kind", kind or "text") for name, _, kind in pairs}


COLUMNS: Mapping[layout.TableName, Mapping[str, Kind]] = {
    "captures": _columns(
        _ARTICLE,
        "filed_as outcome kind mime status:integer etag last_modified location truncated source snapshot_key",
        _RECORD,
        _BATCH,
        "reason",
        _OPT_OUTS,
    ),
    "versions": _columns(
        _ARTICLE,
        "final_url canonical_url snapshot_key previous state changes:texts content_digest",
        "title subtitle text language section tags:texts site_name authors:authors",
        "published published_precision published_zone published_at:moment",
        "modified modified_precision modified_zone modified_at:moment",
        "access complete:boolean images:images related:related",
        "http_status:integer content_type",
        _RECORD,
        "extractor extractor_version trafilatura",
        _BATCH,
        _OPT_OUTS,
    ),
}


def capture_row(batch: str, line: IndexLine) -> Row:
    """Return the row of `captures` for an index line; what the line writes as ``-`` or ``unk`` is null."""
    filed_as = line.filed_as or line.url
    return {
        "captured_at": line.at,
        "url": line.url,
        "surt": surt(line.url),
        "host": site(filed_as),
        "identity": identity_hash(filed_as),
        "filed_as": line.filed_as,
        "outcome": line.outcome,
        "kind": line.kind,
        "mime": _known(line.mime),
        "status": int(line.status) if line.status.isdigit() else None,
        "etag": line.etag,
        "last_modified": line.modified,
        "location": line.location,
        "truncated": line.truncated,
        "source": line.source,
        "snapshot_key": line.snapshot,
        "payload_digest": _known(line.digest),
        "warc_key": line.filename,
        "warc_offset": int(line.offset),
        "warc_length": int(line.length),
        "warc_record_id": line.id,
        **_published_with(batch),
        "reason": line.reason,
        **_opt_outs(line),
    }


def version_row(batch: str, key: str, document: SnapshotDocument) -> Row:
    """Return the row of `versions` for the snapshot document that lies under `key`."""
    return {
        "captured_at": document.captured_at,
        "url": document.url,
        "surt": document.surt,
        "host": site(document.url),
        "identity": identity_hash(document.url),
        "final_url": document.final_url,
        "canonical_url": document.canonical_url,
        "snapshot_key": key,
        "previous": document.previous,
        "state": document.state,
        "changes": document.changes,
        "content_digest": document.content_digest,
        **_article(document.article or Article()),
        "access": document.article and document.article.subscription.access,
        "http_status": document.http.status or None,
        "content_type": document.http.content_type,
        "payload_digest": document.warc.payload_digest,
        "warc_key": document.warc.key,
        "warc_offset": document.warc.offset,
        "warc_length": document.warc.length,
        "warc_record_id": document.warc.record_id,
        "extractor": document.extractor.name,
        "extractor_version": document.extractor.version,
        "trafilatura": document.extractor.trafilatura,
        **_published_with(batch),
        **_opt_outs(document),
    }


def _article(article: Article) -> Row:
    return {
        "title": article.title,
        "subtitle": article.subtitle,
        "text": article.text,
        "language": article.language,
        "section": article.section,
        "tags": article.tags,
        "site_name": article.site_name,
        "authors": [{"name": author.name, "url": author.url} for author in article.authors],
        **_date("published", article.published),
        **_date("modified", article.modified),
        "complete": article.subscription.complete,
        "images": [{"url": image.url, "caption": image.caption, "credit": image.credit} for image in article.images],
        "related": [
            {
                "url": link.url,
                "title": link.title,
                "published": link.published and link.published.value,
                "heading": link.heading,
                "kind": link.kind,
            }
            for link in article.related
        ],
    }


def _date(name: str, date: Date | None) -> Row:
    return {
        name: date and date.value,
        f"{name}_precision": date and date.precision,
        f"{name}_zone": date and date.zone,
        f"{name}_at": date and _instant(date),
    }


def _instant(date: Date) -> datetime | None:
    """Return the moment that a page states, or None where it leaves the hour or the zone open."""
    if date.zone != "stated" or date.precision not in ("second", "minute"):
        return None
    try:
        moment = datetime.fromisoformat(date.value)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):  # a page may state the 31st of June, or the year 9999
        return None


def _published_with(batch: str) -> Row:
    return {"batch": batch, "writer": layout.batch_writer(batch)}


def _opt_outs(of: IndexLine | SnapshotDocument) -> Row:
    return {
        "optouts": of.optouts,
        "reservations": [
            {"source": each.source, "value": each.value, "optouts": each.optouts} for each in of.reservations
        ],
    }


def _known(value: str) -> str | None:
    return None if value in ("-", "unk") else value
