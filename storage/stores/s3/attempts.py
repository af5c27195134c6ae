"""How long a request to an S3 server is waited for, and how often and until when it is repeated.

Every request of ours may be repeated without harm, so one rule serves all. boto3's own retries are off: they end
within two seconds, which is less than a server takes to restart, and hide from us what happened.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from broadsheet.storage.errors import StoreUnavailableError
from broadsheet.storage.stores.s3.failures import (
    FOREIGN_ERRORS,
    TooSlowError,
    describe,
    is_transient,
    retry_after,
    translated,
)

DEADLINE = 120.0  # seconds: longer than a server takes to restart
PATIENCE = 30.0  # seconds

_SLOWEST_RATE = 64 * 1024  # bytes a second
_FIRST_PAUSE = 0.1  # seconds
_LONGEST_PAUSE = 10.0
_LONGEST_RETRY_AFTER = 30.0  # seconds: a server may ask for more, but a publication does not wait for it

_T = TypeVar("_T")


class Attempts:
    """Repeats requests that fail for a reason that may pass.

    A timeout of the socket ends a connection on which nothing comes; one on which a byte comes now and then lives
    for ever. So each attempt also has a time for the whole of it, after which it is left alone: the connection
    goes with the thread that it is served in, and whatever the attempt still does, the next does the same.

    Args:
        place: The bucket, as messages name it.
        deadline: Seconds for which a request is repeated, from its first attempt on. A second attempt is made even
            where the first took longer.
        patience: Seconds for an attempt, to which its bytes add time at 64 KiB a second.

    Attributes:
        repeated: How many attempts were made again so far.
    """

    def __init__(self, place: str, *, deadline: float = DEADLINE, patience: float = PATIENCE) -> None:
        self._place = place
        self._deadline = deadline
        self._patience = patience
        self._counting = threading.Lock()
        self.repeated = 0

    def ask(self, done: str, key: str, request: Callable[[], _T], *, size: int | None = 0) -> _T:
        """Make a request until it is answered, and raise errors of ours.

        Args:
            done: What is to be done with the object, as messages have it: ``stored``, ``read``, ``listed``.
            key: The object's key.
            request: The request; called again for every attempt.
            size: The bytes that it carries one way or the other; None if it uses `within` itself.
        """
        try:
            return self.repeat(request, size=size)
        except FOREIGN_ERRORS as error:
            if not is_transient(error):
                raise translated(error, done, key, self._place) from error
            raise StoreUnavailableError(
                f"{key} could not be {done} for {self._deadline:g} s in {self._place}: {describe(error)}"
            ) from error

    def repeat(self, request: Callable[[], _T], *, size: int | None = 0) -> _T:
        """Make a request until it is answered, and raise the last error as it came. See `ask`."""
        give_up = time.monotonic() + self._deadline
        pause = _FIRST_PAUSE
        attempts = 0
        while True:
            attempts += 1
            try:
                return request() if size is None else self.within(size, request)
            except FOREIGN_ERRORS as error:
                asked = min(retry_after(error), _LONGEST_RETRY_AFTER)
                left = give_up - time.monotonic()
                if not is_transient(error) or asked > max(left, 0) or (attempts > 1 and left < pause):
                    raise
            with self._counting:
                self.repeated += 1
            # Jitter keeps the threads of many writers from coming back all at once.
            time.sleep(max(asked, pause * random.uniform(0.5, 1.0)))  # noqa: S311 - no secret
            pause = min(2 * pause, _LONGEST_PAUSE)

    def within(self, size: int, call: Callable[[], _T], abandon: Callable[[], object] = lambda: None) -> _T:
        """Return what a call returns, unless it takes longer than its bytes may.

        Args:
            size: The bytes that it carries.
            call: What to do; it goes on in a thread of its own where it is given up.
            abandon: Called when it is given up, to bring that thread to its end.

        Raises:
            TooSlowError: It was given up.
        """
        outcome: Future[_T] = Future()

        def run() -> None:
            try:
                outcome.set_result(call())
            except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
                outcome.set_exception(error)

        # A daemon, so that a server that never ends its answer cannot keep the process from ending.
        threading.Thread(target=run, name="s3-attempt", daemon=True).start()
        seconds = self._patience + size / _SLOWEST_RATE
        with contextlib.suppress(TimeoutError):
            return outcome.result(seconds)
        abandon()
        raise TooSlowError(f"no whole answer within {seconds:g} s")
