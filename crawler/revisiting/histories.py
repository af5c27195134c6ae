"""What is kept of the looks at a page, and of those at all articles of its source."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from broadsheet.crawler.revisiting.rhythm import Rhythm

Role = Literal["front", "listing", "page", "article"]
Found = Literal["changed", "unchanged", "gone", "failed"]

HOUR = timedelta(hours=1)
SPANS = (0.0, *(0.5 * 2.0**power for power in range(13)))
"""Ages of articles, in hours, at which a span begins that is looked at by itself; the last has no end."""


class Habits(Struct, frozen=True, array_like=True):
    """What the articles of a source have shown together.

    Attributes:
        hours: For how long articles were watched, by spans of age.
        edits: How many edits were seen that were no follow-ups.
        followed: How many were.
    """

    hours: tuple[float, ...] = (0.0,) * len(SPANS)
    edits: tuple[float, ...] = (0.0,) * len(SPANS)
    followed: float = 0.0


UNKNOWN_HABITS = Habits()


class History(Struct, frozen=True, kw_only=True, array_like=True):
    """What the looks at a page have shown, in so much as the next one depends on it.

    Attributes:
        role: What it is: a front page, a feed or sitemap, an article, or any other page.
        first_seen: When it was looked at for the first time.
        born: When it was published; no later than it was first seen.
        tried_at: The last look.
        seen_at: The last look that was answered.
        changed_at: The last look that found a change.
        burst: Hours between that change and what was before it: the publication, or another change.
        own_edits: Changes that were no follow-ups of others.
        followed: Changes that were.
        interval: Hours from look to look, of any other page.
        share: How often a look at one found something new, the last ones counting most.
        gone: Looks in a row that found that it is gone.
        failures: Looks in a row that were not answered.
        rhythm: When a front page, feed or sitemap leads to something new; None of other pages.
        foreseen: How many edits the habits of the source made one expect of any article while this one was watched.
    """

    role: Role
    first_seen: datetime
    born: datetime
    tried_at: datetime
    seen_at: datetime
    changed_at: datetime | None = None
    burst: float = 0.0
    own_edits: float = 0.0
    followed: float = 0.0
    interval: float = 0.0
    share: float = 0.5
    gone: int = 0
    failures: int = 0
    rhythm: Rhythm | None = None
    foreseen: float = 0.0
