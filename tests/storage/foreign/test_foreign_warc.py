"""WARC files of other people's making: written by warcio, FastWARC, wget and zstd, or by hand, then damaged."""

from __future__ import annotations

import gzip
import io
import random
import struct
import sys
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastwarc.warc import WarcRecord as FastRecord
from fastwarc.warc import WarcRecordType
from hypothesis import given
from hypothesis import strategies as st
from warcio.warcwriter import WARCWriter

from broadsheet.storage.digests import digest
from broadsheet.storage.errors import RecordError
from broadsheet.storage.foreign.records import LARGEST_BLOCK, ForeignRecord, Unreadable, read_foreign

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# Without, a frame tells no damage of what it holds uncompressed.
CHECKED: dict[int, int] = {zstd.CompressionParameter.checksum_flag: 1}
WGET = Path(__file__).with_name("wget-1.21.3.warc.gz")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello"


def text_of(number: int, block: bytes, *, version: str = "1.0", fields: str = "") -> bytes:
    """A record as most writers write it."""
    return (
        (
            f"WARC/{version}\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{number}>\r\n"
            f"WARC-Date: 2016-06-10T09:12:{number % 60:02}Z\r\nWARC-Target-URI: http://news.example/{number}\r\n{fields}"
            f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
        ).encode()
        + block
        + b"\r\n\r\n"
    )


def blocks_of(count: int) -> list[bytes]:
    """Answers that differ and do not compress to nothing."""
    chance = random.Random(count)
    return [ANSWER + chance.randbytes(3000) + str(number).encode() for number in range(count)]


def read(data: bytes) -> tuple[list[ForeignRecord], list[Unreadable]]:
    """What is in a file of these bytes."""
    found = list(read_foreign(io.BytesIO(data)))
    records = [one for one in found if isinstance(one, ForeignRecord)]
    return records, [one for one in found if isinstance(one, Unreadable)]


def gzip_members(texts: list[bytes]) -> bytes:
    return b"".join(gzip.compress(text) for text in texts)


def one_gzip_member(texts: list[bytes]) -> bytes:
    return gzip.compress(b"".join(texts))


def zstd_frames(texts: list[bytes]) -> bytes:
    return b"".join(zstd.compress(text, options=CHECKED) for text in texts)


def one_zstd_frame(texts: list[bytes]) -> bytes:
    return zstd.compress(b"".join(texts), options=CHECKED)


def zstd_with_dictionary(texts: list[bytes], *, compressed: bool = False) -> bytes:
    dictionary = zstd.train_dict([texts[0][:400] + bytes([number]) * 50 for number in range(200)], 4096)
    content = zstd.compress(dictionary.dict_content) if compressed else dictionary.dict_content
    frames = b"".join(zstd.compress(text, options=CHECKED, zstd_dict=dictionary) for text in texts)
    return b"\x5d\x2a\x4d\x18" + struct.pack("<L", len(content)) + content + frames


def zstd_with_compressed_dictionary(texts: list[bytes]) -> bytes:
    return zstd_with_dictionary(texts, compressed=True)


SHAPES: list[Callable[[list[bytes]], bytes]] = [
    b"".join,
    gzip_members,
    one_gzip_member,
    zstd_frames,
    one_zstd_frame,
    zstd_with_dictionary,
    zstd_with_compressed_dictionary,
]
MEMBER_SHAPES = [gzip_members, zstd_frames, zstd_with_dictionary]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("version", ["0.17", "0.18", "1.0", "1.1"])
def test_every_record_is_read_whatever_the_shape_of_the_file(
    shape: Callable[[list[bytes]], bytes], version: str
) -> None:
    blocks = blocks_of(20)
    records, unreadable = read(shape([text_of(*pair, version=version) for pair in enumerate(blocks)]))
    assert not unreadable
    assert [record.block for record in records] == blocks
    assert [record.record_id for record in records] == [f"urn:uuid:{number}" for number in range(20)]
    assert records[3].date == datetime(2016, 6, 10, 9, 12, 3, tzinfo=UTC)
    assert records[3].uri("warc-target-uri") == "http://news.example/3"


@pytest.mark.parametrize("is_compressed", [True, False])
def test_what_warcio_writes_is_read(is_compressed: bool) -> None:  # noqa: FBT001 - a parameter
    output = io.BytesIO()
    writer = WARCWriter(output, gzip=is_compressed, warc_version="1.1")
    info = writer.create_warcinfo_record("a.warc.gz", {"software": "warcio"})
    answer = writer.create_warc_record("http://news.example/a", "response", io.BytesIO(ANSWER), len(ANSWER))
    for record in (info, answer):
        writer.write_record(record)
        record.raw_stream.close()
    records, unreadable = read(output.getvalue())
    assert not unreadable
    assert [(record.type, record.uri("WARC-Target-URI")) for record in records] == [
        ("warcinfo", None),
        ("response", "http://news.example/a"),
    ]
    assert records[1].block == ANSWER


def test_what_fastwarc_writes_is_read() -> None:
    output = io.BytesIO()
    for number in range(3):
        record = FastRecord()
        record.init_headers(WarcRecordType.response, b"uuid:%d" % number)
        record.headers["WARC-Target-URI"] = "http://news.example/a"
        record.set_bytes_content(ANSWER)
        record.write(output, checksum_data=True)
    for data in (output.getvalue(), gzip.compress(output.getvalue())):
        records, unreadable = read(data)
        assert not unreadable
        assert [record.block for record in records] == [ANSWER] * 3


