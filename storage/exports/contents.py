"""Which parts of which WARC segments an export of captures takes, told by the index alone."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.exports.selection import Selection, index_keys, lines_of
from broadsheet.storage.stores.objects import ObjectStore

_SCHEMA = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
CREATE TABLE body (identity TEXT, digest TEXT, held INTEGER, PRIMARY KEY (identity, digest)) WITHOUT ROWID;
"""


class Part(NamedTuple):
    """A capture that is taken: its line, and where its records lie, with the request and the metadata behind it."""

    line: IndexLine
    start: int
    stop: int


class Contents:
    """The captures of a selection, and those outside of it whose bodies they repeat: no revisit is left dangling.

    A context manager: bodies are kept in a scratch file, because there may be millions.

    Args:
        store: The archive.
        selection: What is asked for.
    """

    def __init__(self, store: ObjectStore, selection: Selection) -> None:
        self._store = store
        self._selection = selection
        self._scratch = tempfile.TemporaryDirectory(prefix="broadsheet-export-")
        self._connection = sqlite3.connect(Path(self._scratch.name) / "bodies.sqlite", isolation_level=None)
        self._connection.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        self._scratch.cleanup()

    def find(self, segments: Iterable[str] | None = None) -> list[str]:
        """Return the keys of the index segments with anything that is taken, in order.

        Args:
            segments: Only these are looked at, those of an export that was begun before; None for all.
        """
        keys = index_keys(self._store, self._selection) if segments is None else list(segments)
        if self._selection.since is not None:
            self._note_bodies(keys)
            if segments is None and self._lacks_bodies():
                keys = index_keys(self._store, Selection(until=self._selection.until))
        return [key for key in keys if any(self.takes(line) for line in lines_of(self._store, key))]

    def takes(self, line: IndexLine) -> bool:
        """Tell whether a capture is in the export."""
        if self._selection.takes(line):
            return True
        return self._selection.since is not None and _has_body(line) and self._lacks(line)

    def parts(self, key: str) -> list[Part]:
        """Return what is taken of the WARC segment of an index segment, in the order of the segment."""
        lines = sorted(lines_of(self._store, key), key=lambda line: int(line.offset))
        ends = [int(line.offset) for line in lines[1:]] + [self._store.size(line.filename) for line in lines[:1]]
        parts = (Part(line, int(line.offset), end) for line, end in zip(lines, ends, strict=True))
        return [part for part in parts if self.takes(part.line)]

    def before(self, key: str) -> int:
        """Return how many bytes of a WARC segment lie before its first capture: its warcinfo record."""
        return min(int(line.offset) for line in lines_of(self._store, key))

    def _note_bodies(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._connection.execute("BEGIN")
            for line in self._selected(key):
                held = _has_body(line)
                if held or line.mime == "warc/revisit":
                    row = (line.identity, line.digest, held)
                    query = "INSERT INTO body VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET held = held OR excluded.held"
                    self._connection.execute(query, row)
            self._connection.execute("COMMIT")

    def _selected(self, key: str) -> Iterator[IndexLine]:
        return (line for line in lines_of(self._store, key) if self._selection.takes(line))

    def _lacks_bodies(self) -> bool:
        return self._connection.execute("SELECT 1 FROM body WHERE NOT held LIMIT 1").fetchone() is not None

    def _lacks(self, line: IndexLine) -> bool:
        query = "SELECT 1 FROM body WHERE identity = ? AND digest = ? AND NOT held"
        return self._connection.execute(query, (line.identity, line.digest)).fetchone() is not None


def _has_body(line: IndexLine) -> bool:
    return line.mime != "warc/revisit" and not line.truncated and line.digest != "-"
