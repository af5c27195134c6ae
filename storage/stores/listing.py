"""The order of a listing: keys as bytes, whatever order the server lists in.

AWS lists keys as bytes: ``a-``, ``a.``, ``a/b``, ``a0``. SeaweedFS goes through directories, and so do other
servers on a file system: ``a/b``, ``a-``, ``a.``, ``a0``. The two differ only where a directory has siblings
whose names go on with one of the two characters before ``/``. So one page of a listing has to be held at a
time, and a directory that spans pages only where such a sibling exists and has not come yet.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from broadsheet.storage.stores.objects import ObjectEntry

_BEFORE_SLASH = "-."  # all characters of keys that sort before "/"


class Page(NamedTuple):
    """A part of a listing, as a server gave it, and whether more parts follow."""

    entries: list[ObjectEntry]
    more: bool


def in_key_order(pages: Iterable[Page], prefix: str, first_key: Callable[[str], str | None]) -> Iterator[ObjectEntry]:
    """Go through a listing in the order of the keys as bytes.

    Args:
        pages: The listing of everything under `prefix`, in the order of bytes or directory by directory.
        prefix: The directory that is listed, with its closing ``/``, or ``""``.
        first_key: Asks the server for the first key that begins with a text. It is called for the directories
            that a page ends in, twice for each.
    """
    held: list[ObjectEntry] = []
    emitted = ""
    unfinished: dict[str, bool] = {}  # directories around the last key: may siblings with a lower key follow?

    def siblings_follow(directory: str) -> bool:
        firsts = [first_key(directory + mark) for mark in _BEFORE_SLASH]
        return any(first is not None and first > emitted and not _holds(held, first) for first in firsts)

    for page in pages:
        held = sorted(held + page.entries)
        if page.more and page.entries:
            last = page.entries[-1].key
            unfinished = {
                directory: unfinished[directory] if directory in unfinished else siblings_follow(directory)
                for directory in _directories(last, prefix)
            }
            # Nothing that is still to come sorts before this.
            floor = next((directory + "-" for directory, waits in unfinished.items() if waits), last)
            count = bisect_left(held, floor, key=_key)
            yield from held[:count]
            emitted = held[count - 1].key if count else emitted
            held = held[count:]
    yield from held


def _directories(key: str, prefix: str) -> list[str]:
    """Return the directories around a key below `prefix`, outermost first, without their closing ``/``."""
    return [key[:place] for place in range(len(prefix), len(key)) if key[place] == "/"]


def _holds(entries: list[ObjectEntry], key: str) -> bool:
    place = bisect_left(entries, key, key=_key)
    return place < len(entries) and entries[place].key == key


def _key(entry: ObjectEntry) -> str:
    return entry.key
