"""What commands, HTTP and pages answer about the versions of an article: one document each, made in one place."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Literal

from msgspec import Struct, field, structs

from broadsheet.storage import numbering
from broadsheet.storage.archive import Archive
from broadsheet.storage.differences import FieldDifference, difference
from broadsheet.storage.errors import ArchiveDamagedError, NoSuchVersionError
from broadsheet.storage.layout import SnapshotName
from broadsheet.storage.model import Change, Snapshot, SnapshotDocument, WarcLocation

# As of a day: what stood at its end.
_TO_THE_END_OF_A_DAY = timedelta(days=1) - timedelta(microseconds=1)
RecrawlOutcome = Literal["new", "changed", "unchanged", "gone", "failed", "blocked"]


class MomentError(ValueError):
    """What was given as a time is none."""


class VersionEntry(Struct, frozen=True, kw_only=True):
    """One version in the list of an article's versions.

    Attributes:
        version: Its number, its place in time among the versions of its URL.
        captured_at: When it was captured.
        state: ``gone`` where the server said that the article is no more.
        changes: What changed with it; empty for the first.
        title: The article's headline, or null.
        snapshot_key: Where its document lies.
        warc: Where the record of its capture lies.
        unchanged_checks: How many later looks found it standing.
        last_checked_at: When the last of them was.
    """

    version: int
    captured_at: datetime
    state: str
    changes: list[Change]
    title: str | None
    snapshot_key: str
    warc: WarcLocation
    unchanged_checks: int
    last_checked_at: datetime | None


class Versions(Struct, frozen=True, kw_only=True):
    """Every version of a URL, oldest first."""

    url: str
    versions: list[VersionEntry]


class NumberedSnapshot(SnapshotDocument, frozen=True, kw_only=True):
    """The stored document of a version, with its number."""

    version: int


class Comparison(Struct, frozen=True, kw_only=True):
    """How two versions differ: classes of change, and a word diff of every field that differs."""

    url: str
    before: int = field(name="from")
    after: int = field(name="to")
    changes: list[Change]
    fields: dict[str, FieldDifference]


class Recrawled(Struct, frozen=True, kw_only=True):
    """The answer of a re-crawl, as the contract has it."""

    url: str
    outcome: RecrawlOutcome
    reason: str | None
    version: int | None
    previous_version: int | None
    changes: list[Change]
    snapshot_key: str | None
    warc: WarcLocation | None


def versions(archive: Archive, url: str) -> Versions:
    """Return every version of a URL, with the looks between them that found nothing changed.

    Raises:
        NoSuchVersionError: Nothing is archived for it.
    """
    names = archived(archive, url)
    return Versions(url=url, versions=entries(archive, url, names, range(1, len(names) + 1)))


def archived(archive: Archive, url: str) -> list[SnapshotName]:
    """Return what the keys of the versions of a URL tell, oldest first; there is one at least.

    Raises:
        NoSuchVersionError: Nothing is archived for it.
    """
    names = archive.names(url)
    if not names:
        archive.refuse_taken_down(url)
        raise NoSuchVersionError(f"nothing is archived for {url}{_but_looks(archive, url, None)}")
    return names


def entries(archive: Archive, url: str, names: list[SnapshotName], numbers: range) -> list[VersionEntry]:
    """Return some versions of a URL as they are listed; none where there are no `numbers`.

    Args:
        archive: Where they are.
        url: The article's URL.
        names: All its versions, as `archived` returns them.
        numbers: Which of them, one behind another.
    """
    # The version behind them tells which looks are theirs. One at a time: articles are long.
    read = numbering.read_all(archive.store, names, _and_one_behind(numbers, names))
    found = islice(_with_checks(archive, url, map(_entry, read)), len(numbers))
    return [entry for entry in found if isinstance(entry, VersionEntry)]


def entries_where_sound(
    archive: Archive, url: str, names: list[SnapshotName], numbers: range
) -> list[VersionEntry | SnapshotName]:
    """Return what `entries` does, and of a version whose document is damaged what its key tells."""
    found = [_entry_where_sound(archive, names, number) for number in _and_one_behind(numbers, names)]
    return list(islice(_with_checks(archive, url, found), len(numbers)))


def select(archive: Archive, url: str, *, number: int | None = None, when: datetime | None = None) -> Snapshot:
    """Return one version: by its number, as of a moment, or the latest.

    Raises:
        NoSuchVersionError: There is none.
    """
    if number is not None:
        return archive.version(url, number)
    snapshot = archive.latest(url) if when is None else archive.at(url, when)
    if snapshot is None:
        archive.refuse_taken_down(url)
        until = f" as of {as_of(when)}" if when else ""
        raise NoSuchVersionError(f"nothing is archived for {url}{until}{_but_looks(archive, url, when)}")
    return snapshot


def _but_looks(archive: Archive, url: str, when: datetime | None) -> str:
    """Return what stands in place of a version where the URL was looked at, and no article was found."""
    looks = archive.looks(url, when)
    if not looks:
        return ""
    last = looks[-1]
    why = f", {last.reason}" if last.reason else ""
    found = f"at {last.at:%Y-%m-%dT%H:%M:%SZ} it was {last.kind or last.outcome}{why}"
    return f" as an article; {found} (show --capture, or /timegate/)"


def numbered(snapshot: Snapshot) -> NumberedSnapshot:
    """Return the stored document with the version's number, in the order of the contract."""
    stored = {name: getattr(snapshot, name) for name in SnapshotDocument.__struct_fields__}
    return NumberedSnapshot(**stored, version=snapshot.version)


