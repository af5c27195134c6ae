"""The change feed: every version of the archive in the order of publication, to be followed from a cursor.

The feed is the chains of manifests, one a writer, so it can be read from the bucket alone. A cursor is a place in each
chain; nothing is ever put before a place that was read, so that following a cursor neither skips nor repeats, whoever
publishes meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Literal, NamedTuple

from msgspec import Struct

from broadsheet.storage import cdxj, layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.chains import chains
from broadsheet.storage.documents import manifests, removals
from broadsheet.storage.documents.manifests import Manifest
from broadsheet.storage.documents.removals import Removal, Takedowns
from broadsheet.storage.errors import ArchiveDamagedError, CursorError, NoSuchObjectError
from broadsheet.storage.model import Outcome
from broadsheet.storage.segments import replaced
from broadsheet.storage.stores.objects import ObjectStore

_PLACE = re.compile(r"([0-9a-f]{8}):([0-9]{1,10})(?:\.([0-9]{1,15}))?")


class Change(Struct, frozen=True, kw_only=True):
    """A version that was published, or one that was removed on purpose, so that whoever has a copy can follow.

    Attributes:
        cursor: Where to go on from after it.
        url: The URL whose version it is; None where it was removed: the archive does not know it any more, since a
            takedown leaves its hash alone. Whoever has a copy knows it by `snapshot_key`.
        outcome: ``new``, ``changed`` or ``gone``; ``forgotten`` where it was removed.
        captured_at: When the capture was made.
        removed_at: When its removal was ordered; None where it was not removed.
        snapshot_key: The version's document.
        content: 16 hexadecimal digits of its content digest. Two writers that saw the same state at the same time both
            tell of it: equal neighbours of one URL are one version.
        batch: The batch it was published with; empty where it was removed.
    """

    cursor: str
    url: str | None
    outcome: Outcome | Literal["forgotten"]
    captured_at: datetime
    removed_at: datetime | None = None
    snapshot_key: str
    content: str
    batch: str


class _Place(NamedTuple):
    """What was told of a chain: all manifests up to `number`, and of the next the captures up to byte `offset`."""

    number: int
    offset: int | None = None


class Changes(Iterator[Change]):
    """The changes behind a cursor, as far as they are published now.

    Args:
        store: Where the archive lies.
        cursor: Where to go on from: what an earlier reading came to; None for the beginning.

    Attributes:
        cursor: Where to go on from after what was read so far; at the end, behind publications without changes too.

    Raises:
        CursorError: The cursor is none, or another archive's.
    """

    def __init__(self, store: ObjectStore, cursor: str | None = None) -> None:
        self._store = store
        self._places = _parse(cursor)
        self._known_removed: AbstractSet[str] = frozenset()
        self._changes = self._read()

    def __next__(self) -> Change:
        """Return the next change."""
        return next(self._changes)

    @property
    def cursor(self) -> str:
        """Where to go on from."""
        told = sorted(self._places.items())
        return ",".join(f"{writer}:{number}" + ("" if at is None else f".{at}") for writer, (number, at) in told)

    def _read(self) -> Iterator[Change]:
        takedowns = Takedowns(self._store)
        for manifest in self._in_order(self._pending()):
            if manifest.kind == "amendment":
                yield from self._removals_of(manifest)
            else:
                yield from self._changes_of(manifest, takedowns)
            self._places[manifest.writer] = _Place(manifest.number)

    def _pending(self) -> dict[str, list[layout.ManifestName]]:
        writers = chains.writers(self._store)
        unknown = self._places.keys() - set(writers)
        pending = {}
        for writer in writers:
            place = self._places.get(writer, _Place(0))
            pending[writer] = chains.since(self._store, writer, place.number)
            newest = chains.newest(self._store, writer) if writer in self._places and not pending[writer] else None
            if newest and newest.number < place.number:
                unknown.add(writer)
        if unknown:
            raise CursorError(
                f"the cursor {self.cursor} is not of this archive, or of an older state of it: it is ahead of writer "
                f"{min(unknown)}. Start again without a cursor"
            )
        return pending

    def _in_order(self, pending: dict[str, list[layout.ManifestName]]) -> Iterator[Manifest]:
        """Yield manifests in the order of each chain, and among the chains that of their batches."""
        waiting = {writer: iter(names) for writer, names in pending.items()}
        heads: dict[str, Manifest] = {}
        while True:
            for writer in [writer for writer in waiting if writer not in heads]:
                name = next(waiting[writer], None)
                if name is None:
                    del waiting[writer]
                else:
                    heads[writer] = manifests.read(self._store, name.key)
            if not heads:
                return
            yield heads.pop(min(heads, key=lambda writer: (heads[writer].batch or "", writer)))

    def _changes_of(self, manifest: Manifest, takedowns: Takedowns) -> Iterator[Change]:
        told = self._places.get(manifest.writer, _Place(0)).offset
        for line in self._lines(manifest):
            offset = int(line.offset)
            if line.snapshot is None or line.outcome is None or (told is not None and offset <= told):
                continue
            if takedowns.hides(line.filed_as or line.url, line.snapshot):
                continue
            self._places[manifest.writer] = _Place(manifest.number - 1, offset)
            yield Change(
                cursor=self.cursor,
                url=line.filed_as or line.url,
                outcome=line.outcome,
                captured_at=line.at,
                snapshot_key=line.snapshot,
                content=layout.parse_snapshot_key(line.snapshot).content,
                batch=manifest.batch or "",
            )

    def _removals_of(self, manifest: Manifest) -> Iterator[Change]:
        told = self._places.get(manifest.writer, _Place(0)).offset
        for place, (name, removed_at) in enumerate(self._removed(manifest)):
            if told is not None and place <= told:
                continue
            self._places[manifest.writer] = _Place(manifest.number - 1, place)
            yield Change(
                cursor=self.cursor,
                url=None,
                outcome="forgotten",
                captured_at=name.captured_at,
                removed_at=removed_at,
                snapshot_key=name.key,
                content=name.content,
                batch="",
            )

    def _removal(self, key: str) -> Removal:
        try:
            return removals.read(self._store, key)
        except NoSuchObjectError as error:
            raise ArchiveDamagedError(f"removal {key} is missing and its manifest names it; run verify") from error

    def _removed(self, manifest: Manifest) -> Iterator[tuple[layout.SnapshotName, datetime]]:
        for named in manifest.objects:
            if named.key.startswith(layout.REMOVALS):
                removal = self._removal(named.key)
                for gone in removal.snapshots:
                    if gone.key.startswith(layout.SNAPSHOTS):
                        yield layout.parse_snapshot_key(gone.key), removal.at

    def _lines(self, manifest: Manifest) -> list[IndexLine]:
        keys = [named.key for named in manifest.objects if named.key.startswith(layout.INDEX)]
        found = [self._segment(key) for key in keys]
        lines = [line for segment in found for line in _decode(*segment)]
        if [key for key, _ in found] != keys:
            self._check_versions(manifest, lines)
        return sorted(lines, key=lambda line: int(line.offset))

    def _check_versions(self, manifest: Manifest, lines: list[IndexLine]) -> None:
        """See that an index that is not the one of the manifest lacks no version: who reads on would never hear of it.

        It is what a removal has left, or what `recover` made of part of a damaged segment.
        """
        told = {line.snapshot for line in lines}
        named = {each.key for each in manifest.objects if each.key.startswith(layout.SNAPSHOTS)}
        lacking = named - told - self._known_removed
        if lacking:
            self._known_removed = removals.removed(self._store).keys()
        if lacking - self._known_removed:
            raise ArchiveDamagedError(
                f"the index of batch {manifest.batch} lacks versions that its manifest names, {min(lacking)} for one: "
                "put its WARC segment back, and run recover"
            )

    def _segment(self, key: str) -> tuple[str, bytes]:
        try:
            return replaced.get(self._store, key)
        except NoSuchObjectError as error:
            message = f"index segment {key} is missing and its manifest names it; run recover"
            raise ArchiveDamagedError(message) from error


def _decode(key: str, segment: bytes) -> Iterator[IndexLine]:
    return cdxj.decode(segment, key)


def _parse(cursor: str | None) -> dict[str, _Place]:
    places = {}
    for part in cursor.split(",") if cursor else []:
        match = _PLACE.fullmatch(part)
        if match is None:
            raise CursorError(f"{cursor!r} is no cursor of a change feed: give one as `changes` printed it")
        places[match[1]] = _Place(int(match[2]), None if match[3] is None else int(match[3]))
    return places
