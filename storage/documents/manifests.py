"""Manifests: what each publication wrote, chained by digests, so that removal, replacement or reordering shows.

A publication is complete when its manifest is there. The manifests of a writer are numbered from 1 and each names the
digest of the one before it; docs/format.md shows an example.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from broadsheet.storage import layout
from broadsheet.storage.errors import ArchiveDamagedError, ArchiveFormatError
from broadsheet.storage.stores.objects import ObjectStore

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


def encode(manifest: Manifest) -> bytes:
    """Return the bytes of a manifest: one line of JSON."""
    return msgspec.json.encode(manifest) + b"\n"


def digest(data: bytes) -> str:
    """Return how the next manifest names the one with these bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def decode(data: bytes, key: str) -> Manifest:
    """Read the bytes of a manifest.

    Raises:
        ArchiveDamagedError: They are not those that its key names.
        ArchiveFormatError: It is of a format that this version does not read.
    """
    if not key.endswith(f"-{layout.digest_name(data)}.json"):
        raise ArchiveDamagedError(f"manifest {key}: its bytes are not those that were stored; run verify")
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except msgspec.DecodeError as error:
        raise ArchiveFormatError(f"manifest {key} cannot be read: {error}") from error
    if manifest.format != MANIFEST_FORMAT:
        raise ArchiveFormatError(f"manifest {key} is of {manifest.format!r}; this version reads {MANIFEST_FORMAT!r}")
    return manifest


def read(store: ObjectStore, key: str) -> Manifest:
    """Read a manifest.

    Raises:
        NoSuchObjectError: There is none under that key.
        ArchiveDamagedError: Its bytes are not those that its key names.
        ArchiveFormatError: It is of a format that this version does not read.
    """
    return decode(store.get(key), key)
