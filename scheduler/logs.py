"""What the service writes to stderr: one line an event, for people or for machines."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

import msgspec

# They tell of every request and every look; what matters of it is told by us.
_QUIET = ("apscheduler", "uvicorn", "asyncio", "botocore", "boto3", "urllib3")


def log_to_stderr(*, as_json: bool) -> None:
    """Have what is logged written to stderr.

    Args:
        as_json: Whether each line is a JSON object with ``time``, ``level``, ``logger`` and ``message``.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines() if as_json else _Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


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
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()
