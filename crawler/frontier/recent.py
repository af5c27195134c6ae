"""Which URLs were met lately: most links of a page are those of the page before."""

from __future__ import annotations

_MOST = 8192


class Recent:
    """A set that forgets what was not asked for in a while."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._new: set[str] = set()
        self._old: set[str] = set()

    def add(self, key: str) -> None:
        """Remember a key."""
        self._new.add(key)
        if len(self._new) >= self._most:
            self._new, self._old = set(), self._new

    def __contains__(self, key: str) -> bool:
        if key in self._new:
            return True
        if key in self._old:
            self.add(key)
            return True
        return False
