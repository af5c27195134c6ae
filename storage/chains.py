"""The chains of manifests, one a writer: who has published, and what since when.

The number stands inverted in a manifest's key, so that a listing begins with the newest: what is new since a known
number costs as many requests as there is news.
"""

from __future__ import annotations

from collections.abc import Iterator

from broadsheet.storage import layout
from broadsheet.storage.layout import ManifestName
from broadsheet.storage.objects import ObjectStore


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


def _contiguous(names: list[ManifestName], number: int) -> Iterator[ManifestName]:
    for name in names:
        if name.number > number + 1:
            return
        number = name.number
        yield name


def _newest_first(store: ObjectStore, writer: str) -> Iterator[ManifestName]:
    return (layout.parse_manifest_key(entry.key) for entry in store.list(layout.manifests_prefix(writer)))
