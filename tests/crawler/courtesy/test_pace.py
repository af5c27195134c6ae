from __future__ import annotations

import struct
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from broadsheet.crawler.courtesy.pace import HostPace

HOST = "news.example"
LONG = 1000.0


def pace(directory: Path, host: str = HOST) -> HostPace:
    """The turns of a host as another process sees them: with the file opened anew."""
    return HostPace(directory, host, believed=10 * LONG)


# Takes twelve turns and prints when each was taken; the monotonic clock is the machine's.
_TAKING_TURNS = """
import sys, time
from pathlib import Path
from broadsheet.crawler.courtesy.pace import HostPace
mine = HostPace(Path(sys.argv[1]), sys.argv[2], believed=10000.0)
for _ in range(12):
    turn = mine.reserve(0.02)
    while turn is not None:
        time.sleep(max(0.0, turn - time.monotonic()))
        turn = mine.take(0.02)
    print(time.monotonic())
"""


def test_turns_are_a_delay_apart_whoever_reserves_them(tmp_path: Path) -> None:
    one, other = pace(tmp_path), pace(tmp_path)

    moments = [process.reserve(LONG) for process in (one, other, one, other)]

    assert [later - earlier for earlier, later in pairwise(moments)] == pytest.approx([LONG] * 3)
    assert moments[0] <= time.monotonic()


def test_processes_that_run_at_the_same_time_send_no_two_requests_within_a_delay(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _TAKING_TURNS, str(tmp_path), HOST]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(2)]
    printed = [process.communicate(timeout=60)[0] for process in processes]

    assert [process.returncode for process in processes] == [0, 0]
    moments = sorted(float(line) for each in printed for line in each.split())
    assert len(moments) == 24
    # What is noted as sent is a delay apart; each process notes its own moment a little after.
    assert moments[-1] - moments[0] >= 22 * 0.02


def test_who_is_late_with_its_request_moves_those_behind_it(tmp_path: Path) -> None:
    late, behind = pace(tmp_path), pace(tmp_path)
    assert late.reserve(0.01) <= time.monotonic()
    turn = behind.reserve(0.01)
    time.sleep(turn - time.monotonic() + 0.001)

    assert late.take(0.01) is None
    again = behind.take(0.01)

    assert again is not None
    assert again > turn


def test_the_slower_of_two_delays_holds_before_and_behind_a_request(tmp_path: Path) -> None:
    quick, slow = pace(tmp_path), pace(tmp_path)
    quick.reserve(0.0)
    quick.take(0.0)

    before = slow.reserve(LONG)
    behind = quick.reserve(0.0)

    assert before > time.monotonic() + LONG / 2
    assert behind == pytest.approx(before + LONG)


def test_a_pause_holds_for_all_also_for_who_has_a_turn_already(tmp_path: Path) -> None:
    one, other = pace(tmp_path), pace(tmp_path)
    one.reserve(0.0)
    until = time.monotonic() + LONG
    other.pause(until)

    assert one.take(0.0) == until
    assert pace(tmp_path).reserve(0.0) == until
    other.pause(until - LONG)
    assert one.take(0.0) == until, "a shorter pause ends no longer one"


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"cut",
        struct.pack("<dddd", *[float("inf")] * 4),
        struct.pack("<ddd", 1e12, 1e12, 1e12),
        struct.pack("<ddd", *[float("nan")] * 3),
    ],
    ids=["empty", "cut", "without end", "before a restart of the machine", "no numbers"],
)
def test_what_cannot_be_true_is_not_believed(tmp_path: Path, stored: bytes) -> None:
    (tmp_path / f"{HOST}.pace").write_bytes(stored)
    mine = pace(tmp_path)

    assert mine.reserve(LONG) <= time.monotonic()
    assert mine.take(LONG) is None
    assert mine.reserve(LONG) > time.monotonic()


def test_a_turn_counts_from_when_the_request_before_went_out(tmp_path: Path) -> None:
    slow, other = pace(tmp_path), pace(tmp_path)
    slow.reserve(0.01)
    assert slow.take(0.01) is None
    turn = other.reserve(0.01)
    time.sleep(0.02)
    slow.went_out()

    again = other.take(0.01)
    assert again is not None
    assert again > turn


def test_what_a_host_asks_for_is_kept_also_beside_what_an_earlier_version_wrote(tmp_path: Path) -> None:
    file = tmp_path / f"{HOST}.pace"
    now = time.monotonic()
    file.write_bytes(struct.pack("<ddd", now, now + LONG, now))
    mine = pace(tmp_path)

    assert mine.stated() == 0
    assert mine.reserve(0) == pytest.approx(now + LONG)
    mine.note_stated(LONG)
    assert pace(tmp_path).stated() == LONG
    file.write_bytes(struct.pack("<dddd", now, now, now, float("nan")))
    assert pace(tmp_path).stated() == 0


def test_every_host_has_a_file_of_its_own_within_the_directory(tmp_path: Path) -> None:
    hosts = ["news.example", "..", "a/../../b", "2001:db8::1", "x" * 5000, "x" * 5001, "zeitung.ö"]
    for host in hosts:
        assert pace(tmp_path / "hosts", host).reserve(LONG) <= time.monotonic(), host

    assert len(list((tmp_path / "hosts").iterdir())) == len(hosts)
    assert list(tmp_path.iterdir()) == [tmp_path / "hosts"]


def test_a_file_that_was_closed_is_opened_again(tmp_path: Path) -> None:
    mine = pace(tmp_path)
    first = mine.reserve(LONG)
    mine.close()
    mine.close()

    assert mine.reserve(LONG) == pytest.approx(first + LONG)
