"""Watches the sources file while the service runs: it is loaded again when it changes."""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path

from broadsheet.scheduler.sources.checking import examine
from broadsheet.scheduler.sources.document import SourcesFile
from broadsheet.scheduler.sources.errors import ConfigError
from broadsheet.scheduler.sources.reading import content_of, parse
from broadsheet.scheduler.wording import counted

_log = logging.getLogger(__name__)


class WatchedSources:
    """A sources file, and the last valid state of it.

    Args:
        path: Where it is.

    Attributes:
        path: The same.
        document: What it said when it was last valid.
        content: Its bytes when it was.
        problems: What is wrong with it now; nothing where `document` is what it says.

    Raises:
        ConfigError: It is not valid to begin with.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: tuple[str, ...] = ()
        self._state = _state(path)
        content = content_of(path)
        self._digest: bytes | None = _digest(content)
        self.content = content
        self.document: SourcesFile = parse(path, content)
        self._tell_doubts()

    def look(self, *, closely: bool = False) -> bool:
        """Look whether the file has changed; tell whether `document` is another now.

        A file that is not valid any more changes nothing but `problems`, and is logged once, and whenever it is looked
        at closely.

        Args:
            closely: Read it even if modification time, size and inode are what they were: somebody asks.
        """
        state = _state(self.path)
        if state == self._state and state is not None and not closely:
            return False
        try:
            content = self._content()
            # Taken before the bytes were read: what is written meanwhile is seen by the next look.
            self._state = state
            if (digest := _digest(content)) == self._digest:
                if closely and self.problems:
                    self._tell_refusal()
                elif closely:
                    _log.info("%s is as it was: nothing is loaded again", self.path)
                return False
            self._digest = digest
            document = parse(self.path, content)
        except ConfigError as error:
            self._refuse(error, again=closely)
            return False
        self.problems = ()
        changed, self.document, self.content = document != self.document, document, content
        extra = {"event": "sources_loaded"}
        _log.info("%s is loaded again: %s", self.path, counted(len(document.sources), "source"), extra=extra)
        self._tell_doubts()
        return changed

    def keep(self, copy: Path) -> bytes:
        """Keep the bytes of the last valid state in a file that only its owner reads; return them.

        The URL of a webhook is often a secret.

        Raises:
            OSError: It cannot be written.
        """
        content, new = self.content, copy.with_suffix(".new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        new.replace(copy)
        return content

    def _content(self) -> bytes:
        try:
            return content_of(self.path)
        except ConfigError:
            self._digest = None  # Once it is back, it is news, whatever it says.
            raise

    def _tell_doubts(self) -> None:
        """Log what `broadsheet sources check` says of a valid file: what of it cannot be used, and its doubts."""
        found = examine(self.path, self.document)
        for error in found.errors:
            _log.error("%s", error)
        for warning in found.warnings:
            _log.warning("%s", warning)

    def _refuse(self, error: ConfigError, *, again: bool) -> None:
        is_news, self.problems = error.problems != self.problems, error.problems
        if is_news or again:
            self._tell_refusal()

    def _tell_refusal(self) -> None:
        said = "\n".join(self.problems)
        _log.error("the sources stay as they were:\n%s", said, extra={"event": "sources_refused"})


def _state(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()
