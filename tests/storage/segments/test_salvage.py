"""What a damaged segment still holds is read: before, between and behind the damage, and nothing else is believed."""

from __future__ import annotations

from pathlib import Path

import pytest
from archiving.writer import Writer, shows

from broadsheet.storage.segments import warc
from broadsheet.storage.segments.reading import read_captures
from broadsheet.storage.segments.salvage import Salvage
from broadsheet.storage.stores.folder import FolderStore

URLS = [f"https://news.example/{number}" for number in range(4)]


@pytest.fixture
def segment(tmp_path: Path) -> Path:
    batch, _ = Writer(FolderStore(tmp_path / "archive"), tmp_path).record(
        *(shows(url, number, f"text {number}") for number, url in enumerate(URLS))
    )
    return batch.segment


def members(segment: Path) -> list[tuple[int, int, str]]:
    return [(offset, length, record.type) for offset, length, record in warc.iterate(segment)]


def spoil(segment: Path, *places: int) -> None:
    data = bytearray(segment.read_bytes())
    for place in places:
        data[place] ^= 255
    segment.write_bytes(data)


def test_of_a_whole_segment_all_is_read(segment: Path) -> None:
    salvage = Salvage(segment)
    assert list(salvage.records()) == list(warc.iterate(segment))
    assert salvage.gaps == []


@pytest.mark.parametrize("of_member", [0, 0.5, 1], ids=["its first byte", "its middle", "its last byte"])
def test_what_lies_around_damaged_members_is_read(segment: Path, of_member: float) -> None:
    whole = members(segment)
    damaged = [whole[number] for number in (0, 3, 4, len(whole) - 1)]
    spoil(segment, *(offset + int(of_member * (length - 1)) for offset, length, _ in damaged))
    salvage = Salvage(segment)
    found = [(offset, length, record.type) for offset, length, record in salvage.records()]
    assert found == [member for member in whole if member not in damaged]
    ends = [offset + length for offset, length, _ in damaged]
    assert [tuple(gap) for gap in salvage.gaps] == [(0, ends[0]), (damaged[1][0], ends[2]), (damaged[3][0], ends[3])]


def test_a_segment_that_was_cut_off_is_read_up_to_there(segment: Path) -> None:
    whole = members(segment)
    segment.write_bytes(segment.read_bytes()[:-1])
    salvage = Salvage(segment)
    assert [offset for offset, _, _ in salvage.records()] == [offset for offset, _, _ in whole[:-1]]


def test_a_segment_of_nothing_but_damage_holds_nothing(segment: Path) -> None:
    segment.write_bytes(b"\x1f\x8b\x08" * 100)
    salvage = Salvage(segment)
    assert list(salvage.records()) == []
    assert [tuple(gap) for gap in salvage.gaps] == [(0, 300)]


def test_it_is_not_known_why_a_capture_was_made_where_what_stands_behind_it_is_damaged(segment: Path) -> None:
    requests = [offset for offset, _, kind in members(segment) if kind == "request"]
    spoil(segment, requests[1] + 20)
    salvage = Salvage(segment)
    captures = [capture for capture, _ in read_captures(segment, salvage.records)]
    assert [capture.url for capture in captures] == URLS
    sure = [salvage.is_sure_of(capture, captures[number + 1 :][:1]) for number, capture in enumerate(captures)]
    assert sure == [True, False, True, True]
