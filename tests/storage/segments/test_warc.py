from __future__ import annotations

import gzip
import io
import os
import tracemalloc
import zlib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.storage.digests import digest
from broadsheet.storage.errors import RecordError
from broadsheet.storage.segments.warc import (
    WarcRecord,
    block_is_intact,
    iterate,
    read_member,
    serialise,
    valid_until,
)

NOON = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
UNDATED = b"WARC/1.1\r\nWARC-Type: a\r\nWARC-Record-ID: <b>\r\nWARC-Date: noon\r\nContent-Length: 0\r\n\r\n\r\n\r\n"


def record(block: bytes = b"a block", **changes: object) -> WarcRecord:
    fields = {"type": "resource", "record_id": "urn:uuid:1", "date": NOON, "block": block, **changes}
    return WarcRecord(**fields)  # type: ignore[arg-type]  # the values are those of WarcRecord


words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20)
tokens = st.text(st.sampled_from("abcXYZ-"), min_size=1, max_size=12)
blocks = st.one_of(
    st.binary(max_size=300),
    # Each kind of compression: small, stored (two blocks and more of deflate's), deflated.
    st.builds(lambda seed, size: (seed or b"x") * size, st.binary(max_size=50), st.integers(0, 3000)),
    st.sampled_from([9_000, 70_000, 200_000]).map(os.urandom),
)
records = st.builds(
    WarcRecord,
    type=tokens,
    record_id=tokens.map("urn:test:{}".format),
    date=st.datetimes(min_value=datetime(1996, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - zone is given
    fields=st.lists(st.tuples(tokens.map("WARC-{}".format), words), max_size=6).map(
        lambda fields: [field for field in fields if field[0] not in {"WARC-Type", "WARC-Date"}]
    ),
    block=blocks,
)


@given(records)
def test_any_record_is_read_as_it_was_written(written: WarcRecord) -> None:
    assert read_member(serialise(written)) == written


@given(records)
def test_a_record_is_one_ordinary_gzip_member(written: WarcRecord) -> None:
    inflater = zlib.decompressobj(31)
    content = inflater.decompress(serialise(written))
    assert inflater.eof
    assert inflater.unused_data == b""
    assert content.startswith(b"WARC/1.1\r\nWARC-Type: ")
    assert content.endswith(b"\r\n\r\n" + written.block + b"\r\n\r\n")


def test_the_same_record_has_the_same_bytes() -> None:
    assert serialise(record()) == serialise(record())


def test_dates_are_written_in_utc_with_microseconds() -> None:
    moment = NOON.astimezone(timezone(timedelta(hours=1)))
    assert b"\r\nWARC-Date: 2026-11-22T12:00:00.123456Z\r\n" in gzip.decompress(serialise(record(date=moment)))


def test_fields_are_found_in_any_case_and_may_be_repeated() -> None:
    fields = [("WARC-Protocol", "http/1.1"), ("WARC-Protocol", "tls/1.3"), ("WARC-Truncated", "length")]
    written = record(fields=fields)
    assert written.field("warc-truncated") == "length"
    assert written.all_fields("WARC-PROTOCOL") == ["http/1.1", "tls/1.3"]
    assert written.field("WARC-IP-Address") is None


@pytest.mark.parametrize("value", ["http://news.example/\r\nWARC-Type: forged", "a\nb", "a\rb"])
def test_a_line_break_in_a_field_is_refused(value: str) -> None:
    with pytest.raises(RecordError, match="line break"):
        serialise(record(fields=[("WARC-Target-URI", value)]))


def test_blocks_that_do_not_shrink_are_stored_and_others_deflated() -> None:
    noise, text = os.urandom(40_000), b"High water at noon. " * 2_000
    assert 40_000 < len(serialise(record(noise))) < 40_400
    assert len(serialise(record(text))) < 4_000


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"WARC/0.9\r\n\r\n", "does not begin a WARC"),
        (b"GIF89a", "does not begin a WARC"),
        (b"WARC/1.1\r\nno field\r\n\r\n", "is no named field"),
        (b"WARC/1.1\r\nContent-Length: 0\r\n\r\n\r\n\r\n", "has no WARC-Type"),
        (b"WARC/1.1\r\nWARC-Type: a\r\n\r\n\r\n\r\n", "has no Content-Length"),
        (b"WARC/1.1\r\nContent-Length: 3\r\n\r\nab\r\n\r\n", "has 2 bytes, its Content-Length says 3"),
        (b"WARC/1.1\r\nContent-Length: 2\r\n\r\nab", "does not end behind its block"),
        (b"WARC/1.1\r\nContent-Length: -2\r\n\r\nab\r\n\r\n", "does not end behind its block"),
        (UNDATED, "'noon' is no WARC-Date"),
    ],
)
def test_what_is_no_record_is_refused_with_the_reason(content: bytes, complaint: str) -> None:
    with pytest.raises(RecordError, match=complaint):
        read_member(gzip.compress(content))


