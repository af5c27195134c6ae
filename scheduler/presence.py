"""Whether there is an archive at an address: a mistyped one looks like an empty one."""

from __future__ import annotations

from broadsheet.storage.archive import Archive
from broadsheet.storage.errors import ArchiveAddressError


def require_archive(address: str) -> None:
    """Return if anything is archived at an address.

    Raises:
        ArchiveAddressError: Nothing is.
    """
    if next(iter(Archive.open(address).store.list()), None) is None:
        raise ArchiveAddressError(f"there is no archive at {address}")
