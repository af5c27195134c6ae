"""A reader that goes through an archive again and again while a writer is killed and started over."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from broadsheet.storage.archive import Archive
from broadsheet.storage.chains.changes import Change

# The writer is to be watched, not starved: both run on the same cores.
_REST = 0.1


class WatchingReader:
    """Reads on until it is left, and notes whatever no reader may ever see.

    Args:
        archive: What it reads.
        urls: The articles that it looks at.

    Attributes:
        violations: What it saw and should not have.
        rounds: How often it went through everything.
    """

    def __init__(self, archive: Archive, urls: Sequence[str]) -> None:
        self.violations: list[str] = []
        self.rounds = 0
        self._archive = archive
        self._urls = urls
        self._seen: dict[str, list[str]] = {}
        self._changes: list[Change] = []
        self._cursor: str | None = None
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._read_on)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, after a last round in which everything has to be there."""
        self._left.set()
        self._thread.join()
        self._round()
        told = [(change.url, change.snapshot_key) for change in self._changes]
        if told != [(change.url, change.snapshot_key) for change in self._archive.changes()]:
            self.violations.append(f"the change feed, read bit by bit, is another than as a whole: {told}")
        if len(set(told)) != len(told):
            self.violations.append(f"the change feed repeats itself: {told}")

    def _read_on(self) -> None:
        while not self._left.wait(_REST):
            self._round()

    def _round(self) -> None:
        try:
            for url in self._urls:
                self._look_at(url)
            changes = self._archive.changes(self._cursor)
            self._changes += changes
            self._cursor = changes.cursor
        except Exception as error:  # noqa: BLE001 - whatever it is, no reader should see it
            self.violations.append(f"{type(error).__name__}: {error}")
        self.rounds += 1

    def _look_at(self, url: str) -> None:
        versions = list(self._archive.versions(url))
        for snapshot in versions:
            if not self._archive.response(snapshot).startswith(b"HTTP/1.1 "):
                self.violations.append(f"version {snapshot.version} of {url} has no response")
        keys = [snapshot.key for snapshot in versions]
        before = self._seen.get(url, [])
        if keys[: len(before)] != before:
            self.violations.append(f"versions of {url} that were there are not any more: {before}, now {keys}")
        self._seen[url] = keys
        latest = self._archive.latest(url)
        if keys and (latest is None or latest.version < len(keys)):
            self.violations.append(f"the latest version of {url} is older than one that was seen")
