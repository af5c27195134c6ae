"""What the service writes to stderr: one line an event, for people or for machines."""

from __future__ import annotations

import logging
import sys
import threading
from datetime import UTC, datetime

import msgspec

# They tell of every request and every look; what matters of it is told by us.
_QUIET = ("apscheduler", "uvicorn", "asyncio", "botocore", "boto3", "urllib3")
FIELDS = (
    *("event", "source", "job", "kind", "asked_by", "attempts"),
    *("state", "outcome", "outcomes", "reason", "seconds", "alarm"),
)
"""What an event may tell beside its message, given as `extra` to the logger."""


def log_to_stderr(*, as_json: bool, level: int = logging.INFO) -> None:
    """Have what is logged written to stderr; warnings of Python and what ends a thread are logged too.

    Args:
        as_json: Whether each line is a JSON object with ``time``, ``level``, ``logger``, ``message``, and those of
            `FIELDS` that are known.
        level: What is less than that is not written.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if as_json else _Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    threading.excepthook = _log_end_of_thread


def _log_end_of_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_type is SystemExit:
        return
    name = ended.thread.name if ended.thread else "of no name"
    error = ended.exc_value
    logging.getLogger(__name__).error("the thread %s has failed: %r", name, error, exc_info=error)


class _Lines(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
        self.converter = lambda seconds: datetime.fromtimestamp(seconds or 0, UTC).timetuple()


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name in FIELDS if (value := getattr(record, name, None)) is not None}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()
