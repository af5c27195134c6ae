"""Manifests: what each publication wrote, chained by digests, so that removal, replacement or reordering shows.

A publication is complete when its manifest is there. The manifests of a writer are numbered from 1 and each names the
digest of the one before it; docs/format.md shows an example.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from msgspec import Struct

from broadsheet.storage.documents.kind import DocumentKind

MANIFEST_FORMAT = "broadsheet.manifest/1"


class Place(Struct, frozen=True, kw_only=True):
    """A place in a writer's chain.

    Attributes:
        writer: The writer, 8 hexadecimal digits.
        number: The number of the manifest there, from 1.
        previous: ``sha256:`` and the digest of the manifest before it; None at number 1.
    """

    writer: str
    number: int
    previous: str | None


class ManifestObject(Struct, frozen=True, kw_only=True):
    """One object of a publication: its key, its length in bytes, and the hexadecimal digits of its SHA-256."""

    key: str
    size: int
    sha256: str


class Manifest(Struct, frozen=True, kw_only=True):
    """What one publication wrote.

    Attributes:
        format: ``broadsheet.manifest/1``.
        writer: Who published.
        number: Which of that writer's publications it is, from 1.
        previous: The digest of the manifest before it.
        kind: ``batch`` for captures; ``amendment`` for what was done to the archive afterwards.
        batch: The batch, where it is one.
        objects: Everything that was written, in the order of publication.
    """

    format: str = MANIFEST_FORMAT
    writer: str
    number: int
    previous: str | None
    kind: Literal["batch", "amendment"] = "batch"
    batch: str | None = None
    objects: list[ManifestObject] = []

    @property
    def place(self) -> Place:
        """Its place in the chain."""
        return Place(writer=self.writer, number=self.number, previous=self.previous)


_KIND = DocumentKind("manifest", Manifest, digits=32, stated_in="format")
encode = _KIND.encode
decode = _KIND.decode
read = _KIND.read


def described(key: str, data: bytes) -> ManifestObject:
    """Return how a manifest names an object."""
    return ManifestObject(key=key, size=len(data), sha256=hashlib.sha256(data).hexdigest())


def described_file(key: str, path: Path) -> ManifestObject:
    """Return how a manifest names an object whose bytes are those of a file."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return ManifestObject(key=key, size=path.stat().st_size, sha256=sha256)


def at(place: Place, batch: str, objects: list[ManifestObject]) -> Manifest:
    """Return the manifest of a batch, at its place in the chain."""
    return Manifest(writer=place.writer, number=place.number, previous=place.previous, batch=batch, objects=objects)


def amendment_at(place: Place, objects: list[ManifestObject]) -> Manifest:
    """Return the manifest of what was done to the archive afterwards, at its place in the chain."""
    return Manifest(
        writer=place.writer, number=place.number, previous=place.previous, kind="amendment", objects=objects
    )


def digest(data: bytes) -> str:
    """Return how the next manifest names the one with these bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()
