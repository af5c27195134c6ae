"""Compaction and coverage: every line exactly once, through whatever runs there are, without touching a segment."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from archiving.segments import WRITER, coverage_of, index_line, put_segments
from archiving.stores import FailingStore, ReadOnlyStore, WatchedStore, objects
from archiving.writer import Writer, shows
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.storage import cdxj, layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.errors import ArchiveDamagedError, NoSuchObjectError, StoreError
from broadsheet.storage.index import compaction, run_keys
from broadsheet.storage.index.coverage import Coverage, highest_level
from broadsheet.storage.index.coverage import coverage_of as coverage_of_writer
from broadsheet.storage.index.runs import EVERYTHING, Range
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.stores.objects import ObjectStore

# Each has lines of its own, lines that all have, and one that the publication before it has too.
PUBLICATIONS = [
    [index_line(n, f"own/{n}"), index_line(n, "all"), index_line(n - 1, "all"), index_line(0, "same")]
    for n in range(1, 85)
]


class HarmedStore(ReadOnlyStore):
    """A store some of whose objects are gone, and others not what they were."""

    def __init__(self, store: ObjectStore, *, missing: set[str], damaged: set[str]) -> None:
        super().__init__(store)
        self._missing = missing
        self._damaged = damaged

    def get(self, key: str) -> bytes:
        return self._harmed(key, super().get(key))

    def get_range(self, key: str, offset: int, length: int) -> bytes:
        return self._harmed(key, super().get_range(key, offset, length))

    def _harmed(self, key: str, data: bytes) -> bytes:
        if key in self._missing:
            raise NoSuchObjectError(f"there is no {key}")
        return data[:-1] + bytes([data[-1] ^ 1]) if key in self._damaged else data


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """84 publications whose runs were made after each of them: 1 of the second level, 10 below it."""
    folder = tmp_path_factory.mktemp("compacted")
    store = FolderStore(folder)
    keys = put_segments(store, PUBLICATIONS)
    for newest in range(1, len(keys) + 1):
        compaction.compact(coverage_of(store, keys[:newest]), folder / ".scratch")
    return folder


def segment_keys(store: ObjectStore) -> list[str]:
    return [entry.key for entry in store.list(layout.INDEX)]


def runs_held(store: ObjectStore) -> list[str]:
    return [entry.key for entry in store.list(layout.RUNS)]


def lines_of(publications: list[list[IndexLine]], keys: list[str], store: ObjectStore) -> list[bytes]:
    """What reading every segment comes to."""
    found = {line for key in keys[: len(publications)] for line in cdxj.encoded_lines(store.get(key), key)}
    return sorted(found)


def described(coverage: Coverage) -> list[tuple[int, int] | str]:
    """The parts of a coverage: first and last number of a run, ``segment`` for one of those."""
    return ["segment" if isinstance(part, str) else (part.first, part.last) for part in coverage.parts()]


@pytest.mark.parametrize(
    ("newest", "parts"),
    [
        (0, []),
        (7, ["segment"] * 7),
        (8, [(1, 8)]),
        (63, [(n, n + 7) for n in range(1, 57, 8)] + ["segment"] * 7),
        (64, [(1, 64)]),
        (84, [(1, 64), (65, 72), (73, 80), *["segment"] * 4]),
    ],
)
def test_the_largest_runs_and_the_last_segments_cover_a_writer(
    tmp_path: Path, newest: int, parts: list[tuple[int, int] | str]
) -> None:
    store = FolderStore(tmp_path)
    coverage = coverage_of(store, put_segments(store, PUBLICATIONS[:newest]))

    compaction.compact(coverage, tmp_path / ".scratch")

    assert described(coverage) == parts


def test_compaction_after_each_publication_makes_each_run_once(folder: Path) -> None:
    store = FolderStore(folder)

    assert described(coverage_of(store, segment_keys(store))) == [(1, 64), (65, 72), (73, 80), *["segment"] * 4]
    assert (
        len(runs_held(store)) == 2 * 10
    )  # lines and block indexes; the 64th publication needs no run of the first level


def test_compaction_again_makes_nothing(folder: Path) -> None:
    store = ReadOnlyStore(FolderStore(folder))

    assert compaction.compact(coverage_of(store, segment_keys(store)), folder / ".scratch") == []


def test_compaction_leaves_every_segment_as_it_was(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    keys = put_segments(store, PUBLICATIONS[:20])
    before = objects(store)

    compaction.compact(coverage_of(store, keys), tmp_path / ".scratch")

    assert {key: data for key, data in objects(store).items() if not key.startswith(layout.RUNS)} == before


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_line_comes_once_whatever_runs_are_gone_or_damaged(folder: Path, data: st.DataObject) -> None:
    store = FolderStore(folder)
    keys, runs = segment_keys(store), runs_held(store)
    missing = data.draw(st.sets(st.sampled_from(runs)))
    damaged = data.draw(st.sets(st.sampled_from(runs)))
    newest = data.draw(st.integers(0, len(keys)))
    harmed = HarmedStore(store, missing=missing, damaged=damaged)

    assert list(coverage_of(harmed, keys[:newest]).lines(EVERYTHING)) == lines_of(PUBLICATIONS[:newest], keys, store)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_range_has_the_lines_in_it_whatever_runs_are_gone_or_damaged(folder: Path, data: st.DataObject) -> None:
    store = FolderStore(folder)
    keys, runs = segment_keys(store), runs_held(store)
    lines = lines_of(PUBLICATIONS, keys, store)
    low, high = sorted(data.draw(st.lists(st.sampled_from(lines), min_size=2, max_size=2)))
    harmed = HarmedStore(store, missing=set(), damaged=data.draw(st.sets(st.sampled_from(runs))))

    found = list(coverage_of(harmed, keys).lines(Range(low, high)))

    assert found == [line for line in lines if low <= line < high]


def test_a_run_that_turns_out_damaged_halfway_is_left_for_what_it_was_made_of(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    publications = [[index_line(n, f"{n % 10}/{n}") for n in range(start, 8_000, 8)] for start in range(8)]
    keys = put_segments(store, publications)
    coverage = coverage_of(store, keys)
    compaction.compact(coverage, tmp_path / ".scratch")
    part = next(key for key in runs_held(store) if key.endswith(".cdxj.gz"))
    # The last of its three blocks; the first two are shown before it is read.
    harmed = bytearray(store.get(part))
    harmed[-20] ^= 1
    (tmp_path / part).write_bytes(harmed)

    assert list(coverage.lines(EVERYTHING)) == lines_of(publications, keys, store)


@pytest.mark.parametrize("harm", ["missing", "damaged"])
def test_a_segment_that_no_run_holds_is_missed_by_its_name(folder: Path, harm: str) -> None:
    store = FolderStore(folder)
    keys = segment_keys(store)
    harmed = HarmedStore(store, **{"missing": set(), "damaged": set(), harm: {keys[-1]}})

    with pytest.raises(ArchiveDamagedError, match=keys[-1]):
        list(coverage_of(harmed, keys).lines(EVERYTHING))


def test_what_runs_hold_is_read_without_the_segments(folder: Path) -> None:
    store = FolderStore(folder)
    keys = segment_keys(store)
    without = HarmedStore(store, missing=set(keys[:80]), damaged=set())

    assert list(coverage_of(without, keys).lines(EVERYTHING)) == lines_of(PUBLICATIONS, keys, store)


def test_missing_runs_are_made_again_with_the_same_bytes(tmp_path: Path, folder: Path) -> None:
    made = FolderStore(folder)
    store = FolderStore(tmp_path)
    for key in segment_keys(made):
        store.put(key, made.get(key))

    compaction.compact(coverage_of(store, segment_keys(store)), tmp_path / ".scratch")

    before = objects(made)
    assert all(before.get(key) == data for key, data in objects(store).items() if "/01/" not in key)
    # All at once takes the runs of the first level too: a merge of 64 segments would hold them all.
    assert len(runs_held(store)) == 2 * 11


def test_compaction_that_fails_anywhere_is_made_up_for_the_next_time(tmp_path: Path) -> None:
    for puts in range(6):
        store = FolderStore(tmp_path / str(puts))
        keys = put_segments(store, PUBLICATIONS[:24])
        with pytest.raises(StoreError):
            compaction.compact(coverage_of(FailingStore(store, puts), keys), tmp_path / "scratch")
        assert list(coverage_of(store, keys).lines(EVERYTHING)) == lines_of(PUBLICATIONS[:24], keys, store)

        compaction.compact(coverage_of(store, keys), tmp_path / "scratch")

        assert described(coverage_of(store, keys)) == [(1, 8), (9, 16), (17, 24)]
        assert len(runs_held(store)) == 6


def test_two_compactors_at_once_make_the_same_runs(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    keys = put_segments(store, PUBLICATIONS[:72])
    meeting = threading.Barrier(2, timeout=30)
    met = threading.Event()

    def meet(_: str) -> None:
        if not met.is_set():
            meeting.wait()
            met.set()

    def run() -> None:
        # Each has a lock of its own: neither waits for the other but here, after its first put.
        compaction.compact(coverage_of(WatchedStore(store, meet), keys), tmp_path / ".scratch")

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(runs_held(store)) == 2 * 10
    assert described(coverage_of(store, keys)) == [(1, 64), (65, 72)]
    assert list(coverage_of(store, keys).lines(EVERYTHING)) == lines_of(PUBLICATIONS[:72], keys, store)


def test_runs_of_another_alignment_are_passed_over(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    keys = put_segments(store, PUBLICATIONS[:16])
    store.put(run_keys.index_key(WRITER, 1, 4, b""), b"")

    assert described(coverage_of(store, keys)) == ["segment"] * 16


@given(st.integers(0, 10**7))
def test_the_highest_level_is_the_last_that_has_enough_publications(publications: int) -> None:
    level = highest_level(publications)

    assert level == 0 or run_keys.publications_in_run(level) <= publications
    assert run_keys.publications_in_run(level + 1) > publications


def test_a_run_with_nothing_but_empty_publications_covers_them(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    # A writer's publications differ in their names only.
    coverage = coverage_of(store, put_segments(store, [[] for _ in range(9)]))

    compaction.compact(coverage, tmp_path / ".scratch")

    assert described(coverage) == [(1, 8), "segment"]
    assert list(coverage.lines(EVERYTHING)) == []


class NoRunsStore(WatchedStore):
    """A store that takes no runs."""

    def __init__(self, store: ObjectStore) -> None:
        super().__init__(store, lambda _: None)

    def put(self, key: str, data: bytes | Path) -> None:
        if key.startswith(layout.RUNS):
            raise StoreError(f"{key} may not be put")
        super().put(key, data)


def test_a_publication_does_not_fail_with_its_compaction_and_a_later_one_makes_up_for_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = FolderStore(tmp_path / "archive")
    writer = Writer(NoRunsStore(store), tmp_path / "local")
    for minute in range(8):
        writer.publish(shows("https://news.example/a", minute, "same"))
    assert runs_held(store) == []
    assert "the index was not compacted" in caplog.text
    assert len(Archive(store).checks("https://news.example/a")) == 7

    writer.store = store
    for minute in range(8, 15):
        writer.publish(shows("https://news.example/a", minute, "same"))
    assert runs_held(store) == [], "they are made when some are due anyway"
    writer.publish(shows("https://news.example/a", 15, "same"))

    coverage = coverage_of_writer(store, writer.spool.lane.writer)
    assert coverage is not None
    assert described(coverage) == [(1, 8), (9, 16)]
