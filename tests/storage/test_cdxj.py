"""Index segments: lines that pywb, OutbackCDX and cdxj-indexer understand, and that come back as they were."""

from __future__ import annotations

import gzip
import json
import subprocess
import sysconfig
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from archiving.writer import Visit, Writer, answer, answers, moment, shows
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.storage import cdxj, layout
from broadsheet.storage.captures import Capture, Request
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.errors import ArchiveDamagedError
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.urls import surt

BATCH = layout.batch_name(moment(0), "0badcafe")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
URLS = st.builds("https://{}/{}".format, st.sampled_from(["news.example", "www.news.example:8080"]), TEXTS)
LINES = st.builds(
    IndexLine,
    url=URLS,
    mime=TEXTS,
    status=st.sampled_from(["200", "404", "-"]),
    digest=TEXTS,
    length=st.integers(0, 10**12).map(str),
    offset=st.integers(0, 10**12).map(str),
    filename=TEXTS,
    at=st.datetimes(datetime(1996, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    id=TEXTS,
    outcome=st.sampled_from([None, "new", "unchanged", "gone"]),
    kind=st.sampled_from([None, "index", "feed"]),
    snapshot=st.none() | TEXTS,
    filed_as=st.none() | URLS,
    etag=st.none() | TEXTS,
    location=st.none() | TEXTS,
)


def line(number: int = 0) -> IndexLine:
    return IndexLine(
        url=f"https://news.example/{number}",
        mime="text/html",
        status="200",
        digest="sha256:00",
        length="10",
        offset=str(number),
        filename="warc/a.warc.gz",
        at=moment(0),
        id="urn:uuid:0",
    )


def segment_of(lines: list[IndexLine]) -> tuple[bytes, str]:
    """The bytes of an index segment, and its key."""
    segment = cdxj.encode(lines)
    return segment, layout.index_key(BATCH, segment)


def members(segment: bytes) -> list[bytes]:
    """What each gzip member of a segment holds."""
    found = []
    while segment:
        decoder = zlib.decompressobj(31)
        found.append(decoder.decompress(segment))
        segment = decoder.unused_data
    return found


@given(st.lists(LINES, max_size=6))
def test_lines_come_back_as_they_were(lines: list[IndexLine]) -> None:
    segment, key = segment_of(lines)

    found = list(cdxj.decode(segment, key))

    assert sorted(found, key=repr) == sorted(lines, key=repr)
    assert cdxj.encode(reversed(lines)) == segment, "the same lines are the same bytes"


@given(st.lists(LINES, max_size=6))
def test_a_line_is_a_surt_a_timestamp_and_an_object_sorted_by_its_bytes(lines: list[IndexLine]) -> None:
    text = gzip.decompress(cdxj.encode(lines))

    stored = text.split(b"\n")[:-1]
    assert stored == sorted(stored)
    for encoded in stored:
        key, timestamp, fields = encoded.split(b" ", 2)
        document = json.loads(fields)
        assert key.decode() == surt(document["url"])
        assert timestamp.decode() == f"{datetime.fromisoformat(document['at']):%Y%m%d%H%M%S}"
        standard = [document[name] for name in ("mime", "status", "digest", "length", "offset", "filename")]
        assert all(isinstance(value, str) for value in standard), "as pywb reads them"


@settings(max_examples=50)
@given(st.lists(LINES, max_size=6), st.sampled_from([b"news.example:8080", b'"outcome":"gone"', b"nowhere"]))
def test_only_lines_that_mention_what_is_asked_for_are_read(lines: list[IndexLine], wanted: bytes) -> None:
    segment, key = segment_of(lines)

    found = list(cdxj.decode(segment, key, mentioning=wanted))

    assert found == [each for each in cdxj.decode(segment, key) if wanted in gzip.decompress(cdxj.encode([each]))]


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (3000, [3000]), (3001, [3000, 1])])
def test_a_gzip_member_holds_at_most_3000_lines(count: int, sizes: list[int]) -> None:
    segment, key = segment_of([line(number) for number in range(count)])

    assert [text.count(b"\n") for text in members(segment)] == sizes
    assert len(list(cdxj.decode(segment, key))) == count


def test_a_segment_that_is_not_the_one_its_key_names_is_never_read() -> None:
    segment, key = segment_of([line(number) for number in range(3001)])
    first_member = cdxj.encode([line(number) for number in range(3000)])

    for damaged in (segment[:-1], first_member, b"", segment[:40] + bytes([segment[40] ^ 1]) + segment[41:]):
        with pytest.raises(ArchiveDamagedError, match=key):
            list(cdxj.decode(damaged, key))


