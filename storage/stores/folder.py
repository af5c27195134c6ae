"""The object store in a folder: every object is a file whose path is its key.

Names that begin with a dot are local to the machine and no part of the archive: they are never listed. An
object is written to ``.local/tmp/``, synced, and then linked under its key: ``link`` creates a name or fails,
so an object appears whole or not at all, and of two writers of one key the second sees what the first stored.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from broadsheet.storage import layout
from broadsheet.storage.durable import sync_directory
from broadsheet.storage.errors import (
    ArchiveAddressError,
    ArchiveDamagedError,
    KeyCollisionError,
    NoSuchObjectError,
    StoreError,
    StoreUnavailableError,
)
from broadsheet.storage.stores.objects import ObjectEntry, is_key, validate_key, validate_prefix

LEFTOVER_AGE = 24 * 60 * 60  # seconds: longer than any put takes

_CHUNK = 1 << 20
# The folders in which this process saw an archive.
_seen: set[Path] = set()


class FolderStore:
    """An `ObjectStore` in a folder of a local file system.

    Opening and reading create nothing, so an archive can be read from a medium that allows no writing. What
    puts that were killed left in ``.local/tmp/`` is removed at opening once it is a day old; whatever is
    younger may belong to a put that is still running.

    A folder in which this process saw an archive and that has none any more is away, as a volume that is not mounted:
    it is neither an empty archive nor a place for a new one.

    Args:
        root: The folder. The first put creates it, with its parents, if it does not exist.

    Raises:
        ArchiveAddressError: `root` is something else than a folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self._temporary = self.root / ".local" / "tmp"
        self._prepared = False
        self._durable: set[Path] = set()
        self._preparing = threading.Lock()
        try:
            usable = self.root.is_dir() or not self.root.exists()
        except OSError as error:
            raise ArchiveAddressError(f"{self.root} cannot be opened: {error.strerror}") from error
        if not usable:
            raise ArchiveAddressError(f"not a folder: {self.root}: give a folder, or one yet to be created")
        self._remove_leftovers()

    def __repr__(self) -> str:
        return f"FolderStore({str(self.root)!r})"

    def put(self, key: str, data: bytes | Path) -> None:
        """Store an object; other bytes under its key stay and raise. See `ObjectStore.put`."""
        validate_key(key)
        path = self.root / key
        with self._translating("stored", key):
            self._require_present(key)
            self._prepare()
            self._make_directory(path.parent, key)
            created = not path.exists() and self._create(path, data)
            if not created and not _same_bytes(path, data):
                raise KeyCollisionError(f"other bytes are stored under {key} in {self.root}: they stay")
            # Synced also where the object was there already: who stored it may have been killed before this.
            self._sync_names(path.parent)
        if key == layout.MARKER:
            _seen.add(self.root)

    def get(self, key: str) -> bytes:
        """Return the bytes of an object. See `ObjectStore.get`."""
        with self._reading(key) as file:
            return file.read()

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        """Return a part of an object. See `ObjectStore.get_range`."""
        if offset < 0 or length < 0:
            raise ValueError(f"no range of an object: offset {offset}, length {length}")
        with self._reading(key) as file:
            end = os.fstat(file.fileno()).st_size
            if offset + length > end:
                raise ArchiveDamagedError(
                    f"{key} in {self.root} ends at byte {end}: {length} bytes from {offset} were asked for"
                )
            file.seek(offset)
            return file.read(length)

    def size(self, key: str) -> int:
        """Return the length of an object in bytes. See `ObjectStore.size`."""
        with self._reading(key) as file:
            return os.fstat(file.fileno()).st_size

    def list(self, prefix: str = "") -> Iterator[ObjectEntry]:
        """Go through the objects under a directory. See `ObjectStore.list`."""
        validate_prefix(prefix)
        return self._walk(prefix)

    def directories(self, prefix: str = "") -> Iterator[str]:
        """Go through the names of the directories right below a directory. See `ObjectStore.directories`."""
        validate_prefix(prefix)
        return iter(self._directories_in(prefix))

    def delete(self, key: str) -> None:
        """Remove an object; the directories it lay in stay. See `ObjectStore.delete`."""
        validate_key(key)
        path = self.root / key
        # Directories stay: to remove one would pull it away from a put that is about to use it.
        with self._translating("deleted", key):
            self._require_present(key)
            if not path.parent.is_dir() or path.is_dir():
                return
            path.unlink(missing_ok=True)
            # Synced also where the object was gone already: who removed it may have been killed before this.
            sync_directory(path.parent)

    def _directories_in(self, prefix: str) -> Sequence[str]:
        with self._translating("listed", prefix or "the archive"):
            if not prefix:
                self._require_present("the archive")
            try:
                with os.scandir(self.root / prefix) as found:
                    return sorted(entry.name for entry in found if entry.is_dir() and is_key(prefix + entry.name))
            except (FileNotFoundError, NotADirectoryError):
                self._require_present(prefix or "the archive")
                return []

    def _walk(self, prefix: str) -> Iterator[ObjectEntry]:
        with self._translating("listed", prefix or "the archive"):
            try:
                with os.scandir(self.root / prefix) as found:
                    entries = sorted(found, key=_place_among_keys)
            except (FileNotFoundError, NotADirectoryError):
                self._require_present(prefix or "the archive")
                return
            if not prefix:
                self._require_present("the archive")
            for entry in entries:
                key = prefix + entry.name
                if not is_key(key):
                    continue
                if entry.is_dir():
                    yield from self._walk(key + "/")
                elif entry.is_file():
                    with contextlib.suppress(FileNotFoundError):  # it was deleted since
                        yield ObjectEntry(key, entry.stat().st_size)

    @contextlib.contextmanager
    def _reading(self, key: str) -> Iterator[BinaryIO]:
        validate_key(key)
        with self._translating("read", key):
            try:
                file = (self.root / key).open("rb")
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
                self._require_present(key)
                raise NoSuchObjectError(f"there is no object {key} in {self.root}") from error
            if key == layout.MARKER:
                _seen.add(self.root)
            with file:
                yield file

    def _require_present(self, key: str) -> None:
        """Return unless an archive was seen here and has gone.

        Raises:
            StoreUnavailableError: It has.
        """
        if self.root in _seen and not _holds_anything(self.root):
            raise StoreUnavailableError(
                f"{key} cannot be had in {self.root}: the archive that was there is away: was its volume unmounted, or "
                "the folder moved?"
            )

    @contextlib.contextmanager
    def _translating(self, done: str, key: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            message = f"{key} cannot be {done} in {self.root}: {error}"
            if error.errno in {errno.ENOSPC, errno.EDQUOT}:
                raise StoreUnavailableError(f"{message}: make room and try again") from error
            raise StoreError(message) from error

    def _prepare(self) -> None:
        """Create the folder, before the first put of this process."""
        with self._preparing:
            if self._prepared:
                return
            standing = self.root.parent
            while not standing.exists():
                standing = standing.parent
            self._temporary.mkdir(parents=True, exist_ok=True)
            _sync_directories(self._temporary, standing)
            self._prepared = True

    def _sync_names(self, directory: Path) -> None:
        """Make the names of the files in `directory` durable, and of what it lies in up to the folder."""
        leaf = directory
        sync_directory(directory)
        while directory != self.root and directory not in self._durable:
            sync_directory(directory.parent)
            if directory != leaf:
                # Few directories hold all the others: remember those, not each article's.
                self._durable.add(directory)
            directory = directory.parent

    def _make_directory(self, directory: Path, key: str) -> None:
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise KeyCollisionError(f"a directory of {key} is an object in {self.root}: it stays") from error

    def _create(self, path: Path, data: bytes | Path) -> bool:
        """Create a file, unless another writer is faster."""
        with self._temporary_copy(data) as copy:
            try:
                os.link(copy, path)
            except FileExistsError:
                return False
        return True

    @contextlib.contextmanager
    def _temporary_copy(self, data: bytes | Path) -> Iterator[Path]:
        path = self._temporary / uuid.uuid4().hex
        try:
            with _opened(data) as source, path.open("xb") as target:
                shutil.copyfileobj(source, target, _CHUNK)
                target.flush()
                os.fsync(target.fileno())
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _remove_leftovers(self) -> None:
        if not os.access(self._temporary, os.W_OK | os.X_OK):
            return  # there is none, or this process is only a reader
        oldest = time.time() - LEFTOVER_AGE
        with self._translating("removed", ".local/tmp"):
            for path in self._temporary.iterdir():
                # Another process that opens the archive now may be faster.
                with contextlib.suppress(FileNotFoundError):
                    if path.stat().st_mtime < oldest:
                        path.unlink()


def _holds_anything(root: Path) -> bool:
    try:
        with os.scandir(root) as found:
            return any(not entry.name.startswith(".") for entry in found)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _opened(data: bytes | Path) -> BinaryIO:
    return BytesIO(data) if isinstance(data, bytes) else data.open("rb")


def _same_bytes(path: Path, data: bytes | Path) -> bool:
    if not path.is_file():
        return False  # the directory of other keys
    length = len(data) if isinstance(data, bytes) else data.stat().st_size
    if path.stat().st_size != length:
        return False
    with path.open("rb") as stored, _opened(data) as given:
        while chunk := stored.read(_CHUNK):
            if chunk != given.read(len(chunk)):
                return False
    return True


def _place_among_keys(entry: os.DirEntry[str]) -> str:
    # What lies in directory "a" sorts as "a/": after the file "a-", before "a0".
    return entry.name + "/" if entry.is_dir() else entry.name


def _sync_directories(directory: Path, top: Path) -> None:
    """Make the names of files and directories from `directory` up to `top` durable."""
    sync_directory(directory)
    while directory != top:
        directory = directory.parent
        sync_directory(directory)