def test_exactly_one_member_is_read() -> None:
    member = serialise(record())
    with pytest.raises(RecordError, match="cut off after"):
        read_member(member[:-1])
    with pytest.raises(RecordError, match="3 bytes follow"):
        read_member(member + b"abc")
    with pytest.raises(RecordError, match="no intact gzip member"):
        read_member(b"WARC/1.1 but not compressed")


def test_records_of_other_writers_are_read() -> None:
    content = (
        b"WARC/1.0\r\nwarc-type: response\r\nWARC-Record-ID: urn:uuid:2\r\n"
        b"WARC-Date: 2016-09-19T17:20:24Z\r\n"
        b"Subject: folded\r\n value\r\nContent-Length:2\r\n\r\nab\r\n\r\n"
    )
    read = read_member(gzip.compress(content))
    assert (read.type, read.record_id, read.block) == ("response", "urn:uuid:2", b"ab")
    assert read.date == datetime(2016, 9, 19, 17, 20, 24, tzinfo=UTC)
    assert read.field("subject") == "folded value"


def test_a_flipped_bit_in_a_block_is_noticed() -> None:
    intact = record(b"a block", fields=[("WARC-Block-Digest", digest(b"a block"))])
    assert block_is_intact(intact)
    assert block_is_intact(record(fields=[]))
    assert not block_is_intact(record(b"a clock", fields=intact.fields))


class _Dribble(io.BytesIO):
    """A stream that gives a few bytes at a time, as sockets and pipes do."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(7, size) if size and size > 0 else 7)


@given(st.lists(records, max_size=5), st.sampled_from([io.BytesIO, _Dribble]))
def test_a_file_is_read_record_by_record_with_their_places(written: list[WarcRecord], stream: type[io.BytesIO]) -> None:
    members = [serialise(each) for each in written]
    content = b"".join(members)
    read = list(iterate(stream(content)))
    assert [each for _, _, each in read] == written
    assert [content[offset : offset + length] for offset, length, _ in read] == members


@given(st.lists(records.filter(lambda each: len(each.block) < 1000), min_size=1, max_size=4), st.data())
def test_a_cut_off_file_is_valid_up_to_its_last_whole_record(
    tmp_path_factory: pytest.TempPathFactory, written: list[WarcRecord], data: st.DataObject
) -> None:
    members = [serialise(each) for each in written]
    content = b"".join(members)
    cut = data.draw(st.integers(0, len(content)))
    path = tmp_path_factory.mktemp("cut") / "segment.warc.gz"
    path.write_bytes(content[:cut])
    ends = [sum(map(len, members[: count + 1])) for count in range(len(members))]
    assert valid_until(path) == max([end for end in ends if end <= cut], default=0)


def test_a_damaged_record_is_named_by_its_offset(tmp_path: Path) -> None:
    first, second = serialise(record()), bytearray(serialise(record(os.urandom(20_000))))
    second[10_000] ^= 1
    path = tmp_path / "segment.warc.gz"
    path.write_bytes(first + second + first)
    with pytest.raises(RecordError, match=f"at byte {len(first)}: "):
        list(iterate(path))
    assert valid_until(path) == len(first)


def test_reading_a_file_takes_the_memory_of_one_record(tmp_path: Path) -> None:
    path = tmp_path / "segment.warc.gz"
    with path.open("wb") as file:
        for _ in range(40):
            file.write(serialise(record(os.urandom(500_000))))
    tracemalloc.start()
    try:
        assert sum(1 for _ in iterate(path)) == 40
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000