@pytest.mark.parametrize(
    ("segment", "complaint"),
    [
        (b"not gzip", "not gzipped"),
        (gzip.compress(b"com,example)/ 20261122120000\n"), "line 1: not a CDXJ line"),
        (gzip.compress(b'com,example)/ 20261122120000 {"url":7}\n'), "line 1: not a CDXJ line"),
    ],
    ids=["not gzipped", "no fields", "a number for a URL"],
)
def test_a_segment_that_was_never_an_index_is_reported(segment: bytes, complaint: str) -> None:
    with pytest.raises(ArchiveDamagedError, match=complaint):
        list(cdxj.decode(segment, layout.index_key(BATCH, segment)))


def capture_with(
    headers: list[tuple[str, str]], *, url: str = "https://news.example/a", revisit: bool = False
) -> Capture:
    return Capture(
        url=url,
        captured_at=moment(0),
        record_id="urn:uuid:0",
        revisit=revisit,
        status=200,
        headers=headers,
        payload_digest="sha256:00",
        source="news",
        request=Request(filed_as="https://www.news.example/a?utm_source=x"),
    )


def index_line(capture: Capture) -> IndexLine:
    return cdxj.index_line(capture, "warc/a.warc.gz", outcome="new", kind=None, snapshot=None, location=None)


def test_a_line_names_where_a_capture_is_filed_only_where_that_is_elsewhere() -> None:
    here = index_line(capture_with([]))
    elsewhere = index_line(capture_with([], url="https://news.example/moved"))

    assert (here.filed_as, here.identity) == (None, "news.example/a")
    assert (elsewhere.filed_as, elsewhere.identity) == ("https://www.news.example/a?utm_source=x", "news.example/a")


def test_validators_are_those_of_a_whole_body() -> None:
    headers = [("ETag", 'W/"1"'), ("Last-Modified", "Sun, 22 Nov 2026 11:00:00 GMT")]

    whole, revisit = index_line(capture_with(headers)), index_line(capture_with(headers, revisit=True))

    assert (whole.etag, whole.modified) == ('W/"1"', "Sun, 22 Nov 2026 11:00:00 GMT")
    assert (revisit.etag, revisit.modified, revisit.mime) == (None, None, "warc/revisit")


def test_cdxj_indexer_finds_the_same_in_the_warc(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "archive")
    writer = Writer(store, tmp_path / "local")
    url = "https://www.News.example:443/Über/a?b=2&a=1&PHPSESSID=0123456789abcdef0123456789abcdef"
    chunked = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"
    writer.publish(shows(url, 0, "text"))
    writer.publish(
        shows(url, 1, "text"),
        answers(url, 2, "304 Not Modified"),
        answers("http://[2001:db8::1]:8080/", 3, "404 Not Found"),
        answers("https://news.example/old/?x=%C3%BC&x=%2B", 4, "301 Moved", "/new"),
        Visit(url="https://news.example/chunked//", at=moment(5), response=chunked),
        Visit(url="https://news.example/untyped", at=moment(6), response=b"HTTP/1.1 200 OK\r\n\r\nbody"),
        Visit(
            url="https://news.example/pdf", at=moment(7), response=answer().replace(b"text/html", b"application/pdf")
        ),
    )

    for entry in store.list(layout.INDEX):
        ours = [standard_fields(text) for text in gzip.decompress(store.get(entry.key)).decode().splitlines()]
        theirs = lines_of_cdxj_indexer(tmp_path / "archive" / ours[0][2]["filename"])
        assert [without_what_differs(each) for each in ours] == [without_what_differs(each) for each in theirs]


def standard_fields(text: str) -> tuple[str, str, dict[str, str]]:
    key, timestamp, encoded = text.split(" ", 2)
    fields = json.loads(encoded)
    standard = ("url", "mime", "status", "digest", "length", "offset", "filename")
    return key, timestamp, {name: fields[name] for name in standard if name in fields}


def lines_of_cdxj_indexer(segment: Path) -> list[tuple[str, str, dict[str, str]]]:
    program = Path(sysconfig.get_path("scripts"), "cdxj-indexer")
    run = subprocess.run([program, "--sort", segment], capture_output=True, text=True, check=True)
    return [standard_fields(text) for text in run.stdout.splitlines()]


def without_what_differs(of_line: tuple[str, str, dict[str, str]]) -> tuple[str, str, dict[str, str]]:
    """Leave out what cannot agree, and why not.

    Our `filename` is a key, theirs the name of a file. A media type that is not stated is ``unk`` in pywb's own
    indexes and left out by cdxj-indexer. The status of a 304 stands in a field of its revisit record that
    cdxj-indexer does not know (see `warc_records`), so it leaves that out too.
    """
    key, timestamp, fields = of_line
    kept = {**fields, "filename": fields["filename"].rpartition("/")[2]}
    if fields.get("mime") == "unk":
        del kept["mime"]
    if fields.get("status") == "304":
        del kept["status"]
    return key, timestamp, kept
