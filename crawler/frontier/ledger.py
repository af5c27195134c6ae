"""The coverage ledger of one crawl, for whoever looks at it: a view of the frontier's run."""

from __future__ import annotations

from broadsheet.crawler.frontier.run import Run


class Ledger:
    """How far a crawl is.

    Args:
        run: The run.

    Attributes:
        captured: How many answers this process has had so far.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self.captured = 0

    @property
    def discovered(self) -> int:
        """How many URLs the run has discovered."""
        return self._run.discovered
