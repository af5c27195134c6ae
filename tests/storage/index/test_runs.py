"""Runs: sorted lines in blocks, of which the block index finds the right ones, and which show damage."""

from __future__ import annotations

import gzip
import heapq
import os
from itertools import pairwise
from pathlib import Path

import pytest
from archiving.stores import objects
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.storage import layout
from broadsheet.storage.errors import ArchiveDamagedError, InvalidKeyError, NoSuchObjectError
from broadsheet.storage.index import run_keys, runs
from broadsheet.storage.index.run_keys import RunName
from broadsheet.storage.index.runs import EVERYTHING, Range
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.stores.objects import validate_key, validate_prefix

# Seven lines of each address: some lie on both sides of the ends of blocks of 3,000.
LINES = [b'com,example)/%05d 20261122%06d {"offset":"%05d"}' % (n // 7, n // 7 % 3, n) for n in range(10_000)]
WRITER = "0badcafe"
SORTED_LINES = st.lists(st.binary(max_size=3), max_size=8).map(sorted)
# Places in the run: a line, what comes right before or behind it, or any text.
PLACES = st.one_of(
    st.sampled_from(LINES).flatmap(lambda line: st.sampled_from([line, line[:-3], line[:23], line + b"\0"])),
    st.binary(max_size=4),
    st.sampled_from([b"com,example)/%05d" % (n // 7) for n in (2_999, 3_000, 3_001, 6_000, 9_000, 9_999)]),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def run(folder: Path) -> RunName:
    """A run of 10,000 lines: three whole blocks and a part of one."""
    return written(FolderStore(folder), LINES, folder / ".scratch")


def written(store: FolderStore, lines: list[bytes], scratch: Path) -> RunName:
    name = run_keys.parse(runs.write(store, WRITER, 2, 65, iter(lines), scratch))
    assert name is not None
    return name


@given(st.lists(SORTED_LINES, max_size=4))
def test_a_merge_has_every_line_of_its_sources_once_and_in_order(sources: list[list[bytes]]) -> None:
    assert list(runs.merge([iter(source) for source in sources])) == sorted(set(heapq.merge(*sources)))


@given(st.text("0123456789abcdef", min_size=8, max_size=8), st.integers(1, 9), st.integers(0, 50), st.binary())
def test_the_key_of_a_run_tells_whose_publications_it_holds(writer: str, level: int, place: int, data: bytes) -> None:
    first = 1 + place * run_keys.publications_in_run(level)
    key = run_keys.index_key(writer, level, first, data)
    lines_key = run_keys.lines_key(writer, level, first, layout.digest_name(data))

    run = run_keys.parse(key)

    assert run == (key, run_keys.level_prefix(writer, level), writer, level, first)
    assert run.last - run.first + 1 == 8**level
    assert run_keys.parse(lines_key) is None
    validate_prefix(run.directory)
    for name in (key, lines_key):
        validate_key(name)
        assert name.startswith(run.directory)


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_of_two_runs_the_newer_sorts_first(one: int, other: int) -> None:
    older, newer = sorted([one, other])

    assert run_keys.index_key(WRITER, 1, newer, b"")[:27] <= run_keys.index_key(WRITER, 1, older, b"")[:27]


def test_a_run_is_read_back_as_it_was_written(folder: Path, run: RunName) -> None:
    assert list(runs.read(FolderStore(folder), run)) == LINES


def test_an_empty_run_has_no_lines(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)

    assert list(runs.read(store, written(store, [], tmp_path / ".scratch"))) == []


@settings(deadline=None)
@given(low=PLACES, high=PLACES | st.none())
def test_a_range_has_the_lines_from_its_low_end_to_before_its_high_end(
    folder: Path, run: RunName, low: bytes, high: bytes | None
) -> None:
    expected = [line for line in LINES if line >= low and (high is None or line < high)]

    assert list(runs.read(FolderStore(folder), run, Range(low, high))) == expected


def test_the_blocks_of_a_run_are_gzip_members_whose_places_the_index_tells(folder: Path, run: RunName) -> None:
    store = FolderStore(folder)

    entries = [line.split(b"\t") for line in store.get(run.key).splitlines()]

    texts = []
    for number, (start, part, offset, length, place, digest) in enumerate(entries, 1):
        block = store.get_range(run.directory + part.decode(), int(offset), int(length))
        texts.append(gzip.decompress(block).splitlines())
        assert texts[-1][0].startswith(start + b" ")
        assert (int(place), digest.decode()) == (number, layout.digest_name(block))
    assert [len(lines) for lines in texts] == [3_000, 3_000, 3_000, 1_000]
    assert all(int(one[2]) + int(one[3]) == int(other[2]) for one, other in pairwise(entries))


def test_a_run_is_one_that_zcat_reads(folder: Path, run: RunName) -> None:
    part = next(key for key in objects(FolderStore(folder)) if key.endswith(".cdxj.gz"))

    assert gzip.decompress(FolderStore(folder).get(part)).splitlines() == LINES
    assert part.endswith(f"-{layout.digest_name(FolderStore(folder).get(part))}.cdxj.gz")
    assert part.startswith(run.directory)


def test_writing_a_run_again_changes_nothing_and_leaves_nothing_behind(folder: Path, run: RunName) -> None:
    store = FolderStore(folder)
    before = objects(store)

    assert written(store, LINES, folder / ".scratch") == run
    assert objects(store) == before
    assert list((folder / ".scratch").iterdir()) == []


def test_what_a_killed_process_left_is_removed_when_it_is_old(tmp_path: Path) -> None:
    old, young = tmp_path / ".run-old", tmp_path / ".run-young"
    for path in (old, young):
        path.write_bytes(b"half a run")
    os.utime(old, (0, 0))

    written(FolderStore(tmp_path / "archive"), LINES[:5], tmp_path)

    assert not old.exists()
    assert young.exists()


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_line_of_a_damaged_run_is_shown(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    store = FolderStore(tmp_path_factory.mktemp("damaged"))
    lines = LINES[:5]
    run = written(store, lines, tmp_path_factory.mktemp("scratch"))
    key = data.draw(st.sampled_from(sorted(objects(store))))
    path = store.root / key
    harmed = bytearray(path.read_bytes())
    harmed[data.draw(st.integers(0, len(harmed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(harmed)

    with pytest.raises(ArchiveDamagedError, match=r"not what was stored|not those that were stored"):
        list(runs.read(store, run, EVERYTHING))


@pytest.mark.parametrize("suffix", [".idx", ".cdxj.gz"])
def test_a_run_without_one_of_its_parts_is_not_there(tmp_path: Path, suffix: str) -> None:
    store = FolderStore(tmp_path)
    run = written(store, LINES[:5], tmp_path / ".scratch")
    store.delete(next(key for key in objects(store) if key.endswith(suffix)))

    with pytest.raises(NoSuchObjectError):
        list(runs.read(store, run))


def test_a_writer_that_is_none_has_no_runs(tmp_path: Path) -> None:
    with pytest.raises(InvalidKeyError):
        runs.write(FolderStore(tmp_path), "../../x", 1, 1, iter(LINES[:1]), tmp_path / ".scratch")
