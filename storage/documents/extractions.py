"""Extraction revisions: what a newer extractor reads in the capture that a version rests on, kept beside its snapshot.

They never take the place of a snapshot, and make and change no version.
"""

from __future__ import annotations

import re

from msgspec import Struct

from broadsheet.storage import layout
from broadsheet.storage.documents.kind import DocumentKind
from broadsheet.storage.model import Article, Extractor, SnapshotDocument
from broadsheet.storage.stores.objects import ObjectStore

EXTRACTION_SCHEMA = "broadsheet.extraction/1"
_NUMBERS = re.compile(r"\d+")


class Extraction(Struct, frozen=True, kw_only=True):
    """What one extractor reads in the capture of one snapshot.

    Attributes:
        schema: ``broadsheet.extraction/1``.
        snapshot: The key of the snapshot.
        url: Its URL.
        extractor: What read the page.
        canonical_url: What the page claims as its address.
        article: What the page says; null where the extractor takes it for no article.
        reason: Why, where it does.
    """

    schema: str = EXTRACTION_SCHEMA
    snapshot: str
    url: str
    extractor: Extractor
    canonical_url: str | None = None
    article: Article | None = None
    reason: str | None = None


_KIND = DocumentKind("extraction", Extraction, digits=16, stated_in="schema")
encode = _KIND.encode
read = _KIND.read


def of_snapshot(store: ObjectStore, snapshot_key: str) -> list[Extraction]:
    """Return the extractions of a snapshot, that of the newest extractor last."""
    beginning = layout.extraction_beginning(snapshot_key)
    directory = beginning.rpartition("/")[0] + "/"
    keys = [entry.key for entry in store.list(directory) if entry.key.startswith(beginning)]
    # Another snapshot of the same millisecond and content would share the beginning.
    found = [extraction for extraction in (read(store, key) for key in keys) if extraction.snapshot == snapshot_key]
    return sorted(found, key=lambda extraction: age(extraction.extractor))


def age(extractor: Extractor) -> tuple[list[int], list[int]]:
    """Return what orders extractors from the oldest to the newest."""
    return _numbers(extractor.version), _numbers(extractor.trafilatura)


def says_the_same(extraction: Extraction, other: Extraction | SnapshotDocument) -> bool:
    """Tell whether two readings of a capture come to the same article."""
    return (extraction.article, extraction.canonical_url) == (other.article, other.canonical_url)


def _numbers(version: str) -> list[int]:
    return [int(number) for number in _NUMBERS.findall(version)]
