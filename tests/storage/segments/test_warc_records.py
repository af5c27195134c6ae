"""Records of all kinds, read by the tools of the trade."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from fastwarc.warc import ArchiveIterator as FastArchiveIterator
from hypothesis import given
from hypothesis import strategies as st
from servers.raw_cases import BROKEN, DISCONNECTED, WHOLE
from warcio.archiveiterator import ArchiveIterator

from broadsheet.storage.digests import digest
from broadsheet.storage.errors import MessageError, RecordError
from broadsheet.storage.http.messages import entity_body, parse_response
from broadsheet.storage.model import Exchange
from broadsheet.storage.segments.exchange_records import (
    IDENTICAL_PAYLOAD,
    NOT_MODIFIED,
    Original,
    exchange_records,
    payload_is_intact,
    response_head,
    warcinfo_record,
)
from broadsheet.storage.segments.warc import WarcRecord, block_is_intact, iterate, read_member, serialise

NOON = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
URL = "https://news.example/2026/11/22/tide-tables.html?page=2"
REQUEST = b"GET /2026/11/22/tide-tables.html?page=2 HTTP/1.1\r\nUser-Agent: Broadsheet\r\nHost: news.example\r\n\r\n"
PAGE = gzip.compress(b"<p>High water at noon.</p>" * 3000)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(PAGE)
UNMODIFIED = b'HTTP/1.1 304 Not Modified\r\nETag: "50%"\r\nX-Ville: Orl\xe9ans\r\n  folded\r\nDate: today\r\n\r\n'
INFO = warcinfo_record("one.warc.gz", {"software": "Broadsheet/0", "robots": "obey"}, created_at=NOON)
ORIGINAL = Original(
    record_id="urn:uuid:00000000-0000-4000-8000-000000000000",
    target_uri=URL,
    date=NOON - timedelta(days=1),
    payload_digest=digest(PAGE),
)


def exchange(response: bytes = HEAD + PAGE, **changes: object) -> Exchange:
    plain = Exchange(
        url=URL,
        started_at=NOON,
        request=REQUEST,
        response=response,
        ip="192.0.2.7",
        protocols=["http/1.1", "tls/1.3"],
        cipher_suite="TLS_AES_128_GCM_SHA256",
    )
    return msgspec.structs.replace(plain, **changes)


def records(of: Exchange | None = None, **arguments: Any) -> list[WarcRecord]:
    return exchange_records(of or exchange(), warcinfo_id=INFO.record_id, **arguments)


def test_a_response_record_says_how_its_bytes_were_fetched() -> None:
    response, _ = records()
    assert (response.type, response.date, response.block) == ("response", NOON, HEAD + PAGE)
    assert response.record_id.startswith("urn:uuid:")
    assert response.fields == [
        ("WARC-Target-URI", URL),
        ("WARC-IP-Address", "192.0.2.7"),
        ("WARC-Warcinfo-ID", f"<{INFO.record_id}>"),
        ("WARC-Protocol", "http/1.1"),
        ("WARC-Protocol", "tls/1.3"),
        ("WARC-Cipher-Suite", "TLS_AES_128_GCM_SHA256"),
        ("WARC-Payload-Digest", digest(PAGE)),
        ("WARC-Block-Digest", digest(HEAD + PAGE)),
        ("Content-Type", "application/http;msgtype=response"),
    ]


def test_the_request_names_what_came_back() -> None:
    response, request = records()
    assert (request.type, request.date, request.block) == ("request", NOON, REQUEST)
    assert request.fields == [
        ("WARC-Target-URI", URL),
        ("WARC-IP-Address", "192.0.2.7"),
        ("WARC-Concurrent-To", f"<{response.record_id}>"),
        ("WARC-Block-Digest", digest(REQUEST)),
        ("Content-Type", "application/http;msgtype=request"),
    ]


def test_a_metadata_record_is_written_where_there_is_something_to_say() -> None:
    response, _, metadata = records(metadata={"via": "https://news.example/", "fetchTimeMs": "12"})
    assert metadata.type == "metadata"
    assert metadata.block == b"via: https://news.example/\r\nfetchTimeMs: 12\r\n"
    assert metadata.field("WARC-Concurrent-To") == f"<{response.record_id}>"
    assert metadata.field("Content-Type") == "application/warc-fields"
    with pytest.raises(RecordError, match="via holds a line break"):
        records(metadata={"via": "https://news.example/\r\nforged: yes"})


def test_the_file_begins_with_what_wrote_it() -> None:
    assert INFO.type == "warcinfo"
    assert INFO.block == b"software: Broadsheet/0\r\nrobots: obey\r\n"
    assert INFO.field("WARC-Filename") == "one.warc.gz"


def test_the_payload_is_the_body_without_its_chunks() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (
        len(PAGE),
        PAGE,
    )
    response, _ = records(exchange(chunked))
    assert response.field("WARC-Payload-Digest") == digest(PAGE)
    assert payload_is_intact(response)


def test_the_answer_to_head_has_an_empty_payload() -> None:
    response, _ = records(exchange(HEAD, request=REQUEST.replace(b"GET", b"HEAD")))
    assert response.field("WARC-Payload-Digest") == digest(b"")
    assert payload_is_intact(response)


@pytest.mark.parametrize("reason", ["length", "time", "disconnect", "unspecified"])
def test_a_response_that_is_not_whole_is_flagged_with_the_reason(reason: str) -> None:
    response, _ = records(exchange(HEAD + PAGE[:100], truncated=reason))
    assert response.field("WARC-Truncated") == reason
    assert response.field("WARC-Payload-Digest") == digest(PAGE[:100])


def test_bytes_that_are_no_http_are_kept_without_a_payload_digest() -> None:
    response, _ = records(exchange(b"\x16\x03 garbage\r\n\r\n", truncated="unspecified"))
    assert response.block == b"\x16\x03 garbage\r\n\r\n"
    assert response.field("WARC-Payload-Digest") is None


def test_where_nothing_came_back_the_request_is_kept() -> None:
    request, metadata = records(exchange(b"", truncated="disconnect"), metadata={"note": "reset"})
    assert (request.type, metadata.type) == ("request", "metadata")
    assert request.field("WARC-Concurrent-To") is None
    assert metadata.field("WARC-Concurrent-To") == f"<{request.record_id}>"


def test_an_identical_payload_is_not_stored_again_but_its_head_is() -> None:
    revisit, request = records(revisit_of=ORIGINAL)
    assert (revisit.type, revisit.block) == ("revisit", HEAD)
    assert revisit.field("WARC-Profile") == IDENTICAL_PAYLOAD
    assert revisit.field("WARC-Refers-To") == f"<{ORIGINAL.record_id}>"
    assert revisit.field("WARC-Refers-To-Target-URI") == URL
    assert revisit.field("WARC-Refers-To-Date") == "2026-11-21T12:00:00.123456Z"
    assert revisit.field("WARC-Payload-Digest") == digest(PAGE)
    assert revisit.field("WARC-Truncated") == "length"
    assert revisit.field("WARC-Block-Digest") == digest(HEAD)
    assert request.field("WARC-Concurrent-To") == f"<{revisit.record_id}>"


def test_an_unmodified_page_has_an_empty_block_and_keeps_the_head_of_the_answer() -> None:
    revisit, _ = records(exchange(UNMODIFIED), revisit_of=ORIGINAL)
    assert (revisit.type, revisit.block) == ("revisit", b"")
    assert revisit.field("WARC-Profile") == NOT_MODIFIED
    assert revisit.field("WARC-Truncated") is None
    assert response_head(read_member(serialise(revisit))) == UNMODIFIED
    assert response_head(records()[0]) is None


@given(st.binary(max_size=200).map(lambda value: value.replace(b"\n", b"").replace(b"\r", b"")))
def test_any_head_of_an_unmodified_page_is_kept_byte_for_byte(value: bytes) -> None:
    head = b"HTTP/1.1 304 Not Modified\r\nX-Any: " + value + b"\r\n\r\n"
    [revisit, _] = records(exchange(head), revisit_of=ORIGINAL)
    assert response_head(read_member(serialise(revisit))) == head


def test_what_is_not_whole_or_cannot_be_read_is_no_revisit() -> None:
    with pytest.raises(RecordError, match="truncated"):
        records(exchange(truncated="disconnect"), revisit_of=ORIGINAL)
    with pytest.raises(MessageError):
        records(exchange(b"garbage\r\n\r\n"), revisit_of=ORIGINAL)


def test_a_changed_payload_is_noticed() -> None:
    response, _ = records()
    changed = msgspec.structs.replace(response, block=HEAD + PAGE[:-1] + b"!")
    assert payload_is_intact(response)
    assert not payload_is_intact(changed)
    with pytest.raises(MessageError):
        payload_is_intact(msgspec.structs.replace(response, block=b"no HTTP"))


def test_an_unchanged_page_costs_little() -> None:
    unmodified = records(exchange(UNMODIFIED), revisit_of=ORIGINAL)
    identical = records(revisit_of=ORIGINAL)
    assert sum(len(serialise(record)) for record in unmodified) < 1000
    assert sum(len(serialise(record)) for record in identical) < 1000


# --- The same files, read by others -------------------------------------------------------------------------


def _all_kinds() -> list[WarcRecord]:
    kinds = [INFO, *records(metadata={"via": "https://news.example/"})]
    kinds += records(revisit_of=ORIGINAL) + records(exchange(UNMODIFIED), revisit_of=ORIGINAL)
    # One that is deflated and one that is stored, over more than one block of deflate's.
    kinds += records(exchange(b"HTTP/1.1 200 OK\r\n\r\n" + b"<p>identity</p>" * 2000))
    kinds += records(exchange(b"HTTP/1.1 200 OK\r\n\r\n" + Random(7).randbytes(150_000)))
    for path, script in {**WHOLE, **DISCONNECTED, **BROKEN}.items():
        truncated = None if path in WHOLE else "disconnect"
        url = f"https://news.example{path}"
        kinds += records(exchange(script.response, url=url, truncated=truncated))
    return kinds


@pytest.fixture(scope="module")
def written() -> list[WarcRecord]:
    return _all_kinds()


@pytest.fixture(scope="module")
def warc_file(written: list[WarcRecord], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("warc") / "one.warc.gz"
    path.write_bytes(b"".join(serialise(record) for record in written))
    return path


def test_our_reader_finds_every_record_intact(warc_file: Path, written: list[WarcRecord]) -> None:
    read = [record for _, _, record in iterate(warc_file)]
    assert read == written
    assert all(block_is_intact(record) for record in read)
    with_payload = [record for record in read if record.field("WARC-Payload-Digest")]
    assert all(payload_is_intact(record) for record in with_payload)


def test_warcio_reads_every_block_as_it_was_written(warc_file: Path, written: list[WarcRecord]) -> None:
    with warc_file.open("rb") as file:
        read = [
            (record.rec_type, record.rec_headers.get_header("WARC-Record-ID"), record.raw_stream.read())
            for record in ArchiveIterator(file, no_record_parse=True)
        ]
    assert read == [(record.type, f"<{record.record_id}>", record.block) for record in written]


def test_fastwarc_reads_every_block_and_finds_its_digest_right(warc_file: Path, written: list[WarcRecord]) -> None:
    with warc_file.open("rb") as file:
        read = [
            (record.record_id, record.reader.read())
            for record in FastArchiveIterator(file, parse_http=False, auto_decode="none")
        ]
    assert read == [(f"<{record.record_id}>", record.block) for record in written]
    with warc_file.open("rb") as file:
        verified = [
            record.verify_block_digest() for record in FastArchiveIterator(file, parse_http=False, auto_decode="none")
        ]
    assert verified == [bool(record.block) for record in written]


def _run(module: str, *arguments: str) -> str:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_warcio_check_confirms_what_it_can_read(written: list[WarcRecord], tmp_path: Path) -> None:
    """It takes framing for payload (warcio issue 74), reads no interim responses, and fails on br (73)."""
    readable = [record for record in written if _is_within_warcio(record)]
    path = tmp_path / "readable.warc.gz"
    path.write_bytes(b"".join(serialise(record) for record in readable))
    checked = _run("warcio.cli", "check", "-v", str(path))
    assert "failed" not in checked
    assert checked.count("digest pass") == len([record for record in readable if record.type != "revisit"])
    assert len(readable) > 0.8 * len(written)


def _is_within_warcio(record: WarcRecord) -> bool:
    if record.type != "response":
        return True
    try:
        message = parse_response(record.block)
    except MessageError:
        return True
    whole = record.block[message.body_offset :]
    coding = message.header("Content-Encoding")
    return message.header_bytes[0] == 0 and entity_body(message) == whole and coding != "br"


def test_cdxj_indexer_lists_every_capture_at_its_place(warc_file: Path, written: list[WarcRecord]) -> None:
    lines = [line.split(" ", 2) for line in _run("cdxj_indexer.main", str(warc_file)).splitlines()]
    indexed = [json.loads(fields) for _, _, fields in lines]
    content = warc_file.read_bytes()
    captures = [record for record in written if record.type in ("response", "revisit")]
    assert [_record_at(content, line) for line in indexed] == captures
    assert {timestamp for _, timestamp, _ in lines} == {"20261122120000"}
    revisits = [line["digest"] for line in indexed if line.get("mime") == "warc/revisit"]
    assert revisits == [digest(PAGE)] * 2


def _record_at(content: bytes, line: dict[str, str]) -> WarcRecord:
    offset = int(line["offset"])
    return read_member(content[offset : offset + int(line["length"])])


def test_each_record_is_a_gzip_member_of_its_own(warc_file: Path, written: Sequence[WarcRecord]) -> None:
    with warc_file.open("rb") as file:
        iterator = ArchiveIterator(io.BytesIO(file.read()), no_record_parse=True)
        places = []
        for _ in iterator:
            iterator.read_to_end()
            places.append((iterator.get_record_offset(), iterator.get_record_length()))
    assert places == [(offset, length) for offset, length, _ in iterate(warc_file)]
    assert len(places) == len(written)
