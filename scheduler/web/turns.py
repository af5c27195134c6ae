"""Whose turn it is: nobody has all threads, however much one asks at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from broadsheet.scheduler.web.errors import ProblemError


class _Asker:
    def __init__(self, at_once: int) -> None:
        self.running = asyncio.Semaphore(at_once)
        self.requests = 0


class Turns:
    """Gives turns to askers, such as tokens and addresses. To be used in the event loop alone.

    Args:
        at_once: How many turns one asker has at the same time.
        most: How many requests of one asker are under way, those included that wait for their turn.
    """

    def __init__(self, at_once: int, most: int) -> None:
        self._at_once = at_once
        self._most = most
        self._askers: dict[str, _Asker] = {}

    @asynccontextmanager
    async def request(self, asker: str) -> AsyncIterator[asyncio.Semaphore]:
        """Count a request; what is to be held while a turn is taken, for as long as needed, is given.

        Raises:
            ProblemError: There are too many already.
        """
        known = self._askers.setdefault(asker, _Asker(self._at_once))
        if known.requests >= self._most:
            raise ProblemError(
                429, "too_many_requests", f"{self._most} of your requests wait for answers", {"Retry-After": "1"}
            )
        known.requests += 1
        try:
            yield known.running
        finally:
            known.requests -= 1
            if not known.requests:
                del self._askers[asker]
