"""Workers hold their children to limits, end them in time, and leave no job begun that nobody does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from end_to_end.pages import answer, article, made_up_text
from servers.raw_server import RawServer

from broadsheet.scheduler.cli import program
from broadsheet.scheduler.jobs.database import open_service_database
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.scheduler.sources.errors import ConfigError
from broadsheet.scheduler.workers.children import Child, Ended, Limits
from broadsheet.scheduler.workers.commands import Setting, arguments_of
from broadsheet.scheduler.workers.workers import Workers

# What a reader takes to import its libraries.
_TO_START_SECONDS = 1.5


@pytest.fixture
def slow() -> Iterator[RawServer]:
    """A site whose only page takes a minute."""
    with RawServer({"/": answer(article("Slow"), seconds=60.0)}) as site:
        yield site


@pytest.fixture
def long() -> Iterator[RawServer]:
    """A site whose only page takes its reader all the time that it may take."""
    text = "\n".join(made_up_text(str(number)) for number in range(10_000))
    with RawServer({"/": answer(article("Long", text=text))}) as site:
        yield site


def _crawl(site: RawServer, tmp_path: Path, limits: Limits) -> Child:
    url = f"http://127.0.0.1:{site.port}/"
    archive = str(tmp_path / "archive")
    return Child(["--archive", archive, "crawl", url, "--allow-private"], limits=limits, name="crawl")


def _until_asked(site: RawServer) -> None:
    while not site.log:
        time.sleep(0.02)


def _children() -> set[int]:
    return {
        int(found.parent.name)
        for found in Path("/proc").glob("[0-9]*/stat")
        if int(found.read_text().rsplit(")", 1)[1].split()[1]) == os.getpid()
    }


def test_what_reads_pages_for_a_child_ends_with_it(long: RawServer, tmp_path: Path) -> None:
    child = _crawl(long, tmp_path, Limits(grace=0.1))
    readers: set[psutil.Process] = set()
    spent = 0.0

    async def killed() -> Ended:
        nonlocal spent
        running = asyncio.ensure_future(child.run())
        while not running.done():
            readers.update(_readers())
            spent = max(spent, *map(_seconds, readers), 0.0)
            if spent > _TO_START_SECONDS + 1:
                child.interrupt()
            await asyncio.sleep(0.05)
        return await running

    assert asyncio.run(killed()).status == -signal.SIGKILL
    assert spent < _TO_START_SECONDS + 6, "ten are allowed for a page"


def _readers() -> Iterator[psutil.Process]:
    """Yield the processes below this one that read pages."""
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if "broadsheet.crawler.reading.worker" in process.cmdline():
                yield process


def _seconds(process: psutil.Process) -> float:
    """Return how much CPU time a process has had; 0 where it has ended."""
    try:
        return sum(process.cpu_times()[:2])
    except psutil.Error:
        return 0.0


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        (Limits(memory=1024 * 1024), "MiB of memory, and 1 are allowed"),
        (Limits(seconds=0.5), "it was not done within"),
    ],
    ids=["memory", "time"],
)
def test_a_child_that_takes_too_much_is_ended_for_it(slow: RawServer, tmp_path: Path, limits: Limits, why: str) -> None:
    ended = asyncio.run(_crawl(slow, tmp_path, limits).run())

    assert ended.stopped is not None
    assert why in ended.stopped
    assert not ended.interrupted
    assert ended.peak > 0


def test_a_child_gives_way_to_its_worker_and_is_killed_when_it_hangs_and_has_to_end(
    slow: RawServer, tmp_path: Path
) -> None:
    child = _crawl(slow, tmp_path, Limits(grace=0.5))
    before = _children()
    niceness = 0

    async def interrupted() -> Ended:
        nonlocal niceness
        running = asyncio.ensure_future(child.run())
        await asyncio.to_thread(_until_asked, slow)
        (hanging,) = _children() - before
        niceness = os.getpriority(os.PRIO_PROCESS, hanging)
        os.kill(hanging, signal.SIGSTOP)
        child.interrupt()
        return await running

    ended = asyncio.run(interrupted())

    assert ended.status == -signal.SIGKILL
    assert ended.interrupted
    assert _children() == before
    assert niceness == min(os.getpriority(os.PRIO_PROCESS, 0) + 5, 19), "the service answers first"


def test_a_source_that_is_called_like_an_option_is_taken_for_a_source(tmp_path: Path) -> None:
    archive = str(tmp_path / "archive")
    with open_service_database(archive) as database:
        job = Jobs(database).ask("crawl", source="--help", asked_by="ann")
    with pytest.raises(ConfigError, match="--help"):
        program.main(arguments_of(job, Setting(archive=archive)), standalone_mode=False)


def test_a_job_that_is_taken_while_the_workers_stop_waits_again(tmp_path: Path) -> None:
    archive = str(tmp_path / "archive")
    with open_service_database(archive) as database:
        jobs = Jobs(database)
        workers = Workers(jobs, Setting(archive=archive))
        job = jobs.ask("crawl", source="paper", asked_by="ann")

        def is_taken() -> bool:
            found = jobs.get(job.id)
            return found is not None and found.state == "running"

        async def stopped() -> None:
            working = asyncio.ensure_future(workers.run())
            while not is_taken():
                await asyncio.sleep(0)
                # The thread that takes it goes on, and its answer waits for the loop.
                until = time.monotonic() + 0.1
                while not is_taken() and time.monotonic() < until:
                    pass
            await workers.stop()
            await working

        asyncio.run(stopped())
        found = jobs.get(job.id)

    assert found is not None
    assert (found.state, found.attempts) == ("waiting", 0)
    assert workers.running == []
