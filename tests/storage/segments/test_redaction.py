"""What is taken out of a WARC segment leaves all else where it was, for our reader and for those of others."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from fastwarc.warc import WarcRecordType
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from broadsheet.storage.model import Exchange
from broadsheet.storage.segments import redaction, warc
from broadsheet.storage.segments.exchange_records import exchange_records, warcinfo_record
from broadsheet.storage.segments.redaction import Mark, Selection

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
MARK = Mark("takedown/ab/ab00/1795", AT, "1795348800000-0badcafe")
PHRASE = b"what nobody may read any more"


def members(*pages: tuple[str, bytes]) -> list[bytes]:
    """The gzip members of a segment: its warcinfo record, then the records of each page, one exchange after another."""
    info = warcinfo_record("a.warc.gz", {"software": "Test"}, created_at=AT)
    found = [warc.serialise(info)]
    for url, body in pages:
        response = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        exchange = Exchange(url=url, started_at=AT, request=b"GET / HTTP/1.1\r\n\r\n", response=response)
        records = exchange_records(exchange, warcinfo_id=info.record_id, metadata={"via": url})
        found += [warc.serialise(record) for record in records]
    return found


def write(directory: Path, found: list[bytes]) -> Path:
    path = directory / "old.warc.gz"
    path.write_bytes(b"".join(found))
    return path


def redact(segment: Path, *urls: str) -> tuple[Path, Selection]:
    """Take what was captured at some URLs out of a segment, chosen by the responses alone."""
    target = segment.with_name("new.warc.gz")
    selection = redaction.select(
        segment, lambda record: record.type == "response" and record.field("WARC-Target-URI") in urls
    )
    redaction.redact(segment, target, selection, MARK)
    return target, selection


@pytest.fixture
def segment(tmp_path: Path) -> Path:
    big = PHRASE + bytes(range(256)) * 1000
    pages = [("http://a.example/", b"one"), ("http://b.example/", big), ("http://c.example/", b"3")]
    return write(tmp_path, members(*pages))


def test_every_other_record_stays_where_it_was(segment: Path) -> None:
    before = {record.record_id: (offset, length, record) for offset, length, record in warc.iterate(segment)}
    target, selection = redact(segment, "http://b.example/")

    after = {record.record_id: (offset, length, record) for offset, length, record in warc.iterate(target)}

    assert [record.type for record in selection.removed] == ["response", "request", "metadata"]
    gone = {record.record_id for record in selection.removed}
    assert {key: after[key] for key in before.keys() - gone} == {key: before[key] for key in before.keys() - gone}
    assert target.stat().st_size == segment.stat().st_size
    assert not gone & after.keys()


def test_nothing_of_it_is_left_in_the_bytes(segment: Path) -> None:
    target, selection = redact(segment, "http://b.example/")
    data = target.read_bytes()
    removed = segment.read_bytes()[selection.removed[0].offset :][: selection.removed[0].length]
    assert removed not in data
    assert PHRASE not in gzip.decompress(data)
    assert b"b.example" not in gzip.decompress(data)


def test_one_record_says_what_stood_there(segment: Path) -> None:
    target, selection = redact(segment, "http://b.example/")
    [stub] = [
        (offset, length, record)
        for offset, length, record in warc.iterate(target)
        if b"broadsheet-removal" in record.block
    ]
    assert stub[0] == selection.removed[0].offset
    assert stub[1] == sum(record.length for record in selection.removed)
    assert stub[2].block == b"broadsheet-removal: takedown/ab/ab00/1795\r\n"
    assert (stub[2].type, stub[2].date, warc.block_is_intact(stub[2])) == ("metadata", AT, True)


def test_other_readers_find_the_records_at_their_places(segment: Path) -> None:
    target, _ = redact(segment, "http://b.example/")
    own = [(offset, record.type) for offset, _, record in warc.iterate(target)]

    with target.open("rb") as stream:
        records = ArchiveIterator(stream, check_digests=True)
        by_warcio = [(records.get_record_offset(), record.rec_type) for record in records]
    with target.open("rb") as stream:
        found = FastIterator(stream, record_types=WarcRecordType.any_type)
        by_fastwarc = [record.stream_pos for record in found]

    assert by_warcio == own
    assert by_fastwarc == [offset for offset, _ in own]
    assert gzip.decompress(target.read_bytes())


def test_where_nothing_else_is_left_the_file_is_cut_short(segment: Path) -> None:
    target, selection = redact(segment, "http://a.example/", "http://b.example/", "http://c.example/")
    assert selection.is_all
    assert [record.type for _, _, record in warc.iterate(target)] == ["warcinfo", "metadata"]
    assert target.stat().st_size < 1000


def test_doing_it_again_writes_the_same_bytes(segment: Path) -> None:
    first = redact(segment, "http://a.example/", "http://c.example/")[0].read_bytes()
    assert redact(segment, "http://a.example/", "http://c.example/")[0].read_bytes() == first


def test_the_records_that_stand_for_others_have_ids_of_their_own(segment: Path) -> None:
    target, _ = redact(segment, "http://a.example/", "http://c.example/")
    ids = [record.record_id for _, _, record in warc.iterate(target)]
    assert len(set(ids)) == len(ids)


def test_a_request_before_its_response_goes_with_it(tmp_path: Path) -> None:
    info, response, request, metadata = members(("http://a.example/", PHRASE))
    others = members(("http://b.example/", b"2"))[1:]
    segment = write(tmp_path, [info, request, *others, metadata, response])
    target, selection = redact(segment, "http://a.example/")
    assert [record.type for record in selection.removed] == ["request", "metadata", "response"]
    assert b"a.example" not in gzip.decompress(target.read_bytes())


@settings(max_examples=30)
@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=3000)), min_size=1, max_size=8), st.data())
def test_whatever_is_taken_out_the_rest_is_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, pages: list[tuple[bool, bytes]], data: st.DataObject
) -> None:
    gone = [f"http://{number}.example/" for number, (doomed, _) in enumerate(pages) if doomed]
    if not gone:
        gone = ["http://0.example/"]
    found = members(*((f"http://{number}.example/", body) for number, (_, body) in enumerate(pages)))
    order = data.draw(st.permutations(found[1:]))
    segment = write(tmp_path_factory.mktemp("segment"), [found[0], *order])
    target, selection = redact(segment, *gone)
    kept = [
        (offset, length, record)
        for offset, length, record in warc.iterate(segment)
        if record.record_id not in {removed.record_id for removed in selection.removed}
    ]
    ids = {record.record_id for _, _, record in warc.iterate(segment)}
    assert [place for place in warc.iterate(target) if place[2].record_id in ids] == kept
    assert len(selection.removed) == 3 * len(gone)
