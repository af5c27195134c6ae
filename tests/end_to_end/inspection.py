"""What must be true of an archive at any moment, checked without the code that wrote it where that is possible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path

from broadsheet.storage import cdxj, layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.digests import is_digest_of
from broadsheet.storage.documents import snapshots
from broadsheet.storage.http.messages import entity_body, parse_response
from broadsheet.storage.model import SnapshotDocument
from broadsheet.storage.publishing.spool import Spool
from broadsheet.storage.segments import warc
from broadsheet.storage.segments.reading import read_captures
from broadsheet.storage.segments.warc import WarcRecord
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.verification.verifier import verify


def index_lines(store: ObjectStore) -> list[IndexLine]:
    """Return every line of every index segment."""
    return [line for entry in store.list(layout.INDEX) for line in cdxj.decode(store.get(entry.key), entry.key)]


def stored_versions(store: ObjectStore) -> dict[str, list[tuple[str, SnapshotDocument]]]:
    """Return every snapshot stored, keys and documents by URL, oldest first."""
    found: dict[str, list[tuple[str, SnapshotDocument]]] = {}
    for entry in store.list(layout.SNAPSHOTS):
        document = snapshots.read(store, entry.key)
        found.setdefault(document.url, []).append((entry.key, document))
    return {url: sorted(of_url, key=lambda pair: pair[1].captured_at) for url, of_url in found.items()}


def version_set(archive: Archive) -> set[tuple[str, int, str, str]]:
    """Return URL, number, state and content of every version that a reader sees."""
    return {
        (snapshot.url, snapshot.version, snapshot.state, snapshot.content_digest) for snapshot in archive.snapshots()
    }


def keys(store: ObjectStore) -> Counter[str]:
    """Return how many objects of each kind there are."""
    return Counter(entry.key.partition("/")[0] for entry in store.list())


def check(store: ObjectStore) -> None:
    """Check that no version points to a missing record, that none is there twice, and that every line leads home."""
    lines = index_lines(store)
    twice = [record_id for record_id, count in Counter(line.id for line in lines).items() if count > 1]
    assert not twice, f"in the index more than once: {twice}"
    for line in lines:
        _check_line(store, line)
    indexed = {line.snapshot for line in lines if line.snapshot}
    for versions in stored_versions(store).values():
        _check_versions(store, versions, indexed)


def check_deeply(store: ObjectStore) -> None:
    """Check that nothing is damaged or missing, down to every byte."""
    found = verify(store, deep=True)
    assert not found.defects
    assert not found.unnamed


def check_readable(store: ObjectStore) -> None:
    """Check what is true at every moment, also between a crash and the next start: no version without its record."""
    for versions in stored_versions(store).values():
        for _, document in versions:
            where = document.warc
            assert _record(store, where.key, where.offset, where.length).record_id == where.record_id


def batches_in_spool(archive: Path) -> list[str]:
    """Return the names of the batches that lie in the spool of an archive in a folder."""
    return Spool(archive / ".local" / "spool").waiting()


def captures_in_spool(archive: Path, scratch: Path) -> set[str]:
    """Return the record ids of the captures that lie whole in the spool of an archive in a folder.

    Args:
        archive: The folder.
        scratch: An empty folder; segments are cut behind their last whole record here, not in the spool.
    """
    return captures_in(sorted((archive / ".local" / "spool").glob("*/*/*.warc.gz")), scratch)


def captures_in(segments: Iterable[Path], scratch: Path) -> set[str]:
    """Return the record ids of the captures that lie whole in segments in a spool; `scratch` is an empty folder."""
    found: set[str] = set()
    for segment in segments:
        whole = scratch / segment.parent.name
        whole.write_bytes(segment.read_bytes()[: warc.valid_until(segment)])
        found |= {capture.record_id for capture, _ in read_captures(whole)}
    return found


def warcs(store: ObjectStore) -> Iterator[tuple[str, bytes]]:
    """Yield every WARC segment, key and bytes."""
    for entry in store.list(layout.WARC):
        yield entry.key, store.get(entry.key)


def request_headers(request: bytes) -> Mapping[str, str]:
    """Return the header fields of a request, names in lower case."""
    fields = (line.partition(":") for line in request.decode("latin-1").split("\r\n")[1:])
    return {name.lower(): value.strip() for name, _, value in fields if name}


def _check_line(store: ObjectStore, line: IndexLine) -> None:
    record = _record(store, line.filename, int(line.offset), int(line.length))
    assert record.record_id == line.id
    if line.snapshot:
        snapshots.read(store, line.snapshot)


def _check_versions(store: ObjectStore, versions: list[tuple[str, SnapshotDocument]], indexed: set[str]) -> None:
    before: str | None = None
    for key, document in versions:
        assert key in indexed, f"{key} is in no index segment"
        assert document.previous == before
        before = key
        where = document.warc
        record = _record(store, where.key, where.offset, where.length)
        assert record.record_id == where.record_id
        assert where.payload_digest is not None
        assert is_digest_of(where.payload_digest, entity_body(parse_response(record.block)))
    for (_, older), (_, newer) in pairwise(versions):
        assert older.content_digest != newer.content_digest, f"{newer.url}: the same version twice"


def _record(store: ObjectStore, key: str, offset: int, length: int) -> WarcRecord:
    record = warc.read_member(store.get_range(key, offset, length))
    assert warc.block_is_intact(record)
    return record
