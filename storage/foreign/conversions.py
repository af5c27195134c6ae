"""What a foreign WARC file holds of what was made of its captures: ``conversion`` records (WARC/1.1, section 6.8).

They may lie anywhere in the file, and have to lie beside their captures in a segment, so that what is removed is
removed whole. So the file is gone through before its captures are taken, and its conversions wait in a nameless file.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from broadsheet.storage.errors import RecordError
from broadsheet.storage.foreign.records import ForeignRecord, read_foreign

KIND = "conversion"
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(ForeignRecord)


class Conversions:
    """The conversions of one file, by what they were made of.

    Args:
        scratch: Where they wait.

    Attributes:
        left: How many nobody has asked for.
    """

    def __init__(self, scratch: Path) -> None:
        scratch.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115 - closed with the context
        self._places: dict[str, list[tuple[int, int]]] = {}
        self.left = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def gather(self, file: BinaryIO) -> None:
        """Go through a file; what is damaged in it is passed over.

        Raises:
            OSError: It cannot be read, or the disk is full.
        """
        try:
            for record in read_foreign(file):
                if isinstance(record, ForeignRecord) and record.type == KIND:
                    self._keep(record)
        except RecordError:
            return  # Who takes the captures is told the same.

    def of(self, record_id: str | None) -> list[ForeignRecord]:
        """Return the conversions of a capture, by its WARC-Record-ID in the file; each is given once."""
        found = []
        for offset, length in self._places.pop(record_id, ()) if record_id else ():
            self._file.seek(offset)
            found.append(_decoder.decode(self._file.read(length)))
        self.left -= len(found)
        return found

    def _keep(self, record: ForeignRecord) -> None:
        encoded = _encoder.encode(record)
        offset = self._file.seek(0, 2)
        self._file.write(encoded)
        self._places.setdefault(record.uri("WARC-Refers-To") or "", []).append((offset, len(encoded)))
        self.left += 1
