"""The chains of manifests, one a writer: who has published, and what since when.

The number stands inverted in a manifest's key, so that a listing begins with the newest: what is new since a known
number costs as many requests as there is news.
"""

from __future__ import annotations

from collections.abc import Iterator

from broadsheet.storage import layout
from broadsheet.storage.errors import ArchiveDamagedError
from broadsheet.storage.layout import ManifestName
from broadsheet.storage.stores.objects import ObjectStore


def writers(store: ObjectStore) -> list[str]:
    """Return the writers that have published, in order."""
    return [name for name in store.directories(layout.MANIFESTS) if layout.is_writer(name)]


def newest(store: ObjectStore, writer: str) -> ManifestName | None:
    """Return the newest manifest of a writer, or None where it has none."""
    return next(_newest_first(store, writer), None)


def since(store: ObjectStore, writer: str, number: int) -> list[ManifestName]:
    """Return the manifests of a writer behind a number, oldest first, up to the first gap.

    There is no gap but where a manifest is missing: what is behind it is not told until it is there again, since
    who was told would never hear of the missing one.
    """
    found: list[ManifestName] = []
    for name in _newest_first(store, writer):
        if name.number <= number:
            break
        found.append(name)
    found.reverse()
    return list(_contiguous(found, number))


class Chain:
    """The manifests of one writer at one moment, listed from the newest as far back as was asked for.

    Attributes:
        newest: The number of the last one; 0 where there is none.
    """

    def __init__(self, store: ObjectStore, writer: str) -> None:
        self.writer = writer
        self._listing = _newest_first(store, writer)
        self._listed: dict[int, list[ManifestName]] = {}
        self.newest = self._list_next()

    def between(self, first: int, last: int) -> list[ManifestName]:
        """Return the manifests `first` to `last`, in their order; of a number that two copies of a lane gave, both.

        Raises:
            ArchiveDamagedError: One of them is missing.
        """
        # One further, since the first may have been given twice.
        while min(self._listed, default=0) >= first and self._list_next():
            pass
        missing = next((number for number in range(first, last + 1) if number not in self._listed), None)
        if missing is not None:
            raise ArchiveDamagedError(f"manifest {missing} of the writer {self.writer} is missing; run recover")
        return [name for number in range(first, last + 1) for name in self._listed[number]]

    def _list_next(self) -> int:
        """List one more; return its number, or 0 where there is none."""
        name = next(self._listing, None)
        if name is None:
            return 0
        self._listed.setdefault(name.number, []).append(name)
        return name.number


def _contiguous(names: list[ManifestName], number: int) -> Iterator[ManifestName]:
    for name in names:
        if name.number > number + 1:
            return
        number = name.number
        yield name


def _newest_first(store: ObjectStore, writer: str) -> Iterator[ManifestName]:
    return (layout.parse_manifest_key(entry.key) for entry in store.list(layout.manifests_prefix(writer)))
