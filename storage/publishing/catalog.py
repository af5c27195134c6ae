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
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from broadsheet.storage import cdxj, layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.documents import removals
from broadsheet.storage.documents.removals import Takedowns
from broadsheet.storage.errors import CatalogError, NoSuchObjectError
from broadsheet.storage.model import PageKind
from broadsheet.storage.segments.exchange_records import Original
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.stores.rereading import get_intact
from broadsheet.storage.urls import identity, site
from broadsheet.storage.versions import PRESENT, Outlink, Standing

_SCHEMA_VERSION = 4
# How long a server is believed that says nothing has changed.
_BELIEVED_FOR = timedelta(days=7)
# So long a page that showed the article of another address is believed to do so still.
_VARIANT_FOR = timedelta(days=7)
# What the file, or the bytes in it, can come to.
_UNUSABLE = (sqlite3.Error, msgspec.DecodeError, zlib.error, OSError)
_WHOLE = frozenset(map(str, PRESENT))
_SCHEMA = """
CREATE TABLE IF NOT EXISTS known (
    identity TEXT PRIMARY KEY, site TEXT NOT NULL, is_article INTEGER NOT NULL, entry BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS known_articles ON known (site) WHERE is_article;
CREATE TABLE IF NOT EXISTS outlinks (identity TEXT PRIMARY KEY, links BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS segments (key TEXT PRIMARY KEY) WITHOUT ROWID;
"""


class Known(Struct, frozen=True, kw_only=True):
    """What is known of one URL.

    Attributes:
        url: The URL it was last asked for by.
        captured_at: When it was last looked at.
        kind: What the page was when it was last read, where it was no article.
        mime: The media type of the last whole body.
        snapshot_key: The version that stands; None where it never was an article.
        content: 16 hex digits of that version's content digest.
        state: Whether the article stands or vanished.
        original: The last whole body; None where the next answer has to be stored whole.
        etag: The validator of that body.
        modified: Its Last-Modified.
        served_at: When the server last sent a body, and not only said that nothing had changed.
    """

    url: str
    captured_at: datetime
    kind: PageKind | None = None
    mime: str | None = None
    snapshot_key: str | None = None
    content: str | None = None
    state: Literal["live", "gone"] = "live"
    original: Original | None = None
    etag: str | None = None
    modified: str | None = None
    served_at: datetime | None = None

    def validators(self, url: str, *, now: datetime) -> dict[str, str]:
        """Return the conditional headers (RFC 9110, 13.1) that ask for a page whose body and article are archived.

        There are none where the server has said for a week that nothing changed: servers err, and some say so for ever.

        Args:
            url: What is asked for; validators are those of one URL.
            now: The present moment, aware.
        """
        if self.standing is None or self.original is None or self.original.target_uri != url:
            return {}
        if self.served_at is None or now - self.served_at > _BELIEVED_FOR:
            return {}
        stated = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in stated.items() if value}

    def is_variant(self, *, now: datetime) -> bool:
        """Tell whether the page, not long ago, showed the article of another address that it claimed.

        Args:
            now: The present moment, aware.
        """
        return self.standing is None and self.kind == "variant" and now - self.captured_at < _VARIANT_FOR

    @property
    def standing(self) -> Standing | None:
        """The version that stands, or None."""
        if self.snapshot_key is None or self.content is None:
            return None
        return Standing(
            snapshot_key=self.snapshot_key,
            content=self.content,
            state=self.state,
            payload_digest=self.original.payload_digest if self.original else None,
        )


def advance(known: Known | None, line: IndexLine) -> Known | None:
    """Return what is known after a capture, given what was known before it."""
    if line.outcome in (None, "failed") or (known and line.at <= known.captured_at):
        return known
    before = known or Known(url=line.url, captured_at=line.at)
    after = msgspec.structs.replace(before, url=line.filed_as or line.url, captured_at=line.at)
    if line.snapshot:
        after = msgspec.structs.replace(
            after,
            snapshot_key=line.snapshot,
            content=layout.parse_snapshot_key(line.snapshot).content,
            state="gone" if line.outcome == "gone" else "live",
        )
    if line.outcome == "gone":
        return msgspec.structs.replace(after, original=None, etag=None, modified=None)
    if line.status in _WHOLE:
        after = msgspec.structs.replace(after, served_at=line.at)
    return after if line.mime == "warc/revisit" else _with_body(after, line)


