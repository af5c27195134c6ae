"""The coverage ledger of one crawl: every URL ever discovered ends in exactly one outcome or skip reason."""

from __future__ import annotations

from collections import Counter
from typing import get_args

from broadsheet.storage.model import Outcome
from broadsheet.storage.urls import identity

_OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


class Ledger:
    """Counts URLs by identity: two spellings of one address are one URL.

    Attributes:
        reasons: Why URLs failed or were refused, by URL.
        captured: How many answers have arrived so far.
    """

    def __init__(self) -> None:
        self._outcomes: dict[str, Outcome | None] = {}
        self._skipped: dict[str, str] = {}
        self.reasons: dict[str, str] = {}
        self.captured = 0

    def discover(self, url: str) -> bool:
        """Note a URL; tell whether it was new."""
        key = identity(url)
        if key in self._outcomes or key in self._skipped:
            return False
        self._outcomes[key] = None
        return True

    def skip(self, url: str, reason: str, explanation: str | None = None) -> None:
        """Note that a discovered URL is not fetched, or not by itself, and why."""
        key = identity(url)
        if self._outcomes.get(key) is None:
            self._outcomes.pop(key, None)
            self._skipped[key] = reason
            if explanation:
                self.reasons[url] = explanation

    def reconsider(self, url: str, reason: str) -> bool:
        """Take back that a URL was skipped, if it was for this reason; tell whether it was."""
        key = identity(url)
        if self._skipped.get(key) != reason:
            return False
        del self._skipped[key]
        self._outcomes[key] = None
        return True

    def finish(self, url: str, outcome: Outcome, reason: str | None = None) -> None:
        """Note what became of a URL; a later capture of the same URL has the last word."""
        key = identity(url)
        self._skipped.pop(key, None)
        self._outcomes[key] = outcome
        self.reasons.pop(url, None)
        if reason and outcome == "failed":
            self.reasons[url] = reason

    def put_off(self, url: str) -> None:
        """Note that what a URL showed waits in the spool, where nothing else has become of it."""
        if identity(url) in self._outcomes:
            self.skip(url, "unpublished")

    def close(self, reason: str) -> None:
        """Skip whatever has no outcome yet."""
        for key in [key for key, outcome in self._outcomes.items() if outcome is None]:
            del self._outcomes[key]
            self._skipped[key] = reason

    @property
    def discovered(self) -> int:
        """How many URLs were discovered."""
        return len(self._outcomes) + len(self._skipped)

    @property
    def outcomes(self) -> dict[Outcome, int]:
        """How many URLs ended in each outcome."""
        counted = Counter(self._outcomes.values())
        return {outcome: counted[outcome] for outcome in _OUTCOMES}

    @property
    def skipped(self) -> dict[str, int]:
        """How many URLs were skipped, by reason."""
        return dict(sorted(Counter(self._skipped.values()).items()))
