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
    if is_empty(address):
        raise ArchiveAddressError(_none_at(address))


@contextmanager
def asked(address: str) -> Iterator[Archive]:
    """Give the archive at an address; only where it has not what it is asked for, look whether it has anything at all.

    Raises:
        NoSuchVersionError: That is not archived there, or nothing is.
    """
    try:
        yield Archive.open(address)
    except NoSuchVersionError as error:
        if is_empty(address):
            raise NoSuchVersionError(f"{error}: {_none_at(address)}") from error
        raise


def is_empty(address: str) -> bool:
    """Tell whether nothing at all lies at an address."""
    return next(iter(Archive.open(address).store.list()), None) is None


def _none_at(address: str) -> str:
    return f"there is no archive at {address}"
