"""What a machine knows of the takedowns of an archive is read once, several documents at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Lock

from broadsheet.storage.documents import removals
from broadsheet.storage.documents.removals import Removal
from broadsheet.storage.publishing.known_takedowns import KnownTakedowns
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.urls import identity_hash

_AT_ONCE = 8
_NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


class _Slow(FolderStore):
    """A folder that answers only when eight have asked."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._all_there = Barrier(_AT_ONCE)
        self._counting = Lock()
        self.asked: list[str] = []
        self.at_once = self.most_at_once = 0

    def get(self, key: str) -> bytes:
        """Return an object when seven others are asked for."""
        with self._counting:
            self.asked.append(key)
            self.at_once += 1
            self.most_at_once = max(self.at_once, self.most_at_once)
        self._all_there.wait(timeout=60)
        with self._counting:
            self.at_once -= 1
        return super().get(key)


def _order(store: FolderStore, number: int, reason: str) -> None:
    hashed = identity_hash(f"https://news.example/story-{number}")
    at = _NOON + timedelta(minutes=number)
    store.put(*removals.encode(Removal(at=at, reason=reason, scope="identity", identity=hashed)))


def test_new_takedowns_are_read_eight_at_a_time_and_only_once(tmp_path: Path) -> None:
    store = _Slow(tmp_path / "archive")
    for number in range(2 * _AT_ONCE):
        _order(store, number, f"order {number}")
    known = KnownTakedowns(tmp_path / "takedowns.json")

    known.refresh(store)

    assert store.most_at_once == _AT_ONCE
    reasons = [known.of(f"https://news.example/story-{number}") for number in range(2 * _AT_ONCE)]
    assert [each and each.reason for each in reasons] == [f"order {number}" for number in range(2 * _AT_ONCE)]
    read = len(store.asked)
    for number in range(2 * _AT_ONCE, 3 * _AT_ONCE):
        _order(store, number, f"order {number}")
    again = KnownTakedowns(tmp_path / "takedowns.json")
    again.refresh(store)
    assert len(store.asked) == read + _AT_ONCE, "of what was known nothing is read again"
