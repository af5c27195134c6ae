"""What a writer knows of the archive: per article the version that stands and how to ask for it cheaply.

A local SQLite file, derived from the index segments of the archive and deletable at any time: the next start
reads the segments again. Only `outlinks` (the links of pages that have not changed since) is known here
alone; without it a re-crawl finds less through unchanged pages, and loses nothing.
"""

from __future__ import annotations

import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC
from pathlib import Path
from typing import NamedTuple

import msgspec

from broadsheet.storage import cdxj, layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.documents import removals
from broadsheet.storage.documents.removals import Takedowns
from broadsheet.storage.index.lookup import Lookup
from broadsheet.storage.publishing.catalog_file import connect, translating
from broadsheet.storage.publishing.known import Known, advance
from broadsheet.storage.publishing.looked_up import looked_up
from broadsheet.storage.stores.objects import ObjectStore, holds
from broadsheet.storage.stores.reading_ahead import get_all_intact
from broadsheet.storage.urls import identity
from broadsheet.storage.versions import Outlink

# Bytes of gzipped segments: some 40,000 lines.
_GROUP_SIZE = 4 * 1024 * 1024


class Unread(NamedTuple):
    """What of an archive a catalog does not know yet.

    Attributes:
        keys: The index segments to read.
        size: How many bytes they have together.
        gone: The segments that were read and are no more; what is known of them is to be forgotten first.
    """

    keys: list[str]
    size: int
    gone: set[str]


class Catalog:
    """The local knowledge of one archive. Safe to use from several threads, and beside other processes.

    Args:
        path: The file; it is made, with its directories, where it is not there.

    Raises:
        CatalogError: Here and by every method: the file cannot be used; the message says what to do.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        with translating(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = connect(path)

    def close(self) -> None:
        """Close the file."""
        with self._reading() as connection:
            connection.close()

    def refresh(self, store: ObjectStore) -> int:
        """Read the index segments of the archive that are new since the last time; return how many were.

        See `unread` and `read`.
        """
        unread = self.unread(store)
        self.read(store, unread)
        return len(unread.keys)

    def unread(self, store: ObjectStore) -> Unread:
        """Return what of the archive is not known here yet.

        Where a segment that was read is there no more, something was removed from the archive, or it is another one
        than it was (emptied, or an older copy): everything is to be read again. That a listing lacks a segment is not
        believed before it was asked for by its key.
        """
        # In this order: what another process publishes meanwhile is listed and not yet known, never the reverse.
        with self._reading() as connection:
            read = {key for (key,) in connection.execute("SELECT key FROM segments")}
        listed = list(store.list(layout.INDEX))
        gone = read.difference(entry.key for entry in listed)
        is_outdated = not all(holds(store, key) for key in sorted(gone))
        new = [entry for entry in listed if is_outdated or entry.key not in read]
        return Unread([entry.key for entry in new], sum(entry.size for entry in new), gone if is_outdated else set())

    def read(self, store: ObjectStore, unread: Unread) -> None:
        """Read what is not known here yet, as `unread` found it."""
        if unread.gone:
            self._forget(store, is_the_same=unread.gone <= removals.removed(store).keys())
        for segments in _in_groups(get_all_intact(store, unread.keys)):
            with self._writing() as connection:
                _take_in(connection, ((key, cdxj.decode(data, key)) for key, data in segments))

    def look_up(self, store: ObjectStore, urls: Iterable[str]) -> None:
        """Learn what the index tells of some URLs, for as long as not everything is read.

        Captures that are gone count for nothing: what an index is looked up in may be older than a removal.
        """
        lookup = Lookup(store)
        for url in urls:
            known = looked_up(store, lookup, url)
            with self._writing() as connection:
                if known is None:
                    connection.execute("DELETE FROM known WHERE identity = ?", (identity(url),))
                else:
                    _put(connection, {identity(url): known})

    def ingest(self, key: str, lines: Iterable[IndexLine], outlinks: Mapping[str, list[Outlink]] | None = None) -> None:
        """Take in one index segment, once; and the links of the pages in it, by URL."""
        with self._writing() as connection:
            _take_in(connection, [(key, lines)])
            for url, links in (outlinks or {}).items():
                row = (identity(url), zlib.compress(msgspec.msgpack.encode(links), 1))
                connection.execute("INSERT OR REPLACE INTO outlinks VALUES (?, ?)", row)

    def get(self, url: str) -> Known | None:
        """Return what is known of a URL, or None."""
        with self._lock, translating(self._path):  # asked for every link of every page
            return _select(self._connection, identity(url))

    def outlinks(self, url: str) -> list[Outlink] | None:
        """Return what a page led to when it was last read; None where it never was on this machine."""
        with self._reading() as connection:
            row = connection.execute("SELECT links FROM outlinks WHERE identity = ?", (identity(url),)).fetchone()
            return _decode_outlinks(zlib.decompress(row[0])) if row else None

    def live_articles(self, of_site: str) -> Iterator[str]:
        """Yield the URLs of the articles of a site that stand, those looked at longest ago first."""
        # A connection of its own: what is written meanwhile must not rest on what this one read when it began.
        with translating(self._path), closing(sqlite3.connect(self._path)) as connection:
            connection.create_function("look", 1, _look_at_live, deterministic=True)
            for (look,) in connection.execute(_LIVE_ARTICLES, (of_site,)):
                yield look.partition("\n")[2]

    def _forget(self, store: ObjectStore, *, is_the_same: bool) -> None:
        takedowns = Takedowns(store)
        with self._writing() as connection:
            connection.execute("DELETE FROM known")
            connection.execute("DELETE FROM segments")
            identities = [of for (of,) in connection.execute("SELECT identity FROM outlinks")]
            for of in identities:
                # Only here is it known where unchanged pages lead to.
                if not is_the_same or takedowns.hides_identity(layout.digest_name(of.encode())):
                    connection.execute("DELETE FROM outlinks WHERE identity = ?", (of,))

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, translating(self._path):
            yield self._connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Be alone with the file among all processes: what is written rests on what was read before it."""
        with self._reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                yield connection


