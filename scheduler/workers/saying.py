"""What the process of a job writes to stderr: events as JSON, and lines for people, which become events of the service.

An event keeps its level, and a traceback stays one event; a line is told as it is. What is no more than a warning is no
reason why the process ended.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import msgspec

_LINES_KEPT = 20
_LONGEST_LINE = 2_000
_LONGEST_EVENT = 64 * 1024
_LEVELS = logging.getLevelNamesMapping()

_log = logging.getLogger(__name__)


class _Event(msgspec.Struct):
    """A line that `broadsheet.scheduler.logs` has written."""

    level: str
    logger: str
    message: str
    error: str | None = None


async def pass_on(stream: asyncio.StreamReader, name: str, about: Mapping[str, Any]) -> list[str]:
    """Read what a process says to its end, and log it; return the last messages, but for warnings.

    Args:
        stream: Its stderr.
        name: What it is called in the log.
        about: What its events are about, as fields of them.
    """
    kept: list[str] = []
    rest = b""
    while piece := await stream.read(64 * 1024):
        *lines, rest = (rest + piece).split(b"\n")
        rest = rest[-_LONGEST_EVENT:]
        for line in lines:
            kept = [*kept, *_say(line, name, about)][-_LINES_KEPT:]
    return [*kept, *_say(rest, name, about)][-_LINES_KEPT:]


def _say(line: bytes, name: str, about: Mapping[str, Any]) -> list[str]:
    """Log one line, and return its message, if it has any that is more than a warning."""
    event = _decoded(line)
    if event is None:
        said = line[:_LONGEST_LINE].decode(errors="replace").strip()
        if said:
            _log.info("%s: %s", name, said, extra=dict(about))
        return [said] if said else []
    message = event.message if event.error is None else f"{event.message}\n{event.error}"
    level = _LEVELS.get(event.level.upper(), logging.INFO)
    logging.getLogger(event.logger).log(level, "%s: %s", name, message, extra=dict(about))
    return [event.message] if level > logging.WARNING else []


def _decoded(line: bytes) -> _Event | None:
    if not line.startswith(b'{"time":'):
        return None
    try:
        return msgspec.json.decode(line, type=_Event)
    except msgspec.DecodeError:
        return None
