"""A segment tells its captures by its own bytes: what was recorded is what recovery reads."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from archiving.writer import Visit, Writer, answer, answers, moment, shows
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from broadsheet.storage.captures import Request
from broadsheet.storage.errors import RecordError
from broadsheet.storage.model import Exchange, Hints
from broadsheet.storage.segments import warc
from broadsheet.storage.segments.exchange_records import exchange_records
from broadsheet.storage.segments.reading import capture_of, read_captures, request_fields
from broadsheet.storage.stores.folder import FolderStore

URL = "https://news.example/a"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
HINTS = st.builds(Hints, title=st.none() | TEXTS, authors=st.lists(TEXTS, max_size=2), guid=st.none() | TEXTS)
REQUESTS = st.builds(
    Request,
    purpose=st.sampled_from(["page", "robots"]),
    filed_as=st.sampled_from([None, "https://news.example/old"]),
    expected=st.booleans(),
    via=st.sampled_from([None, "https://news.example/?q=a:%20b"]),
    hints=st.none() | HINTS,
)
MOMENTS = st.datetimes(datetime(1996, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
RESPONSES = st.one_of(
    st.builds(answer, st.binary(max_size=50), st.sampled_from(["200 OK", "404 Not Found", "500 \xff", "299"])),
    st.sampled_from([answer(b"", "302 Found", [("Location", "/b")]), b"HTTP/1.1 200", b"garbage", b"\x00\xff"]),
)
VISITS = st.builds(
    Visit,
    url=st.sampled_from([URL, "http://[2001:db8::1]/%C3%BC"]),
    at=MOMENTS,
    response=RESPONSES,
    request=REQUESTS,
    truncated=st.sampled_from([None, "length", "disconnect"]),
)


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    return Writer(FolderStore(tmp_path / "archive"), tmp_path / "local")


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(VISITS, min_size=1, max_size=4))
@example([Visit(url=URL, at=moment(0), response=answer(), request=Request(hints=Hints(title="a\u2028b\x85c\r\nd")))])
def test_what_was_recorded_is_read_back_from_the_segment_alone(writer: Writer, visits: list[Visit]) -> None:
    batch, captures = writer.record(*visits)

    found = list(read_captures(batch.seal()))

    assert [capture for capture, _ in found] == [capture for capture, _ in captures]
    assert [block for _, block in found] == [visit.response for visit in visits]
    batch.discard()


def test_a_revisit_keeps_what_files_it_and_no_more(writer: Writer) -> None:
    writer.publish(shows(URL, 0, "text"))
    about = Request(filed_as=URL, expected=True, via=URL, hints=Hints(title="A title"))
    repeated = Visit(url="https://news.example/b", at=moment(1), response=shows(URL, 1, "text").response, request=about)

    batch, _ = writer.record(repeated)

    [(capture, block)] = read_captures(batch.seal())
    assert capture.revisit
    assert capture.request == Request(filed_as=URL)
    assert capture.truncated is None, "what a revisit leaves out was not cut off"
    assert block == repeated.response.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


def test_the_head_of_a_304_is_read_from_its_revisit(writer: Writer) -> None:
    writer.publish(shows(URL, 0, "text"))

    batch, _ = writer.record(answers(URL, 1, "304 Not Modified"))

    [(capture, block)] = read_captures(batch.seal())
    assert (capture.revisit, capture.status, capture.mime) == (True, 304, "text/html")
    assert block == b""


def test_a_request_without_an_answer_is_no_capture(writer: Writer) -> None:
    batch, _ = writer.record(shows(URL, 0, "one"))
    unanswered = Exchange(url=URL, started_at=moment(1), request=b"GET / HTTP/1.1\r\n\r\n", response=b"")
    about = request_fields(Request(via="https://news.example/"), revisit=False)
    for record in exchange_records(unanswered, warcinfo_id="urn:uuid:0", metadata=about):
        batch.append(warc.serialise(record))

    [(capture, _)] = read_captures(batch.seal())

    assert capture.captured_at == moment(0)
    assert capture.request == Request()


def test_a_request_that_says_nothing_needs_no_metadata() -> None:
    assert request_fields(Request(), revisit=False) == {}


def test_a_damaged_segment_is_reported_behind_the_captures_before_it(writer: Writer) -> None:
    batch, _ = writer.record(shows(URL, 0, "one"), shows(URL, 1, "two"))
    segment = batch.seal()
    segment.write_bytes(segment.read_bytes()[:-40])

    found = read_captures(segment)

    assert next(found)[0].captured_at == moment(0)
    with pytest.raises(RecordError, match="at byte"):
        list(found)


def test_a_metadata_record_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    exchange = Exchange(url=URL, started_at=moment(0), request=b"", response=answer())
    records = exchange_records(exchange, warcinfo_id="urn:uuid:0", metadata={"broadsheet-request": '{"purpose":7}'})
    segment = tmp_path / "segment.warc.gz"
    segment.write_bytes(b"".join(map(warc.serialise, records)))

    with pytest.raises(RecordError, match="broadsheet-request"):
        list(read_captures(segment))


def test_a_capture_tells_its_media_type_and_its_headers_whatever_their_case() -> None:
    response = answer(b"", "200 OK", [("ETAG", '"1"'), ("Etag", '"2"')]).replace(b"text/html", b" Text/HTML ")
    exchange = Exchange(url=URL, started_at=moment(0), request=b"", response=response)
    [record, _] = exchange_records(exchange, warcinfo_id="urn:uuid:0")

    capture = capture_of(record, Request(), source=None, offset=0, length=0)

    assert (capture.mime, capture.header("etag"), capture.header("age")) == ("text/html", '"1"', None)
