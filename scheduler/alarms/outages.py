"""When the service itself was in trouble: that crawls failed then says nothing of their sources."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from broadsheet.scheduler.alarms.notices import Notice

# A trouble is told when it has lasted for two looks, and crawls fail from its first moment on; one that is over is told
# of as late, and a crawl that was under way then may take as long to give up.
_UNTOLD = timedelta(minutes=5)


class Outages:
    """The times in which an alarm of the service itself stood.

    Args:
        notices: The alarms that were raised and cleared so far, in any order; those of sources are passed over.
    """

    def __init__(self, notices: Iterable[Notice]) -> None:
        self._spans: list[tuple[datetime, datetime]] = []
        self._open: dict[str, datetime] = {}
        self.note(sorted(notices, key=lambda notice: notice.at))

    def note(self, notices: Sequence[Notice]) -> None:
        """Note what was raised and cleared, in its order."""
        for notice in notices:
            if notice.source is not None or notice.kind is None:
                continue
            if notice.event == "raised":
                self._open[notice.kind] = notice.at
            elif (began := self._open.pop(notice.kind, None)) is not None:
                self._spans.append((began, notice.at))

    def cover(self, at: datetime) -> bool:
        """Tell whether a moment lies in one of them, or so close that it may."""
        return any(began - _UNTOLD <= at <= ended + _UNTOLD for began, ended in self._spans) or any(
            began - _UNTOLD <= at for began in self._open.values()
        )
