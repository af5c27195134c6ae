"""From a plan to the archive: WARC, snapshots, one index segment, the manifest; tables behind the commit.

A plan (`broadsheet.storage.publishing.planning`) is kept in the spool before the first PUT, so that a publication that
was cut off is repeated with the same bytes under the same keys. Repeating is harmless.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from broadsheet.storage import cdxj, layout
from broadsheet.storage.captures import Capture
from broadsheet.storage.documents import snapshots
from broadsheet.storage.documents.manifests import Place
from broadsheet.storage.documents.marker import ensure_format
from broadsheet.storage.errors import PlanError
from broadsheet.storage.model import Change, Outcome, WarcLocation
from broadsheet.storage.publishing.catalog import Catalog
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.tables import tables
from broadsheet.storage.versions import Outlink

_PUTS_AT_ONCE = 16  # as many as an S3 store keeps connections for


class Answer(Struct, frozen=True, array_like=True):
    """What the capture of a page came to, for whoever asked for it.

    Attributes:
        filed_as: The URL it was asked for.
        url: The URL of the capture, which may lie behind redirects.
        at: When it was made.
        outcome: What it meant for the article; None for redirects.
        reason: Why.
    """

    filed_as: str
    url: str
    at: datetime
    outcome: Outcome | None
    reason: str | None


class Plan(Struct, frozen=True, kw_only=True):
    """Every object of one publication but the WARC segment itself, byte for byte; and what its pages came to."""

    warc_key: str
    snapshots: list[tuple[str, bytes]]
    index_key: str
    index: bytes
    place: Place
    manifest_key: str
    manifest: bytes
    outlinks: dict[str, list[Outlink]]
    answers: list[Answer] = []

    @property
    def size(self) -> int:
        """How many bytes its objects have in all."""
        return sum(len(document) for _, document in self.snapshots) + len(self.index) + len(self.manifest)


class Published(Struct, frozen=True, kw_only=True):
    """What became of one capture of a batch."""

    capture: Capture
    outcome: Outcome | None
    reason: str | None
    changes: list[Change]
    snapshot_key: str | None
    previous_key: str | None
    standing_key: str | None
    warc: WarcLocation


def encode_plan(publication: Plan) -> bytes:
    """Return the bytes in which the spool keeps a plan."""
    return msgspec.msgpack.encode(publication)


def decode_plan(data: bytes) -> Plan:
    """Read a plan that the spool kept.

    Raises:
        PlanError: It is another version's, or damaged.
    """
    try:
        decoded = msgspec.msgpack.decode(data, type=Plan)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PlanError(f"the plan of a publication cannot be read: {error}") from error
    for key, document in decoded.snapshots:
        if not key.endswith(f"-{layout.digest_name(document, 16)}.json"):
            raise PlanError(f"the plan of a publication is damaged: it holds other bytes for {key}")
    if not decoded.index_key.endswith(f"-{layout.digest_name(decoded.index)}.cdxj.gz"):
        raise PlanError(f"the plan of a publication is damaged: it holds other bytes for {decoded.index_key}")
    if decoded.manifest_key != layout.manifest_key(decoded.place.writer, decoded.place.number, decoded.manifest):
        raise PlanError(f"the plan of a publication is damaged: it holds other bytes for {decoded.manifest_key}")
    return decoded


def publish(publication: Plan, segment: Path, store: ObjectStore, catalog: Catalog) -> None:
    """Put the objects of a plan in their order, take them into the catalog, then write tables. May be repeated at will.

    Raises:
        StoreError: The store failed; nothing was lost, the batch is still in the spool.
    """
    ensure_format(store, create=True)
    store.put(publication.warc_key, segment)
    with ThreadPoolExecutor(_PUTS_AT_ONCE, "publish") as threads:
        for _ in threads.map(lambda pair: store.put(*pair), publication.snapshots):
            pass
    store.put(publication.index_key, publication.index)
    store.put(publication.manifest_key, publication.manifest)
    lines = list(cdxj.decode(publication.index, publication.index_key))
    catalog.ingest(publication.index_key, lines, publication.outlinks)
    planned = dict(publication.snapshots)
    tables.put(
        store,
        publication.index_key,
        lines,
        lambda keys: [snapshots.decode(planned[key], key) for key in keys],
    )
