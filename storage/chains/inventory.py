"""What an archive has of each batch, before it is repaired: by its listings, and by what they lack and others name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property

from broadsheet.storage import key_kinds, layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.chains.rebuild import Originals
from broadsheet.storage.documents import manifests, removals
from broadsheet.storage.documents.manifests import Manifest
from broadsheet.storage.documents.removals import Removal
from broadsheet.storage.errors import ArchiveDamagedError, ArchiveFormatError, NoSuchObjectError
from broadsheet.storage.repairs import Repairs
from broadsheet.storage.stores.objects import ObjectStore

_UNREADABLE = (ArchiveDamagedError, ArchiveFormatError, NoSuchObjectError)


class Inventory:
    """The objects of an archive by their batches.

    Args:
        store: The archive.
        repairs: Told of removals that cannot be read, and of what a listing lacks.

    Attributes:
        manifests: The manifests of batches that can be read, by batch.
        originals: What publications wrote and removals have taken away since.
    """

    def __init__(self, store: ObjectStore, repairs: Repairs) -> None:
        self._store = store
        self._repairs = repairs
        found = list(self._intact_manifests())
        self.manifests = {manifest.batch: manifest for manifest in found if manifest.batch}
        self._previous = {(manifest.writer, manifest.number): manifest.previous for manifest in found}
        self._segments = self._by_batch(layout.WARC)
        self._indexes = self._by_batch(layout.INDEX)
        self._named = {described.key for manifest in found for described in manifest.objects}
        self.originals = Originals(self._readable_removals(), self._named)
        self._complete()

    @cached_property
    def batches(self) -> list[str]:
        """The batches of which something is there or named, in the order of their names."""
        return sorted({*self._segments, *self._indexes, *self.manifests})

    def indexes(self, batch: str) -> list[str]:
        """Return the keys of the index segments of a batch: what is named first, what is replaced last."""
        named = self.named_indexes(batch)
        return sorted(
            self._indexes.get(batch, ()), key=lambda key: (self.originals.is_replaced(key), key not in named, key)
        )

    def named_indexes(self, batch: str) -> set[str]:
        """Return the keys that manifests and removals give the index of a batch; nothing where none of them tells."""
        return self._named_segments.get((layout.INDEX, batch), set())

    def named_snapshots(self, batch: str) -> list[str]:
        """Return the snapshots that the manifest of a batch names and that no removal has taken away."""
        manifest = self.manifests.get(batch)
        keys = [described.key for described in manifest.objects] if manifest else []
        return [key for key in keys if key.startswith(layout.SNAPSHOTS) and not self.originals.is_removed(key)]

    def segment(self, batch: str, lines: list[IndexLine]) -> str | None:
        """Return the WARC segment of a batch, or None, and then it is told that it is lost.

        Args:
            batch: The batch.
            lines: What its index has, if it can be read.
        """
        listed = self._listed_segment(batch)
        if listed is not None:
            return listed
        named = next((line.filename for line in lines), self.standing_segment(batch))
        self._repairs.lose(
            named or f"{layout.WARC}...{batch}",
            "the WARC segment is missing, and what it held cannot be made anew: put it back from a backup, and "
            "run recover again",
        )
        return None

    def standing_segment(self, batch: str) -> str | None:
        """Return the key of the WARC segment of a batch, be it there or only named; None where nothing tells."""
        return self._listed_segment(batch) or min(self._named_segments.get((layout.WARC, batch), ()), default=None)

    def _listed_segment(self, batch: str) -> str | None:
        return min(self._segments.get(batch, ()), key=lambda key: (self.originals.is_replaced(key), key), default=None)

    def opened_next(self, batch: str) -> datetime | None:
        """Return when the writer of a batch opened its next one, or None."""
        of_writer = [other for other in self.batches if layout.batch_writer(other) == layout.batch_writer(batch)]
        return next((layout.batch_moment(other) for other in of_writer if other > batch), None)

    def next_manifest(self, batch: str) -> tuple[Manifest | None, int]:
        """Return the manifest of a batch or of the first behind it that has one, of its writer; and how many have not.

        Args:
            batch: The batch.
        """
        writer = layout.batch_writer(batch)
        behind = [other for other in self.batches if other >= batch and layout.batch_writer(other) == writer]
        for number, other in enumerate(behind):
            if other in self.manifests:
                return self.manifests[other], number
        return None, len(behind)

    def digest_before(self, writer: str, number: int) -> str | None:
        """Return the digest that a manifest names of the one before it; None where it is not there."""
        return self._previous.get((writer, number))

    def see_to_listing(self, key: str) -> None:
        """See that a listing has an object that is there."""
        if key not in self._listed_snapshots:
            self._repairs.again(key)

    @cached_property
    def _named_segments(self) -> dict[tuple[str, str], set[str]]:
        """The segments that are named and that no removal has replaced, by prefix and batch."""
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for key in self._named | self.originals.replacements:
            for prefix in (layout.WARC, layout.INDEX):
                if key.startswith(prefix) and not self.originals.is_replaced(key):
                    found[prefix, layout.batch_of(key)].add(key)
        return found

    @cached_property
    def _listed_snapshots(self) -> set[str]:
        return {entry.key for entry in self._store.list(layout.SNAPSHOTS)}

    def _by_batch(self, prefix: str) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for entry in self._store.list(prefix):
            if key_kinds.is_known(entry.key):
                found[layout.batch_of(entry.key)].add(entry.key)
        return found

    def _complete(self) -> None:
        """Add the segments that a manifest names, that are there, and that the listings lack."""
        for prefix, found in ((layout.WARC, self._segments), (layout.INDEX, self._indexes)):
            for key in sorted(key for key in self._named if key.startswith(prefix)):
                if key in found[layout.batch_of(key)] or self.originals.is_replaced(key):
                    continue
                try:
                    self._store.size(key)
                except NoSuchObjectError:
                    continue
                found[layout.batch_of(key)].add(key)
                self._repairs.again(key)

    def _intact_manifests(self) -> Iterator[Manifest]:
        for entry in self._store.list(layout.MANIFESTS):
            try:
                yield manifests.read(self._store, entry.key)
            except _UNREADABLE:
                continue  # It is made anew when its batch is visited.

    def _readable_removals(self) -> Iterator[Removal]:
        for prefix in layout.REMOVALS:
            for entry in self._store.list(prefix):
                try:
                    yield removals.read(self._store, entry.key)
                except _UNREADABLE as error:
                    self._repairs.lose(entry.key, f"{error}; what was removed, and why, is told nowhere else")
