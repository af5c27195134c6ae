"""Whether a worker lives: it holds a lock that the kernel frees with its process."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Literal

from broadsheet.storage import process_lock

Fate = Literal["alive", "dead", "unknown"]


class WorkerLocks:
    """The locks of the workers of this machine.

    Args:
        directory: Where they lie.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._own: set[str] = set()

    def register(self) -> str:
        """Return the name of a new worker, whose lock this process holds to its end."""
        self._directory.mkdir(parents=True, exist_ok=True)
        name = secrets.token_hex(16)
        process_lock.hold(self._path(name))
        self._own.add(name)
        return name

    def fate(self, worker: str) -> Fate:
        """Tell what became of a worker; of those of other machines nothing is known.

        What is left of one that is dead is removed: it is asked for whoever has jobs, and those are put back then.
        """
        path = self._path(worker)
        if worker in self._own:
            return "alive"
        if not path.exists():
            return "unknown"
        lock = process_lock.hold(path)
        if lock is None:
            return "alive"
        path.unlink(missing_ok=True)
        process_lock.let_go(lock)
        return "dead"

    def _path(self, worker: str) -> Path:
        return self._directory / f"{worker}.lock"
