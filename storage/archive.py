"""Reading an archive: what stood at a URL, when, and what the server sent. GET, ranged GET, LIST, no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from msgspec import Struct

from broadsheet.storage import evidence, looks, numbering
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.chains.changes import Changes
from broadsheet.storage.documents import extractions
from broadsheet.storage.documents.extractions import Extraction
from broadsheet.storage.documents.marker import ensure_format
from broadsheet.storage.documents.removals import Removal, Takedowns
from broadsheet.storage.errors import NoSuchVersionError, TakenDownError
from broadsheet.storage.index.lookup import Lookup, between
from broadsheet.storage.layout import SnapshotName, TableName
from broadsheet.storage.model import Snapshot, WarcLocation
from broadsheet.storage.stores.objects import ObjectStore, open_store
from broadsheet.storage.tables import parts as table_parts
from broadsheet.storage.urls import identity_hash, site


class Check(Struct, frozen=True, kw_only=True):
    """A look at an article that found nothing changed."""

    at: datetime
    record: WarcLocation


class Archive:
    """An archive, opened for reading. Safe to use from several threads; holds no connection of its own.

    Args:
        store: Where its objects lie.
        longest_record: Of a longer WARC record, in bytes, `TooLargeError` is raised; None for none.
    """

    def __init__(self, store: ObjectStore, *, longest_record: int | None = None) -> None:
        self.store = store
        self._longest_record = longest_record

    @classmethod
    def open(cls, uri: str, *, deadline: float | None = None) -> Archive:
        """Open the archive at a folder's path, ``file:///...`` or ``s3://bucket/prefix``.

        Args:
            uri: Its address. Where nothing lies yet, that is an archive without captures.
            deadline: Seconds for which a request to a bucket is repeated; None for two minutes.

        Raises:
            ArchiveAddressError: The URI cannot be understood, or the bucket not be used.
            StoreUnavailableError: The server of the bucket does not answer.
            ArchiveFormatError: What lies there is of another format.
        """
        store = open_store(uri, deadline=deadline)
        ensure_format(store, create=False)
        return cls(store)

    def latest(self, url: str) -> Snapshot | None:
        """Return the newest version of a URL, or None."""
        names = self.names(url)
        return numbering.read(self.store, names, len(names)) if names else None

    def at(self, url: str, when: datetime) -> Snapshot | None:
        """Return the version of a URL that stood at a moment, or None; a naive moment is taken as UTC."""
        moment = _utc(when)
        names = self.names(url)
        # Keys tell milliseconds: a version captured within the same one stands.
        standing = [name for name in names if name.captured_at <= moment]
        return numbering.read(self.store, names, len(standing)) if standing else None

    def versions(self, url: str) -> Iterator[Snapshot]:
        """Yield every version of a URL, oldest first."""
        return numbering.read_all(self.store, self.names(url))

    def names(self, url: str) -> list[SnapshotName]:
        """Return what the keys of the versions of a URL tell, oldest first: it costs a listing, and reads none."""
        return numbering.find(self.store, url)[1]

    def version(self, url: str, number: int) -> Snapshot:
        """Return one version by its number.

        Raises:
            NoSuchVersionError: The URL has no version of that number.
            TakenDownError: What was archived for it was taken down.
        """
        names = self.names(url)
        if not names:
            self.refuse_taken_down(url)
        if not 1 <= number <= len(names):
            held = f"it has {len(names)}" if names else "nothing is archived for it"
            raise NoSuchVersionError(f"no version {number} of {url}: {held}")
        return numbering.read(self.store, names, number)

    def takedown(self, url: str) -> Removal | None:
        """Return the takedown by which the article at a URL was removed, or None."""
        return Takedowns(self.store, identity_hash(url)).of(url)

    def refuse_taken_down(self, url: str) -> None:
        """Say so where the article at a URL was taken down.

        Raises:
            TakenDownError: It was.
        """
        takedown = self.takedown(numbering.find(self.store, url)[0])
        if takedown is not None:
            raise TakenDownError(f"{url} was taken down on {takedown.at:%Y-%m-%d}: {takedown.reason}")

    def checks(self, url: str) -> list[Check]:
        """Return the looks at a URL that found nothing changed, oldest first."""
        lookup = Lookup(self.store)
        url = numbering.find(self.store, url, lookup)[0]
        if self.takedown(url):
            return []
        found = [
            Check(at=line.at, record=looks.location(line))
            for line in lookup.filed_under(url)
            if line.outcome == "unchanged"
        ]
        return sorted(found, key=lambda check: check.at)

    def looks(self, url: str, until: datetime | None = None) -> list[IndexLine]:
        """Return the index lines of what was captured at a URL, article or not, oldest first; redirects left out.

        Each tells what the page was taken for (`outcome`, `kind`) and why (`reason`).

        Args:
            url: The address, of a front page for example.
            until: The moment of the last of them; a naive moment is taken as UTC.
        """
        return looks.looks(self.store, url, until and _utc(until))

    def captures_at(self, url: str) -> list[IndexLine]:
        """Return the index lines of whatever was answered at an address, the oldest first: pages, pictures, redirects.

        What goes with an article that is taken down is left out.
        """
        return looks.captures_at(self.store, url)

    def captured(self, line: IndexLine) -> bytes:
        """Return the HTTP response of a capture as it was on the wire; of a revisit that whose body it repeats.

        Args:
            line: One of `looks` or of `captures_at`.

        Raises:
            ArchiveDamagedError: The record is missing or not what was stored, or no capture has the body.
        """
        among = looks.among(self.store, line) if line.mime == "warc/revisit" else []
        return looks.whole_response(self.store, line, among, self._longest_record)

    def rendered(self, line: IndexLine) -> bytes | None:
        """Return the document, in UTF-8, that a browser made of a captured page; None where none did.

        Args:
            line: One of `looks` or of `captures_at`.

        Raises:
            ArchiveDamagedError: The record is missing, or its block is not the one that was stored.
        """
        return looks.rendered(self.store, line, self._longest_record)

    def snapshots(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        host: str | None = None,
        language: str | None = None,
    ) -> Iterator[Snapshot]:
        """Yield the versions captured in ``[since, until)``, in the order of `captures`.

        Args:
            since: The earliest capture, or None; a naive moment is taken as UTC, as in `at`.
            until: The moment before which it was made, or None.
            host: Only of this host, ``www`` aside; without a port, of any port.
            language: Only articles of this language, of any region (``en``).

        Raises:
            InvalidURLError: `host` is no host.
        """
        lines = self.captures(since=since, until=until, host=host)
        return self.snapshots_of(lines, language=language)

    def snapshots_of(self, lines: Iterable[IndexLine], *, language: str | None = None) -> Iterator[Snapshot]:
        """Yield the versions that begin with captures, in their order.

        Args:
            lines: The index lines of captures.
            language: Only articles of this language, of any region (``en``).
        """
        for snapshot in numbering.begun_with(self.store, lines):
            if language is None or _language(snapshot) == language:
                yield snapshot

    def captures(
        self, *, since: datetime | None = None, until: datetime | None = None, host: str | None = None
    ) -> Iterator[IndexLine]:
        """Yield the index lines of the captures made in ``[since, until)``, few of which are versions.

        They come in the order of their batches, or with `host` sorted by address and then by time; those of articles
        that have moved to another host come last. Memory stays flat, however many there are.

        Args:
            since: The earliest capture, or None; a naive moment is taken as UTC, as in `at`.
            until: The moment before which it was made, or None.
            host: Only what is filed under this host, ``www`` aside; without a port, of any port.

        Raises:
            InvalidURLError: `host` is no host.
        """
        earliest, end = since and _utc(since), until and _utc(until)
        takedowns = Takedowns(self.store)
        if host is None:
            lines = between(self.store, earliest, end)
        else:
            lines = _within(Lookup(self.store).filed_under_site(site(f"http://{host}/")), earliest, end)
        return (line for line in lines if not takedowns.hides(line.filed_as or line.url, line.snapshot))

    def changes(self, cursor: str | None = None) -> Changes:
        """Return the versions published since a cursor, in the order of publication, each with the cursor behind it.

        What is published while it is read comes at the next reading, from `Changes.cursor`.

        Raises:
            CursorError: `cursor` is none, or another archive's.
        """
        return Changes(self.store, cursor)

    def extractions(self, snapshot: Snapshot) -> list[Extraction]:
        """Return what other extractors read in the capture of a version, that of the newest extractor last.

        `reextract` writes them where they say something else than the snapshot; most versions have none.
        """
        if evidence.is_hidden(self.store, snapshot):
            return []
        return extractions.of_snapshot(self.store, snapshot.key)

    def tables(self, name: TableName, since: datetime | None = None, until: datetime | None = None) -> list[str]:
        """Return the keys of the Parquet files that hold every row of a table once; see docs/format.md.

        The rows of `captures` of publications without a version are there when their day has been compacted.

        Args:
            name: ``captures`` or ``versions``.
            since: Only days with captures of ``[since, until)``; a naive moment is taken as UTC. The files of the days
                at both ends hold other rows as well.
            until: The moment before which a capture was made, or None.

        Raises:
            TablesUnavailableError: pyarrow is not installed.
            ValueError: There is no table of that name.
        """
        return table_parts.keys(self.store, name, since and _utc(since), until and _utc(until))

    def response(self, snapshot: Snapshot) -> bytes:
        """Return the HTTP response that a version rests on, byte for byte as it was on the wire.

        `broadsheet.storage.http.messages` takes it apart.

        Raises:
            ArchiveDamagedError: The record is missing, or its block is not the one that was stored.
            TakenDownError: The version was taken down.
            NoSuchVersionError: It is too old, and was removed since it was read.
        """
        return evidence.record_of(self.store, snapshot, self._longest_record)[1].block

    def rendering(self, snapshot: Snapshot) -> bytes | None:
        """Return the document, in UTF-8, that a browser made of the page a version rests on; None where none did.

        Raises:
            ArchiveDamagedError: The record is missing, or its block is not the one that was stored.
            TakenDownError: The version was taken down.
        """
        return evidence.rendering_of(self.store, snapshot, self._longest_record)

    def record(self, snapshot: Snapshot) -> bytes:
        """Return the WARC record that a version rests on: one gzip member, as stored.

        Raises:
            ArchiveDamagedError: It is missing, or not the one that was stored.
            TakenDownError: The version was taken down.
            NoSuchVersionError: It is too old, and was removed since it was read.
        """
        return evidence.record_of(self.store, snapshot)[0]


def _within(lines: Iterator[IndexLine], since: datetime | None, until: datetime | None) -> Iterator[IndexLine]:
    return (line for line in lines if (since is None or line.at >= since) and (until is None or line.at < until))


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _language(snapshot: Snapshot) -> str | None:
    language = snapshot.article.language if snapshot.article else None
    return language.partition("-")[0].lower() if language else None
