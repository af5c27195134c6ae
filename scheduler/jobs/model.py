"""A job: one crawl of a source or one re-crawl of a URL, from being asked for to its end."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

from broadsheet.crawler.run_outcome import RUN_OUTCOMES, RunOutcome

Kind = Literal["crawl", "recrawl"]
State = Literal["waiting", "running", "finished", "failed", "refused"]

ENDED: frozenset[State] = frozenset({"finished", "failed", "refused"})
"""The states that a job stays in."""

SCHEDULE = "schedule"
"""Who asks for the runs that fall due."""


class Job(Struct, frozen=True, kw_only=True):
    """One job.

    Attributes:
        id: What it is asked for by.
        kind: ``crawl`` of a source, or ``recrawl`` of a URL.
        source: The source that is crawled, or that the URL belongs to; None for a URL of none.
        url: What is re-crawled; None for a crawl.
        asked_by: ``schedule``, or the name of who asked.
        why: What they asked it for.
        asked_at: When; aware.
        planned_for: The moment for which the schedule planned it; None where somebody asked.
        state: ``waiting`` for its turn; ``running``; ``finished``; ``failed`` with a reason; ``refused`` where it may
            not be done at all.
        started_at: When it was begun, the last time.
        ended_at: When it ended.
        attempts: How often it was begun.
        reason: Why it failed or was refused.
        result: What it came to: the summary of a crawl, or the answer of a re-crawl, as the commands print them.
    """

    id: str
    kind: Kind
    source: str | None
    url: str | None
    asked_by: str
    why: str | None
    asked_at: datetime
    planned_for: datetime | None
    state: State
    started_at: datetime | None
    ended_at: datetime | None
    attempts: int
    reason: str | None
    result: dict[str, Any] | None

    @property
    def has_ended(self) -> bool:
        """Whether nothing becomes of it any more."""
        return self.state in ENDED

    @property
    def run_outcome(self) -> RunOutcome | None:
        """What a crawl that has ended came to as a whole; None for any other job."""
        if self.kind != "crawl" or not self.has_ended:
            return None
        said = (self.result or {}).get("outcome")
        # One that was killed or refused has told of nothing.
        untold: RunOutcome = "finished" if self.state == "finished" else "failed"
        return next((outcome for outcome in RUN_OUTCOMES if outcome == said), untold)

    @property
    def has_looked(self) -> bool:
        """Whether a crawl has ended that asked its source for something: nothing was due else, or it was put off."""
        return self.run_outcome not in (None, "idle") and not (self.result or {}).get("put_off_until")
