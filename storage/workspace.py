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
from typing import TYPE_CHECKING, NamedTuple, Self

from broadsheet.storage.documents.marker import ensure_format
from broadsheet.storage.errors import StoreUnavailableError
from broadsheet.storage.publishing.amendments import Amendments
from broadsheet.storage.publishing.catalog import Catalog
from broadsheet.storage.publishing.known_takedowns import KnownTakedowns
from broadsheet.storage.publishing.spool import Spool
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.stores.objects import ObjectStore, open_store
from broadsheet.storage.takedown.removing import Remover

if TYPE_CHECKING:
    from broadsheet.storage.stores.s3.store import S3Store

_TAKEDOWNS = "takedowns.json"


class Workspace:
    """An archive opened for writing: the store, the spool, and what is known of the archive.

    Attributes:
        uri: The archive's address, as given.
        store: Where the archive lies.
        spool: Where batches wait.
        catalog: What the archive is known to hold.
        takedowns: What was taken down, as far as this machine knows.
        scratch: A directory for what is needed for a while only.
        directory: Where all of it lies.
        away: Why nothing could be asked of the store when it was opened; None where it answers.
    """

    def __init__(self, uri: str, store: ObjectStore, directory: Path) -> None:
        self.uri = uri
        self.store = store
        self.spool = Spool(directory / "spool")
        self.catalog = Catalog(directory / "catalog.sqlite")
        self.takedowns = KnownTakedowns(directory / _TAKEDOWNS)
        self.scratch = directory / "tmp"
        self.directory = directory
        self.away: StoreUnavailableError | None = None

    @property
    def place(self) -> str:
        """What tells the archive from all others, wherever it is opened from."""
        return _place(self.store, self.uri)

    @classmethod
    def open(cls, uri: str, *, may_be_away: bool = False) -> Workspace:
        """Open an archive for writing; an empty folder or bucket becomes one at the first publication.

        Args:
            uri: Its address.
            may_be_away: Whether it is opened also while its store does not answer, where this machine has read it
                before. Then `prepare` has to be called before anything is published, also where it answers.

        Raises:
            ArchiveAddressError: The URI cannot be understood, or the bucket not be used.
            StoreUnavailableError: The server of the bucket does not answer.
            ArchiveFormatError: What lies there is of another format.
        """
        store = open_store(uri, ask=False)
        directory, away = _directory(store, uri), None
        try:
            _ask(store)
        except StoreUnavailableError as error:
            if not (may_be_away and KnownTakedowns(directory / _TAKEDOWNS).were_read):
                raise
            away = error
        workspace = cls(uri, store, directory)
        workspace.away = away
        if not may_be_away:
            workspace.prepare()
        return workspace

    def prepare(self) -> None:
        """Ask the store what has to be known of it before it is written to, and whether it is there where it was away.

        Raises:
            ArchiveAddressError: The bucket cannot be used.
            StoreUnavailableError: It still does not answer.
            ArchiveFormatError: What lies there is of another format.
        """
        if self.away is not None:
            _ask(self.store)
            self.away = None
        if not isinstance(self.store, FolderStore):
            _s3(self.store).prepare_writing(self.directory)

    def beside(self) -> Workspace:
        """Return the same archive opened once more, for another task of this process: with a lane of its own."""
        return Workspace(self.uri, self.store, self.directory)

    def close(self) -> None:
        """Let go of the spool and the catalog."""
        self.spool.close()
        self.catalog.close()

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
        self.close()


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
    return Whereabouts(_directory(store, uri), _place(store, uri))


def _place(store: ObjectStore, uri: str) -> str:
    return str(store.root) if isinstance(store, FolderStore) else str(getattr(store, "place", uri))


def _directory(store: ObjectStore, uri: str) -> Path:
    return store.root / ".local" if isinstance(store, FolderStore) else _state_of(_place(store, uri))


def _ask(store: ObjectStore) -> None:
    """Ask whether a store is there, and what lies in it is of our format."""
    if not isinstance(store, FolderStore):
        _s3(store).check_access()
    ensure_format(store, create=False)


def _s3(store: ObjectStore) -> S3Store:
    # Only who asks for a bucket pays for importing boto3.
    from broadsheet.storage.stores.s3.store import S3Store

    if not isinstance(store, S3Store):
        raise TypeError(f"neither a folder nor a bucket: {store!r}")
    return store


def _state_of(place: str) -> Path:
    state = os.environ.get("BROADSHEET_STATE")
    base = Path(state) if state else _state_home() / "broadsheet"
    return base / hashlib.sha256(place.encode()).hexdigest()[:16]


def _state_home() -> Path:
    configured = os.environ.get("XDG_STATE_HOME")
    return Path(configured) if configured else Path.home() / ".local" / "state"
