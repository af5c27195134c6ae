"""Snapshot documents: their bytes, and reading them back so that damage is noticed and never shown."""

from __future__ import annotations

from broadsheet.storage.documents.kind import DocumentKind
from broadsheet.storage.model import Snapshot, SnapshotDocument

_KIND = DocumentKind("snapshot", SnapshotDocument, digits=16, stated_in="schema")
encode = _KIND.encode
decode = _KIND.decode
read = _KIND.read


def numbered(document: SnapshotDocument, key: str, version: int) -> Snapshot:
    """Return a document as a reader sees it: with its key and its number among the versions of its URL."""
    fields = {name: getattr(document, name) for name in document.__struct_fields__}
    return Snapshot(**fields, key=key, version=version)
