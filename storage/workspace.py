"""What a writer has on its machine beside the archive: the spool and the catalog, and where they lie.

For an archive in a folder they lie in its ``.local`` (dot names are no part of the archive), so that they
move with it; for one in a bucket in a directory of its own under ``$BROADSHEET_STATE``, else under the user's
state directory (XDG Base Directory).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from broadsheet.storage.documents.marker import ensure_format
from broadsheet.storage.publishing.amendments import Amendments
from broadsheet.storage.publishing.catalog import Catalog
from broadsheet.storage.publishing.spool import Spool
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.stores.objects import ObjectStore, open_store
from broadsheet.storage.takedown.removing import Remover


class Workspace:
    """An archive opened for writing: the store, the spool, and what is known of the archive.

    Attributes:
        uri: The archive's address, as given.
        store: Where the archive lies.
        spool: Where batches wait.
        catalog: What the archive is known to hold.
        scratch: A directory for what is needed for a while only.
        directory: Where all of it lies.
    """

    def __init__(self, uri: str, store: ObjectStore, directory: Path) -> None:
        self.uri = uri
        self.store = store
        self.spool = Spool(directory / "spool")
        self.catalog = Catalog(directory / "catalog.sqlite")
        self.scratch = directory / "tmp"
        self.directory = directory

    @property
    def place(self) -> str:
        """What tells the archive from all others, wherever it is opened from."""
        return _place(self.store, self.uri)

    @classmethod
    def open(cls, uri: str) -> Workspace:
        """Open an archive for writing; an empty folder or bucket becomes one at the first publication.

        Raises:
            ArchiveAddressError: The URI cannot be understood, or the bucket not be used.
            StoreUnavailableError: The server of the bucket does not answer.
            ArchiveFormatError: What lies there is of another format.
        """
        store = open_store(uri)
        ensure_format(store, create=False)
        return cls(uri, store, _prepared_directory(store))

    @contextlib.contextmanager
    def amending(self) -> Iterator[Amendments]:
        """Give the chain of amendments of this machine, to one of its processes at a time."""
        amendments = Amendments(self.store, self.directory / "amendments")
        with amendments.alone():
            yield amendments

    @contextlib.contextmanager
    def removing(self) -> Iterator[Remover]:
        """Give what removes captures from the archive, to one process of this machine at a time."""
        scratch = self.directory / "removed"
        with self.amending() as amendments:
            # What a killed process left there is content that was to be removed.
            shutil.rmtree(scratch, ignore_errors=True)
            yield Remover(self.store, amendments, scratch)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.spool.close()
        self.catalog.close()


class Whereabouts(NamedTuple):
    """Where what a writer has beside an archive lies, and what tells the archive from all others."""

    directory: Path
    place: str


def whereabouts(uri: str) -> Whereabouts:
    """Return where the things beside an archive lie on this machine; nothing is asked of its store, nothing is made.

    Raises:
        ArchiveAddressError: The URI cannot be understood.
    """
    store = open_store(uri, ask=False)
    place = _place(store, uri)
    return Whereabouts(store.root / ".local" if isinstance(store, FolderStore) else _state_of(place), place)


def _place(store: ObjectStore, uri: str) -> str:
    return str(store.root) if isinstance(store, FolderStore) else str(getattr(store, "place", uri))


def _prepared_directory(store: ObjectStore) -> Path:
    """Make a store ready to be written to, and return where its writer's own things lie."""
    if isinstance(store, FolderStore):
        return store.root / ".local"
    # Only who asks for a bucket pays for importing boto3.
    from broadsheet.storage.stores.s3.store import S3Store

    if not isinstance(store, S3Store):
        raise TypeError(f"neither a folder nor a bucket: {store!r}")
    directory = _state_of(store.place)
    store.prepare_writing(directory)
    return directory


def _state_of(place: str) -> Path:
    state = os.environ.get("BROADSHEET_STATE")
    base = Path(state) if state else _state_home() / "broadsheet"
    return base / hashlib.sha256(place.encode()).hexdigest()[:16]


def _state_home() -> Path:
    configured = os.environ.get("XDG_STATE_HOME")
    return Path(configured) if configured else Path.home() / ".local" / "state"
