"""A clock that goes so many times as fast as time passes, for every process that is shown it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from end_to_end.machine_clock import MachineClock

_STEP_SECONDS = 0.2


@contextmanager
def compressed(directory: Path, at: datetime, times: float) -> Iterator[MachineClock]:
    """Give a clock that is set forward five times a second while the body runs.

    What processes wait for takes as long as ever: only the calendar is compressed.

    Args:
        directory: Where it is written down what the clock shows.
        at: What it shows first, aware.
        times: How many times as fast as time passes it goes.
    """
    clock = MachineClock(directory, at)
    over, began = threading.Event(), time.monotonic()

    def go() -> None:
        while not over.wait(_STEP_SECONDS):
            clock.set(at + timedelta(seconds=(time.monotonic() - began) * times))

    thread = threading.Thread(target=go)
    thread.start()
    try:
        yield clock
    finally:
        over.set()
        thread.join()
