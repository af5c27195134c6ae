"""Python starts with this where it is on the path: see `machine_clock`.

libfaketime 0.9.10 refuses to sleep until a moment of the monotonic clock, as ``time.sleep`` asks for (EINVAL), where
that clock is to be left alone.
"""

from __future__ import annotations

import select
import time


def _sleep(seconds: float) -> None:
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    select.select([], [], [], seconds)


time.sleep = _sleep  # type: ignore[assignment]  # by its stub what can be an integer too
