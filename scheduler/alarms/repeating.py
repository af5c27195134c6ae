"""Something that is done again and again in a thread that nobody waits for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

_log = logging.getLogger(__name__)

# What does nothing slow is over by then.
_SECONDS_TO_END = 0.2


@contextmanager
def repeating(do: Callable[[], object], *, every: float, name: str) -> Iterator[None]:
    """Do something again and again while the body runs.

    An exception is logged, and it is done again: the next time may go better. When the body has ended what is under
    way is not waited for, and what it raises is passed over: what it needs was closed under it.

    Args:
        do: What is done.
        every: Seconds from its end to its next beginning.
        name: What it is called in the log.
    """
    over = Event()

    def go() -> None:
        while not over.is_set():
            try:
                do()
            except Exception:  # noqa: BLE001 - logged; the next time may go better
                if not over.is_set():
                    _log.exception("%s failed; again in %g s", name, every)
            over.wait(every)

    thread = Thread(target=go, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(_SECONDS_TO_END)
