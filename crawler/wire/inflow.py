"""How much of all answers together is in memory while they arrive: beyond that, the large ones wait for one another."""
# The names are Twisted's, and its reactor is not typed as such.
# ruff: noqa: ANN401

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from broadsheet.crawler.process.memory import give_back_free_memory
from broadsheet.crawler.wire.recording import Recording

SHARE = 1024 * 1024
"""How many bytes of an answer may always arrive: a page is not kept waiting by the large ones."""
MOST = 48 * 1024 * 1024
"""How many bytes of all answers may be in memory before only the first of the large ones goes on."""
_LOOK_EVERY = 0.1


class Inflow:
    """Stops reading from servers that send much while much is in memory, and reads on when there is room.

    The first of those that are larger than their share always goes on, so that all of them do in the end, or run into
    their deadline: thirty servers that send 30 MB each and never end take no more memory than a few of them.

    Args:
        reactor: Where to look again.
        waiting: How many bytes have arrived and wait for being read.
    """

    def __init__(self, reactor: Any, waiting: Callable[[], int]) -> None:
        self._reactor = reactor
        self._waiting = waiting
        self._sizes: dict[Recording, int] = {}
        self._large: dict[Recording, None] = {}
        self._paused: dict[Recording, Any] = {}
        self._looking: Any = None
        self._tidying: Any = None

    def grow(self, recording: Recording, transport: Any) -> None:
        """Note that more of an answer has come by a transport, and pause it where there is too much."""
        self._sizes[recording] = recording.size
        if recording.size <= SHARE:
            return
        self._large.setdefault(recording)
        if not self._may_go_on(recording):
            transport.pauseProducing()
            self._paused[recording] = transport
            self._look_later()

    def end(self, recording: Recording) -> None:
        """Note that an exchange is over, and forget it."""
        self._sizes.pop(recording, None)
        if recording in self._large:
            del self._large[recording]
            self._tidy_later()
        if (transport := self._paused.pop(recording, None)) is not None:
            transport.resumeProducing()

    def _may_go_on(self, recording: Recording) -> bool:
        return next(iter(self._large)) is recording or sum(self._sizes.values()) + self._waiting() <= MOST

    def _tidy_later(self) -> None:
        # What failed is held by cycles of errors and their frames, with all its bytes; a collection may be far away.
        if self._tidying is None:
            self._tidying = self._reactor.callLater(_LOOK_EVERY, self._tidy)

    def _tidy(self) -> None:
        self._tidying = None
        give_back_free_memory()

    def _look_later(self) -> None:
        if self._looking is None:
            self._looking = self._reactor.callLater(_LOOK_EVERY, self._look)

    def _look(self) -> None:
        self._looking = None
        for recording, transport in list(self._paused.items()):
            if self._may_go_on(recording):
                del self._paused[recording]
                transport.resumeProducing()
        if self._paused:
            self._look_later()
