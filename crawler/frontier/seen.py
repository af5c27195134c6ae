"""Which URLs a run has met: asked of memory first, then of the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select

from broadsheet.crawler.frontier.database import Database
from broadsheet.crawler.frontier.recent import Recent
from broadsheet.crawler.frontier.schema import visits as table
from broadsheet.crawler.frontier.visits import key_of

TOO_DEEP = "max_depth"
"""The reason of a URL that was refused for its depth alone: a shorter way to it may be found later."""

_CHUNK = 500
_REASONS = select(table.c.key, table.c.reason).where(
    table.c.run == bindparam("of_run"), table.c.key.in_(bindparam("keys", expanding=True))
)


class Seen:
    """The URLs of a run.

    Args:
        database: Where they are.
        run: Its number.
    """

    def __init__(self, database: Database, run: int) -> None:
        self._database = database
        self._run = run
        self._recent = Recent()
        self._returning: set[str] = set()

    def missing(self, urls: Sequence[str], unwritten: Mapping[str, Mapping[str, Any]], *, too_deep: bool) -> list[str]:
        """Return which URLs are not among them, each once.

        Args:
            urls: Normal forms.
            unwritten: The rows that the database does not have yet, by key.
            too_deep: Whether the URLs are refused for their depth; if not, those that were before are returned too.
        """
        wanted: dict[str, str] = {}
        for url in urls:
            if (key := key_of(url)) not in self._recent:
                wanted.setdefault(key, url)
        known = {key: unwritten[key]["reason"] for key in wanted if key in unwritten}
        known |= self._reasons([key for key in wanted if key not in known])
        returning = set() if too_deep else {key for key, reason in known.items() if reason == TOO_DEEP}
        self._returning |= returning
        for key, reason in known.items():
            self._remember(key, reason)
        return [url for key, url in wanted.items() if key not in known or key in returning]

    def wanted(self, urls: Collection[str], unwritten: Mapping[str, Mapping[str, Any]]) -> set[str]:
        """Return which URLs are among them and were not refused."""
        keys = {key_of(url): url for url in urls}
        reasons = {key: unwritten[key]["reason"] for key in keys if key in unwritten}
        reasons |= self._reasons([key for key in keys if key not in reasons])
        return {keys[key] for key, reason in reasons.items() if reason is None}

    def add(self, key: str, reason: str | None) -> bool:
        """Note that a URL is among them, refused for a reason or not; tell whether it is the first time."""
        self._remember(key, reason)
        if key in self._returning:
            self._returning.discard(key)
            return False
        return True

    def _remember(self, key: str, reason: str | None) -> None:
        if reason != TOO_DEEP:
            self._recent.add(key)

    def _reasons(self, keys: Sequence[str]) -> dict[str, str | None]:
        """Return why URLs were skipped, or None, of those among them that the database knows."""
        found: dict[str, str | None] = {}
        for start in range(0, len(keys), _CHUNK):
            with self._database.reading() as connection:
                rows = connection.execute(_REASONS, {"of_run": self._run, "keys": keys[start : start + _CHUNK]})
                found.update((key, reason) for key, reason in rows)
        return found
