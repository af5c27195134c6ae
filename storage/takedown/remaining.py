"""What an archive still has of what was removed: captures of articles that are taken down, what repeats old bodies."""

from __future__ import annotations

from typing import Literal, NamedTuple

from broadsheet.storage import cdxj, layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.documents import removals
from broadsheet.storage.segments import replaced
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.takedown.index_lines import Doomed
from broadsheet.storage.urls import identity_hash

Scope = Literal["identity", "captures"]


class Group(NamedTuple):
    """Captures that have to go for one reason.

    Attributes:
        identity: The identity hash of their article; None where what they repeat went by age.
        scope: Whether the whole article has to go.
        reason: Why.
        doomed: The captures, by batch.
    """

    identity: str | None
    scope: Scope
    reason: str
    doomed: list[Doomed]


def remaining(store: ObjectStore) -> list[Group]:
    """Return the captures that have to go because of what was removed before.

    Raises:
        ArchiveDamagedError: An index segment is not what was stored.
    """
    known = _Known(store)
    if not known.has_anything:
        return []
    groups: dict[tuple[str | None, Scope], Group] = {}
    for key, segment in replaced.index_segments(store, store.list(layout.INDEX)):
        of_segment: dict[tuple[str | None, Scope], list[IndexLine]] = {}
        for line in cdxj.decode(segment, key):
            judged = known.judge(line)
            if judged is not None:
                place = (judged.identity, judged.scope)
                groups.setdefault(place, judged)
                of_segment.setdefault(place, []).append(line)
        for place, lines in of_segment.items():
            groups[place].doomed.append(Doomed(index_key=key, lines=lines))
    return list(groups.values())


def filed_under(line: IndexLine) -> str:
    """Return the identity hash of the article that a capture is filed under."""
    return identity_hash(line.filed_as or line.url)


def shown_with(line: IndexLine) -> str | None:
    """Return the identity hash of the article that a requisite was fetched for; None for any other capture."""
    return identity_hash(line.via) if line.via else None


class _Removed(NamedTuple):
    reason: str
    is_takedown: bool


class _Known:
    """What the removals of an archive say of a capture."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._reasons: dict[str, str] = {}
        self._bodies: dict[str, _Removed] = {}
        self._digests: set[str] = set()
        for _, removal in removals.all_of(store):
            if removal.scope == "identity" and removal.identity:
                self._reasons.setdefault(removal.identity, removal.reason)
            for record in (record for segment in removal.segments for record in segment.records):
                if record.type == "response":
                    self._bodies.setdefault(record.id, _Removed(removal.reason, removal.identity is not None))
                    self._digests.add(record.digest or "")
        self._brought_back = self._bodies_there()

    @property
    def has_anything(self) -> bool:
        """Whether anything was removed at all."""
        return bool(self._reasons or self._bodies)

    def judge(self, line: IndexLine) -> Group | None:
        """Return why a capture has to go, without captures; None where it may stay."""
        filed = filed_under(line)
        if filed in self._reasons:
            return Group(filed, "identity", self._reasons[filed], [])
        if line.filed_as and identity_hash(line.url) in self._reasons:
            return Group(filed, "captures", self._reasons[identity_hash(line.url)], [])
        shown = shown_with(line)
        if shown in self._reasons:
            return Group(shown, "captures", self._reasons[shown], [])
        if line.mime != "warc/revisit" or line.digest not in self._digests:
            return None
        original = replaced.original_of(self._store, line)
        removed = self._bodies.get(original)
        if removed is None or original in self._brought_back:
            return None
        return Group(filed if removed.is_takedown else None, "captures", removed.reason, [])

    def _bodies_there(self) -> set[str]:
        """Return the ids of bodies that went by age and are there again: they may be imported anew."""
        by_age = {record_id for record_id, removed in self._bodies.items() if not removed.is_takedown}
        if not by_age:
            return set()
        segments = replaced.index_segments(self._store, self._store.list(layout.INDEX))
        return {line.id for key, segment in segments for line in cdxj.decode(segment, key) if line.id in by_age}
