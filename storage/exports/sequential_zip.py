"""A ZIP file that is written member by member and can be gone on with after any of them.

The same members give the same bytes, whether or not the writing was interrupted: no clock and no name of a user is in
it. Sizes may be over 4 GiB (ZIP64).
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from broadsheet.storage.exports.progress import Member

# The oldest moment that the format knows (APPNOTE.TXT 4.4.6): the time of a member means nothing here.
_MOMENT = (1980, 1, 1, 0, 0, 0)
_ZIP64 = 45


class SequentialZip:
    """A ZIP file that grows; a context manager that completes it with its directory.

    Args:
        path: The file; it is there, and ends behind the members.
        members: What is in it by now.
    """

    def __init__(self, path: Path, members: Sequence[Member]) -> None:
        self._file = path.open("r+b")
        self._file.seek(0, os.SEEK_END)
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_STORED)
        # The directory is written at the end, from this list.
        self._zip.infolist().extend(map(_entry, members))
        self.members = list(members)

    @property
    def length(self) -> int:
        """How many bytes are whole and on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # After an error it is completed as well: whoever goes on with it cuts it behind its last whole member first.
        try:
            self._zip.close()
            os.fsync(self._file.fileno())
        finally:
            self._file.close()

    def add(self, name: str, pieces: Iterable[bytes]) -> Member:
        """Add a member, uncompressed: what is in it may be read by range."""
        entry = zipfile.ZipInfo(name, _MOMENT)
        entry.create_version = entry.extract_version = _ZIP64
        entry.external_attr = 0o644 << 16
        hashed = hashlib.sha256()
        with self._zip.open(entry, "w", force_zip64=True) as output:
            for piece in pieces:
                hashed.update(piece)
                output.write(piece)
        member = Member(
            name=name, offset=entry.header_offset, size=entry.file_size, crc=entry.CRC, sha256=hashed.hexdigest()
        )
        self.members.append(member)
        return member


def _entry(member: Member) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(member.name, _MOMENT)
    entry.create_version = entry.extract_version = _ZIP64
    entry.external_attr = 0o644 << 16
    entry.header_offset = member.offset
    entry.file_size = entry.compress_size = member.size
    entry.CRC = member.crc
    return entry
