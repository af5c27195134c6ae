"""Every key of an archive is built and taken apart here and only here. docs/format.md shows the tree.

Keys are of ``[0-9a-z._-]`` and ``/``; whatever comes from the web (URLs, titles) stands inside the objects,
never in a key.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import NamedTuple

from broadsheet.storage.errors import InvalidKeyError

MARKER = "archive.json"
WARC = "warc/"
SNAPSHOTS = "snapshot/"
INDEX = "index/"
_LATEST = 10**13


def digest_name(data: bytes, digits: int = 32) -> str:
    """Return the leading hexadecimal digits of the SHA-256 of the bytes, as they stand in a key."""
    return hashlib.sha256(data).hexdigest()[:digits]


def milliseconds(moment: datetime) -> int:
    """Return the milliseconds from the epoch to a moment; 13 digits until the year 2286."""
    return int(moment.timestamp() * 1000)


def batch_name(moment: datetime, writer: str) -> str:
    """Return the name of a batch: when its writer opened it, and which writer that was (8 hex digits)."""
    return f"{milliseconds(moment):013d}-{writer}"


def warc_key(batch: str, digest: str) -> str:
    """Return the key of a batch's WARC segment; `digest` is 32 hex digits of the file's SHA-256."""
    return f"{WARC}{_day(batch)}/{batch}-{digest}.warc.gz"


def index_key(batch: str, data: bytes) -> str:
    """Return the key of a batch's index segment."""
    return f"{INDEX}{_day(batch)}/{batch}-{digest_name(data)}.cdxj.gz"


def index_prefix(day: datetime | None = None) -> str:
    """Return the prefix of the index segments of one day (UTC), or of all."""
    return INDEX if day is None else f"{INDEX}{day:%Y/%m/%d}/"


def index_day(key: str) -> str:
    """Return the day of an index segment as ``yyyy-mm-dd``."""
    return key.removeprefix(INDEX)[:10].replace("/", "-")


def snapshots_prefix(identity_hash: str) -> str:
    """Return the prefix under which all versions of one article lie."""
    return f"{SNAPSHOTS}{identity_hash[:2]}/{identity_hash}/"


def snapshot_key(identity_hash: str, captured_at: datetime, content_digest: str, document: bytes) -> str:
    """Return the key of a snapshot document.

    Args:
        identity_hash: 32 hex digits, `urls.identity_hash`.
        captured_at: When the capture was made; stands inverted, so that the newest version sorts first.
        content_digest: ``sha256:`` and 64 hex digits; 16 of them let a listing tell equal neighbours.
        document: The bytes of the document.
    """
    inverted = _LATEST - milliseconds(captured_at)
    content = content_digest.removeprefix("sha256:")[:16]
    return f"{snapshots_prefix(identity_hash)}{inverted:013d}-{content}-{digest_name(document, 16)}.json"


class SnapshotName(NamedTuple):
    """What the key of a snapshot tells without reading it."""

    key: str
    captured_at: datetime
    content: str


def parse_snapshot_key(key: str) -> SnapshotName:
    """Take the key of a snapshot apart.

    Raises:
        InvalidKeyError: It is not the key of a snapshot.
    """
    try:
        inverted, content, _ = key.rpartition("/")[2].removesuffix(".json").split("-")
        moment = datetime.fromtimestamp((_LATEST - int(inverted)) / 1000, UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidKeyError(f"not the key of a snapshot: {key!r}") from error
    return SnapshotName(key, moment, content)


def _day(batch: str) -> str:
    return f"{datetime.fromtimestamp(int(batch[:13]) / 1000, UTC):%Y/%m/%d}"