def test_what_wget_writes_is_read() -> None:
    """The file was written by wget 1.21.3: a page, a redirect and a page that is missing."""
    records, unreadable = read(WGET.read_bytes())
    assert not unreadable
    answers = [record for record in records if record.type == "response"]
    assert [(record.uri("WARC-Target-URI") or "").rpartition("/")[2] for record in answers] == [
        "a",
        "b",
        "a",
        "missing",
    ]
    assert [record.block.split(b" ", 2)[1] for record in answers] == [b"200", b"302", b"200", b"404"]


@pytest.mark.parametrize("shape", MEMBER_SHAPES)
def test_a_damaged_member_costs_its_own_record_only(shape: Callable[[list[bytes]], bytes]) -> None:
    blocks = blocks_of(12)
    texts = [text_of(*pair) for pair in enumerate(blocks)]
    whole = shape(texts)
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0x55
    records, unreadable = read(bytes(damaged))
    assert len(records) == 11
    assert {record.block for record in records} < set(blocks)
    assert len(unreadable) == 1


def test_a_gap_names_the_byte_where_the_damaged_member_begins() -> None:
    texts = [text_of(*pair) for pair in enumerate(blocks_of(5))]
    start = len(gzip_members(texts[:2]))
    damaged = bytearray(gzip_members(texts))
    damaged[start + 2000] ^= 1
    records, (unreadable,) = read(bytes(damaged))
    assert [record.record_id for record in records] == ["urn:uuid:0", "urn:uuid:1", "urn:uuid:3", "urn:uuid:4"]
    assert unreadable.place == f"byte {start:,}"
    assert "gzip member is damaged" in unreadable.reason


@pytest.mark.parametrize("shape", SHAPES)
def test_of_a_file_that_is_cut_off_all_that_is_whole_is_read(shape: Callable[[list[bytes]], bytes]) -> None:
    blocks = blocks_of(40)
    whole = shape([text_of(*pair) for pair in enumerate(blocks)])
    records, unreadable = read(whole[: len(whole) * 3 // 4])
    assert [record.block for record in records] == blocks[: len(records)]
    # What one frame compresses is lost from the block on in which it is cut off: at most 128 KiB of zstd's.
    assert len(records) >= (0 if shape is one_zstd_frame else 25)
    assert len(unreadable) == 1


@given(st.data())
def test_no_damage_of_a_plain_file_costs_more_than_the_records_it_touches(data: st.DataObject) -> None:
    blocks = blocks_of(6)
    texts = [text_of(*pair, fields=f"WARC-Block-Digest: {digest(pair[1])}\r\n") for pair in enumerate(blocks)]
    whole = bytearray(b"".join(texts))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    records, _ = read(bytes(whole))
    touched = next(number for number in range(6) if place < sum(map(len, texts[: number + 1])))
    left = {record.block for record in records}
    # The byte may end a record or belong to its fields, and cost none; the record after it may lose its first line.
    assert {block for number, block in enumerate(blocks) if number != touched} <= left | {blocks[min(touched + 1, 5)]}
    assert left <= set(blocks)


def test_a_wrong_length_costs_one_record() -> None:
    blocks = blocks_of(4)
    for wrong in (b"3", b"999999", str(LARGEST_BLOCK + 1).encode(), b"-5", b"9" * 30):
        texts = [text_of(*pair) for pair in enumerate(blocks)]
        texts[1] = texts[1].replace(str(len(blocks[1])).encode() + b"\r\n\r\n", wrong + b"\r\n\r\n")
        records, unreadable = read(b"".join(texts))
        assert [record.record_id for record in records] == ["urn:uuid:0", "urn:uuid:2", "urn:uuid:3"], wrong
        assert [one.place for one in unreadable] == [f"byte {len(texts[0]):,}"]


def test_a_block_that_its_digest_does_not_name_is_told_and_not_given() -> None:
    right = text_of(0, ANSWER, fields="WARC-Block-Digest: sha1:VXIKJFUX3CODLWTGXRKTATDPAD2LYNMC\r\n")
    records, (unreadable,) = read(right + text_of(1, ANSWER))
    assert [record.record_id for record in records] == ["urn:uuid:1"]
    assert "is not the one that its WARC-Block-Digest sha1:VXIK" in unreadable.reason


@given(st.binary(max_size=400), st.sampled_from([b"", b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b"WARC/1.0\r\n"]))
def test_bytes_that_are_no_warc_file_give_no_record_and_no_other_error(data: bytes, start: bytes) -> None:
    records, _ = read(start + data)
    assert not records


def test_a_dictionary_that_is_none_is_told() -> None:
    with pytest.raises(RecordError, match="dictionary"):
        read(b"\x5d\x2a\x4d\x18\x04\0\0\0abcd")


def test_dates_may_be_short_or_long() -> None:
    stated = ["2016", "2016-06", "2016-06-10", "2016-06-10T09:12Z", "2016-06-10T09:12:00.123456789Z"]
    texts = [text_of(0, ANSWER).replace(b"2016-06-10T09:12:00Z", date.encode()) for date in [*stated, "yesterday"]]
    records, (unreadable,) = read(b"".join(texts))
    assert [record.date.isoformat() for record in records] == [
        "2016-01-01T00:00:00+00:00",
        "2016-06-01T00:00:00+00:00",
        "2016-06-10T00:00:00+00:00",
        "2016-06-10T09:12:00+00:00",
        "2016-06-10T09:12:00.123456+00:00",
    ]
    assert unreadable.reason == "'yesterday' is no WARC-Date"


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "large.warc.gz"
    record = text_of(1, ANSWER + bytes(2_000_000))
    with path.open("wb") as file:
        member = gzip.compress(record * 60)
        file.write(member * 2)
    tracemalloc.start()
    with path.open("rb") as file:
        count = sum(isinstance(one, ForeignRecord) for one in read_foreign(file))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 120
    assert peak < 20_000_000
