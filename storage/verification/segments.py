"""WARC segments, every byte of them: what they hold, and whether the index tells the same."""

from __future__ import annotations

import io
from collections.abc import Container, Iterator, Mapping

from broadsheet.storage import layout
from broadsheet.storage.captures import Request
from broadsheet.storage.cdxj import IndexLine, index_line
from broadsheet.storage.errors import RecordError
from broadsheet.storage.segments import warc
from broadsheet.storage.segments.conformance import SegmentConformance
from broadsheet.storage.segments.reading import capture_of
from broadsheet.storage.segments.redaction import REMOVAL_FIELD
from broadsheet.storage.segments.warc import Member, WarcRecord
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.verification.streams import HashedStream, pieces

_COMPARED = ("url", "mime", "status", "digest", "length", "at", "id", "etag", "modified", "truncated", "clock")


class SegmentVerifier:
    """Checks WARC segments against the index and the removals of an archive.

    Args:
        store: Where the archive lies.
        originals: The captures that hold whole bodies, by record id.
        removals: What the keys of all removals begin with.
    """

    def __init__(self, store: ObjectStore, originals: Container[str], removals: Container[str]) -> None:
        self._store = store
        self._originals = originals
        self._removals = removals

    def check(
        self, key: str, size: int, named: Mapping[int, IndexLine] | None, removed: Container[str]
    ) -> Iterator[str]:
        """Yield what is wrong with a segment.

        Args:
            key: Its key.
            size: Its length in bytes.
            named: What the index has of it, by the offset of the record; None where no index names it.
            removed: The ids of records that must not be in it: they were removed on purpose.
        """
        stream = HashedStream(pieces(self._store, key, size))
        left = dict(named or {})
        try:
            conformance = SegmentConformance(f"{layout.batch_of(key)}.warc.gz")
            for member in warc.members(io.BufferedReader(stream)):
                where = f"record {member.record.record_id} at byte {member.offset}"
                line = left.pop(member.offset, None)
                for what in conformance.check(member):
                    yield f"{where}: {what}"
                for what in self._against_index(member, line, is_named=named is not None):
                    yield f"{where}: {what}"
                if member.record.record_id in removed:
                    yield f"{where}: it was removed on purpose and is here"
            yield from conformance.finish()
        except RecordError as error:
            yield str(error)
        if not stream.sha256().startswith(layout.told_digest(key) or "-"):
            yield "its bytes are not those that its name tells"
        for line in left.values():
            damage = self._behind_damage(key, size, line, removed)
            if damage is not None:
                yield damage

    def _behind_damage(self, key: str, size: int, line: IndexLine, removed: Container[str]) -> str | None:
        """Tell what is wrong with a capture that reading in order did not come to; None where it is whole.

        Members are independent of each other (WARC/1.1, annex D), and the index tells where each lies.
        """
        offset, length = int(line.offset), int(line.length)
        if offset + length > size:
            return f"holds no record at byte {line.offset}, where the index has {line.url}"
        try:
            record = warc.read_member(self._store.get_range(key, offset, length))
        except RecordError as error:
            return f"holds no readable record at byte {line.offset}, where the index has {line.url}: {error}"
        if record.record_id in removed:
            return f"record {record.record_id} at byte {offset}: it was removed on purpose and is here"
        if record.record_id != line.id or not warc.block_is_intact(record):
            return f"holds another record at byte {line.offset} than the index tells of {line.url}"
        return None

    def _against_index(self, member: Member, line: IndexLine | None, *, is_named: bool) -> Iterator[str]:
        record = member.record
        if record.type == "metadata":
            yield from self._check_stub(record)
        if record.type not in ("response", "revisit"):
            if line is not None:
                yield "the index takes it for a capture"
            return
        if is_named and line is None:
            yield "no index names it"
        if line is not None and not _is_told_by(member, line):
            yield "the index tells something else of it"
        if is_named and record.type == "revisit":
            yield from self._check_original(record)

    def _check_stub(self, record: WarcRecord) -> Iterator[str]:
        name, _, removal = record.block.decode(errors="replace").strip().partition(": ")
        if name == REMOVAL_FIELD and removal not in self._removals:
            yield f"the removal that it tells of is missing: {removal}"

    def _check_original(self, revisit: WarcRecord) -> Iterator[str]:
        """WARC/1.1, section 6.7: what a revisit does not repeat lies in the record that it refers to."""
        original = (revisit.field("WARC-Refers-To") or "").strip("<>")
        if original not in self._originals:
            yield f"repeats {original or 'nothing'}, which is no whole capture of the archive"


def _is_told_by(member: Member, line: IndexLine) -> bool:
    capture = capture_of(member.record, Request(), source=None, offset=member.offset, length=member.length)
    told = index_line(capture, line.filename, outcome=None, kind=None, snapshot=None, location=None)
    return all(getattr(told, name) == getattr(line, name) for name in _COMPARED)
