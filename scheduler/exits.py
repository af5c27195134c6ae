"""Exit codes, and which error leads to which."""

from __future__ import annotations

from broadsheet.crawler.errors import FrontierConfigError, RenderingError
from broadsheet.scheduler.sources.errors import ConfigError
from broadsheet.storage.errors import (
    ArchiveAddressError,
    ArchiveDamagedError,
    ArchiveFormatError,
    CursorError,
    InvalidURLError,
    TablesUnavailableError,
)

FAILED = 1
USAGE = 2
DAMAGED = 3
INTERRUPTED = 130

_OF_USAGE = (
    ArchiveAddressError,
    ArchiveFormatError,
    ConfigError,
    CursorError,
    FrontierConfigError,
    InvalidURLError,
    RenderingError,
    TablesUnavailableError,
)


def exit_code(error: Exception) -> int:
    """Return the exit code that an error ends a command with."""
    if isinstance(error, ArchiveDamagedError):
        return DAMAGED
    if isinstance(error, _OF_USAGE):
        return USAGE
    return FAILED


def explain(error: Exception) -> str:
    """Return what a person is told of an error."""
    return f"broadsheet: {error}"
