"""What a run has to warn of: pages without end, whether they were recognised or only a bound has ended them."""

from __future__ import annotations

import logging
from typing import Literal

from msgspec import Struct

_log = logging.getLogger(__name__)

AlertKind = Literal["trap", "endless"]
# A site may have any number of traps, and nobody reads more.
_MOST = 20


class Alert(Struct, frozen=True):
    """One thing that a run warns of.

    Attributes:
        kind: ``trap``: pages that led to nothing, the rest of which was passed over. ``endless``: pages that led to
            ever more of their kind, until the crawl had asked for as many as it may.
        pages: What the addresses of these pages have in common.
        text: What was seen, for people.
    """

    kind: AlertKind
    pages: str
    text: str


class Alerts:
    """The alerts of a run, each logged once.

    Attributes:
        raised: All of them, at most 20.
    """

    def __init__(self) -> None:
        self.raised: list[Alert] = []
        self._known: set[tuple[AlertKind, str]] = set()

    def note(self, alert: Alert) -> None:
        """Raise an alert, unless there is one of the same kind and pages."""
        key = alert.kind, alert.pages
        if key in self._known or len(self.raised) >= _MOST:
            return
        self._known.add(key)
        self.raised.append(alert)
        _log.warning("%s: pages like %s: %s", alert.kind, alert.pages, alert.text)
