"""What pages list of an archive: the versions of a day, the articles of a site."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from heapq import nlargest
from itertools import islice

from msgspec import Struct

from broadsheet.scheduler import answers
from broadsheet.scheduler.answers import VersionEntry
from broadsheet.storage.archive import Archive
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.errors import ArchiveDamagedError
from broadsheet.storage.index.lookup import newest_day
from broadsheet.storage.layout import SnapshotName
from broadsheet.storage.model import Change, Snapshot

_DAY = timedelta(days=1)


class ListedVersion(Struct, frozen=True, kw_only=True):
    """A version in a list.

    Attributes:
        url: The article's URL.
        version: Its number.
        captured_at: When it was captured.
        state: ``gone`` where the server said that the article is no more.
        status: The HTTP status.
        changes: What changed with it.
        title: The headline, or None.
    """

    url: str
    version: int
    captured_at: datetime
    state: str
    status: int
    changes: list[Change]
    title: str | None


class DamagedVersion(Struct, frozen=True, kw_only=True):
    """A version whose document is not what was stored: nothing of it is shown.

    Attributes:
        url: The article's URL.
        captured_at: When it was captured.
        key: The key of its document.
    """

    url: str
    captured_at: datetime
    key: str


class Day(Struct, frozen=True, kw_only=True):
    """The versions captured on one day (UTC), the newest first.

    Attributes:
        day: The day.
        versions: The newest of its versions.
        damaged: Those that would be among them.
        total: How many there are.
    """

    day: date
    versions: list[ListedVersion]
    damaged: list[DamagedVersion]
    total: int


class Timeline(Struct, frozen=True, kw_only=True):
    """Versions of an article, oldest first.

    Attributes:
        url: Its URL.
        versions: Some of its versions, one behind another.
        damaged: Those that would be among them.
        first: The number of the first.
        total: How many versions it has.
    """

    url: str
    versions: list[VersionEntry]
    damaged: list[DamagedVersion]
    first: int
    total: int


class ListedArticle(Struct, frozen=True, kw_only=True):
    """An article in the list of those of a site.

    Attributes:
        url: Its URL.
        versions: How many captures became versions.
        last_at: When the last of them was made.
        state: ``gone`` where the last one says so.
    """

    url: str
    versions: int
    last_at: datetime
    state: str


class Site(Struct, frozen=True, kw_only=True):
    """Articles of a site by address.

    Attributes:
        host: Its host.
        articles: Some of them.
        more: Whether others come after them.
    """

    host: str
    articles: list[ListedArticle]
    more: bool


def day_of(archive: Archive, day: date | None, limit: int) -> Day:
    """Return the newest versions of a day.

    Args:
        archive: Where they are.
        day: The day; None for the one of the newest publication.
        limit: How many at most.
    """
    day = day or newest_day(archive.store) or datetime.now(UTC).date()
    start = datetime.combine(day, time(), UTC)
    end = start + _DAY if day < date.max else datetime.max.replace(tzinfo=UTC)
    total = 0

    def versions() -> Iterator[IndexLine]:
        nonlocal total
        for line in archive.captures(since=start, until=end):
            if line.snapshot:
                total += 1
                yield line

    newest = nlargest(limit, versions(), key=lambda line: line.at)
    # One at a time: articles are long.
    listed = [each for line in newest for each in _begun_with(archive, line)]
    return Day(
        day=day,
        versions=[each for each in listed if isinstance(each, ListedVersion)],
        damaged=[each for each in listed if isinstance(each, DamagedVersion)],
        total=total,
    )


def timeline(archive: Archive, url: str, before: int | None, limit: int) -> Timeline:
    """Return versions of an article, those behind them left out.

    Args:
        archive: Where they are.
        url: The article's URL.
        before: Only those of a lower number; None for all.
        limit: How many at most.

    Raises:
        NoSuchVersionError: Nothing is archived for it.
    """
    names = answers.archived(archive, url)
    end = min(before or len(names) + 1, len(names) + 1)
    listed = answers.entries_where_sound(archive, url, names, range(max(1, end - limit), end))
    return Timeline(
        url=url,
        versions=[each for each in listed if isinstance(each, VersionEntry)],
        damaged=[
            DamagedVersion(url=url, captured_at=each.captured_at, key=each.key)
            for each in listed
            if isinstance(each, SnapshotName)
        ],
        first=max(1, end - limit),
        total=len(names),
    )


def articles_of(archive: Archive, host: str, after: str, limit: int) -> Site:
    """Return articles of a site.

    Args:
        archive: Where they are.
        host: Its host, ``www`` aside; without a port, of any port.
        after: Only those behind this one, the last of an earlier list.
        limit: How many at most.

    Raises:
        InvalidURLError: It is no host.
    """
    found = _articles(archive, host)
    if after:
        found = _behind(found, after)
    articles = list(islice(found, limit))
    return Site(host=host, articles=articles, more=next(found, None) is not None)


def _begun_with(archive: Archive, line: IndexLine) -> Iterator[ListedVersion | DamagedVersion]:
    try:
        yield from map(_listed, archive.snapshots_of([line]))
    except ArchiveDamagedError:
        yield DamagedVersion(url=line.filed_as or line.url, captured_at=line.at, key=line.snapshot or "")


def _listed(snapshot: Snapshot) -> ListedVersion:
    return ListedVersion(
        url=snapshot.url,
        version=snapshot.version,
        captured_at=snapshot.captured_at,
        state=snapshot.state,
        status=snapshot.http.status,
        changes=snapshot.changes,
        title=snapshot.article.title if snapshot.article else None,
    )


def _articles(archive: Archive, host: str) -> Iterator[ListedArticle]:
    article: ListedArticle | None = None
    for line in archive.captures(host=host):
        if line.snapshot is None:
            continue
        url = line.filed_as or line.url
        if article and article.url != url:
            yield article
            article = None
        state = "gone" if line.outcome == "gone" else "live"
        before = article.versions if article else 0
        article = ListedArticle(url=url, versions=before + 1, last_at=line.at, state=state)
    if article:
        yield article


def _behind(articles: Iterator[ListedArticle], last: str) -> Iterator[ListedArticle]:
    for article in articles:
        if article.url == last:
            break
    return articles
