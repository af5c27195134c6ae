"""An archive in a folder, with a writer that publishes into it and a reader that can write nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from archiving.stores import ReadOnlyStore
from archiving.writer import Writer

from broadsheet.storage.archive import Archive
from broadsheet.storage.stores.folder import FolderStore


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "archive")


@pytest.fixture
def writer(store: FolderStore, tmp_path: Path) -> Writer:
    return Writer(store, tmp_path / "local")


@pytest.fixture
def archive(store: FolderStore) -> Archive:
    return Archive(ReadOnlyStore(store))
