"""Taking an article down: what the archive holds of it is removed, and nothing of it is let in again.

An article is taken down by its identity: every address of it, whatever was captured there or will be. What was
captured at its address as the new place of another article goes as well, and so does what repeats it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

from msgspec import Struct

from broadsheet.storage import layout
from broadsheet.storage.documents.removals import Removal, Takedowns
from broadsheet.storage.segments.warc import WarcRecord
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.takedown.index_lines import Doomed, doomed_in
from broadsheet.storage.takedown.merging import merge
from broadsheet.storage.takedown.remaining import filed_under, remaining, shown_with
from broadsheet.storage.takedown.removing import Remover
from broadsheet.storage.takedown.stale import sweep
from broadsheet.storage.urls import identity_hash

# As long as others remove at the same time, there may be more to finish.
_ATTEMPTS = 5
# What is made of segments takes no longer, from reading them to putting it.
_SWEPT = timedelta(days=7)


class Foreseen(Struct, frozen=True, kw_only=True):
    """What a takedown would remove.

    Attributes:
        captures: How many captures.
        versions: How many versions.
        segments: How many WARC segments would be written anew without them.
        taken_down: Whether the article was taken down before.
    """

    captures: int
    versions: int
    segments: int
    taken_down: bool


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
        made.append(_take_down(remover, hashed, _doomed(remover.store, hashed), reason))
    return made + enforce(remover)


def foresee(store: ObjectStore, url: str) -> Foreseen:
    """Tell what taking an article down would remove, and change nothing.

    Args:
        store: The archive.
        url: Any address of the article.

    Raises:
        InvalidURLError: `url` is none.
        ArchiveDamagedError: An index segment is not what was stored.
    """
    hashed = identity_hash(url)
    lines = [line for batch in _doomed(store, hashed) for line in batch.lines]
    versions = {entry.key for entry in store.list(layout.snapshots_prefix(hashed))}
    return Foreseen(
        captures=len(lines),
        versions=len(versions.union(line.snapshot for line in lines if line.snapshot)),
        segments=len({line.filename for line in lines}),
        taken_down=Takedowns(store, hashed).of_identity(hashed) is not None,
    )


def finish(remover: Remover) -> list[Removal]:
    """Finish the removals that were cut off, and merge those that met; return them."""
    made: list[Removal] = []
    for _ in range(_ATTEMPTS):
        found = list(remover.unfinished())
        for key, removal in found:
            remover.finish(key, removal)
        merged = merge(remover)
        if not found and not merged:
            break
        made += [removal for _, removal in found] + merged
    return made


def enforce(remover: Remover) -> list[Removal]:
    """Remove what there is of what was removed before; return what was removed.

    There is something where another process published while an article was taken down, or repeats a body that was
    removed meanwhile; and where an article that is not taken down once moved to an address that is.
    """
    made = finish(remover)
    while found := remaining(remover.store):
        for group in found:
            if group.identity is not None and group.scope == "identity":
                made.append(_take_down(remover, group.identity, group.doomed, group.reason))
            else:
                made.append(remover.remove(group.doomed, _draft(group.identity, group.reason, "captures")))
        made += finish(remover)
    sweep(remover.store, datetime.now(UTC) - _SWEPT)
    return made


def _doomed(store: ObjectStore, hashed: str) -> list[Doomed]:
    return doomed_in(store, lambda line: hashed in (filed_under(line), shown_with(line)))


def _take_down(remover: Remover, hashed: str, doomed: list[Doomed], reason: str) -> Removal:
    def is_unanswered_request(record: WarcRecord) -> bool:
        # Nobody answered, so no index line leads to it.
        if record.type != "request" or record.field("WARC-Concurrent-To"):
            return False
        return identity_hash(record.field("WARC-Target-URI") or "") == hashed

    return remover.remove(
        doomed,
        _draft(hashed, reason, "identity"),
        others=[entry.key for entry in remover.store.list(layout.snapshots_prefix(hashed))],
        is_doomed=is_unanswered_request,
    )


def _draft(hashed: str | None, reason: str, scope: Literal["identity", "captures"]) -> Removal:
    return Removal(at=datetime.now(UTC), reason=reason, scope=scope, identity=hashed)
