"""The keys of an archive are built and taken apart here and only here. docs/format.md shows the tree.

Those of runs and of tables are beside what makes them: `index/run_keys.py`, `tables/table_keys.py`.

Keys are of ``[0-9a-z._-]`` and ``/``; whatever comes from the web (URLs, titles) stands inside the objects,
never in a key.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, date, datetime, timedelta
from typing import Literal, NamedTuple, get_args

from broadsheet.storage.errors import InvalidKeyError

MARKER = "archive.json"
WARC = "warc/"
SNAPSHOTS = "snapshot/"
EXTRACTIONS = "extraction/"
INDEX = "index/"
RUNS = "run/"
MANIFESTS = "manifest/"
TABLES = "table/"
COMPACTED_TABLES = "table-compacted/"
TableName = Literal["captures", "versions"]
TABLE_NAMES: tuple[TableName, ...] = get_args(TableName)
TAKEDOWNS = "takedown/"
RETENTIONS = "retention/"
REMOVALS = (TAKEDOWNS, RETENTIONS)
_LATEST = 10**13
# Numbers of publications stand in keys as what they lack to this one, so that the newest sorts first.
HIGHEST_NUMBER = 10**10 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WRITER = re.compile(r"[0-9a-f]{8}")
_TOLD_DIGEST = re.compile(r"[-/]([0-9a-f]{32}|(?<=-)[0-9a-f]{16})\.[a-z.]+\Z")
_BATCH = re.compile(r"[0-9]{13}-[0-9a-f]{8}")
_SNAPSHOT_KEY = re.compile(
    rf"{SNAPSHOTS}([0-9a-f]{{2}})/\1[0-9a-f]{{30}}/([0-9]{{13}})-([0-9a-f]{{16}})-[0-9a-f]{{16}}\.json"
)
_TAKEDOWN_KEY = re.compile(rf"{TAKEDOWNS}([0-9a-f]{{2}})/(\1[0-9a-f]{{30}})/[0-9]{{13}}-[0-9a-f]{{16}}\.json")
_MANIFEST_KEY = re.compile(rf"{MANIFESTS}([0-9a-f]{{8}})/([0-9]{{10}})-[0-9a-f]{{32}}\.json")


def digest_name(data: bytes, digits: int = 32) -> str:
    """Return the leading hexadecimal digits of the SHA-256 of the bytes, as they stand in a key."""
    return hashlib.sha256(data).hexdigest()[:digits]


def told_digest(key: str) -> str | None:
    """Return the leading digits of the SHA-256 of an object, where its key tells them."""
    match = _TOLD_DIGEST.search(key)
    return match[1] if match else None


def milliseconds(moment: datetime) -> int:
    """Return the whole milliseconds from the epoch to a moment; 13 digits until the year 2286."""
    # In integers: a float loses some of the milliseconds.
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def batch_name(moment: datetime, writer: str) -> str:
    """Return the name of a batch: when its writer opened it, and which writer that was (8 hex digits)."""
    return f"{milliseconds(moment):013d}-{writer}"


def batch_moment(batch: str) -> datetime:
    """Return when a batch was opened, to the millisecond, as its name tells."""
    return _moment(int(batch[:13]))


def batch_of(key: str) -> str:
    """Return the batch whose WARC segment, index segment or table has this key."""
    return "-".join(key.rpartition("/")[2].split("-")[:2])


def is_batch_name(text: str) -> bool:
    """Tell whether a text may be the name of a batch."""
    return _BATCH.fullmatch(text) is not None


def is_writer(text: str) -> bool:
    """Tell whether a text may name a writer."""
    return _WRITER.fullmatch(text) is not None


def batch_writer(batch: str) -> str:
    """Return the writer of a batch, 8 hex digits."""
    return batch[14:]


def warc_key(batch: str, digest: str) -> str:
    """Return the key of a batch's WARC segment; `digest` is 32 hex digits of the file's SHA-256."""
    return f"{WARC}{_day(batch)}/{batch}-{digest}.warc.gz"


def index_key(batch: str, data: bytes, *, early: bool = False) -> str:
    """Return the key of a batch's index segment; an `early` one holds captures of days before the batch's own."""
    return f"{INDEX}{_day(batch)}/{batch}-{'early-' if early else ''}{digest_name(data)}.cdxj.gz"


def is_early(batch: str, moment: datetime) -> bool:
    """Tell whether a moment is of a day before the one that a batch is filed under."""
    return moment.astimezone(UTC).date() < _moment(int(batch[:13])).date()


def is_beyond(batch: str, moment: datetime) -> bool:
    """Tell whether a moment is of a later day than a batch may hold: than the one after the batch's own."""
    return moment.astimezone(UTC).date() > _moment(int(batch[:13])).date() + timedelta(days=1)


