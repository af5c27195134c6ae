"""Exit codes, which error leads to which, and how a process leaves with one."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

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
# What a shell says of a program that SIGPIPE ended, as most are whose reader has gone.
NOBODY_READS = 141

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


def leave(status: int, *, flush: bool = True) -> NoReturn:
    """End the process here and now, without waiting for its threads or for the interpreter to be taken apart.

    A thread may still wait for a store that does not answer, for minutes, and taking apart what a crawl or the service
    has loaded takes seconds on a busy machine. Nothing rests on either: what is published is whole, the rest is in the
    spool, and what was to be printed is flushed here.

    Args:
        status: The exit status; where stdout takes no more, and all else went well, it is `FAILED`, or `NOBODY_READS`.
        flush: Whether what was printed is brought out first.
    """
    if flush:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except BrokenPipeError:
                status = NOBODY_READS if stream is sys.stdout and not status else status
            except (OSError, ValueError):  # Its disk is full, or it was closed.
                status = FAILED if stream is sys.stdout and not status else status
    os._exit(status)
