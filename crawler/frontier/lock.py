"""Whether the process that has a run lives: it holds a lock that the kernel frees with it."""

from __future__ import annotations

from pathlib import Path

from broadsheet.storage import process_lock


class RunLock:
    """The lock of a run on this machine.

    Args:
        directory: Where the locks of all runs lie.
        number: The run's.
    """

    def __init__(self, directory: Path, number: int) -> None:
        self._path = directory / f"{number}.lock"
        self._lock: int | None = None

    @property
    def is_of_this_machine(self) -> bool:
        """Whether the run was had by a process of this machine; if so, `take` tells whether it lives."""
        return self._path.exists()

    def take(self) -> bool:
        """Hold the lock to the end of this process or to `release`; False where another process does."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = process_lock.hold(self._path)
        return self._lock is not None

    def release(self) -> None:
        """Let go of the lock."""
        if self._lock is not None:
            process_lock.let_go(self._lock)
            self._lock = None

    def discard(self) -> None:
        """Let go of the lock, of which nothing is left: the run is over."""
        self._path.unlink(missing_ok=True)
        self.release()
