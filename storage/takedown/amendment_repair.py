"""Making amendment manifests anew from what they tell of: removals, and revisions of extractions."""

from __future__ import annotations

import contextlib
from collections import defaultdict

from broadsheet.storage import key_kinds, layout
from broadsheet.storage.chains.rebuild import describe, is_there
from broadsheet.storage.documents import manifests, removals
from broadsheet.storage.documents.manifests import Manifest, ManifestObject, Place
from broadsheet.storage.errors import ArchiveDamagedError, ArchiveFormatError, NoSuchObjectError
from broadsheet.storage.layout import ManifestName
from broadsheet.storage.repairs import Repairs
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.takedown.removing import Remover

_UNREADABLE = (ArchiveDamagedError, ArchiveFormatError, NoSuchObjectError)


def repair_amendments(remover: Remover, repairs: Repairs) -> None:
    """Put the amendments that are missing or damaged; what no chain tells any more is told anew, at the end of one.

    Raises:
        StoreError: The store failed.
    """
    store = remover.store
    chains = _Chains(store)
    untold = _untold(store, chains.told)
    for writer in chains.of_amendments():
        for number in chains.missing(writer):
            expected = chains.expected(writer, number)
            before = chains.intact.get((writer, number - 1))
            place = Place(
                writer=writer,
                number=number,
                previous=manifests.digest(manifests.encode(before)) if before else None,
            )
            made = [manifests.amendment_at(place, objects) for objects in untold]
            fitting = [each for each in made if expected in manifests.digest(manifests.encode(each))]
            if not fitting:
                repairs.lose(
                    f"{layout.manifests_prefix(writer)}...",
                    f"amendment {number} of this writer cannot be made anew, since what it told of is lost or "
                    "not to be told apart, and the change feed of the writer stops before it: put it, or the "
                    f"documents of {', '.join(layout.REMOVALS)} and {layout.EXTRACTIONS}, back from a backup, "
                    "and run recover again",
                )
                continue
            data = manifests.encode(fitting[0])
            repairs.ensure(layout.manifest_key(writer, number, data), data)
            chains.intact[(writer, number)] = fitting[0]
            untold.remove(fitting[0].objects)
    for objects in untold:
        # Where removals met, what one of them was to put may never have been put.
        there = [each for each in objects if is_there(store, each.key)]
        if there and (key := remover.amend(there)) is not None:
            repairs.put.append(key)


class _Chains:
    """The chains of manifests, as far as they can be read.

    Attributes:
        intact: The manifests that can be read, by writer and number.
        told: The keys that they name.
    """

    def __init__(self, store: ObjectStore) -> None:
        self.intact: dict[tuple[str, int], Manifest] = {}
        self.told: set[str] = set()
        self._names: dict[str, dict[int, ManifestName]] = defaultdict(dict)
        for entry in store.list(layout.MANIFESTS):
            if key_kinds.is_known(entry.key):
                self._add(store, layout.parse_manifest_key(entry.key))
        listed = [entry.key for prefix in (layout.WARC, layout.INDEX) for entry in store.list(prefix)]
        self._with_batches = {layout.batch_writer(layout.batch_of(key)) for key in listed}

    def of_amendments(self) -> list[str]:
        """Return the writers that have published no batch."""
        return sorted(self._names.keys() - self._with_batches)

    def missing(self, writer: str) -> list[int]:
        """Return the numbers of the manifests of a writer that are missing or damaged, in order."""
        return [number for number in range(1, max(self._names[writer]) + 1) if (writer, number) not in self.intact]

    def expected(self, writer: str, number: int) -> str:
        """Return what the digest of a missing manifest holds, as the next one tells, or its own key; or nothing."""
        after = self.intact.get((writer, number + 1))
        if after is not None:
            return after.previous or "-"
        damaged = self._names[writer].get(number)
        return (layout.told_digest(damaged.key) or "") if damaged else ""

    def _add(self, store: ObjectStore, name: ManifestName) -> None:
        self._names[name.writer][name.number] = name
        with contextlib.suppress(*_UNREADABLE):
            manifest = manifests.read(store, name.key)
            self.intact[(name.writer, name.number)] = manifest
            self.told.update(each.key for each in manifest.objects)


def _untold(store: ObjectStore, told: set[str]) -> list[list[ManifestObject]]:
    """Return what was written for each removal that no manifest tells of, the oldest removal first; then revisions."""
    found = []
    gone: dict[str, ManifestObject] = {}
    for prefix in layout.REMOVALS:
        for entry in store.list(prefix):
            with contextlib.suppress(*_UNREADABLE):
                removal = removals.read(store, entry.key)
                gone.update((each.key, each) for each in removal.snapshots if each.key.startswith(layout.EXTRACTIONS))
                if entry.key not in told:
                    written = [describe(store, entry.key), *(each.new for each in removal.replaced)]
                    found.append((removal.at, written))
    untold = [written for _, written in sorted(found, key=lambda pair: pair[0])]
    revisions = gone | {entry.key: describe(store, entry.key) for entry in store.list(layout.EXTRACTIONS)}
    listed = [revisions[key] for key in sorted(revisions.keys() - told)]
    return [*untold, listed] if listed else untold
