"""Retention by age: of a source, what was captured longer ago than an age is removed, as a takedown removes it.

What stands is not old. A version goes when it ceased to stand before the age, so that the latest version of a living
article never goes by age alone; of one that is gone, all goes in the end. A body that a younger revisit repeats stays
as long as that does, and a redirect as long as it leads to a version that stays. Nothing is blocked: what is asked for
again, or imported again, is archived again.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

import msgspec
from msgspec import Struct

from broadsheet.storage import cdxj, layout
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.documents.removals import Removal
from broadsheet.storage.segments import replaced, warc
from broadsheet.storage.segments.reading import source_in
from broadsheet.storage.segments.warc import WarcRecord
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.takedown.index_lines import Doomed
from broadsheet.storage.takedown.leading import leading_to_versions
from broadsheet.storage.takedown.removing import Remover
from broadsheet.storage.takedown.takedown import enforce, finish
from broadsheet.storage.urls import is_front_page, site
from broadsheet.storage.versions import content_digest, content_name

# A document lists every record that it removes; one of these is a few megabytes.
_CAPTURES_A_REMOVAL = 10_000
# A warcinfo record is some hundred bytes.
_HEAD_BYTES = 64 * 1024
_GZIP_WINDOW = 31
_GONE = content_name(content_digest(None, None))


class Retention(Struct, frozen=True, kw_only=True):
    """How long the captures of one source are kept.

    Attributes:
        source: The source, as it stands in its WARC segments (`isPartOf`).
        home: Its home page: what was captured by address alone belongs to the sources of the same site.
        age: How long; None for ever.
        keep_front_pages: Whether index pages stay, however old: they tell what stood where on them.
    """

    source: str
    home: str
    age: timedelta | None
    keep_front_pages: bool = False


def retain(remover: Remover, retentions: Sequence[Retention], now: datetime) -> list[Removal]:
    """Remove what is older than it may be; return what was removed. Removals that were cut off are finished first.

    Args:
        remover: The archive.
        retentions: How long each source is kept, also those kept for ever; what is of none of them stays.
        now: The moment from which ages are counted, aware.

    Raises:
        ArchiveDamagedError: A segment that has to be replaced is damaged or missing.
        StoreError: The store failed; calling it again goes on.
    """
    made = finish(remover)
    # Again, until nothing is found: a batch may hold captures of several sources, and others publish meanwhile.
    while found := due(remover.store, retentions, now):
        seen: set[str] = set()
        for source, age in _ages(retentions).items():
            batches = [each for each in found.get(source, []) if each.index_key not in seen]
            seen.update(each.index_key for each in batches)
            made += _remove(remover, source, age, batches, now)
    return made + enforce(remover)


def due(store: ObjectStore, retentions: Sequence[Retention], now: datetime) -> Mapping[str, list[Doomed]]:
    """Return what is older than it may be, by source; sources of which nothing is are left out.

    Every index segment is read, twice where bodies are among it, twice more where redirects are. What is held is what
    is found, and of each address its newest redirect where one is found.

    Args:
        store: The archive.
        retentions: How long each source is kept, also those kept for ever.
        now: The moment from which ages are counted, aware.

    Raises:
        ArchiveDamagedError: An index segment is not what was stored.
    """
    search = _Search(store, retentions, now)
    search.find_expired()
    search.spare_what_leads_to_versions()
    search.spare_what_is_repeated()
    return {source: batches for source, batches in search.found.items() if batches}


class _Search:
    def __init__(self, store: ObjectStore, retentions: Sequence[Retention], now: datetime) -> None:
        ages = _ages(retentions)
        self.found: dict[str, list[Doomed]] = {source: [] for source in ages}
        self._store = store
        self._sites = dict(_sources_of_sites(retentions))
        self._before = {source: now - age for source, age in ages.items()}
        self._keeping = {retention.source for retention in retentions if retention.keep_front_pages}
        self._ends: dict[str, datetime] = {}

    def find_expired(self) -> None:
        """Find the captures that are old, but for those that begin a version that stood later."""
        if not self._before:
            return
        latest = max(self._before.values())
        self._ends = dict(_ends_of_versions(self._store, latest))
        for key, segment in replaced.index_segments(self._store, self._store.list(layout.INDEX)):
            if layout.batch_moment(layout.batch_of(key)) > max(self._before.values()) and not layout.is_early_index(
                key
            ):
                continue
            lines = list(cdxj.decode(segment, key))
            of_source: dict[str, list[IndexLine]] = {}
            for line, source in self._owned(lines):
                if self._is_expired(line, source):
                    of_source.setdefault(source, []).append(line)
            for source, expired in of_source.items():
                self.found[source].append(Doomed(index_key=key, lines=expired))

    def spare_what_leads_to_versions(self) -> None:
        """Take back the redirects by which an article that stays is found at an address that it has left."""
        expired = [line for batches in self.found.values() for batch in batches for line in batch.lines]
        self._spare(leading_to_versions(self._store, expired))

    def spare_what_is_repeated(self) -> None:
        """Take back the bodies that revisits repeat which stay."""
        expired = {line.id for batches in self.found.values() for batch in batches for line in batch.lines}
        bodies = {line.digest for batches in self.found.values() for batch in batches for line in batch.lines}
        if not bodies:
            return
        needed = set()
        for key, segment in replaced.index_segments(self._store, self._store.list(layout.INDEX)):
            for line in cdxj.decode(segment, key, mentioning=b"warc/revisit"):
                if line.mime == "warc/revisit" and line.digest in bodies and line.id not in expired:
                    needed.add(replaced.original_of(self._store, line))
        self._spare(needed)

    def _spare(self, needed: set[str]) -> None:
        self.found = {source: list(_without(batches, needed)) for source, batches in self.found.items()}

    def _owned(self, lines: list[IndexLine]) -> Iterator[tuple[IndexLine, str]]:
        """Yield the lines of a batch that belong to a source which is not kept for ever, with that source."""
        named = self._source_of_batch(lines) if lines else None
        for line in lines:
            source = named
            if named is None or "://" in named:
                # Crawled by address: the segment names that in place of a source.
                source = self._sites.get(site(line.filed_as or line.url))
            if source in self._before:
                yield line, source

    def _source_of_batch(self, lines: list[IndexLine]) -> str | None:
        """Return the source of a batch; the lines of revisits do not tell it."""
        told = next((line.source for line in lines if line.source), None)
        if told is not None or all(line.at >= max(self._before.values()) for line in lines):
            return told
        key, size = replaced.size(self._store, lines[0].filename)
        head = self._store.get_range(key, 0, min(size, _HEAD_BYTES))
        return source_in(warc.read_member(head[: _first_member(head)]).block)

    def _is_expired(self, line: IndexLine, source: str) -> bool:
        before = self._before[source]
        if line.at >= before or (line.kind == "index" and source in self._keeping):
            return False
        if line.snapshot is None:
            return True
        end = self._ends.get(line.snapshot)
        return end is not None and end < before


def _ages(retentions: Sequence[Retention]) -> dict[str, timedelta]:
    """Return how long each source is kept, but for those that are kept for ever."""
    return {retention.source: retention.age for retention in retentions if retention.age is not None}


def _sources_of_sites(retentions: Sequence[Retention]) -> Iterator[tuple[str, str]]:
    """Yield the sites with the source by whose age goes what was captured there by address.

    Of several sources of a site it is the one that is kept longest. A site goes by none where one of them is kept for
    ever, and where none has its front page as its home: that of a section says nothing of the whole.
    """
    of_sites: dict[str, list[Retention]] = defaultdict(list)
    for retention in retentions:
        of_sites[site(retention.home)].append(retention)
    for name, of_site in of_sites.items():
        ages = _ages(of_site)
        if len(ages) == len(of_site) and any(is_front_page(retention.home) for retention in of_site):
            yield name, max(ages, key=ages.__getitem__)


def _ends_of_versions(store: ObjectStore, before: datetime) -> Iterator[tuple[str, datetime]]:
    """Yield the keys of the versions that ceased to stand before a moment, with when they did.

    Equal neighbours are one version and end together. What is gone ends when it went: there is nothing to stand.
    """
    for _, entries in groupby(store.list(layout.SNAPSHOTS), lambda entry: entry.key.rpartition("/")[0]):
        newer: layout.SnapshotName | None = None
        end: datetime | None = None
        for name in (layout.parse_snapshot_key(entry.key) for entry in entries):  # the newest first
            if newer is None:
                end = name.captured_at if name.content == _GONE else None
            elif name.content != newer.content:
                end = newer.captured_at
            if end is not None and end < before:
                yield name.key, end
            newer = name


def _remove(remover: Remover, source: str, age: timedelta, batches: list[Doomed], now: datetime) -> Iterator[Removal]:
    before = now - age

    def is_unanswered_request(record: WarcRecord) -> bool:
        # Nobody answered, so no index line leads to it.
        return record.type == "request" and not record.field("WARC-Concurrent-To") and record.date < before

    # The newest first: at no moment is a revisit there without what it repeats.
    newest_first = sorted(batches, key=lambda batch: layout.batch_of(batch.index_key), reverse=True)
    for some in _in_portions(newest_first):
        draft = Removal(
            at=now,
            reason=f"retention: {source} is kept for {age.days} days",
            scope="captures",
            identity=None,
            source=source,
            before=before,
        )
        yield remover.remove(some, draft, is_doomed=is_unanswered_request)


def _in_portions(batches: list[Doomed]) -> Iterator[list[Doomed]]:
    portion: list[Doomed] = []
    captures = 0
    for batch in batches:
        portion.append(batch)
        captures += len(batch.lines)
        if captures >= _CAPTURES_A_REMOVAL:
            yield portion
            portion, captures = [], 0
    if portion:
        yield portion


def _without(batches: list[Doomed], spared: set[str]) -> Iterator[Doomed]:
    for batch in batches:
        lines = [line for line in batch.lines if line.id not in spared]
        if lines:
            yield msgspec.structs.replace(batch, lines=lines)


def _first_member(head: bytes) -> int:
    """Return the length of the gzip member that some bytes begin with."""
    decoder = zlib.decompressobj(_GZIP_WINDOW)
    decoder.decompress(head)
    return len(head) - len(decoder.unused_data)
