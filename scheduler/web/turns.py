"""Whose turn it is: nobody has all threads, however much one asks at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

from broadsheet.scheduler.web.errors import ProblemError

Kind = Literal["small", "scan", "large"]


class Asker:
    """Somebody who waits for answers.

    Args:
        at_once: How many turns of each kind one asker has at the same time.

    Attributes:
        turns: What is to be held while a turn of a kind is taken.
        requests: How many answers are waited for.
    """

    def __init__(self, at_once: Mapping[Kind, int]) -> None:
        self.turns = {kind: asyncio.Semaphore(count) for kind, count in at_once.items()}
        self.requests = 0


class Turns:
    """Gives turns to askers, such as tokens and addresses. To be used in the event loop alone.

    Args:
        at_once: How many turns of each kind one asker has at the same time.
        most: How many requests of one asker are under way, those included that wait for their turn.
    """

    def __init__(self, at_once: Mapping[Kind, int], most: int) -> None:
        self._at_once = at_once
        self._most = most
        self._askers: dict[str, Asker] = {}

    @contextmanager
    def request(self, name: str) -> Iterator[Asker]:
        """Count a request of somebody until the end of the block.

        Raises:
            ProblemError: There are too many already.
        """
        asker = self._askers.setdefault(name, Asker(self._at_once))
        if asker.requests >= self._most:
            raise ProblemError(
                429, "too_many_requests", f"{self._most} of your requests wait for answers", {"Retry-After": "1"}
            )
        asker.requests += 1
        try:
            yield asker
        finally:
            asker.requests -= 1
            if not asker.requests:
                del self._askers[name]
