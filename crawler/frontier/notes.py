"""What a run has noted since it last wrote to the database: URLs discovered, and what became of others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Update

from broadsheet.crawler.frontier.schema import visits
from broadsheet.crawler.frontier.upserts import upsert

# What a shorter way to a URL changes of it.
_REWRITTEN = (
    "url",
    "kind",
    "later",
    "depth",
    "recency",
    "hops",
    "position",
    "via",
    "hints",
    "state",
    "reason",
    "explanation",
)


class Notes:
    """Kept until they are `written`: a transaction that fails loses none of them."""

    def __init__(self) -> None:
        self._added: dict[str, dict[str, Any]] = {}
        self._told: dict[str, tuple[Update, dict[str, Any]]] = {}

    @property
    def added(self) -> Mapping[str, Mapping[str, Any]]:
        """The rows of the URLs that were discovered, by key."""
        return self._added

    @property
    def is_to_be_written(self) -> bool:
        """Whether anything was noted."""
        return bool(self._added or self._told)

    def add(self, key: str, row: dict[str, Any]) -> None:
        """Note a URL that was discovered."""
        self._added[key] = row

    def is_told(self, key: str) -> bool:
        """Tell whether it was noted what became of a URL; only one such note of each can wait."""
        return key in self._told

    def tell(self, key: str, statement: Update, parameters: dict[str, Any]) -> None:
        """Note what became of a URL: the statement that says so, and its parameters."""
        self._told[key] = (statement, parameters)

    def write(self, connection: Connection) -> None:
        """Bring all notes into the database; they are `written` when the transaction is."""
        if self._added:
            # In the order of the table: it is filled page by page.
            rows = [row for _, row in sorted(self._added.items())]
            connection.execute(upsert(connection, visits, rewritten=_REWRITTEN), rows)
        said: dict[int, tuple[Update, list[dict[str, Any]]]] = {}
        for statement, parameters in self._told.values():
            said.setdefault(id(statement), (statement, []))[1].append(parameters)
        for statement, all_parameters in said.values():
            connection.execute(statement, all_parameters)

    def written(self) -> None:
        """Forget what is in the database now."""
        self._added.clear()
        self._told.clear()
