from __future__ import annotations

import gzip
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.storage.errors import MessageError
from broadsheet.storage.http.messages import (
    body_framing,
    decoded_body,
    entity_body,
    parse_request,
    parse_response,
)

BODY = b"<p>Tide tables</p>"


def response(headers: bytes = b"", body: bytes = b"", status_line: bytes = b"HTTP/1.1 200 OK") -> bytes:
    return status_line + b"\r\n" + headers + b"\r\n" + body


def test_a_response_is_taken_apart_as_it_was_sent() -> None:
    block = response(b"Content-Type: text/html\r\nX-ODD:  padded \t\r\n", BODY)
    message = parse_response(block)
    assert (message.version, message.status, message.reason) == ("HTTP/1.1", 200, "OK")
    assert message.headers == [("Content-Type", "text/html"), ("X-ODD", "padded")]
    assert message.header_bytes == (0, len(block) - len(BODY))
    assert message.header("content-type") == "text/html"
    assert message.header("content-length") is None


@pytest.mark.parametrize(
    ("line", "version", "status", "reason"),
    [
        (b"HTTP/1.1 200", "HTTP/1.1", 200, ""),
        (b"HTTP/1.1 200 ", "HTTP/1.1", 200, ""),
        (b"HTTP/1.0 404 Not Found", "HTTP/1.0", 404, "Not Found"),
        (b"http/1.1 200 ok", "http/1.1", 200, "ok"),
        (b"HTTP/1.1  200  Tr\xe8s  bien", "HTTP/1.1", 200, "Très  bien"),
        (b"HTTP/1 503 Later", "HTTP/1", 503, "Later"),
    ],
)
def test_a_status_line_may_be_odd(line: bytes, version: str, status: int, reason: str) -> None:
    message = parse_response(response(status_line=line))
    assert (message.version, message.status, message.reason) == (version, status, reason)


def test_lines_may_end_in_a_bare_line_feed() -> None:
    message = parse_response(response(b"A: 1\r\nB: 2\r\n", BODY).replace(b"\r\n", b"\n"))
    assert message.headers == [("A", "1"), ("B", "2")]
    assert entity_body(message) == BODY


def test_a_line_without_a_colon_is_skipped_with_its_continuation() -> None:
    message = parse_response(response(b" lost\r\nA: 1\r\nnot a header\r\n and more\r\n: nameless\r\nB: 2\r\n"))
    assert message.headers == [("A", "1"), ("B", "2")]


def test_a_folded_header_is_unfolded() -> None:
    message = parse_response(response(b"A: one\r\n  two\r\n\tthree\r\nB:\r\n value\r\n"))
    assert message.headers == [("A", "one two three"), ("B", "value")]


def test_duplicates_and_bytes_beyond_ascii_are_kept() -> None:
    message = parse_response(response(b"V: a\r\nV: b\r\nVille: Orl\xe9ans\x85\r\n"))
    assert message.headers == [("V", "a"), ("V", "b"), ("Ville", "Orléans\x85")]


def test_interim_responses_are_passed_over_but_stay_in_the_block() -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\nLink: </a.css>\n\n"
    message = parse_response(interim + response(b"Final: yes\r\n", BODY))
    assert message.status == 200
    assert message.headers == [("Final", "yes")]
    assert message.block.startswith(interim)
    assert message.header_bytes[0] == len(interim)
    assert entity_body(message) == BODY


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        (b"", "cut off"),
        (b"<html>from HTTP/0.9</html>\r\n\r\n", "no HTTP status line"),
        (b"<html>and no empty line", "no HTTP message"),
        (b"HTTP/1.1 200 OK\r\nContent-Ty", "cut off after 27 bytes"),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n", "cut off"),
        (b"HTTP/1.1 two hundred\r\n\r\n", "no HTTP status line"),
        (b"HTTP/1.1 20\r\n\r\n", "no HTTP status line"),
        (b"\x16\x03\x01\x02\r\n\r\n", "no HTTP status line"),
    ],
)
def test_what_is_no_response_is_refused_with_its_bytes(block: bytes, complaint: str) -> None:
    with pytest.raises(MessageError, match=complaint):
        parse_response(block)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_response_or_a_message_error(block: bytes) -> None:
    for prefix in (b"", b"HTTP/1.1 200 OK\r\n"):
        try:
            message = parse_response(prefix + block)
            decoded_body(message)
        except MessageError:
            continue
        assert 100 <= message.status <= 999
        assert message.body_offset <= len(prefix + block)


