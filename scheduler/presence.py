"""Whether there is an archive at an address: a mistyped one looks like an empty one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from broadsheet.storage.archive import Archive
from broadsheet.storage.errors import ArchiveAddressError, NoSuchVersionError


def require_archive(address: str) -> None:
    """Return if anything is archived at an address.

    Raises:
        ArchiveAddressError: Nothing is.
    """
    if _is_empty(address):
        raise ArchiveAddressError(f"there is no archive at {address}")


@contextmanager
def asked(address: str) -> Iterator[Archive]:
    """Give the archive at an address; only where it has not what it is asked for, look whether it has anything at all.

    Raises:
        ArchiveAddressError: Nothing is archived there.
        NoSuchVersionError: Something is, but not that.
    """
    try:
        yield Archive.open(address)
    except NoSuchVersionError:
        require_archive(address)
        raise


def _is_empty(address: str) -> bool:
    return next(iter(Archive.open(address).store.list()), None) is None
