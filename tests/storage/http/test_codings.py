from __future__ import annotations

import gzip
import tracemalloc
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.storage.errors import MessageError
from broadsheet.storage.http.codings import remove_codings

TEXT = b"The harbour master resigned on Tuesday, the council said. " * 200


def _raw_deflate(data: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-15)
    return deflater.compress(data) + deflater.flush()


ENCODERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "identity": bytes,
}


@given(st.binary(max_size=3000), st.lists(st.sampled_from(sorted(ENCODERS)), max_size=3))
def test_any_body_comes_out_of_any_stack_of_codings(body: bytes, codings: list[str]) -> None:
    coded = body
    for coding in codings:
        coded = ENCODERS[coding](coded)
    assert remove_codings(coded, codings) == body


@given(st.binary(min_size=1, max_size=3000))
def test_raw_deflate_is_read_like_zlib_deflate(body: bytes) -> None:
    assert remove_codings(_raw_deflate(body), ["deflate"]) == body


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
@pytest.mark.parametrize("body", [TEXT, b"short", b"\x89PNG\r\n\x1a\n" + bytes(range(256)), b""])
def test_a_body_that_is_not_coded_as_labelled_is_left_as_it_is(coding: str, body: bytes) -> None:
    assert remove_codings(body, [coding]) == body


def test_a_coding_that_is_not_known_is_left_on() -> None:
    assert remove_codings(b"\x28\xb5\x2f\xfd", ["zstd"]) == b"\x28\xb5\x2f\xfd"
    assert remove_codings(gzip.compress(b"\x28\xb5\x2f\xfd"), ["zstd", "gzip"]) == b"\x28\xb5\x2f\xfd"


@pytest.mark.parametrize("encode", [gzip.compress, zlib.compress, _raw_deflate, brotli.compress])
def test_a_cut_off_body_is_decoded_as_far_as_it_goes(encode: object) -> None:
    text = b"".join(b"%d bottles on the quay, " % number for number in range(20_000))
    assert callable(encode)
    coding = {gzip.compress: "gzip", brotli.compress: "br"}.get(encode, "deflate")
    coded = encode(text)
    decoded = remove_codings(coded[: len(coded) // 2], [coding])
    assert len(decoded) > len(text) // 4
    assert text.startswith(decoded)


def test_a_damaged_body_is_decoded_up_to_the_damage() -> None:
    text = b"".join(b"%d bottles on the quay, " % number for number in range(20_000))
    coded = bytearray(gzip.compress(text))
    coded[len(coded) // 2 :] = b"\xff" * 500
    decoded = remove_codings(bytes(coded), ["gzip"])
    assert len(decoded) > len(text) // 4
    assert decoded[: len(text) // 4] == text[: len(text) // 4]


def test_a_wrong_checksum_costs_no_text() -> None:
    coded = gzip.compress(TEXT)
    assert remove_codings(coded[:-8] + b"checksum", ["gzip"]) == TEXT


def test_all_members_of_a_gzip_body_are_read_and_what_follows_is_not() -> None:
    assert remove_codings(gzip.compress(b"one, ") + gzip.compress(b"two") + b"junk", ["gzip"]) == b"one, two"


def test_a_damaged_later_member_takes_nothing_from_the_first() -> None:
    assert remove_codings(gzip.compress(TEXT) + b"\x1f\x8bdamaged", ["gzip"]) == TEXT


def _bombs() -> dict[str, tuple[bytes, list[str]]]:
    zeros = bytes(64 * 1024 * 1024)
    compressed = gzip.compress(zeros, 9)
    return {
        "gzip": (compressed, ["gzip"]),
        "deflate": (zlib.compress(zeros, 9), ["deflate"]),
        "br": (brotli.compress(zeros, quality=1), ["br"]),
        "gzip in gzip": (gzip.compress(compressed), ["gzip", "gzip"]),
        "members": (gzip.compress(zeros[: 1024 * 1024], 9) * 60, ["gzip"]),
    }


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "gzip in gzip", "members"])
def test_a_bomb_is_refused_within_the_limit(name: str) -> None:
    bomb, codings = _bombs()[name]
    limit = 8 * 1024 * 1024
    tracemalloc.start()
    try:
        with pytest.raises(MessageError, match=f"limit of {limit} bytes"):
            remove_codings(bomb, codings, limit)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2.5 * limit


@pytest.mark.parametrize("encode", [gzip.compress, zlib.compress, brotli.compress])
def test_a_body_of_exactly_the_limit_is_read(encode: object) -> None:
    assert callable(encode)
    coding = {gzip.compress: "gzip", brotli.compress: "br"}.get(encode, "deflate")
    assert remove_codings(encode(TEXT), [coding], len(TEXT)) == TEXT
    with pytest.raises(MessageError):
        remove_codings(encode(TEXT), [coding], len(TEXT) - 1)


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "br"]))
def test_no_bytes_make_it_fail(body: bytes, coding: str) -> None:
    decoded = remove_codings(body, [coding])
    assert remove_codings(body, [coding], max(len(decoded), len(body))) == decoded