names = st.text(st.sampled_from("abcXYZ-09_"), min_size=1, max_size=12).filter(
    lambda name: name.lower() not in {"content-length", "transfer-encoding", "content-encoding"}
)
values = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=20)


@given(
    st.lists(st.tuples(names, values.map(lambda value: value.strip("\xa0 "))), max_size=6),
    st.binary(max_size=300),
)
def test_any_headers_and_any_body_come_out_as_they_were_sent(headers: list[tuple[str, str]], body: bytes) -> None:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers).encode("latin-1")
    message = parse_response(response(lines, body))
    assert message.headers == headers
    assert entity_body(message) == body


@pytest.mark.parametrize(
    ("headers", "framing"),
    [
        ({}, None),
        ({"Content-Length": "42"}, 42),
        ({"content-length": "7, 007"}, 7),
        ({"Content-Length": "7, 8"}, None),
        ({"Content-Length": "-1"}, None),
        ({"Content-Length": "٤"}, None),
        ({"Content-Length": "9" * 5000}, None),
        ({"Transfer-Encoding": "chunked"}, "chunked"),
        ({"Transfer-Encoding": "Chunked", "Content-Length": "42"}, "chunked"),
        ({"Transfer-Encoding": "gzip, chunked"}, "chunked"),
        ({"Transfer-Encoding": "gzip", "Content-Length": "42"}, None),
        ({"Transfer-Encoding": "identity", "Content-Length": "42"}, 42),
    ],
)
def test_the_headers_say_how_the_body_ends(headers: Mapping[str, str], framing: object) -> None:
    assert body_framing(headers.items()) == framing


def test_bytes_behind_the_stated_length_are_not_of_the_body() -> None:
    assert entity_body(parse_response(response(b"Content-Length: 4\r\n", b"bodysurplus"))) == b"body"


def test_of_a_cut_off_body_it_gives_what_is_there() -> None:
    assert entity_body(parse_response(response(b"Content-Length: 400\r\n", b"begin"))) == b"begin"
    cut_off = response(b"Transfer-Encoding: chunked\r\n", b"5\r\nbegin\r\n9\r\nand th")
    assert entity_body(parse_response(cut_off)) == b"beginand th"


def test_a_body_that_is_labelled_chunked_and_is_not_is_left_as_it_is() -> None:
    assert entity_body(parse_response(response(b"Transfer-Encoding: chunked\r\n", BODY))) == BODY


@pytest.mark.parametrize(("status", "method"), [(b"204", "GET"), (b"304", "GET"), (b"200", "HEAD")])
def test_some_responses_have_no_body_whatever_they_say(status: bytes, method: str) -> None:
    block = response(b"Content-Length: 5\r\n", b"stray", b"HTTP/1.1 " + status)
    assert entity_body(parse_response(block), method=method) == b""


def test_transfer_codings_are_removed_and_content_codings_stay() -> None:
    page = gzip.compress(BODY)
    coded = gzip.compress(page)
    block = response(
        b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n",
        b"%x\r\n%b\r\n0\r\n\r\n" % (len(coded), coded),
    )
    assert entity_body(parse_response(block)) == page
    assert decoded_body(parse_response(block)) == BODY


def test_stacked_content_codings_are_removed_in_reverse() -> None:
    block = response(b"Content-Encoding: deflate, GZIP\r\n", gzip.compress(BODY))
    assert decoded_body(parse_response(block)) == BODY


def test_a_body_beyond_the_limit_is_refused() -> None:
    with pytest.raises(MessageError, match="limit of 1000 bytes"):
        decoded_body(parse_response(response(body=b"x" * 1001)), limit=1000)
    with pytest.raises(MessageError, match="limit of 1000 bytes"):
        decoded_body(parse_response(response(b"Content-Encoding: gzip\r\n", gzip.compress(b"x" * 1001))), limit=1000)


def test_a_request_is_taken_apart_as_it_was_sent() -> None:
    message = parse_request(b"POST /search?q=a b HTTP/1.1\r\nHost: news.example\r\n\r\nname=value")
    assert (message.method, message.target, message.version) == ("POST", "/search?q=a b", "HTTP/1.1")
    assert message.header("host") == "news.example"
    assert message.block[message.body_offset :] == b"name=value"


def test_what_is_no_request_is_refused() -> None:
    with pytest.raises(MessageError, match="no HTTP request line"):
        parse_request(b"HELLO\r\n\r\n")