# A site may have a million: SQLite sorts them on the disk.
_LIVE_ARTICLES = """
WITH looks AS MATERIALIZED (SELECT look(entry) AS look FROM known WHERE site = ? AND is_article)
SELECT look FROM looks WHERE look IS NOT NULL ORDER BY look
"""
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Known).decode
_decode_outlinks = msgspec.msgpack.Decoder(list[Outlink]).decode


def _look_at_live(entry: bytes) -> str | None:
    """Return when an article that stands was looked at, as text that sorts, and its URL; None of one that is gone."""
    known = _decode(entry)
    if known.state != "live":
        return None
    return f"{known.captured_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}\n{known.url}"


def _in_groups(segments: Iterable[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    """Yield segments in groups that are read in one transaction: many small ones cost no more than a large one."""
    group: list[tuple[str, bytes]] = []
    size = 0
    for key, data in segments:
        group.append((key, data))
        size += len(data)
        if size >= _GROUP_SIZE:
            yield group
            group, size = [], 0
    if group:
        yield group


def _take_in(connection: sqlite3.Connection, segments: Iterable[tuple[str, Iterable[IndexLine]]]) -> None:
    """Note what is known after some segments, and that they were read."""
    advanced: dict[str, Known] = {}
    keys = []
    for key, lines in segments:
        keys.append((key,))
        for line in sorted(lines, key=lambda line: line.at):
            filed = line.identity
            before = advanced.get(filed) or _select(connection, filed)
            after = advance(before, line)
            if after is not None and after is not before:
                advanced[filed] = after
    _put(connection, advanced)
    connection.executemany("INSERT OR IGNORE INTO segments VALUES (?)", keys)


def _put(connection: sqlite3.Connection, known: Mapping[str, Known]) -> None:
    # In the order of the table: it is filled page by page.
    rows = (
        (filed, filed.partition("/")[0], now.snapshot_key is not None, _encode(now))
        for filed, now in sorted(known.items())
    )
    connection.executemany("INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?)", rows)


def _select(connection: sqlite3.Connection, of_identity: str) -> Known | None:
    row = connection.execute("SELECT entry FROM known WHERE identity = ?", (of_identity,)).fetchone()
    return _decode(row[0]) if row else None
