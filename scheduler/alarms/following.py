"""Follows the archive's change feed: what is watched becomes notices, what was read is tallied, nothing twice."""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from sqlalchemy import Connection, select, update

from broadsheet.crawler.frontier.database import Database
from broadsheet.crawler.frontier.upserts import insert_for
from broadsheet.scheduler.alarms.notices import Notice, id_of_change
from broadsheet.scheduler.alarms.outbox import Outbox
from broadsheet.scheduler.alarms.schema import cursors, tallies
from broadsheet.scheduler.sources.document import SourcesFile, Watch
from broadsheet.storage import layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.chains.changes import Change
from broadsheet.storage.documents import snapshots
from broadsheet.storage.errors import ArchiveDamagedError, CursorError, NoSuchObjectError
from broadsheet.storage.model import SnapshotDocument
from broadsheet.storage.urls import identity, site

_log = logging.getLogger(__name__)

_NAME = "changes"
_AT_ONCE = 200
# When it is imported, what was captured longer ago than this is no news.
_OLD = timedelta(days=1)
# So many versions one behind another are looked at for a headline.
_MOST_WITHOUT_HEADLINE = 5


class ChangeFollower:
    """Goes on in the change feed where it was, also after a restart.

    What a step makes of changes and the cursor behind them are one transaction: no change is passed over, and none
    is told twice. That an article is gone is held until it is confirmed: see `removals`. Of a version that was removed,
    wherever that was done, the notice goes too.

    Args:
        archive: The archive.
        database: The service's database.
        outbox: Where notices go.
    """

    def __init__(self, archive: Archive, database: Database, outbox: Outbox) -> None:
        self._archive = archive
        self._database = database
        self._outbox = outbox

    def step(self, document: SourcesFile, now: datetime | None = None) -> int:
        """Follow the feed by at most 200 changes; return how many there were. At the first time, begin at its end.

        Args:
            document: What is watched, and the sources.
            now: The present moment; by the clock where not given.
        """
        with self._database.reading() as connection:
            cursor = connection.scalar(
                select(cursors.c.cursor).where(cursors.c.archive == self._database.archive, cursors.c.name == _NAME)
            )
        try:
            changes, behind = self._changes(cursor)
        except CursorError as error:
            _log.warning("what is watched is followed from now on, since the archive is another than it was: %s", error)
            changes, behind = self._changes(None)
        looked_at = _Looked(self._archive, document, now or datetime.now(UTC))
        made = [notice for change in changes if (notice := looked_at.at(change)) is not None]
        removed = [change.snapshot_key for change in changes if change.outcome == "forgotten"]
        with self._database.writing() as connection:
            if not self._advance(connection, cursor, behind):
                return 0  # Another service on the same database was here meanwhile, and has told of them.
            for notice in made:
                if notice.event == "gone":
                    self._outbox.hold(connection, notice)
                else:
                    self._outbox.add(connection, notice, [webhook.url for webhook in document.service.webhooks])
            self._outbox.forget_versions(connection, removed)
            self._tally(connection, looked_at)
        if removed:
            self._database.leave_nothing_behind()
        return len(changes)

    def _changes(self, cursor: str | None) -> tuple[list[Change], str]:
        """Return the next changes, and the cursor behind them; without a cursor none, and the end of the feed."""
        reading = self._archive.changes(cursor)
        if cursor is None:
            deque(reading, maxlen=0)
            return [], reading.cursor
        changes = list(islice(reading, _AT_ONCE))
        return changes, reading.cursor

    def _advance(self, connection: Connection, cursor: str | None, behind: str) -> bool:
        """Move the cursor, where it is still what it was; in PostgreSQL, others wait here for the transaction."""
        mine = {"archive": self._database.archive, "name": _NAME}
        if cursor is None:
            first = insert_for(connection, cursors).values(**mine, cursor=behind).on_conflict_do_nothing()
            return bool(connection.execute(first).rowcount)
        moved = update(cursors).where(
            cursors.c.archive == self._database.archive, cursors.c.name == _NAME, cursors.c.cursor == cursor
        )
        return bool(connection.execute(moved.values(cursor=behind)).rowcount)

    def _tally(self, connection: Connection, looked_at: _Looked) -> None:
        for (source, hour), articles in looked_at.articles.items():
            more = {
                "articles": articles,
                "incomplete": looked_at.incomplete[source, hour],
                "paywalled": looked_at.paywalled[source, hour],
            }
            insert = insert_for(connection, tallies).values(
                archive=self._database.archive, source=source, hour=hour, **more
            )
            added = {name: tallies.c[name] + insert.excluded[name] for name in more}
            connection.execute(insert.on_conflict_do_update(index_elements=list(tallies.primary_key), set_=added))


