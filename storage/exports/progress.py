"""How far an export has come, kept in a file beside its output, so that an interrupted one goes on where it was."""

from __future__ import annotations

import os
import shutil
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Self

import msgspec
from msgspec import Struct

from broadsheet.storage.durable import write_durably
from broadsheet.storage.errors import ExportError
from broadsheet.storage.exports.selection import Selection


class Task(Struct, frozen=True, kw_only=True):
    """What is exported.

    Attributes:
        archive: The archive's address.
        form: ``jsonl``, ``parquet`` or ``wacz``.
        selection: What is taken.
    """

    archive: str
    form: str
    selection: Selection


class Member(Struct, frozen=True, kw_only=True):
    """A file that is whole in the ZIP: what its directory, and the list of resources, have to say of it."""

    name: str
    offset: int
    size: int
    crc: int
    sha256: str


class Progress(Struct, kw_only=True):
    """What is done and decided.

    Attributes:
        task: What is exported.
        begun_at: When it was begun, RFC 3339; stands in the result.
        segments: The keys of the index segments that the export is of: what is published later is not in it.
        done: How many of its steps are done.
        length: How many bytes of the output are whole.
        members: The files in it, where it is a ZIP.
        versions: How many versions of articles are in it so far.
    """

    task: Task
    begun_at: str
    segments: list[str]
    done: int = 0
    length: int = 0
    members: list[Member] = []
    versions: int = 0


class Unfinished(ABC):
    """The output of an export while it is made: ``<output>.part``, with its progress in ``<output>.progress``.

    Args:
        output: Where the result will lie.
    """

    def __init__(self, output: Path) -> None:
        self._output = output
        self.part = output.with_name(output.name + ".part")
        self._progress = output.with_name(output.name + ".progress")

    @property
    def is_begun(self) -> bool:
        """Whether an export was begun there and not finished."""
        return self._progress.exists()

    def resume(self, task: Task) -> Progress | None:
        """Return how far an earlier export of the same came, its output cut to what is whole; None where none did.

        Raises:
            ExportError: An export of something else was begun there.
        """
        try:
            progress = msgspec.json.decode(self._progress.read_bytes(), type=Progress)
        except FileNotFoundError:
            return None
        except msgspec.DecodeError as error:
            raise ExportError(f"{self._progress} cannot be read ({error}): delete it to begin again") from error
        if progress.task != task:
            raise ExportError(f"another export was begun in {self.part}: finish it, or delete {self._progress} first")
        if not self._is_as_told(progress):
            raise ExportError(f"{self.part} is not what {self._progress} says: delete both to begin again")
        self._cut(progress)
        return progress

    def begin(self, progress: Progress) -> Self:
        """Begin an empty output.

        Raises:
            ExportError: Something lies where it is to be that is not replaced.
        """
        self._output.parent.mkdir(parents=True, exist_ok=True)
        self._empty()
        self.note(progress)
        return self

    def note(self, progress: Progress) -> None:
        """Keep how far it has come; the output has to be on the disk as far as that."""
        write_durably(self._progress, msgspec.json.encode(progress))

    def finish(self) -> None:
        """Give the output its name and forget its progress.

        Raises:
            ExportError: Something lies there by now that is not replaced.
        """
        self._name()
        self._progress.unlink()

    def discard(self) -> None:
        """Delete what was begun."""
        self._progress.unlink(missing_ok=True)
        self._delete()

    @property
    @abstractmethod
    def bytes(self) -> int:
        """The length of the result, once it is finished."""

    @abstractmethod
    def _is_as_told(self, progress: Progress) -> bool: ...

    @abstractmethod
    def _cut(self, progress: Progress) -> None: ...

    @abstractmethod
    def _empty(self) -> None: ...

    @abstractmethod
    def _name(self) -> None: ...

    @abstractmethod
    def _delete(self) -> None: ...


class UnfinishedFile(Unfinished):
    """An output that is one file, which grows; what lies there is replaced."""

    @property
    def bytes(self) -> int:
        """The length of the file."""
        return self._output.stat().st_size

    def _is_as_told(self, progress: Progress) -> bool:
        return self.part.exists() and self.part.stat().st_size >= progress.length

    def _cut(self, progress: Progress) -> None:
        os.truncate(self.part, progress.length)

    def _empty(self) -> None:
        self.part.write_bytes(b"")

    def _name(self) -> None:
        self.part.replace(self._output)

    def _delete(self) -> None:
        self.part.unlink(missing_ok=True)


class UnfinishedFolder(Unfinished):
    """An output that is a folder of files, written step by step; no folder that is there is ever replaced."""

    @property
    def bytes(self) -> int:
        """The lengths of the files together."""
        return _size(self._output)

    def _is_as_told(self, progress: Progress) -> bool:
        return self.part.is_dir() and _size(self.part) >= progress.length

    def _cut(self, progress: Progress) -> None:
        """Leave it: a step that is repeated writes the same files anew."""

    def _empty(self) -> None:
        self._refuse_to_replace()
        self._delete()
        self.part.mkdir()

    def _name(self) -> None:
        self._refuse_to_replace()
        self.part.rename(self._output)

    def _delete(self) -> None:
        if self.part.exists():
            shutil.rmtree(self.part)

    def _refuse_to_replace(self) -> None:
        if self._output.exists():
            raise ExportError(f"{self._output} is there already and is not replaced: delete it, or name another folder")


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
