"""What pages list of an archive: the versions of a day, the articles of a site."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from heapq import nlargest
from itertools import islice

from msgspec import Struct

from broadsheet.storage.archive import Archive
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.index.lookup import newest_day
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


class Day(Struct, frozen=True, kw_only=True):
    """The versions captured on one day (UTC), the newest first.

    Attributes:
        day: The day.
        versions: The newest of its versions.
        total: How many there are.
    """

    day: date
    versions: list[ListedVersion]
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
    return Day(day=day, versions=list(map(_listed, archive.snapshots_of(newest))), total=total)


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
