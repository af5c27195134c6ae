"""The chains of manifests while batches are gone through: which place is whose, and putting what is missing of them."""

from __future__ import annotations

from broadsheet.storage import layout
from broadsheet.storage.chains.inventory import Inventory
from broadsheet.storage.chains.rebuild import rebuild
from broadsheet.storage.documents import manifests
from broadsheet.storage.documents.manifests import Manifest, Place
from broadsheet.storage.errors import ArchiveDamagedError, ArchiveFormatError, NoSuchObjectError
from broadsheet.storage.repairs import Repairs
from broadsheet.storage.stores.objects import ObjectStore

_UNREADABLE = (ArchiveDamagedError, ArchiveFormatError, NoSuchObjectError)


class Chaining:
    """Gives batches their places, and puts their manifests.

    Args:
        store: The archive.
        inventory: What it has.
        repairs: Takes account of it.
    """

    def __init__(self, store: ObjectStore, inventory: Inventory, repairs: Repairs) -> None:
        self._store = store
        self._inventory = inventory
        self._repairs = repairs
        self._ends: dict[str, Place] = {}

    def place(self, batch: str) -> Place:
        """Return the place behind that of the writer's batch before."""
        writer = layout.batch_writer(batch)
        before = self._ends.get(writer)
        return Place(
            writer=writer, number=before.number + 1 if before else 1, previous=before.previous if before else None
        )

    def lacking_before(self, batch: str) -> str | None:
        """Return what is missing without a trace between a batch and its writer's one before, as its number tells."""
        place, manifest, without = self.place(batch), self._inventory.manifests.get(batch), 0
        if manifest is None:
            manifest, without = self._inventory.next_manifest(batch)
        if manifest is None or manifest.number <= place.number + without:
            return None
        one = f"one of the publications {place.number} to {manifest.number - 1}"
        which = one if without else f"publication {place.number}"
        return f"the WARC segment of {which} of writer {place.writer}"

    def is_held_to_nothing(self, batch: str) -> bool:
        """Tell whether others were published behind a batch, and nothing tells what its manifest was."""
        place = self.place(batch)
        if batch in self._inventory.manifests or self._inventory.digest_before(place.writer, place.number + 1):
            return False
        return self._inventory.next_manifest(batch)[0] is not None

    def contradicts(self, batch: str, index_key: str) -> bool:
        """Tell whether the manifest of a batch is missing and would, with an index, not be what the next one names."""
        place = self.place(batch)
        digest = self._inventory.digest_before(place.writer, place.number + 1)
        if digest is None or batch in self._inventory.manifests:
            return False
        try:
            return manifests.digest(manifests.encode(self._rebuilt(batch, index_key, place))) != digest
        except _UNREADABLE:
            return False  # Something else is missing: that is seen to first.

    def put(self, batch: str, index_key: str | None, unknown: str | None) -> None:
        """Put the manifest of a batch where it is missing, and go on behind it.

        Args:
            batch: The batch.
            index_key: Its index segment, if it has one.
            unknown: What of earlier batches cannot be read, so that this one may have had another index.
        """
        place = self.place(batch)
        manifest = self._inventory.manifests.get(batch)
        if manifest is None and index_key is not None:
            manifest = self._made(batch, index_key, place, unknown)
        if manifest is None:
            # Its number was given, whatever it was.
            self._ends[place.writer] = Place(writer=place.writer, number=place.number, previous=None)
            return
        data = manifests.encode(manifest)
        self._repairs.ensure(layout.manifest_key(manifest.writer, manifest.number, data), data)
        self._ends[manifest.writer] = Place(
            writer=manifest.writer, number=manifest.number, previous=manifests.digest(data)
        )

    def _made(self, batch: str, index_key: str, place: Place, unknown: str | None) -> Manifest | None:
        if lacking := self.lacking_before(batch):
            self._repairs.lose(
                index_key,
                f"its manifest is not made anew: which number it has is not told while {lacking} is missing. "
                "Put that back, and run recover again",
            )
            return None
        if place.number > 1 and place.previous is None:
            self._repairs.lose(
                index_key,
                f"no manifest of its batch can be made before that of publication {place.number - 1} of writer "
                f"{place.writer} is, which it has to name: see to what is told of that, and run recover again",
            )
            return None
        try:
            manifest = self._rebuilt(batch, index_key, place)
        except _UNREADABLE as error:
            self._repairs.lose(
                index_key, f"no manifest of its batch can be made: {error}. Put that back, and run recover again"
            )
            return None
        data = manifests.encode(manifest)
        if self._inventory.digest_before(place.writer, place.number + 1) in (None, manifests.digest(data)):
            return manifest
        key = layout.manifest_key(manifest.writer, manifest.number, data)
        if unknown is not None:
            self._repairs.lose(
                key,
                "not the manifest that was there, so it is not put: the next one names another before it. "
                f"{unknown} cannot be read: put it back, and run recover again",
            )
            return None
        self._repairs.lose(key, "not the manifest that was there: the next one names another before it")
        return manifest

    def _rebuilt(self, batch: str, index_key: str, place: Place) -> Manifest:
        return rebuild(
            self._store,
            batch,
            index_key,
            place,
            originals=self._inventory.originals,
            until=self._inventory.opened_next(batch),
            digest=self._inventory.digest_before(place.writer, place.number + 1),
        )
