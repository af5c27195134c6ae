"""Whether a crawl came to what it was begun for: its outcome as a whole, from what became of its URLs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from broadsheet.crawler.frontier.schema import Ending
    from broadsheet.storage.model import Outcome

RunOutcome = Literal["finished", "partial", "failed", "idle"]
"""What a crawl came to.

``finished``: all was looked at that was to be, as far as the bounds of its source allow. ``partial``: pages came, and
then it was ended, or the site or the archive left URLs undone, or more failed than came. ``failed``: no page came.
``idle``: none was asked for, since none was due; that says nothing of the site. Where none was due because the site
could not be had before, it is ``failed`` still.
"""

RUN_OUTCOMES: tuple[RunOutcome, ...] = get_args(RunOutcome)

REFUSED = frozenset({"host_refuses", "robots", "private_address", "no_contact"})
"""The reasons for which a URL is skipped where its site is not there, or lets nobody in."""
# Those of bounds that the operator has set are none.
_LEFT_UNDONE = frozenset({"host_refuses", "interrupted", "unpublished", "not_reached"})


def outcome_of_run(outcomes: Mapping[Outcome, int], skipped: Mapping[str, int], ending: Ending) -> RunOutcome:
    """Return what a crawl came to.

    Args:
        outcomes: How many URLs it has by outcome.
        skipped: How many were skipped, by reason.
        ending: How its run ended.
    """
    failed = outcomes.get("failed", 0)
    came = sum(outcomes.values()) - failed
    is_whole = ending == "finished" and not _any(skipped, _LEFT_UNDONE)
    if not came and (failed or ending == "broken" or _any(skipped, REFUSED)):
        return "failed"
    if not is_whole or failed > came:
        return "partial"
    return "finished" if came else "idle"


def _any(skipped: Mapping[str, int], reasons: frozenset[str]) -> bool:
    return any(skipped.get(reason) for reason in reasons)
