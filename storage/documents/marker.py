"""The object `archive.json`: which format an archive has."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from broadsheet.storage import layout
from broadsheet.storage.errors import ArchiveDamagedError, ArchiveFormatError, NoSuchObjectError
from broadsheet.storage.stores.objects import ObjectStore

ARCHIVE_FORMAT = "broadsheet.archive/1"


class Marker(Struct, frozen=True, kw_only=True):
    """What `archive.json` says."""

    format: str


WHOLE = msgspec.json.encode(Marker(format=ARCHIVE_FORMAT)) + b"\n"
"""The bytes of the object."""


def ensure_format(store: ObjectStore, *, create: bool, required: bool = False) -> None:
    """Check that the archive is of the format this version knows; with `create`, make an empty store one.

    Raises:
        ArchiveDamagedError: What it says of its format cannot be read.
        ArchiveFormatError: It is of another format.
        NoSuchObjectError: It does not say its format, though `required`.
    """
    try:
        found = msgspec.json.decode(store.get(layout.MARKER), type=Marker)
    except NoSuchObjectError:
        if required:
            raise
        if create:
            store.put(layout.MARKER, WHOLE)
        return
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ArchiveDamagedError(f"{layout.MARKER} of this archive cannot be read: {error}; run recover") from error
    if found.format != ARCHIVE_FORMAT:
        message = f"the archive is of format {found.format!r}; this version reads {ARCHIVE_FORMAT!r}"
        raise ArchiveFormatError(message)
