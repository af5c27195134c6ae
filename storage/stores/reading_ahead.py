"""Reading many objects one after another, each before it is asked for: a server takes its time over every one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import get_intact

_AT_ONCE = 8


def get_all_intact(store: ObjectStore, keys: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Yield keys and bytes of objects whose keys tell their digests, in their order; a few are held at a time.

    Raises:
        NoSuchObjectError: There is no object under a key.
        ArchiveDamagedError: Twice, other bytes came than a key tells.
    """
    with ThreadPoolExecutor(_AT_ONCE, "reading-ahead") as threads:
        under_way: deque[tuple[str, Future[bytes]]] = deque()
        try:
            for key in keys:
                under_way.append((key, threads.submit(get_intact, store, key)))
                if len(under_way) > _AT_ONCE:
                    yield _next(under_way)
            while under_way:
                yield _next(under_way)
        finally:
            for _, future in under_way:
                future.cancel()


def _next(under_way: deque[tuple[str, Future[bytes]]]) -> tuple[str, bytes]:
    key, future = under_way.popleft()
    return key, future.result()
