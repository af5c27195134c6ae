"""The dates of captures: the machine's clock, but never out of the order in which an article was captured.

A clock is set back where it was wrong before, or is wrong from then on; nobody can tell which. What is certain is the
order of captures, and versions stand in the order of their dates. So a capture of an article that would be dated before
the last one that is known, or within the same second (which indexes of web archives cannot tell apart), is dated one
second after that one, and its record says what the clock showed.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from broadsheet.storage.publishing.known import Known
from broadsheet.storage.urls import identity

_SECOND = timedelta(seconds=1)
# Slow answers come in another order than their requests went out.
_WORTH_TELLING = timedelta(minutes=2)
# Of captures that are published the catalog knows; and few addresses are captured twice in a crawl, soon after.
_MOST_KEPT = 4096

_log = logging.getLogger(__name__)


class CaptureDates:
    """Dates the captures of one crawl.

    Args:
        earliest: A moment before which nothing is dated: there are captures up to it that the catalog does not know.
    """

    def __init__(self, earliest: datetime | None = None) -> None:
        self._earliest = earliest
        self._last: dict[int, datetime] = {}
        self._before: dict[int, datetime] = {}
        self._told = False

    def date(self, url: str, filed_as: str, shown: datetime, known: Known | None) -> datetime:
        """Return the date of a capture.

        Args:
            url: The URL that was asked for.
            filed_as: The URL that a version of it would be filed under.
            shown: What the clock showed when the request was sent.
            known: What the archive holds of the latter.
        """
        # The hashes of addresses are a fifth of them; two that share one are dated apart, which harms nothing.
        names = {hash(identity(url)), hash(identity(filed_as))}
        lately = (kept.get(name) for name in names for kept in (self._last, self._before))
        moments = (known.captured_at if known else None, self._earliest, *lately)
        last = max((moment for moment in moments if moment is not None), default=None)
        dated = shown
        if last is not None and shown < _next_second(last):
            dated = _next_second(last)
            self._tell(filed_as, dated, shown)
        self._last.update(dict.fromkeys(names, dated))
        if len(self._last) >= _MOST_KEPT:
            self._last, self._before = {}, self._last
        return dated

    def _tell(self, url: str, dated: datetime, shown: datetime) -> None:
        if self._told or dated - shown < _WORTH_TELLING:
            return
        self._told = True
        _log.warning(
            "the clock of this machine shows %s, and the archive has a later capture of %s: this one is dated %s, so "
            "that versions keep their order, and its record says what the clock showed; so will others be. Set the "
            "clock, if it is wrong",
            f"{shown:%Y-%m-%d %H:%M:%S}Z",
            url,
            f"{dated:%Y-%m-%d %H:%M:%S}Z",
        )


def _next_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0) + _SECOND
