"""The keys of table segments, each of which holds one captured day of a batch, and of what is compacted of them."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple, cast

from broadsheet.storage import layout
from broadsheet.storage.errors import InvalidKeyError
from broadsheet.storage.layout import TableName

_TABLE_KEY = re.compile(
    rf"{layout.TABLES}({'|'.join(layout.TABLE_NAMES)})/day=(\d{{4}}-\d\d-\d\d)/"
    r"(([0-9]{13}-[0-9a-f]{8})-[0-9a-f]{32})\.parquet"
)


class TableSegment(NamedTuple):
    """What the key of a table segment tells without reading it."""

    key: str
    table: TableName
    day: date
    name: str
    batch: str


def prefix(name: TableName, day: date | None = None, *, compacted: bool = False) -> str:
    """Return the prefix under which a table lies, or one captured day of it."""
    return f"{layout.COMPACTED_TABLES if compacted else layout.TABLES}{name}/" + (f"day={day:%Y-%m-%d}/" if day else "")


def segment_key(name: TableName, day: date, batch: str, data: bytes) -> str:
    """Return the key of the segment of a table that holds one captured day (UTC) of a batch."""
    return f"{prefix(name, day)}{batch}-{layout.digest_name(data)}.parquet"


def compacted_key(name: TableName, day: date, digest: str) -> str:
    """Return the key of a compacted part of a day; `digest` is 32 hex digits of the file's SHA-256."""
    return f"{prefix(name, day, compacted=True)}{digest}.parquet"


def parse(key: str) -> TableSegment:
    """Take the key of a table segment apart.

    Raises:
        InvalidKeyError: It is not the key of a table segment.
    """
    match = _TABLE_KEY.fullmatch(key)
    if match is None:
        raise InvalidKeyError(f"not the key of a table segment: {key!r}")
    return TableSegment(key, cast("TableName", match[1]), date.fromisoformat(match[2]), match[3], match[4])


def day_of(directory: str) -> date | None:
    """Return the day that a directory of a table is named for, or None where it is named for something else."""
    try:
        return date.fromisoformat(directory.removeprefix("day="))
    except ValueError:
        return None