def _with_body(known: Known, line: IndexLine) -> Known:
    if known.state == "gone" or line.status not in _WHOLE or line.digest == "-":
        return known
    if known.snapshot_key and line.outcome == "not_article":
        # A login wall, say. What the next answer has to be compared with is still the article's body.
        return known
    if line.kind == "variant":
        # The article may vanish where it was claimed: the next answer is read again, though its body be the same.
        return msgspec.structs.replace(known, kind=line.kind, mime=line.mime, original=None, etag=None, modified=None)
    original = Original(record_id=line.id, target_uri=line.url, date=line.at, payload_digest=line.digest)
    return msgspec.structs.replace(
        known, kind=line.kind, mime=line.mime, original=original, etag=line.etag, modified=line.modified
    )


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
        with _translating(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = _connect(path)

    def close(self) -> None:
        """Close the file."""
        with self._reading() as connection:
            connection.close()

    def refresh(self, store: ObjectStore) -> int:
        """Read the index segments of the archive that are new since the last time; return how many were.

        Where a segment that was read is there no more, something was removed from the archive, or it is another one
        than it was (emptied, or an older copy): what is known of it is forgotten, and every segment read again. That a
        listing lacks a segment is not believed before it was asked for by its key.
        """
        # In this order: what another process publishes meanwhile is listed and not yet known, never the reverse.
        with self._reading() as connection:
            read = {key for (key,) in connection.execute("SELECT key FROM segments")}
        listed = [entry.key for entry in store.list(layout.INDEX)]
        gone = read.difference(listed)
        if not all(_is_there(store, key) for key in sorted(gone)):
            self._forget(store, is_the_same=gone <= removals.removed(store).keys())
            read = set()
        new = [key for key in listed if key not in read]
        for key in new:
            self.ingest(key, cdxj.decode(get_intact(store, key), key))
        return len(new)

    def ingest(self, key: str, lines: Iterable[IndexLine], outlinks: Mapping[str, list[Outlink]] | None = None) -> None:
        """Take in one index segment, once; and the links of the pages in it, by URL."""
        in_order = sorted(lines, key=lambda line: line.at)
        with self._writing() as connection:
            # In the order of the table: it is filled page by page.
            advanced = sorted(_advanced(connection, in_order).items())
            rows = ((filed, site(now.url), now.snapshot_key is not None, _encode(now)) for filed, now in advanced)
            connection.executemany("INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?)", rows)
            for url, links in (outlinks or {}).items():
                row = (identity(url), zlib.compress(msgspec.msgpack.encode(links), 1))
                connection.execute("INSERT OR REPLACE INTO outlinks VALUES (?, ?)", row)
            connection.execute("INSERT OR IGNORE INTO segments VALUES (?)", (key,))

    def get(self, url: str) -> Known | None:
        """Return what is known of a URL, or None."""
        with self._reading() as connection:
            return _select(connection, identity(url))

    def outlinks(self, url: str) -> list[Outlink] | None:
        """Return what a page led to when it was last read; None where it never was on this machine."""
        with self._reading() as connection:
            row = connection.execute("SELECT links FROM outlinks WHERE identity = ?", (identity(url),)).fetchone()
            return _decode_outlinks(zlib.decompress(row[0])) if row else None

    def live_articles(self, of_site: str) -> Iterator[str]:
        """Yield the URLs of the articles of a site that stand, those looked at longest ago first."""
        with self._reading() as connection:
            rows = connection.execute("SELECT entry FROM known WHERE site = ? AND is_article", (of_site,))
            entries = (_decode(entry) for (entry,) in rows)
            # Of each no more than is needed: a site may have a million.
            live = sorted((entry.captured_at, entry.url) for entry in entries if entry.state == "live")
        return (url for _, url in live)

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
        with self._lock, _translating(self._path):
            yield self._connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Be alone with the file among all processes: what is written rests on what was read before it."""
        with self._reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                yield connection


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Known).decode
_decode_outlinks = msgspec.msgpack.Decoder(list[Outlink]).decode


def _is_there(store: ObjectStore, key: str) -> bool:
    try:
        store.size(key)
    except NoSuchObjectError:
        return False
    return True


def _advanced(connection: sqlite3.Connection, lines: Iterable[IndexLine]) -> dict[str, Known]:
    """Return what is known after some captures, by identity, where it is not what was known before."""
    advanced: dict[str, Known] = {}
    for line in lines:
        filed = line.identity
        before = advanced.get(filed) or _select(connection, filed)
        after = advance(before, line)
        if after is not None and after is not before:
            advanced[filed] = after
    return advanced


def _select(connection: sqlite3.Connection, of_identity: str) -> Known | None:
    row = connection.execute("SELECT entry FROM known WHERE identity = ?", (of_identity,)).fetchone()
    return _decode(row[0]) if row else None


@contextmanager
def _translating(path: Path) -> Iterator[None]:
    try:
        yield
    except _UNUSABLE as error:
        raise CatalogError(
            f"the catalog {path} cannot be used: {error}: see that its disk has room and may be written to; else stop "
            f"what else writes to the archive and delete it, with {path.name}-wal and -shm: it is read again from the "
            "archive"
        ) from error


def _connect(path: Path) -> sqlite3.Connection:
    connection = _open(path)
    if connection is None:
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        connection = _open(path)
    if connection is None:
        raise sqlite3.DatabaseError(f"{path} cannot be made a database")
    return connection


def _open(path: Path) -> sqlite3.Connection | None:
    """Open the file, or return None where it is another version's or damaged: the archive has it all."""
    connection = sqlite3.connect(path, check_same_thread=False, timeout=60, isolation_level=None)
    try:
        if connection.execute("PRAGMA user_version").fetchone()[0] in (0, _SCHEMA_VERSION):
            _set_up(connection)
            return connection
    except sqlite3.OperationalError:
        connection.close()
        raise
    except sqlite3.DatabaseError:
        pass
    connection.close()
    return None


def _set_up(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    # What was taken down is to leave nothing behind.
    connection.execute("PRAGMA secure_delete = ON")
    # A lost transaction is read again from the archive: durability is not needed here, consistency is.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.executescript(_SCHEMA)
    connection.execute(f"PRAGMA user_version = {_SCHEMA_VERSION}")
