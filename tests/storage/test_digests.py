from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.storage.digests import digest, is_digest_of


def test_a_digest_is_labelled_sha256_in_lower_case_hexadecimal() -> None:
    assert digest(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_a_digest_is_that_of_its_bytes_only(data: bytes, other: bytes) -> None:
    assert is_digest_of(digest(data), data)
    assert is_digest_of(digest(data), other) == (data == other)


@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha512", "blake2b"])
@pytest.mark.parametrize("data", [b"", b"a page"])
def test_digests_of_other_writers_are_understood(algorithm: str, data: bytes) -> None:
    raw = hashlib.new(algorithm, data).digest()
    base32 = base64.b32encode(raw).decode()
    for value in (raw.hex(), raw.hex().upper(), base32, base32.lower(), base32.rstrip("=")):
        assert is_digest_of(f"{algorithm}:{value}", data)
        assert not is_digest_of(f"{algorithm}:{value}", data + b"!")


def test_the_label_may_have_a_dash_and_capitals() -> None:
    raw = hashlib.sha1(b"a page", usedforsecurity=False).hexdigest()
    assert is_digest_of(f"SHA-1:{raw}", b"a page")


@pytest.mark.parametrize("stated", ["", "sha256", "sha256:", "sha256:xyz", "crc32:00000000", "sha256:" + "g" * 64])
def test_what_is_no_digest_is_the_digest_of_nothing(stated: str) -> None:
    assert not is_digest_of(stated, b"")
