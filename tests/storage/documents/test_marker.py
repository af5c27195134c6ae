"""The object that says which format an archive has."""

from __future__ import annotations

import pytest

from broadsheet.storage.documents.marker import ensure_format
from broadsheet.storage.errors import ArchiveDamagedError, ArchiveFormatError
from broadsheet.storage.stores.folder import FolderStore


def test_an_empty_store_becomes_an_archive_only_when_that_is_asked_for(store: FolderStore) -> None:
    ensure_format(store, create=False)
    assert list(store.list()) == []

    ensure_format(store, create=True)
    assert store.get("archive.json") == b'{"format":"broadsheet.archive/1"}\n'


def test_a_store_of_this_format_is_taken_as_it_is(store: FolderStore) -> None:
    marker = b'{"added_later": 1, "format": "broadsheet.archive/1"}'
    store.put("archive.json", marker)

    for create in (False, True):
        ensure_format(store, create=create)

    assert store.get("archive.json") == marker


@pytest.mark.parametrize("marker", [b"{}", b"", b"null", b'{"format":1}'])
def test_a_marker_that_says_no_format_is_damaged(store: FolderStore, marker: bytes) -> None:
    store.put("archive.json", marker)

    for create in (False, True):
        with pytest.raises(ArchiveDamagedError, match="run recover"):
            ensure_format(store, create=create)


def test_another_format_is_refused(store: FolderStore) -> None:
    store.put("archive.json", b'{"format":"broadsheet.archive/2"}')

    for create in (False, True):
        with pytest.raises(ArchiveFormatError):
            ensure_format(store, create=create)
