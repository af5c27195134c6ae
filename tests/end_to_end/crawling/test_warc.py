"""What the WARC files of real crawls hold, as other software reads it; and when a page is asked for conditionally."""

from __future__ import annotations

import io
import json
import subprocess
import sysconfig
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from end_to_end import inspection
from end_to_end.command import Broadsheet
from end_to_end.zoo import zoo_scripts
from fastwarc.warc import ArchiveIterator as FastArchiveIterator
from servers.raw_server import RawServer
from warcio.archiveiterator import ArchiveIterator

from broadsheet.scheduler.demo.newspaper import DemoNewspaper
from broadsheet.scheduler.demo.server import LoggedRequest
from broadsheet.storage.archive import Archive
from broadsheet.storage.segments import warc
from broadsheet.storage.segments.reading import request_in
from broadsheet.storage.segments.warc import WarcRecord
from broadsheet.storage.stores.objects import ObjectStore

_CONDITIONS = {"if-none-match", "if-modified-since"}


@dataclass(frozen=True)
class Press:
    """The archives of two sites.

    Attributes:
        newspaper: The store of the demo newspaper, crawled twice.
        zoo: The store of the site with every kind of answer.
        server: What that site read and wrote.
        first: What the newspaper was asked at the first crawl.
        second: What it was asked at the second.
        articles: The paths of its articles.
    """

    newspaper: ObjectStore
    zoo: ObjectStore
    server: RawServer
    first: list[LoggedRequest]
    second: list[LoggedRequest]
    articles: set[str]

    def segments(self) -> list[bytes]:
        """Return every WARC file."""
        return [data for store in (self.newspaper, self.zoo) for _, data in inspection.warcs(store)]

    def records(self) -> list[list[WarcRecord]]:
        """Return the records of every WARC file, as we read them."""
        return [[record for _, _, record in warc.iterate(io.BytesIO(data))] for data in self.segments()]


@pytest.fixture(scope="module")
def press(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Press]:
    """Crawl both sites."""
    directory = tmp_path_factory.mktemp("press")
    newspaper, zoo = Broadsheet(str(directory / "newspaper")), Broadsheet(str(directory / "zoo"))
    scripts = zoo_scripts("http://elsewhere.invalid")
    with DemoNewspaper(today=date(2025, 6, 10)) as demo, RawServer(scripts) as server, ThreadPoolExecutor() as threads:
        url = f"http://127.0.0.1:{server.port}"
        zoo_crawled = threads.submit(zoo.crawl, f"{url}/", f"{url}/map.xml")
        newspaper.crawl(demo.url)
        first = demo.requests
        newspaper.crawl(demo.url)
        zoo_crawled.result()
        yield Press(
            newspaper=Archive.open(newspaper.archive).store,
            zoo=Archive.open(zoo.archive).store,
            server=server,
            first=first,
            second=demo.requests[len(first) :],
            articles={path for path, expected in demo.expectations(1).items() if expected.state == "live"},
        )


def test_warcio_reads_every_block(press: Press) -> None:
    for data, ours in zip(press.segments(), press.records(), strict=True):
        theirs = [
            (record.rec_type, record.rec_headers["WARC-Record-ID"], record.raw_stream.read())
            for record in ArchiveIterator(io.BytesIO(data), no_record_parse=True)
        ]
        assert theirs == [(record.type, f"<{record.record_id}>", record.block) for record in ours]


def test_fastwarc_reads_every_block_and_finds_every_digest_right(press: Press) -> None:
    for data, ours in zip(press.segments(), press.records(), strict=True):
        theirs = [
            (record.record_id, record.verify_block_digest(), record.reader.read())
            for record in FastArchiveIterator(io.BytesIO(data), parse_http=False, auto_decode="none")
        ]
        assert [(record_id, block) for record_id, _, block in theirs] == [
            (f"<{record.record_id}>", record.block) for record in ours
        ]
        assert [right for _, right, _ in theirs] == [bool(record.block) for record in ours]


def test_cdxj_indexer_finds_every_capture_where_our_index_has_it(press: Press, tmp_path: Path) -> None:
    for store in (press.newspaper, press.zoo):
        lines = inspection.index_lines(store)
        for key, data in inspection.warcs(store):
            ours = {(line.url, line.offset, line.length) for line in lines if line.filename == key}
            assert {(line["url"], line["offset"], line["length"]) for line in _indexed(data, tmp_path)} == ours


def test_every_exchange_is_in_and_its_request_is_linked_to_its_response(press: Press) -> None:
    for records in press.records():
        responses = {record.record_id: record for record in records if record.type in ("response", "revisit")}
        requests = [record for record in records if record.type == "request"]
        answered = [_concurrent_to(record) for record in requests if _concurrent_to(record) in responses]
        assert Counter(answered) == Counter(responses.keys())
        for request in requests:
            response = responses.get(_concurrent_to(request))
            if response is not None:
                assert request.field("WARC-Target-URI") == response.field("WARC-Target-URI")
                assert request.date == response.date


