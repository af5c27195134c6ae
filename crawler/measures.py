"""What a crawl measures in its process: how long fetches take, how much is exchanged and kept, what fails on the way.

Everything is a sum, so that those of several processes and crawls can be added. `counters` names them for that.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from broadsheet.storage.model import Article, Exchange

BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Seconds within which fetches are counted; none takes longer than a minute."""

STORE_ERRORS = ("repeated", "put_off", "refused")
"""What becomes of a request to the store, or of a publication, that is not answered at once."""

_FAILURES = ("unreadable", "without_text", "without_headline", "without_date")
_CLASSES = range(1, 6)


class Durations(Struct, frozen=True, kw_only=True):
    """How long something took.

    Attributes:
        count: How often it was done.
        sum: Seconds in all.
        within: By seconds (``0.5``), how often it took no longer.
    """

    count: int
    sum: float
    within: dict[str, int]


class Measures(Struct, frozen=True, kw_only=True):
    """What a crawl has measured.

    Attributes:
        fetch_seconds: How long fetches took, name resolution, connection and body included; robots.txt, redirects,
            attempts that failed and their repetitions are fetches too.
        answers: How they were answered, by class of status (``2xx``); ``none`` where no whole answer came.
        bytes: What went over the wire above TLS, ``sent`` and ``received``; and what was ``stored`` in the archive:
            WARC segments, snapshots, indexes and manifests.
        pages_read: How many pages were read.
        articles_read: How many of them are articles.
        extraction_failures: How many pages were ``unreadable``; and how many articles are ``without_text``,
            ``without_headline`` and ``without_date``.
        store_errors: Requests to the store that were ``repeated``; publications that were ``put_off`` because it did
            not answer, and those that it ``refused``.
    """

    fetch_seconds: Durations
    answers: dict[str, int]
    bytes: dict[str, int]
    pages_read: int
    articles_read: int
    extraction_failures: dict[str, int]
    store_errors: dict[str, int]

    def counters(self) -> dict[str, float]:
        """Return every sum under a name of its own: ``bytes.sent``, ``fetch_seconds.within.0_5``."""
        return dict(_named("", msgspec.to_builtins(self)))


class Meter:
    """Measures a crawl. Safe to use from several threads.

    Args:
        repeated: Returns how many requests to the store have been repeated so far.
    """

    def __init__(self, repeated: Callable[[], int] = lambda: 0) -> None:
        self._repeated = repeated
        self._repeated_before = repeated()
        self._lock = threading.Lock()
        self._within = [0] * len(BOUNDS)
        self._fetches = 0
        self._seconds = 0.0
        self._answers: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()
        self._pages_read = self._articles_read = 0
        self._failures: Counter[str] = Counter()
        self._store: Counter[str] = Counter()

    def fetched(self, seconds: float, status: int | None) -> None:
        """Note a fetch.

        Args:
            seconds: How long it took.
            status: The status of its answer; None where no whole one came.
        """
        answer = "none" if status is None else f"{status // 100}xx" if status // 100 in _CLASSES else "other"
        with self._lock:
            self._fetches += 1
            self._seconds += seconds
            self._answers[answer] += 1
            for place, bound in enumerate(BOUNDS):
                self._within[place] += seconds <= bound

    def exchanged(self, exchange: Exchange) -> None:
        """Note what went over the wire."""
        with self._lock:
            self._bytes["sent"] += len(exchange.request)
            self._bytes["received"] += len(exchange.response)

    def read(self, article: Article | None, failure: str | None) -> None:
        """Note what reading a page came to.

        Args:
            article: What it says, where it is an article.
            failure: Why only its bytes are kept.
        """
        with self._lock:
            self._pages_read += 1
            self._failures["unreadable"] += failure is not None
            if article is not None:
                self._articles_read += 1
                self._failures["without_text"] += not article.text
                self._failures["without_headline"] += not article.title
                self._failures["without_date"] += article.published is None

    def stored(self, size: int) -> None:
        """Note a publication of so many bytes."""
        with self._lock:
            self._bytes["stored"] += size

    def not_stored(self, *, refused: bool) -> None:
        """Note a publication that the store has not taken: it refused it, or did not answer."""
        with self._lock:
            self._store["refused" if refused else "put_off"] += 1

    @property
    def measures(self) -> Measures:
        """What was measured so far."""
        with self._lock:
            return Measures(
                fetch_seconds=Durations(
                    count=self._fetches,
                    sum=round(self._seconds, 3),
                    within={f"{bound:g}": count for bound, count in zip(BOUNDS, self._within, strict=True)},
                ),
                answers=dict(sorted(self._answers.items())),
                bytes={word: self._bytes[word] for word in ("sent", "received", "stored")},
                pages_read=self._pages_read,
                articles_read=self._articles_read,
                extraction_failures={word: self._failures[word] for word in _FAILURES},
                store_errors={word: self._store[word] for word in STORE_ERRORS}
                | {"repeated": self._repeated() - self._repeated_before},
            )


def _named(prefix: str, value: Mapping[str, Any] | float) -> list[tuple[str, float]]:
    if not isinstance(value, Mapping):
        return [(prefix, value)]
    return [
        named
        for key, below in value.items()
        for named in _named(f"{prefix}.{key.replace('.', '_')}" if prefix else key, below)
    ]
