"""Everything that storage raises.

::

    ArchiveError
    ├── ArchiveAddressError      the archive's URI cannot be understood, or leads to none: a usage error
    ├── ArchiveFormatError       the archive is of a format this version does not read
    ├── ArchiveDamagedError      what is stored is not what was stored
    ├── NoSuchVersionError       nothing is archived for that URL, number or time
    │   └── TakenDownError       what was archived for it was taken down
    ├── InvalidURLError          not an absolute http or https URL
    ├── CursorError              not a cursor of this archive's change feed
    ├── MessageError             bytes that are no HTTP message, or a body that cannot be decoded
    ├── RecordError              bytes that are no WARC record
    ├── TooLargeError            what is stored is larger than whoever asked is ready to hold
    ├── CatalogError             the local catalog cannot be used
    ├── ExportError              an export cannot go on where it was, or begin where another was begun
    ├── PlanError                a plan in the spool cannot be read
    ├── TablesUnavailableError   the library that tables need is not installed
    └── StoreError               an object store did not do what it was asked
        ├── NoSuchObjectError    there is no object under that key
        ├── InvalidKeyError      a key outside the alphabet of docs/format.md
        ├── KeyCollisionError    other bytes are stored under that key
        └── StoreUnavailableError  the store did not answer in time; asking again may help
"""

from __future__ import annotations


class ArchiveError(Exception):
    """The root of everything that storage raises."""


class ArchiveAddressError(ArchiveError):
    """The archive's URI cannot be understood, or leads to none."""


class ArchiveFormatError(ArchiveError):
    """The archive is of a format this version does not read."""


class ArchiveDamagedError(ArchiveError):
    """What is stored is not what was stored."""


class NoSuchVersionError(ArchiveError):
    """Nothing is archived for that URL, number or time."""


class TakenDownError(NoSuchVersionError):
    """What was archived for that URL was taken down."""


class InvalidURLError(ArchiveError, ValueError):
    """Not an absolute http or https URL."""


class CursorError(ArchiveError, ValueError):
    """Not a cursor of this archive's change feed."""


class MessageError(ArchiveError):
    """Bytes that are no HTTP message, or a body that cannot be decoded."""


class RecordError(ArchiveError):
    """Bytes that are no WARC record."""


class TooLargeError(ArchiveError):
    """What is stored is larger than whoever asked is ready to hold."""


class CatalogError(ArchiveError):
    """The local catalog cannot be used; it may be deleted, the archive has all of it."""


class ExportError(ArchiveError):
    """An export cannot go on where it was, or begin where another was begun."""


class PlanError(ArchiveError):
    """A plan in the spool cannot be read; the batch's segment is there to plan from again."""


class TablesUnavailableError(ArchiveError):
    """The library that tables need is not installed."""


class StoreError(ArchiveError):
    """An object store did not do what it was asked."""


class NoSuchObjectError(StoreError):
    """There is no object under that key."""


class InvalidKeyError(StoreError, ValueError):
    """A key outside the alphabet of docs/format.md."""


class KeyCollisionError(StoreError):
    """Other bytes are already stored under that key."""


class StoreUnavailableError(StoreError):
    """The store did not answer in time; asking again may help."""
