"""Servers err: that an article is gone is told when a second look has found it gone too, or nobody looks for a day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from broadsheet.scheduler.alarms.notices import Notice
from broadsheet.scheduler.alarms.outbox import Outbox
from broadsheet.scheduler.sources.document import SourcesFile
from broadsheet.storage.archive import Archive

_LONGEST_WAIT = timedelta(days=1)


def confirm(archive: Archive, outbox: Outbox, document: SourcesFile, now: datetime) -> None:
    """Send the removals that are confirmed by now; forget those of articles that are there again, or were taken down.

    Raises:
        ArchiveError: The archive cannot be read.
        FrontierError: The service's database cannot be used.
    """
    for notice in outbox.held():
        found = _judge(archive, notice, now)
        webhooks = [webhook.url for webhook in document.service.webhooks]
        if found == "confirmed":
            outbox.release(msgspec.structs.replace(notice, at=now), webhooks)
        elif found == "alone":
            text = f"{notice.text}; seen once: nobody has looked again for a day"
            outbox.release(msgspec.structs.replace(notice, at=now, text=text), webhooks)
        elif found == "over":
            outbox.drop(notice)


def _judge(archive: Archive, notice: Notice, now: datetime) -> Literal["confirmed", "alone", "over", "open"]:
    latest = archive.latest(notice.url or "")
    if latest is None or latest.key != notice.details["snapshot_key"]:
        return "over"
    if any(check.at > latest.captured_at for check in archive.checks(latest.url)):
        return "confirmed"
    return "alone" if now - notice.at >= _LONGEST_WAIT else "open"
