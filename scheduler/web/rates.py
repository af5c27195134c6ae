"""How often somebody may do something: so many times a minute, evenly or at once."""

from __future__ import annotations

import math
import time
from collections import OrderedDict

_MOST_KEYS = 10_000


class RateLimit:
    """Counts by key, such as the name of a token or an address.

    Args:
        per_minute: How often each may.
    """

    def __init__(self, per_minute: int) -> None:
        self._most = float(per_minute)
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, key: str) -> int:
        """Count one time, or return the whole seconds after which there is one again.

        Returns:
            0 where it was counted.
        """
        now = time.monotonic()
        left, since = self._left.pop(key, (self._most, now))
        left = min(self._most, left + (now - since) * self._most / 60)
        counted = left >= 1
        self._left[key] = (left - 1 if counted else left, now)
        if len(self._left) > _MOST_KEYS:
            self._left.popitem(last=False)
        return 0 if counted else max(1, math.ceil((1 - left) * 60 / self._most))
