"""A machine's clock that is set while processes run: libfaketime shows it to them, to all of them the same.

The clock that only counts what passes (CLOCK_MONOTONIC) is left alone, as setting a machine's clock leaves it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

_CUSTOMISED = Path(__file__).with_name("clocked")


def library() -> Path | None:
    """Return where libfaketime lies, or None where it is not installed (``apt-get install libfaketime``)."""
    found = [path for root in ("/usr/lib", "/usr/local/lib") for path in Path(root).rglob("libfaketimeMT.so.1")]
    return found[0] if found else None


class MachineClock:
    """A clock that shows what it is set to, and goes on from there.

    Args:
        directory: Where what it shows is written down.
        at: What it shows first, aware.
    """

    def __init__(self, directory: Path, at: datetime) -> None:
        self._path = directory / "clock"
        self._offset = 0.0
        self.set(at)

    @property
    def environment(self) -> Mapping[str, str]:
        """What processes have in their environment that are shown this clock.

        Raises:
            RuntimeError: libfaketime is not installed.
        """
        if (preloaded := library()) is None:
            raise RuntimeError("libfaketime is not installed: apt-get install libfaketime")
        return {
            "LD_PRELOAD": str(preloaded),
            "FAKETIME_TIMESTAMP_FILE": str(self._path),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
            "PYTHONPATH": str(_CUSTOMISED),
        }

    @property
    def now(self) -> datetime:
        """What it shows."""
        return datetime.fromtimestamp(time.time() + self._offset, UTC)

    def set(self, at: datetime) -> None:
        """Have it show a moment, aware, and go on from there."""
        self._offset = at.timestamp() - time.time()
        written = self._path.with_suffix(".new")
        written.write_text(f"{self._offset:+.6f}")
        written.replace(self._path)

    def step(self, by: timedelta) -> None:
        """Set it forward, or back where that is negative."""
        self.set(self.now + by)
