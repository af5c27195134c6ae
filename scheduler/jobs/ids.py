"""The ids of jobs, which sort by the time at which they were asked for."""

from __future__ import annotations

import secrets
from datetime import datetime


def new_id(now: datetime) -> str:
    """Return an id that sorts by time, with 80 random bits, as RFC 9562 has it for version 7."""
    return first_id(now) + secrets.token_hex(10)


def first_id(now: datetime) -> str:
    """Return what sorts before the ids of all jobs that are asked for from a moment on."""
    return f"{int(now.timestamp() * 1000):012x}"
