"""What the spool keeps, and what it gives back after a crash, asked with real processes that are really killed."""

from __future__ import annotations

import contextlib
import errno
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from archiving.writer import moment

from broadsheet.storage.documents.manifests import Place
from broadsheet.storage.errors import StoreError
from broadsheet.storage.publishing.batch import Batch
from broadsheet.storage.publishing.spool import Spool
from broadsheet.storage.segments import warc
from broadsheet.storage.segments.exchange_records import warcinfo_record

MOMENT = datetime(2026, 11, 22, 12, tzinfo=UTC)
MEMBER = warc.serialise(warcinfo_record("a.warc.gz", {"software": "Test"}, created_at=MOMENT))

HOLD_A_BATCH = """
    import sys, time
    from datetime import UTC, datetime
    from pathlib import Path
    from broadsheet.storage.publishing.spool import Spool

    batch = Spool(Path(sys.argv[1])).open_batch(datetime.now(UTC))
    batch.append(bytes.fromhex(sys.argv[2]))
    batch.sync()
    print(batch.name, flush=True)
    time.sleep(600)
"""
TAKE_OVER = """
    import sys
    from pathlib import Path
    from broadsheet.storage.publishing.spool import Spool

    print([batch.name for lane in Spool(Path(sys.argv[1])).abandoned() for batch in lane.batches()])
"""
FILL_THE_DISK = """
    import resource, sys
    from datetime import UTC, datetime
    from pathlib import Path
    from broadsheet.storage.publishing.spool import Spool

    batch = Spool(Path(sys.argv[1])).open_batch(datetime.now(UTC))
    batch.append(b"whole")
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    try:
        batch.append(bytes(2000))
    except OSError as error:
        print(error.errno)
    print(batch.append(b"fits"))
    print(batch.seal().read_bytes())
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def spool(directory: Path) -> Spool:
    return Spool(directory)


def command(program: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)]


@contextlib.contextmanager
def another_writer(directory: Path, data: bytes = MEMBER) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a process that holds a batch with some bytes in it; yield it and the batch's name."""
    with subprocess.Popen(command(HOLD_A_BATCH, directory, data.hex()), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()


def names(spool: Spool) -> list[str]:
    return [batch.name for lane in spool.abandoned() for batch in lane.batches()]


def left(spool: Spool) -> Batch:
    [lane] = spool.abandoned()
    [batch] = lane.batches()
    return batch


def test_what_is_appended_lies_at_the_offset_that_is_returned(spool: Spool) -> None:
    batch = spool.open_batch(MOMENT)

    assert [batch.append(b"one"), batch.append(b""), batch.append(b"three")] == [0, 3, 3]
    assert (batch.read(3, 5), batch.size) == (b"three", 8)
    assert batch.seal().read_bytes() == b"onethree"
    assert batch.read(0, 3) == b"one"


def test_a_batch_bears_the_moment_it_was_opened_and_a_name_of_its_own(spool: Spool) -> None:
    one, other = spool.open_batch(MOMENT), spool.open_batch(MOMENT)

    assert one.name.startswith("1795348800000-")
    assert one.name != other.name


def test_a_sealed_batch_takes_no_more_records(spool: Spool) -> None:
    batch = spool.open_batch(MOMENT)
    batch.append(b"one")
    batch.seal()

    with pytest.raises(ValueError, match=f"batch {batch.name} is sealed"):
        batch.append(b"two")

    assert batch.segment.read_bytes() == b"one"
    batch.sync()


def test_sealing_twice_is_sealing_once(spool: Spool) -> None:
    batch = spool.open_batch(MOMENT)
    batch.append(b"one")

    assert batch.seal() == batch.seal() == batch.segment


def test_the_batch_of_a_living_process_is_nobody_elses(spool: Spool, directory: Path) -> None:
    own = spool.open_batch(MOMENT)

    with another_writer(directory):
        assert names(spool) == []
        looked_at_by_a_third = subprocess.run(command(TAKE_OVER, directory), capture_output=True, text=True, check=True)
        assert looked_at_by_a_third.stdout == "[]\n"

    assert own.append(b"still ours") == 0


def test_the_batch_of_a_killed_process_goes_to_the_next_with_all_that_was_synced(spool: Spool, directory: Path) -> None:
    with another_writer(directory) as (process, name):
        kill(process)
        batch = left(spool)

    assert batch.name == name
    assert batch.segment.read_bytes() == MEMBER
    with pytest.raises(ValueError, match="no more records"):
        batch.append(b"more")


def test_a_lane_that_was_taken_is_taken_by_one_only(spool: Spool, directory: Path) -> None:
    with another_writer(directory) as (process, _):
        kill(process)

    for lane in spool.abandoned():
        assert names(Spool(directory)) == []
        taken_elsewhere = subprocess.run(command(TAKE_OVER, directory), capture_output=True, text=True, check=True)
        assert taken_elsewhere.stdout == "[]\n"
        lane.batches()[0].discard()

    assert names(spool) == []


def test_abandoned_batches_come_oldest_first(spool: Spool, directory: Path) -> None:
    with another_writer(directory) as (first, one), another_writer(directory) as (second, two):
        kill(second)
        kill(first)

        assert names(spool) == sorted([one, two])


def test_a_cut_off_last_record_is_dropped_when_the_batch_is_sealed(spool: Spool, directory: Path) -> None:
    with another_writer(directory, MEMBER + MEMBER + MEMBER[:-9]) as (process, _):
        kill(process)
        batch = left(spool)

    sealed = batch.seal(warc.valid_until(batch.segment))

    assert sealed.read_bytes() == MEMBER + MEMBER
    assert batch.segment == sealed


def test_a_crash_before_the_segment_was_made_leaves_an_empty_batch(spool: Spool, directory: Path) -> None:
    spool.open_batch(MOMENT).discard()
    spool.close()
    [lane] = directory.iterdir()
    (lane / f"1795348800000-{lane.name}").mkdir()

    batch = left(spool)

    assert not batch.segment.exists()
    batch.discard()
    assert names(spool) == []


def test_a_plan_is_kept_as_it_is_or_not_at_all(spool: Spool, directory: Path) -> None:
    with another_writer(directory) as (process, name):
        (directory / name.partition("-")[2] / name / "plan.draft").write_bytes(b"half a pl")
        kill(process)
        batch = left(spool)
    assert batch.read_plan() is None

    batch.write_plan(b"the plan")

    assert batch.read_plan() == b"the plan"


def test_a_discarded_batch_is_gone(spool: Spool) -> None:
    batch = spool.open_batch(MOMENT)
    batch.append(b"one")
    batch.write_plan(b"plan")

    batch.discard()

    assert spool.waiting() == []
    assert spool.lane.batches() == []


def test_what_a_killed_discarding_left_is_no_batch_and_goes_at_the_next_start(spool: Spool, directory: Path) -> None:
    spool.open_batch(MOMENT).discard()
    spool.close()
    [lane] = directory.iterdir()
    half = lane / f".1795348800000-{lane.name}"
    half.mkdir()
    (half / "plan").write_bytes(b"a plan whose segment is gone")

    assert names(spool) == []
    assert not half.exists()


def test_a_full_disk_takes_the_record_back_that_did_not_fit(directory: Path) -> None:
    run = subprocess.run(command(FILL_THE_DISK, directory), capture_output=True, text=True, check=True)

    assert run.stdout.splitlines() == [str(errno.EFBIG), "5", "b'wholefits'"]


def test_batches_can_be_opened_while_another_process_looks_for_abandoned_ones(spool: Spool, directory: Path) -> None:
    searching = [subprocess.Popen(command(TAKE_OVER, directory), stdout=subprocess.PIPE, text=True) for _ in range(2)]

    opened = [spool.open_batch(MOMENT + timedelta(milliseconds=number)) for number in range(100)]

    assert [process.communicate()[0] for process in searching] == ["[]\n", "[]\n"]
    for batch in opened:
        batch.discard()


def test_names_grow_within_a_lane_whatever_the_clock_does(spool: Spool) -> None:
    names = [spool.open_batch(MOMENT - timedelta(hours=number)).name for number in range(5)]

    assert names == sorted(set(names))


def test_the_next_process_goes_on_in_the_lane_of_the_one_before(spool: Spool, directory: Path) -> None:
    batch = spool.open_batch(MOMENT)
    place = spool.lane.place_of(batch)
    spool.lane.conclude(batch, place, "sha256:0")
    spool.close()

    later = Spool(directory)
    after = later.open_batch(MOMENT)

    assert (place.number, place.previous) == (1, None)
    assert later.lane.place_of(after) == Place(writer=place.writer, number=2, previous="sha256:0")


def test_a_batch_has_no_place_in_the_chain_before_those_opened_earlier(spool: Spool) -> None:
    earlier, later = spool.open_batch(MOMENT), spool.open_batch(MOMENT)

    with pytest.raises(StoreError, match=f"batch {later.name} waits in the spool until {earlier.name}"):
        spool.lane.place_of(later)


def test_a_copied_lane_takes_no_new_batch_and_gives_back_what_lies_in_it(spool: Spool, directory: Path) -> None:
    batch = spool.open_batch(MOMENT)
    shutil.copytree(directory, directory.with_name("copy"))

    copy = Spool(directory.with_name("copy"))

    assert names(copy) == [batch.name]
    assert copy.lane.writer != spool.lane.writer


def test_a_lane_whose_memory_is_damaged_takes_no_new_batch(spool: Spool, directory: Path) -> None:
    writer = spool.lane.writer
    spool.close()
    (directory / writer / "head").write_bytes(b"{")

    assert Spool(directory).lane.writer != writer


def test_batches_are_opened_while_others_are_concluded_and_the_chain_goes_on(tmp_path: Path) -> None:
    rounds = 150
    with contextlib.closing(Spool(tmp_path)) as spool:
        lane = spool.lane

        def publish() -> None:
            for number in range(1, rounds + 1):
                lane.advance(Place(writer=lane.writer, number=number, previous=None), f"{number:064x}")

        publishing = threading.Thread(target=publish)
        publishing.start()
        names = [lane.open_batch(moment(0)).name for _ in range(rounds)]
        publishing.join()
        kept = msgspec.json.decode((tmp_path / lane.writer / "head").read_bytes())

    assert names == sorted(set(names))
    assert (kept["batch"], kept["number"]) == (names[-1], rounds)
