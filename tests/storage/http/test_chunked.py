from __future__ import annotations

from operator import itemgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.storage.http.chunked import MAX_LINE, MAX_TRAILERS, ChunkedDecoder

line_ends = st.sampled_from([b"\r\n", b"\n"])
extensions = st.sampled_from([b"", b";name", b'; sig="a b;c"', b" ; odd=\xff"])


@st.composite
def chunked_bodies(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A body and one of the ways to put it into chunks."""
    chunks = draw(st.lists(st.binary(min_size=1, max_size=60), max_size=8))
    end = draw(line_ends)
    framed = b"".join(b"%x%b%b%b%b" % (len(chunk), draw(extensions), end, chunk, draw(line_ends)) for chunk in chunks)
    trailers = draw(st.sampled_from([b"", b"X-Late: yes" + end, b"A: 1" + end + b"no colon" + end]))
    return b"".join(chunks), framed + b"0" + draw(extensions) + end + trailers + end


_nearly_chunked = st.lists(st.sampled_from([b"1", b"0", b"A", b"\r\n", b"\n", b"x", b";", b" "]), max_size=30).map(
    b"".join
)


@st.composite
def split(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """Some way to cut bytes into pieces."""
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=10)))
    return [data[start:stop] for start, stop in zip([0, *cuts], [*cuts, len(data)], strict=True)]


@given(st.data())
def test_any_body_in_any_chunks_in_any_pieces_comes_out_whole(data: st.DataObject) -> None:
    body, framed = data.draw(chunked_bodies())
    surplus = data.draw(st.binary(max_size=20))
    decoder = ChunkedDecoder()
    decoded = b"".join(decoder.feed(piece) for piece in data.draw(split(framed + surplus)))
    assert decoded == body
    assert decoder.finished
    assert decoder.rest == surplus
    assert decoder.broken is None


@given(st.data())
def test_how_a_body_is_cut_into_pieces_makes_no_difference(data: st.DataObject) -> None:
    framed = data.draw(st.one_of(_nearly_chunked, chunked_bodies().map(itemgetter(1))))
    whole, in_pieces = ChunkedDecoder(), ChunkedDecoder()
    decoded = whole.feed(framed)
    assert b"".join(in_pieces.feed(piece) for piece in data.draw(split(framed))) == decoded
    for of in ("started", "chunks", "finished", "rest"):
        assert getattr(in_pieces, of) == getattr(whole, of)
    assert (in_pieces.broken is None) == (whole.broken is None)


@given(st.data())
def test_a_cut_off_body_is_decoded_up_to_the_cut(data: st.DataObject) -> None:
    body, framed = data.draw(chunked_bodies())
    cut = data.draw(st.integers(0, len(framed) - 1))
    decoder = ChunkedDecoder()
    assert body.startswith(decoder.feed(framed[:cut]))
    assert not decoder.finished
    assert decoder.broken is None


@given(st.binary(max_size=200))
def test_no_bytes_make_it_fail(data: bytes) -> None:
    assert len(ChunkedDecoder().feed(data)) <= len(data)


@pytest.mark.parametrize(
    "framed",
    [
        b"xyz\r\n",
        b"-5\r\nhello\r\n",
        b"\r\n",
        b"5\r\nhello, world\r\n",
        b"1" * 16 + b"\r\n",
        b"5;" + b"e" * MAX_LINE + b"\r\nhello\r\n",
        b"5;" + b"e" * MAX_LINE,
        b"0\r\n" + b"X: y\r\n" * MAX_TRAILERS,
    ],
)
def test_framing_that_makes_no_sense_is_broken_and_says_why(framed: bytes) -> None:
    decoder = ChunkedDecoder()
    decoder.feed(framed)
    assert decoder.broken
    assert not decoder.finished
    assert decoder.feed(b"5\r\nhello\r\n") == b""


def test_what_came_before_the_broken_place_is_kept() -> None:
    decoder = ChunkedDecoder()
    assert decoder.feed(b"5\r\nhello\r\n7\r\n, world\r\nno size\r\n") == b"hello, world"
    assert decoder.started
    assert decoder.broken == "b'no size' is no chunk size"
