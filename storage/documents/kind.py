"""What all JSON documents of an archive share: one line, a key that tells its digest, a field for its format."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from broadsheet.storage import layout
from broadsheet.storage.errors import ArchiveDamagedError, ArchiveFormatError
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import again_if_damaged

_Document = TypeVar("_Document", bound=Struct)


class DocumentKind(Generic[_Document]):
    """One kind of documents.

    Args:
        noun: What people call one.
        of: The type of one; its field `stated_in` has as its default what this version reads.
        digits: How many hexadecimal digits of its digest stand in its key.
        stated_in: The field that tells the format of a document.
    """

    def __init__(self, noun: str, of: type[_Document], *, digits: int, stated_in: str) -> None:
        self._noun = noun
        self._digits = digits
        self._stated_in = stated_in
        self._read = next(field.default for field in msgspec.structs.fields(of) if field.name == stated_in)
        self._decoder = msgspec.json.Decoder(of)

    def encode(self, document: _Document) -> bytes:
        """Return the bytes of a document: one line of JSON, its keys in the order of docs/format.md."""
        return msgspec.json.encode(document) + b"\n"

    def read(self, store: ObjectStore, key: str) -> _Document:
        """Read a document; where it comes damaged it is asked for once more.

        Raises:
            NoSuchObjectError: There is none under that key.
            ArchiveDamagedError: Its bytes are not those that its key names.
            ArchiveFormatError: It is of a format that this version does not read.
        """
        return again_if_damaged(lambda: self.decode(store.get(key), key))

    def decode(self, data: bytes, key: str) -> _Document:
        """Read the bytes of a document, as stored under a key.

        Raises:
            ArchiveDamagedError: They are not those that the key names.
            ArchiveFormatError: They are of a format that this version does not read.
        """
        if not key.endswith(f"-{layout.digest_name(data, self._digits)}.json"):
            raise ArchiveDamagedError(f"{self._noun} {key}: its bytes are not those that were stored; run verify")
        try:
            document = self._decoder.decode(data)
        except msgspec.DecodeError as error:
            raise ArchiveFormatError(f"{self._noun} {key} cannot be read: {error}") from error
        stated = getattr(document, self._stated_in)
        if stated != self._read:
            raise ArchiveFormatError(f"{self._noun} {key} is of {stated!r}; this version reads {self._read!r}")
        return document
