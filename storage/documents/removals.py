"""What was removed from an archive on purpose: the documents that say so, and what readers keep to.

A removal is written down before anything is removed. From then on readers pass over what it names, and whoever finds
it unfinished can finish it from the document alone. docs/format.md shows an example.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

from broadsheet.storage import layout
from broadsheet.storage.documents.kind import DocumentKind
from broadsheet.storage.documents.manifests import ManifestObject
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.reading_ahead import get_all_intact
from broadsheet.storage.urls import identity_hash

REMOVAL_FORMAT = "broadsheet.removal/1"
_DIGITS = 16


class RemovedRecord(Struct, frozen=True, kw_only=True):
    """A WARC record that is no more: its id, where its member lay, and the digest of its payload or block."""

    id: str
    type: str
    offset: int
    length: int
    digest: str | None


class Replacement(Struct, frozen=True, kw_only=True):
    """A segment that another of the same batch has taken the place of.

    Attributes:
        old: The segment that is no more.
        new: The one without what was removed.
        records: The records that were removed, of a WARC segment.
        captures: The ids of the captures whose lines were removed, of an index segment.
        versions: The keys of all snapshots that the old index segment named, in the order of their captures: with them
            the manifest of the batch can be made again.
    """

    old: ManifestObject
    new: ManifestObject
    records: list[RemovedRecord] = []
    captures: list[str] = []
    versions: list[str] = []


class Removal(Struct, frozen=True, kw_only=True):
    """What was removed, when and why.

    Attributes:
        format: ``broadsheet.removal/1``.
        at: When it was ordered.
        reason: Why.
        scope: ``identity`` where an article is removed for good, whatever is captured of it later; ``captures`` where
            only what is listed is.
        identity: The identity hash of the article; None for a retention, and where removals that met were merged.
        source: The source whose old captures were removed, of a retention.
        before: What was older than this.
        segments: The WARC segments that were replaced, the newest first.
        indexes: Their index segments, in the same order.
        snapshots: The snapshots that were deleted, and other documents made of the same captures.
    """

    format: str = REMOVAL_FORMAT
    at: datetime
    reason: str
    scope: Literal["identity", "captures"]
    identity: str | None
    source: str | None = None
    before: datetime | None = None
    segments: list[Replacement] = []
    indexes: list[Replacement] = []
    snapshots: list[ManifestObject] = []

    @property
    def beginning(self) -> str:
        """What its key begins with."""
        return layout.removal_beginning(self.identity, self.at)

    @property
    def replaced(self) -> list[Replacement]:
        """Every segment that was replaced."""
        return [*self.segments, *self.indexes]

    @property
    def gone(self) -> list[ManifestObject]:
        """Every object that is no more."""
        return [*(each.old for each in self.replaced), *self.snapshots]


_KIND = DocumentKind("removal", Removal, digits=_DIGITS, stated_in="format")
read = _KIND.read


def read_all(store: ObjectStore, keys: Iterable[str]) -> Iterator[tuple[str, Removal]]:
    """Yield keys and removals in the order of the keys, each read before it is asked for; a few are held at a time.

    Raises:
        NoSuchObjectError: There is none under a key.
        ArchiveDamagedError: The bytes of one are not those that its key names.
        ArchiveFormatError: One is of a format that this version does not read.
    """
    for key, data in get_all_intact(store, keys):
        yield key, _KIND.decode(data, key)


def encode(removal: Removal) -> tuple[str, bytes]:
    """Return key and bytes of a removal: one line of JSON."""
    data = _KIND.encode(removal)
    return f"{removal.beginning}-{layout.digest_name(data, _DIGITS)}.json", data


def all_of(store: ObjectStore, since: datetime | None = None) -> Iterator[tuple[str, Removal]]:
    """Yield every removal of an archive with its key: takedowns, then retentions; one is held at a time.

    Args:
        store: The archive.
        since: Only those that were ordered at this moment or later; others are not read.
    """
    first = f"{layout.milliseconds(since):013d}" if since else ""
    for prefix in layout.REMOVALS:
        for entry in store.list(prefix):
            if entry.key.rpartition("/")[2] >= first:
                yield entry.key, read(store, entry.key)


def removed(store: ObjectStore) -> Mapping[str, ManifestObject | None]:
    """Return the keys of all objects that were removed on purpose, each with what took its place, or None."""
    gone: dict[str, ManifestObject | None] = {}
    for _, removal in all_of(store):
        gone.update((each.old.key, each.new) for each in removal.replaced)
        gone.update((each.key, None) for each in removal.snapshots)
    return gone


class Takedowns:
    """The takedowns of an archive, as they are listed when it is first asked; each is read when it matters.

    Args:
        store: The archive.
        hashed: Only those of the article with this identity hash; None for all.
    """

    def __init__(self, store: ObjectStore, hashed: str | None = None) -> None:
        self._store = store
        self._prefix = layout.TAKEDOWNS if hashed is None else layout.takedowns_prefix(hashed)
        self._listed: dict[str, list[str]] | None = None
        self._read: dict[str, list[Removal]] = {}

    def of(self, url: str) -> Removal | None:
        """Return the takedown by which an article is removed for good, the first of several, or None."""
        return self.of_identity(identity_hash(url))

    def of_identity(self, hashed: str) -> Removal | None:
        """Return the takedown by which the article with this identity hash is removed for good, or None."""
        return next((removal for removal in self._of(hashed) if removal.scope == "identity"), None)

    def hides(self, url: str, snapshot_key: str | None = None) -> bool:
        """Tell whether readers pass over an article, or over one version of it."""
        if not self._keys():
            return False
        return self.hides_identity(identity_hash(url), snapshot_key)

    def hides_identity(self, hashed: str, snapshot_key: str | None = None) -> bool:
        """Tell whether readers pass over the article with this identity hash, or over one version of it."""
        return any(
            removal.scope == "identity" or any(gone.key == snapshot_key for gone in removal.snapshots)
            for removal in self._of(hashed)
        )

    def _of(self, hashed: str) -> list[Removal]:
        if hashed not in self._keys():
            return []
        if hashed not in self._read:
            self._read[hashed] = [read(self._store, key) for key in self._keys()[hashed]]
        return self._read[hashed]

    def _keys(self) -> dict[str, list[str]]:
        if self._listed is None:
            self._listed = {}
            for entry in self._store.list(self._prefix):
                self._listed.setdefault(layout.takedown_identity(entry.key), []).append(entry.key)
        return self._listed