def test_every_segment_begins_by_saying_what_it_is(press: Press) -> None:
    for records in press.records():
        first, *rest = records
        captures = [record for record in rest if record.type in ("response", "revisit")]
        assert first.type == "warcinfo"
        assert b"http-header-user-agent: Broadsheet/" in first.block
        assert b"robots: obey" in first.block
        assert {record.field("WARC-Warcinfo-ID") for record in captures} == {f"<{first.record_id}>"}


def test_requests_and_responses_are_the_bytes_of_the_wire(press: Press) -> None:
    """Also of robots.txt, redirects, errors and their retries, cut-off bodies, and requests that nobody answered."""
    records = [record for _, data in inspection.warcs(press.zoo) for _, _, record in warc.iterate(io.BytesIO(data))]
    blocks = {
        kind: Counter(record.block for record in records if record.type == kind) for kind in ("request", "response")
    }
    assert blocks["request"] == Counter(exchange.request for exchange in press.server.log)
    assert blocks["response"] == Counter(bytes(exchange.response) for exchange in press.server.log if exchange.response)
    kinds = {bytes(exchange.response[9:12]) for exchange in press.server.log}
    assert kinds == {b"200", b"301", b"302", b"304", b"404", b"410", b"500", b"503", b""}


def test_what_was_cut_off_says_so_and_nothing_else_does(press: Press) -> None:
    truncated = {
        record.field("WARC-Target-URI"): record.field("WARC-Truncated")
        for records in press.records()
        for record in records
        if record.field("WARC-Truncated") and record.type == "response"
    }
    assert truncated == {f"http://127.0.0.1:{press.server.port}/half": "disconnect"}


def test_no_request_tells_who_we_are_but_by_name(press: Press) -> None:
    for records in press.records():
        for record in records:
            if record.type == "request":
                headers = inspection.request_headers(record.block)
                assert set(headers) <= {"host", "user-agent", "accept", "accept-encoding", *_CONDITIONS}
                assert headers["accept-encoding"] == "gzip, deflate, br"


def test_every_body_is_stored_once(press: Press) -> None:
    first, second = (
        [record for _, _, record in warc.iterate(io.BytesIO(data))] for _, data in inspection.warcs(press.newspaper)
    )
    stored = {record.record_id for record in first}
    revisits = [record for record in second if record.type == "revisit"]
    repeated = [urlsplit(record.field("WARC-Target-URI") or "").path for record in revisits]
    assert sorted(repeated) == sorted((press.articles | _pages_without_validators(press)) - {"/robots.txt"})
    for record in revisits:
        assert (record.field("WARC-Refers-To") or "").strip("<>") in stored
    assert len([record for record in second if record.type == "response"]) < 5


def test_only_archived_articles_are_asked_for_conditionally(press: Press) -> None:
    assert not any(_conditions(request) for request in press.first)
    conditional = {request.path for request in press.second if _conditions(request)}
    assert conditional <= press.articles | {"/about"}
    assert len(conditional) > len(press.articles) / 2
    # A validator that was sent comes back, and only then.
    assert {request.status for request in press.second if _conditions(request)} == {304}
    assert not [request for request in press.second if request.status == 304 and not _conditions(request)]


def _pages_without_validators(press: Press) -> set[str]:
    return {request.path for request in press.second if request.path not in press.articles and request.status == 200}


def _conditions(request: LoggedRequest) -> set[str]:
    return _CONDITIONS & set(request.headers)


def _concurrent_to(record: WarcRecord) -> str:
    return (record.field("WARC-Concurrent-To") or "").strip("<>")


def _indexed(data: bytes, directory: Path) -> list[dict[str, Any]]:
    """Return what cdxj-indexer finds in a WARC file."""
    (directory / "segment.warc.gz").write_bytes(data)
    program = Path(sysconfig.get_path("scripts"), "cdxj-indexer")
    run = subprocess.run([program, directory / "segment.warc.gz"], capture_output=True, text=True, check=True)
    return [json.loads(line.split(" ", 2)[2]) for line in run.stdout.splitlines()]


def test_every_capture_says_what_allowed_it_and_at_which_pace_it_was_made(press: Press) -> None:
    policies: Counter[tuple[str, str | None, float | None]] = Counter()
    for records in press.records():
        captures = {f"<{record.record_id}>" for record in records if record.type in ("response", "revisit")}
        for record in records:
            concurrent = record.field("WARC-Concurrent-To")
            if record.type == "metadata" and concurrent in captures:
                captures.discard(concurrent)
                about = request_in(record.block)
                policies[about.purpose, about.robots, about.delay] += 1
        assert not captures
    assert {robots for _, robots, _ in policies} == {"allowed by robots.txt", None}
    assert {robots for purpose, robots, _ in policies if purpose == "robots"} == {None}
    assert {purpose for purpose, robots, _ in policies if robots is None} == {"robots"}
    assert {delay for *_, delay in policies} == {0.0}, "a private host is the operator's own"
