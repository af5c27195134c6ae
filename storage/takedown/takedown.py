"""Taking an article down: what the archive holds of it is removed, and nothing of it is let in again.

An article is taken down by its identity: every address of it, whatever was captured there or will be. What was
captured at its address as the new place of another article goes as well, and so does what repeats it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from broadsheet.storage import cdxj, layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.documents import removals
from broadsheet.storage.documents.removals import Removal, Takedowns
from broadsheet.storage.segments import replaced, warc
from broadsheet.storage.segments.warc import WarcRecord
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.takedown.removing import Doomed, Remover, doomed_in
from broadsheet.storage.urls import identity_hash


def forget(remover: Remover, url: str, reason: str) -> list[Removal]:
    """Take an article down; return what was removed, nothing where nothing was left of it.

    Removals that were cut off are finished first.

    Args:
        remover: The archive.
        url: Any address of the article. It need not be archived: no crawl will fetch it.
        reason: Why, as the archive will say.

    Raises:
        InvalidURLError: `url` is none.
        ArchiveDamagedError: A segment that has to be replaced is damaged or missing.
        StoreError: The store failed; calling it again goes on.
    """
    hashed = identity_hash(url)
    finish(remover)
    made = []
    if Takedowns(remover.store, hashed).of_identity(hashed) is None:
        doomed = doomed_in(remover.store, lambda line: _filed(line) == hashed)
        made.append(_take_down(remover, hashed, doomed, reason))
    return made + enforce(remover)


def finish(remover: Remover) -> list[Removal]:
    """Finish the removals that were cut off; return them."""
    found = list(remover.unfinished())
    for key, removal in found:
        remover.finish(key, removal)
    return [removal for _, removal in found]


def enforce(remover: Remover) -> list[Removal]:
    """Remove what there is of articles that are taken down; return what was removed.

    There is something where another process published while an article was taken down; and where an article that is
    not taken down once moved to an address that is.
    """
    made = []
    while groups := _remaining(remover.store):
        for group in groups:
            if group.scope == "identity":
                made.append(_take_down(remover, group.hashed, group.doomed, group.reason))
            else:
                made.append(
                    remover.remove(
                        group.doomed, at=datetime.now(UTC), reason=group.reason, identity=group.hashed, scope="captures"
                    )
                )
    return made


class _Group(NamedTuple):
    hashed: str
    scope: Literal["identity", "captures"]
    reason: str
    doomed: list[Doomed]


def _take_down(remover: Remover, hashed: str, doomed: list[Doomed], reason: str) -> Removal:
    def is_unanswered_request(record: WarcRecord) -> bool:
        # Nobody answered, so no index line leads to it.
        if record.type != "request" or record.field("WARC-Concurrent-To"):
            return False
        return identity_hash(record.field("WARC-Target-URI") or "") == hashed

    return remover.remove(
        doomed,
        at=datetime.now(UTC),
        reason=reason,
        identity=hashed,
        scope="identity",
        others=[entry.key for entry in remover.store.list(layout.snapshots_prefix(hashed))],
        is_doomed=is_unanswered_request,
    )


def _remaining(store: ObjectStore) -> list[_Group]:
    takedowns = _Known(store)
    if not takedowns.reasons:
        return []
    groups: dict[tuple[str, Literal["identity", "captures"]], _Group] = {}
    for key, segment in replaced.index_segments(store, store.list(layout.INDEX)):
        of_segment: dict[tuple[str, Literal["identity", "captures"]], list[IndexLine]] = {}
        for line in cdxj.decode(segment, key):
            reason, scope = takedowns.judge(line)
            if reason is not None:
                place = (_filed(line), scope)
                groups.setdefault(place, _Group(place[0], scope, reason, []))
                of_segment.setdefault(place, []).append(line)
        for place, lines in of_segment.items():
            groups[place].doomed.append(Doomed(index_key=key, lines=lines))
    return list(groups.values())


class _Known:
    """What the takedowns of an archive say of a capture."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.reasons: dict[str, str] = {}
        self._originals: dict[str, str] = {}
        self._digests: set[str] = set()
        for key, removal in removals.all_of(store):
            if key.startswith(layout.TAKEDOWNS) and removal.identity:
                if removal.scope == "identity":
                    self.reasons.setdefault(removal.identity, removal.reason)
                for record in _bodies(removal):
                    self._originals[record.id] = removal.reason
                    self._digests.add(record.digest or "")

    def judge(self, line: IndexLine) -> tuple[str | None, Literal["identity", "captures"]]:
        """Tell why a capture has to go, or None; and whether its whole article has."""
        filed = _filed(line)
        if filed in self.reasons:
            return self.reasons[filed], "identity"
        if line.filed_as and identity_hash(line.url) in self.reasons:
            return self.reasons[identity_hash(line.url)], "captures"
        if line.mime == "warc/revisit" and line.digest in self._digests:
            return self._originals.get(self._original(line)), "captures"
        return None, "captures"

    def _original(self, line: IndexLine) -> str:
        member = replaced.get_range(self._store, line.filename, int(line.offset), int(line.length))
        return (warc.read_member(member).field("WARC-Refers-To") or "").strip("<>")


def _bodies(removal: Removal) -> Iterator[removals.RemovedRecord]:
    return (record for segment in removal.segments for record in segment.records if record.type == "response")


def _filed(line: IndexLine) -> str:
    return identity_hash(line.filed_as or line.url)