def is_early_index(key: str) -> bool:
    """Tell whether an index segment may hold captures of days before its own, as those of imports do."""
    return "-early-" in key


def index_prefix(day: date) -> str:
    """Return the prefix under which the index segments of the batches of one day (UTC) lie."""
    return f"{INDEX}{day.isoformat().replace('-', '/')}/"


def index_beginning(batch: str) -> str:
    """Return what the key of a batch's index segment begins with."""
    return f"{INDEX}{_day(batch)}/{batch}-"


class ManifestName(NamedTuple):
    """What the key of a manifest tells without reading it."""

    key: str
    writer: str
    number: int


def manifests_prefix(writer: str) -> str:
    """Return the prefix under which the chain of a writer lies."""
    return f"{MANIFESTS}{writer}/"


def manifest_key(writer: str, number: int, data: bytes) -> str:
    """Return the key of a manifest; its number stands inverted, so that the newest sorts first."""
    return f"{manifests_prefix(writer)}{HIGHEST_NUMBER - number:010d}-{digest_name(data)}.json"


def parse_manifest_key(key: str) -> ManifestName:
    """Take the key of a manifest apart.

    Raises:
        InvalidKeyError: It is not the key of a manifest.
    """
    match = _MANIFEST_KEY.fullmatch(key)
    if match is None:
        raise InvalidKeyError(f"not the key of a manifest: {key!r}")
    return ManifestName(key, match[1], HIGHEST_NUMBER - int(match[2]))


def takedowns_prefix(identity_hash: str) -> str:
    """Return the prefix under which the takedowns of one article lie."""
    return f"{TAKEDOWNS}{identity_hash[:2]}/{identity_hash}/"


def removal_beginning(identity_hash: str | None, at: datetime) -> str:
    """Return what the key of a removal begins with: of an article's takedown, or without one of a retention."""
    return f"{takedowns_prefix(identity_hash) if identity_hash else RETENTIONS}{milliseconds(at):013d}"


def takedown_identity(key: str) -> str:
    """Return the identity hash under which a takedown lies.

    Raises:
        InvalidKeyError: It is not the key of a takedown.
    """
    match = _TAKEDOWN_KEY.fullmatch(key)
    if match is None:
        raise InvalidKeyError(f"not the key of a takedown: {key!r}")
    return match[2]


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


def extraction_beginning(snapshot_key: str) -> str:
    """Return what the keys of the extraction revisions of a snapshot begin with."""
    return EXTRACTIONS + snapshot_key.removeprefix(SNAPSHOTS).rpartition("-")[0] + "-"


def extraction_key(snapshot_key: str, document: bytes) -> str:
    """Return the key of an extraction revision of a snapshot, with these bytes."""
    return f"{extraction_beginning(snapshot_key)}{digest_name(document, 16)}.json"


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
    match = _match_snapshot(key)
    return SnapshotName(key, _moment(_LATEST - int(match[2])), match[3])


def snapshot_content(key: str) -> str:
    """Return the 16 hex digits of its version's content digest that the key of a snapshot tells.

    Raises:
        InvalidKeyError: It is not the key of a snapshot.
    """
    return _match_snapshot(key)[3]


def _match_snapshot(key: str) -> re.Match[str]:
    match = _SNAPSHOT_KEY.fullmatch(key)
    if match is None:
        raise InvalidKeyError(f"not the key of a snapshot: {key!r}")
    return match


def _day(batch: str) -> str:
    return f"{_moment(int(batch[:13])):%Y/%m/%d}"


def _moment(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)
