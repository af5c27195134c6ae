"""A process hands what it measures to the worker that started it, also where it is killed in between."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from broadsheet.scheduler.workers.measuring import DESCRIPTOR, MeasuresPipe

_CHILD = """
import sys, time
from broadsheet.crawler.measures import Meter
from broadsheet.scheduler.workers import measuring
measuring._SECONDS_BETWEEN_LINES = 0.0
telling, meter = measuring.Telling(), Meter()
for _ in range(3):
    meter.stored(10)
    telling.now_and_then(lambda: meter.measures)
telling.at_the_end(meter.measures)
another = Meter()
another.stored(5)
telling.at_the_end(another.measures)
print("told", flush=True)
time.sleep(60 * float(sys.argv[1]))
"""


def taken(sleeps: int) -> Counter[str]:
    """What a process told of two crawls, which is killed where it sleeps then."""
    sums: Counter[str] = Counter()

    async def take(more: Mapping[str, float]) -> None:
        assert all(value > 0 for value in more.values())
        sums.update(more)

    async def run() -> None:
        with MeasuresPipe() as pipe:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", _CHILD, str(sleeps)),
                env={**os.environ, DESCRIPTOR: str(pipe.descriptor)},
                pass_fds=[pipe.descriptor],
                stdout=subprocess.PIPE,
            )
            pipe.hand_over()
            reading = asyncio.ensure_future(pipe.read_until(process.wait(), take))
            assert process.stdout is not None
            assert await process.stdout.readline() == b"told\n"
            if sleeps:
                process.kill()
            await reading

    asyncio.run(run())
    return sums


def test_what_is_told_in_between_and_at_the_end_adds_up() -> None:
    assert taken(0)["bytes.stored"] == 35


def test_what_a_process_told_before_it_was_killed_counts() -> None:
    assert taken(1)["bytes.stored"] == 35


def test_a_pipe_that_no_process_took_is_closed() -> None:
    with MeasuresPipe() as pipe:
        name = str(Path(f"/proc/self/fd/{pipe.descriptor}").readlink())
        assert _open_files().count(name) == 2
    assert name not in _open_files()


def _open_files() -> list[str]:
    names = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # That of the folder itself; and threads close theirs meanwhile.
            names.append(str(descriptor.readlink()))
    return names
