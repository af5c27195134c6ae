"""WARC files in WACZ files are read where they lie; whatever else a ZIP holds or claims is told, or passed over."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from end_to_end.foreign import answers
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.storage.foreign.packages import PackedFile, is_package, packed_files
from broadsheet.storage.foreign.records import ForeignRecord, Unreadable, read_foreign

ONE, TWO = (answers(f"http://news.example/{name}", datetime(2026, 11, 22, tzinfo=UTC), "200 OK") for name in "ab")


def packed(*members: tuple[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as package:
        for name, data in members:
            package.writestr(name, data)
    return file.getvalue()


def read(data: bytes) -> tuple[list[str], list[str]]:
    """Return the ends of the URLs that are found, and what is told to be wrong."""
    package = io.BytesIO(data)
    assert is_package(package)
    urls, wrong = [], []
    for found in packed_files(package):
        for record in read_foreign(found.file) if isinstance(found, PackedFile) else [found]:
            if isinstance(record, ForeignRecord):
                urls.append((record.uri("WARC-Target-URI") or "")[-1])
            else:
                wrong.append(record.reason)
    return urls, wrong


def test_what_lies_in_archive_is_read_in_its_order_and_nothing_else() -> None:
    data = packed(
        ("datapackage.json", b"{}"),
        ("archive/two.warc.gz", TWO),
        ("archive/deeper/one.WARC.GZ", ONE),
        ("indexes/index.cdx.gz", ONE),
        ("../archive/three.warc.gz", ONE),
        ("archive/notes.txt", ONE),
    )
    assert read(data) == (["b", "a"], [])


def test_two_files_of_one_name_are_both_read() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = packed(("archive/a.warc.gz", ONE), ("archive/a.warc.gz", TWO))
    assert read(data) == (["a", "b"], [])


def _encrypted(data: bytes) -> bytes:
    place = data.index(b"PK\x01\x02") + 8
    return data[:place] + b"\x01" + data[place + 1 :]


def _elsewhere(data: bytes) -> bytes:
    place = data.index(b"PK\x01\x02") + 42
    return data[:place] + b"\x01" + data[place + 1 :]


def _twice_at_one_place(data: bytes) -> bytes:
    """Both entries of the directory lead to the first file, as in a bomb of overlapping files."""
    place = data.rindex(b"PK\x01\x02") + 42
    return data[:place] + bytes(4) + data[place + 4 :]


@pytest.mark.parametrize(
    ("data", "urls", "reason"),
    [
        (packed(("archive/a.warc.gz", ONE), compression=zipfile.ZIP_DEFLATED), [], "unpack it"),
        (packed(("archive/bomb.warc", bytes(10_000_000)), compression=zipfile.ZIP_DEFLATED), [], "unpack it"),
        (packed(("notes.txt", b"")), [], "without WARC files in archive/"),
        (_encrypted(packed(("archive/a.warc.gz", ONE))), [], "it is encrypted"),
        (_elsewhere(packed(("archive/a.warc.gz", ONE))), [], "and it does not"),
        (_twice_at_one_place(packed(("archive/a.warc.gz", ONE), ("archive/b.warc.gz", TWO))), ["a"], "in another file"),
    ],
)
def test_what_cannot_be_read_is_told(data: bytes, urls: list[str], reason: str) -> None:
    found, [told] = read(data)
    assert found == urls
    assert reason in told


@pytest.mark.parametrize("cut", [lambda data: data[: data.index(b"PK\x01\x02")], lambda data: data[:-30]])
def test_of_a_package_that_is_cut_off_every_record_is_read(cut: Callable[[bytes], bytes]) -> None:
    data = packed(("pages.jsonl", b"{}" * 1000), ("archive/a.warc.gz", ONE), ("archive/b.warc.gz", TWO))
    urls, wrong = read(cut(data))
    assert urls == ["a", "b"]
    assert "directory of the ZIP file cannot be read" in wrong[0]


@given(st.integers(min_value=4), st.binary(min_size=1, max_size=8))
def test_a_damaged_package_gives_only_what_was_in_it_and_no_error(place: int, harm: bytes) -> None:
    data = packed(("archive/a.warc.gz", ONE), ("archive/b.warc.gz", TWO))
    place = 4 + place % (len(data) - 4)
    urls, _ = read(data[:place] + harm + data[place + len(harm) :])
    assert set(urls) <= {"a", "b"}


def test_what_is_told_names_its_place() -> None:
    data = packed(("archive/a.warc.gz", ONE), compression=zipfile.ZIP_DEFLATED)
    [told] = packed_files(io.BytesIO(data))
    assert isinstance(told, Unreadable)
    assert told.place == "archive/a.warc.gz"
