"""What somebody is told: an alarm that was raised or cleared, or a change of something that is watched."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

About = Literal["alarm", "change"]
Kind = Literal["silent", "failing", "extraction", "paywall", "endless", "store", "disk"]
"""Kinds of alarms; see docs/alarms.md."""


class Notice(Struct, frozen=True, kw_only=True):
    """One message, as webhooks are sent it.

    Attributes:
        id: What tells it from all others: it may be delivered more than once.
        at: When it was made, aware.
        about: ``alarm`` or ``change``.
        event: ``raised`` or ``cleared`` of an alarm; ``new``, ``changed`` or ``gone`` of a change.
        kind: What kind of alarm; None for a change.
        source: The source, or None.
        url: The URL that changed, or None.
        title: In a few words what it is.
        text: In a sentence or two, with the figures.
        details: Of a change, what the archive holds: ``snapshot_key``, ``captured_at``, ``changes``.
    """

    id: str
    at: datetime
    about: About
    event: str
    kind: Kind | None = None
    source: str | None = None
    url: str | None = None
    title: str
    text: str
    details: dict[str, Any] = {}


def id_of_change(snapshot_key: str) -> str:
    """Return the id of the notice of a version: the same whenever and wherever it is told.

    Args:
        snapshot_key: The key of the version's document.
    """
    return hashlib.sha256(snapshot_key.encode()).hexdigest()[:32]
