"""Exit codes, and which error leads to which."""

from __future__ import annotations

from broadsheet.scheduler.config import ConfigError
from broadsheet.storage.errors import (
    ArchiveAddressError,
    ArchiveDamagedError,
    ArchiveFormatError,
    CursorError,
    InvalidURLError,
)

FAILED = 1
USAGE = 2
DAMAGED = 3
INTERRUPTED = 130


def exit_code(error: Exception) -> int:
    """Return the exit code that an error ends a command with."""
    if isinstance(error, ArchiveDamagedError):
        return DAMAGED
    if isinstance(error, ArchiveAddressError | ArchiveFormatError | CursorError | InvalidURLError | ConfigError):
        return USAGE
    return FAILED


def explain(error: Exception) -> str:
    """Return what a person is told of an error."""
    return f"broadsheet: {error}"
