"""Which of the snapshots of an article are its versions, and the numbers of those."""

from __future__ import annotations

from bisect import insort
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from functools import lru_cache, partial
from itertools import pairwise

from broadsheet.storage import layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.documents import removals, snapshots
from broadsheet.storage.documents.removals import Takedowns
from broadsheet.storage.errors import ArchiveDamagedError, NoSuchObjectError
from broadsheet.storage.index.lookup import Lookup
from broadsheet.storage.layout import SnapshotName
from broadsheet.storage.model import Snapshot
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.urls import identity_hash

_MOST_REDIRECTS = 5
_READS_AT_ONCE = 4


def versions(store: ObjectStore, hashed: str) -> list[SnapshotName]:
    """Return the versions of the article with this identity hash, oldest first: the n-th has the number n."""
    return _distinct(_listed(store, hashed))


def find(store: ObjectStore, url: str, lookup: Lookup | None = None) -> tuple[str, list[SnapshotName]]:
    """Return where a URL is filed, and the versions there, oldest first.

    It is filed behind the redirects that were captured at it, where it has no versions of its own.
    """
    lookup = lookup or Lookup(store)
    for _ in range(_MOST_REDIRECTS):
        hashed = identity_hash(url)
        names = versions(store, hashed)
        if names or Takedowns(store, hashed).of(url):
            return url, names
        location = lookup.redirect(url)
        if location is None:
            return url, []
        url = location
    return url, versions(store, identity_hash(url))


def _listed(store: ObjectStore, hashed: str) -> list[SnapshotName]:
    """Return the snapshots that the listing has of an article and that are not taken down, oldest first."""
    keys = [entry.key for entry in store.list(layout.snapshots_prefix(hashed))]
    takedowns = Takedowns(store, hashed)
    return sorted(
        (layout.parse_snapshot_key(key) for key in keys if not takedowns.hides_identity(hashed, key)),
        key=_chronologically,
    )


def read(store: ObjectStore, names: list[SnapshotName], number: int) -> Snapshot:
    """Read a version by its number among the versions of its article."""
    key = names[number - 1].key
    return snapshots.numbered(snapshots.read(store, key), key, number)


def read_all(store: ObjectStore, names: list[SnapshotName], numbers: range | None = None) -> Iterator[Snapshot]:
    """Yield versions of an article, oldest first; four are read at the same time, and no more are held.

    Args:
        store: The archive.
        names: All its versions.
        numbers: Which of them; None for all.
    """
    with ThreadPoolExecutor(_READS_AT_ONCE, "versions") as threads:
        ahead: deque[Future[Snapshot]] = deque()
        for number in range(1, len(names) + 1) if numbers is None else numbers:
            ahead.append(threads.submit(read, store, names, number))
            if len(ahead) == _READS_AT_ONCE:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _read_named(store: ObjectStore, key: str, hashed: str, among: list[SnapshotName]) -> Snapshot | None:
    """Read a snapshot that the index names, or return None where an equal neighbour stands for it, or it was removed.

    Args:
        store: The archive.
        key: The key of the snapshot.
        hashed: The identity hash of its article.
        among: What is listed of the article; gets what the listing lacks.

    Raises:
        ArchiveDamagedError: It is missing.
    """
    if all(name.key != key for name in among):
        if not _is_unlisted(store, key, hashed):
            return None
        insort(among, layout.parse_snapshot_key(key), key=_chronologically)
    names = _distinct(among)
    number = next((number for number, name in enumerate(names, 1) if name.key == key), None)
    return None if number is None else read(store, names, number)


def begun_with(store: ObjectStore, lines: Iterable[IndexLine]) -> Iterator[Snapshot]:
    """Yield the versions that begin with captures, in their order.

    Raises:
        ArchiveDamagedError: One is missing.
    """
    listed_of = lru_cache(maxsize=64)(partial(_listed, store))
    for line in lines:
        if line.snapshot is None:
            continue
        hashed = identity_hash(line.filed_as or line.url)
        snapshot = _read_named(store, line.snapshot, hashed, listed_of(hashed))
        if snapshot is not None:
            yield snapshot


def _is_unlisted(store: ObjectStore, key: str, hashed: str) -> bool:
    """Tell whether a snapshot is there although its listing lacks it, as in a store that is eventually consistent."""
    if Takedowns(store, hashed).hides_identity(hashed, key):
        return False
    try:
        store.size(key)
    except NoSuchObjectError as error:
        if key in removals.removed(store):
            return False  # It was removed after its index line was read.
        raise ArchiveDamagedError(f"snapshot {key} is missing and the index names it; run verify") from error
    return True


def _distinct(oldest_first: list[SnapshotName]) -> list[SnapshotName]:
    # Two writers that saw the same state wrote it twice: equal neighbours are one version.
    return oldest_first[:1] + [name for before, name in pairwise(oldest_first) if name.content != before.content]


def _chronologically(name: SnapshotName) -> tuple[datetime, str]:
    return name.captured_at, name.key
