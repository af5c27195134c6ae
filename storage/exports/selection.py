"""What an export takes from an archive: captures of a span of time and of a host, out of a fixed list of segments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from msgspec import Struct

from broadsheet.storage import cdxj, layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import get_intact
from broadsheet.storage.urls import site

_PORT = re.compile(r":\d+$")
# A batch is filed under the day it was opened and may hold captures of the day after.
_BATCH_SPAN = timedelta(days=1)
_SECOND_DAY = date.min + _BATCH_SPAN


class Selection(Struct, frozen=True, kw_only=True):
    """What is asked for.

    Attributes:
        since: The earliest capture, aware, or None.
        until: The moment before which captures were made, aware, or None.
        host: The host under which they are filed, ``www`` aside; without a port, of any port; or None.
        language: The language of articles, without a region; or None. It says nothing of other captures.
    """

    since: datetime | None = None
    until: datetime | None = None
    host: str | None = None
    language: str | None = None

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return self == Selection()

    def takes(self, line: IndexLine) -> bool:
        """Tell whether a capture is of the span and the host."""
        if (self.since is not None and line.at < self.since) or (self.until is not None and line.at >= self.until):
            return False
        if self.host is None:
            return True
        wanted, of_line = site(f"http://{self.host}/"), site(line.filed_as or line.url)
        return wanted in (of_line, _PORT.sub("", of_line))


def index_keys(store: ObjectStore, selection: Selection) -> list[str]:
    """Return the keys of the index segments that may hold what is asked for, in order."""
    return [entry.key for entry in store.list(layout.INDEX) if _may_hold(entry.key, selection)]


def lines_of(store: ObjectStore, key: str) -> Iterator[IndexLine]:
    """Yield the lines of an index segment."""
    return cdxj.decode(get_intact(store, key), key)


def _may_hold(key: str, selection: Selection) -> bool:
    day = f"{key.rpartition('/')[0]}/"
    if selection.since is not None and day < layout.index_prefix(
        max(selection.since.date(), _SECOND_DAY) - _BATCH_SPAN
    ):
        return False
    if selection.until is None or layout.is_early_index(key):
        return True
    return day <= layout.index_prefix(selection.until.date())
