"""Checks the chains of manifests: that none is missing, replaced or out of place, and that all they name is there."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping

from broadsheet.storage import layout
from broadsheet.storage.documents import manifests
from broadsheet.storage.documents.manifests import Manifest
from broadsheet.storage.errors import ArchiveError, InvalidKeyError, NoSuchObjectError
from broadsheet.storage.layout import ManifestName
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import get_intact


class ChainVerifier:
    """Goes through the chains of an archive.

    Args:
        store: Where it lies.
        keys: The keys of its manifests.
        sizes: The lengths in bytes of everything else that is there, by key.
        removed: The keys of what was removed on purpose: it need not be there.

    Attributes:
        defects: What is wrong, by the key it is wrong with.
        named: The SHA-256, in hexadecimal digits, of every object that a manifest names, by key.
    """

    def __init__(self, store: ObjectStore, keys: list[str], sizes: Mapping[str, int], removed: Container[str]) -> None:
        self.defects: list[tuple[str, str]] = []
        self.named: dict[str, str] = {}
        self._store = store
        self._sizes = sizes
        self._removed = removed
        for writer, names in self._chains(keys).items():
            self._check(writer, names)

    def _chains(self, keys: list[str]) -> dict[str, list[ManifestName]]:
        chains: dict[str, list[ManifestName]] = {}
        for key in keys:
            try:
                name = layout.parse_manifest_key(key)
            except InvalidKeyError as error:
                self.defects.append((key, str(error)))
                continue
            chains.setdefault(name.writer, []).append(name)
        return chains

    def _check(self, writer: str, names: list[ManifestName]) -> None:
        expected, previous = 1, None
        for name in sorted(names, key=lambda name: (name.number, name.key)):
            if name.number != expected:
                what = "stands twice" if name.number < expected else f"is the first behind number {expected - 1}"
                self.defects.append((name.key, f"number {name.number} of writer {writer} {what}: the chain is broken"))
                previous = None
            digest = self._check_manifest(name, previous if name.number == expected else None)
            expected, previous = name.number + 1, digest

    def _check_manifest(self, name: ManifestName, previous: str | None) -> str | None:
        """Check one manifest; return its digest, or None where it cannot be read."""
        try:
            data = get_intact(self._store, name.key)
            manifest = manifests.decode(data, name.key)
        except ArchiveError as error:
            self.defects.append((name.key, str(error)))
            return None
        self.defects += ((name.key, what) for what in _misplaced(manifest, name, previous))
        self._check_objects(name.key, manifest)
        return manifests.digest(data)

    def _check_objects(self, key: str, manifest: Manifest) -> None:
        for described in manifest.objects:
            self.named[described.key] = described.sha256
            size = self._sizes.get(described.key)
            if size is None and described.key in self._removed:
                continue
            if size is None:
                self.defects.append((described.key, f"{absence(self._store, described.key)}; named by {key}"))
            elif size != described.size:
                self.defects.append((described.key, f"has {size} bytes, {described.size} in {key}"))


def absence(store: ObjectStore, key: str) -> str:
    """Say of an object that is not listed whether it is missing: a listing may lack what is there."""
    try:
        store.size(key)
    except NoSuchObjectError:
        return "missing"
    return "is there, and the listing lacks it: recover puts it again"


def _misplaced(manifest: Manifest, name: ManifestName, previous: str | None) -> Iterator[str]:
    if (manifest.writer, manifest.number) != (name.writer, name.number):
        yield f"is number {manifest.number} of writer {manifest.writer}, not what its key tells"
    if previous is not None and manifest.previous != previous:
        yield "names another manifest before it than the one that is there"
    if manifest.number == 1 and manifest.previous is not None:
        yield "is the first of its writer and names one before it"