def compare(archive: Archive, url: str, before: int | None = None, after: int | None = None) -> Comparison:
    """Return how two versions of a URL differ.

    Args:
        archive: Where they are.
        url: The article's URL.
        before: The number of the earlier one; None for the one before `after`.
        after: The number of the later one; None for the latest.

    Raises:
        NoSuchVersionError: One of them is not there.
    """
    to = after if after is not None else select(archive, url).version
    if before is None and to == 1:
        count = len(archived(archive, url))
        which = "has one version only" if count == 1 else "has version 1 first"
        raise NoSuchVersionError(f"{url} {which}: there is nothing to compare it with")
    older, newer = archive.version(url, before if before is not None else to - 1), archive.version(url, to)
    compared = difference(older, newer)
    return Comparison(
        url=compared.url,
        before=compared.before,
        after=compared.after,
        changes=compared.changes,
        fields=compared.fields,
    )


def parse_moment(text: str) -> datetime:
    """Return the moment that a text in ISO 8601 names: of a day its end, of a time without a zone that in UTC.

    Raises:
        MomentError: It names none.
    """
    try:
        parsed = datetime.fromisoformat(text)
        if len(text) == len("2026-11-22"):
            parsed += _TO_THE_END_OF_A_DAY
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise MomentError(f"{text!r} is not a time in ISO 8601, such as 2026-11-22T15:00:00Z") from error


def as_of(when: datetime) -> str:
    """Return a moment as people read it; the last one of a day in UTC as the end of that day."""
    utc = when.astimezone(UTC)
    if utc.time() == (datetime.min + _TO_THE_END_OF_A_DAY).time():  # noqa: DTZ901 - only its time of day counts
        return f"the end of {utc:%Y-%m-%d}"
    return utc.isoformat().replace("+00:00", "Z")


def _and_one_behind(numbers: range, names: list[SnapshotName]) -> range:
    return range(numbers.start, min(numbers.stop, len(names)) + 1) if numbers else numbers


def _with_checks(
    archive: Archive, url: str, versions: Iterable[VersionEntry | SnapshotName]
) -> Iterator[VersionEntry | SnapshotName]:
    """Yield versions, oldest first, each with the looks that found it standing."""
    listed = list(versions)
    checks = [check.at for check in archive.checks(url)]
    starts = [*(bisect_left(checks, version.captured_at) for version in listed), len(checks)]
    for version, (start, end) in zip(listed, pairwise(starts), strict=True):
        if isinstance(version, VersionEntry):
            count = max(0, end - start)
            last = checks[end - 1] if count else None
            yield structs.replace(version, unchanged_checks=count, last_checked_at=last)
        else:
            yield version


def _entry_where_sound(archive: Archive, names: list[SnapshotName], number: int) -> VersionEntry | SnapshotName:
    try:
        return _entry(numbering.read(archive.store, names, number))
    except ArchiveDamagedError:
        return names[number - 1]


def _entry(snapshot: Snapshot) -> VersionEntry:
    return VersionEntry(
        version=snapshot.version,
        captured_at=snapshot.captured_at,
        state=snapshot.state,
        changes=snapshot.changes,
        title=snapshot.article.title if snapshot.article else None,
        snapshot_key=snapshot.key,
        warc=snapshot.warc,
        unchanged_checks=0,
        last_checked_at=None,
    )
