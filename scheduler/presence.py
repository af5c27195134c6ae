"""Whether there is an archive at an address: a mistyped one looks like an empty one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from broadsheet.scheduler.output import errors
from broadsheet.storage.archive import Archive
from broadsheet.storage.errors import ArchiveAddressError, NoSuchVersionError


def require_archive(address: str) -> None:
    """Return if anything is archived at an address.

    Raises:
        ArchiveAddressError: Nothing is.
    """
    if _is_empty(address):
        raise ArchiveAddressError(f"there is no archive at {address}")


def warn_without_archive(address: str) -> None:
    """Say on stderr that nothing is archived at an address, where nothing is."""
    if _is_empty(address):
        errors.print(f"nothing is archived at {address} yet", soft_wrap=True)


@contextmanager
def asked(address: str) -> Iterator[Archive]:
    """Give the archive at an address; where it has not what it is asked for, say so if it has nothing at all."""
    try:
        yield Archive.open(address)
    except NoSuchVersionError:
        warn_without_archive(address)
        raise


def _is_empty(address: str) -> bool:
    return next(iter(Archive.open(address).store.list()), None) is None
