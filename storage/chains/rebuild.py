"""A manifest made anew from the objects that a publication left in the archive, and from what removals tell of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain, groupby, islice, permutations, product

from broadsheet.storage import cdxj, layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.documents import manifests
from broadsheet.storage.documents.manifests import Manifest, ManifestObject, Place
from broadsheet.storage.documents.removals import Removal
from broadsheet.storage.errors import ArchiveDamagedError, NoSuchObjectError
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import get_intact

# Snapshots of the same millisecond come in any order; so many are tried.
_MOST_ORDERS = 1_000
_PIECE = 8 * 1024 * 1024


class Originals:
    """What publications wrote and removals have taken away since.

    Args:
        removals: The removals of the archive.
        named: The keys that manifests name which are there: what they name is no other publication's.

    Attributes:
        replacements: The keys of the segments that have taken the place of others, or are to.
    """

    def __init__(self, removals: Iterable[Removal], named: Iterable[str] = ()) -> None:
        self._segments: dict[tuple[str, str], dict[str, ManifestObject]] = {}
        self._versions: dict[str, list[str]] = {}
        self._gone: dict[str, ManifestObject] = {}
        self.replacements: set[str] = set()
        self._snapshots: dict[str, ManifestObject] = {}
        for removal in removals:
            for each in removal.replaced:
                self._segments.setdefault(_kind_and_batch(each.old.key), {})[each.old.key] = each.old
                self.replacements.add(each.new.key)
            self._versions.update((each.old.key, each.versions) for each in removal.indexes)
            self._gone.update((gone.key, gone) for gone in removal.snapshots)
            self._snapshots.update(
                (gone.key, gone) for gone in removal.snapshots if gone.key.startswith(layout.SNAPSHOTS)
            )
        for key in named:
            self._snapshots.pop(key, None)

    def of(self, prefix: str, batch: str) -> ManifestObject | None:
        """Return the segment with which a batch was published, or None where it is there still."""
        replaced = self._segments.get((prefix, batch), {})
        return next((old for key, old in replaced.items() if key not in self.replacements), None)

    def versions(self, store: ObjectStore, batch: str) -> list[ManifestObject] | None:
        """Return the snapshots with which a batch was published, in their order; None where no removal tells.

        Raises:
            NoSuchObjectError: One is not there, and was not removed.
        """
        index = self.of(layout.INDEX, batch)
        keys = self._versions.get(index.key) if index else None
        return [self._gone.get(key) or describe(store, key) for key in keys] if keys else None

    def is_replaced(self, key: str) -> bool:
        """Tell whether another segment has taken the place of one, or is to."""
        return key in self._segments.get(_kind_and_batch(key), {})

    def is_removed(self, key: str) -> bool:
        """Tell whether a removal has taken away a snapshot, or is to."""
        return key in self._gone

    def snapshots(self, since: datetime | None, until: datetime | None) -> list[ManifestObject]:
        """Return the removed snapshots that no intact manifest names, of captures made in ``[since, until)``."""
        found = []
        for key, gone in self._snapshots.items():
            at = layout.parse_snapshot_key(key).captured_at
            if (since is None or at >= since) and (until is None or at < until):
                found.append(gone)
        return found


_NOTHING_REMOVED = Originals(())


def archived_index(store: ObjectStore, batch: str) -> str | None:
    """Return the key of the index segment that a batch has in the archive, or None."""
    beginning = layout.index_beginning(batch)
    found = (entry.key for entry in store.list(beginning.rpartition("/")[0] + "/"))
    return next((key for key in found if key.startswith(beginning)), None)


def rebuild(
    store: ObjectStore,
    batch: str,
    index_key: str,
    place: Place,
    *,
    originals: Originals = _NOTHING_REMOVED,
    until: datetime | None = None,
    digest: str | None = None,
) -> Manifest:
    """Return the manifest of a batch all of whose objects are there, but for what was removed since.

    It is the one that its writer wrote, where `place` is the same and it can be told which snapshots were removed.

    Args:
        store: The archive.
        batch: The batch.
        index_key: Its index segment.
        place: Where the manifest stands.
        originals: What was removed.
        until: When the writer opened its next batch, if it did.
        digest: The digest that the next manifest of the chain names, if there is one: it tells which guess is right.

    Raises:
        NoSuchObjectError: Something that the index names is not there.
        ArchiveDamagedError: The index cannot be read, or the WARC segment or a snapshot is damaged.
    """
    index = get_intact(store, index_key)
    lines = list(cdxj.decode(index, index_key))
    segments = _segments(store, batch, lines, originals)
    captured = sorted(lines, key=lambda line: (line.at, int(line.offset)))
    standing = [_whole(describe(store, line.snapshot)) for line in captured if line.snapshot]
    last = originals.of(layout.INDEX, batch) or manifests.described(index_key, index)
    told = originals.versions(store, batch)
    if told is not None:
        return manifests.at(place, batch, [*segments, *told, last])
    opened = layout.batch_moment(batch)
    guesses = [originals.snapshots(opened, until), originals.snapshots(None, None), []]
    made = (
        manifests.at(place, batch, [*segments, *order, last])
        for removed in guesses
        for order in islice(_orders(standing, removed), _MOST_ORDERS)
    )
    first = next(made)
    if digest is None:
        return first
    return next((each for each in chain([first], made) if manifests.digest(manifests.encode(each)) == digest), first)


def describe(store: ObjectStore, key: str) -> ManifestObject:
    """Return how a manifest names an object that is there; it is read piece by piece.

    Raises:
        NoSuchObjectError: It is not there.
    """
    size = store.size(key)
    hashed = hashlib.sha256()
    for start in range(0, size, _PIECE):
        hashed.update(store.get_range(key, start, min(_PIECE, size - start)))
    return ManifestObject(key=key, size=size, sha256=hashed.hexdigest())


def is_there(store: ObjectStore, key: str) -> bool:
    """Tell whether an object is there."""
    try:
        store.size(key)
    except NoSuchObjectError:
        return False
    return True


def _segments(store: ObjectStore, batch: str, lines: list[IndexLine], originals: Originals) -> list[ManifestObject]:
    original = originals.of(layout.WARC, batch)
    if original is not None:
        return [original]
    return [_whole(describe(store, key)) for key in sorted({line.filename for line in lines})]


def _whole(described: ManifestObject) -> ManifestObject:
    if not described.sha256.startswith(layout.told_digest(described.key) or ""):
        raise ArchiveDamagedError(f"{described.key}: its bytes are not those that its name tells")
    return described


def _orders(standing: list[ManifestObject], removed: list[ManifestObject]) -> Iterator[list[ManifestObject]]:
    """Yield the orders in which snapshots may have been published: that of their captures, which keys tell in ms."""
    taken_away = {each.key for each in removed}
    in_time = sorted([*standing, *removed], key=lambda each: layout.parse_snapshot_key(each.key).captured_at)
    groups: list[list[tuple[ManifestObject, ...]]] = []
    for _, of_moment in groupby(in_time, key=lambda each: layout.parse_snapshot_key(each.key).captured_at):
        group = tuple(of_moment)
        # Of those that stand, the index tells the order.
        is_open = any(each.key in taken_away for each in group)
        groups.append(list(islice(permutations(group), _MOST_ORDERS)) if is_open else [group])
    return ([each for group in order for each in group] for order in product(*groups))


def _kind_and_batch(key: str) -> tuple[str, str]:
    return key.partition("/")[0] + "/", layout.batch_of(key)