class _Looked:
    """What was seen in some changes."""

    def __init__(self, archive: Archive, document: SourcesFile, now: datetime) -> None:
        self._archive = archive
        self._now = now
        self._source_at = {site(source.home): name for name, source in reversed([*document.sources.items()])}
        self._watched: dict[str, list[Watch]] = {}
        for watch in document.watches:
            key = identity(watch.url) if watch.url else f"source {watch.source}"
            self._watched.setdefault(key, []).append(watch)
        self._last: tuple[str | None, str] | None = None
        self.articles: Counter[tuple[str, datetime]] = Counter()
        self.incomplete: Counter[tuple[str, datetime]] = Counter()
        self.paywalled: Counter[tuple[str, datetime]] = Counter()

    def at(self, change: Change) -> Notice | None:
        """Tally a change; return the notice of it, where it is watched."""
        is_same, self._last = self._last == (change.url, change.content), (change.url, change.content)
        if change.url is None or change.outcome == "forgotten" or is_same or _is_history(change, self._now):
            return None
        source = self._source_at.get(site(change.url))
        watches = [*self._watched.get(identity(change.url), ()), *self._watched.get(f"source {source}", ())]
        if source is None and not watches:
            return None
        try:
            snapshot = snapshots.read(self._archive.store, change.snapshot_key)
        except NoSuchObjectError:
            return None  # It was taken down since.
        except ArchiveDamagedError as error:
            _log.warning("a change is passed over: %s", error)  # `verify` tells of it too.
            return None
        if source is not None:
            self._tally(source, change, snapshot)
        if not any(_matters(watch, snapshot) for watch in watches):
            return None
        return _notice(change, source, snapshot, self._headline(snapshot) or change.url, self._now)

    def _headline(self, snapshot: SnapshotDocument) -> str | None:
        """Return the headline of a version; of one that is gone, the last that it had."""
        for _ in range(_MOST_WITHOUT_HEADLINE):
            if snapshot.article is not None and snapshot.article.title:
                return snapshot.article.title
            if snapshot.previous is None:
                return None
            try:
                snapshot = snapshots.read(self._archive.store, snapshot.previous)
            except (NoSuchObjectError, ArchiveDamagedError):
                return None
        return None

    def _tally(self, source: str, change: Change, snapshot: SnapshotDocument) -> None:
        article = snapshot.article
        if article is None or change.outcome not in ("new", "changed"):
            return
        key = source, change.captured_at.replace(minute=0, second=0, microsecond=0)
        self.articles[key] += 1
        self.incomplete[key] += not article.text or article.published is None
        self.paywalled[key] += article.subscription.access == "paywalled"


def _is_history(change: Change, now: datetime) -> bool:
    """Tell whether a version comes from an old capture that was imported: nothing has happened on its site now.

    A crawl captures nothing from before its batch was begun, however long it waits for the store. The clock that named
    the batch may have been ahead, hence the present moment too.
    """
    until = min(now, layout.batch_moment(change.batch)) if change.batch else now
    return until - change.captured_at > _OLD


def _matters(watch: Watch, snapshot: SnapshotDocument) -> bool:
    return not watch.changes or any(change in watch.changes for change in snapshot.changes)


def _notice(change: Change, source: str | None, snapshot: SnapshotDocument, headline: str, now: datetime) -> Notice:
    changes: Sequence[str] = snapshot.changes
    return Notice(
        id=id_of_change(change.snapshot_key),
        at=now,
        about="change",
        event=change.outcome,
        source=source,
        url=change.url,
        title=f"{change.outcome}: {headline}",
        text=", ".join(changes) or "first version",
        details={
            "snapshot_key": change.snapshot_key,
            "captured_at": change.captured_at.isoformat(),
            "changes": list(changes),
        },
    )
