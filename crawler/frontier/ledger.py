"""The coverage ledger of one crawl, for whoever looks at it: a view of the frontier's run."""

from __future__ import annotations

from broadsheet.crawler.frontier.run import Run
from broadsheet.crawler.measures import Measures, Meter


class Ledger:
    """How far a crawl is.

    Args:
        run: The run.
        meter: What measures it.

    Attributes:
        captured: How many answers this process has had so far.
    """

    def __init__(self, run: Run, meter: Meter) -> None:
        self._run = run
        self._meter = meter
        self.captured = 0

    @property
    def discovered(self) -> int:
        """How many URLs the run has discovered."""
        return self._run.discovered

    @property
    def measures(self) -> Measures:
        """What this process has measured of it so far."""
        return self._meter.measures
