from __future__ import annotations

import asyncio
import gzip
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from broadsheet.crawler.errors import ReaderStartError
from broadsheet.crawler.reading.page import CapturedPage, HtmlPage, Reading
from broadsheet.crawler.reading.pool import ReadingPool
from broadsheet.crawler.reading.reader import ReadingLimits

AT = datetime(2016, 6, 12, tzinfo=UTC)
GOOD = b"<html><body><a href='/a'>A</a></body></html>"
# Looking an attribute up among 80,000 of one tag, for each of them: minutes in C code, where no signal
# handler of Python's would run. With "<" in them they are not known for attributes, and are not cut.
MANY_ATTRIBUTES = b"<html><body><p " + b" ".join(b"a%d='<'" % number for number in range(80_000)) + b">x</p>"


def page(body: bytes, content_type: str = "text/html", *headers: str) -> CapturedPage:
    head = "\r\n".join(["HTTP/1.1 200 OK", f"Content-Type: {content_type}", *headers]).encode()
    return CapturedPage(url="https://news.example/x", captured_at=AT, response=head + b"\r\n\r\n" + body)


@pytest.fixture
async def pool() -> AsyncIterator[ReadingPool]:
    async with ReadingPool(processes=2) as pool:
        yield pool


async def read_slowly(pool: ReadingPool) -> tuple[asyncio.Task[Reading], int]:
    """A page that keeps one reader busy, and that reader's process id."""
    task = asyncio.create_task(pool.read(page(MANY_ATTRIBUTES)))
    while True:
        for process_id in pool.process_ids:
            if psutil.Process(process_id).cpu_times().user > 0.8:
                return task, process_id
        await asyncio.sleep(0.02)


async def test_no_process_starts_before_a_page_waits_for_one(pool: ReadingPool) -> None:
    assert pool.process_ids == []
    reading = await pool.read(page(GOOD))
    assert reading.kind == "index"
    assert len(pool.process_ids) == 1


async def test_one_page_after_another_needs_one_process(pool: ReadingPool) -> None:
    for _ in range(5):
        await pool.read(page(GOOD))
    assert len(pool.process_ids) == 1


async def test_more_pages_than_processes_are_all_read_each_as_its_own(pool: ReadingPool) -> None:
    pages = [page(b"<rss><item><link>/%d</link></item></rss>" % number, "text/xml") for number in range(40)]
    readings = await asyncio.gather(*(pool.read(one) for one in pages))
    assert [reading.entries[0].url for reading in readings] == [
        f"https://news.example/{number}" for number in range(40)
    ]
    assert len(pool.process_ids) <= 2


async def test_html_without_a_response_is_read_too(pool: ReadingPool) -> None:
    reading = await pool.read(HtmlPage(url="https://news.example/x", captured_at=AT, html=GOOD))
    assert [entry.url for entry in reading.entries] == ["https://news.example/a"]


async def test_a_page_that_takes_too_much_cpu_time_costs_only_itself() -> None:
    async with ReadingPool(processes=2, limits=ReadingLimits(cpu_seconds=1)) as pool:
        bad, *good = await asyncio.gather(pool.read(page(MANY_ATTRIBUTES)), *(pool.read(page(GOOD)) for _ in range(20)))
        assert bad.kind == "other"
        assert bad.failure == "extraction exceeded 1 s of CPU"
        assert [reading.kind for reading in good] == ["index"] * 20


async def test_a_reader_may_use_its_cpu_time_on_every_page_anew() -> None:
    busy = page(b"<urlset>" + 20_000 * b"<url><loc>https://n.example/a</loc></url>" + b"</urlset>", "text/xml")
    async with ReadingPool(processes=1, limits=ReadingLimits(cpu_seconds=1)) as pool:
        # One page may take less than two seconds, the granularity of the limit; all of them take more.
        used, readings = 0.0, []
        while used < 2.5:
            readings.append(await pool.read(busy))
            used = psutil.Process(pool.process_ids[0]).cpu_times().user
        assert {reading.failure for reading in readings} == {None}


# Made when the test runs: whoever only collects it would hold it all the same.
@pytest.mark.parametrize(
    "large_page",
    [
        lambda: page(gzip.compress(b"<html><body>" + b"<p>a" * 6_000_000), "text/html", "Content-Encoding: gzip"),
        lambda: page(b"<rss><item>" + b"<a>b</a>" * 4_000_000, "text/xml"),
    ],
    ids=["an HTML page", "a feed"],
)
async def test_a_page_that_takes_too_much_memory_costs_only_itself(large_page: Callable[[], CapturedPage]) -> None:
    limits = ReadingLimits(memory_bytes=256 * 1024 * 1024)
    async with ReadingPool(processes=2, limits=limits) as pool:
        failed, *good = await asyncio.gather(pool.read(large_page()), *(pool.read(page(GOOD)) for _ in range(20)))
        assert failed.failure == "extraction exceeded 256 MiB of memory"
        assert [reading.kind for reading in good] == ["index"] * 20


async def test_a_page_that_takes_too_long_costs_only_itself() -> None:
    async with ReadingPool(processes=1, limits=ReadingLimits(wall_seconds=1)) as pool:
        await pool.read(page(GOOD))
        os.kill(pool.process_ids[0], signal.SIGSTOP)
        assert (await pool.read(page(GOOD))).failure == "extraction exceeded 1 s"
        assert (await pool.read(page(GOOD))).kind == "index"


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGKILL])
async def test_a_reader_that_dies_costs_only_the_page_it_was_reading(pool: ReadingPool, number: int) -> None:
    slow, process_id = await read_slowly(pool)
    others = [asyncio.create_task(pool.read(page(GOOD))) for _ in range(10)]
    os.kill(process_id, number)
    bad = await slow
    assert bad.failure == f"reader process died with signal {int(number)}"
    assert not psutil.pid_exists(process_id)
    assert [(await other).kind for other in others] == ["index"] * 10


async def test_a_reader_that_dies_while_idle_costs_no_page(pool: ReadingPool) -> None:
    await pool.read(page(GOOD))
    dead = psutil.Process(pool.process_ids[0])
    dead.kill()
    while dead.status() != psutil.STATUS_ZOMBIE:  # noqa: ASYNC110 - no event tells of a zombie
        await asyncio.sleep(0.01)
    assert (await pool.read(page(GOOD))).kind == "index"


async def test_readers_are_forked_from_one_process(pool: ReadingPool) -> None:
    await asyncio.gather(*(pool.read(page(GOOD)) for _ in range(4)))
    assert len(pool.process_ids) == 2
    (parent,) = {psutil.Process(process_id).ppid() for process_id in pool.process_ids}
    assert psutil.Process(parent).ppid() == os.getpid()


async def test_what_readers_are_forked_from_is_replaced_when_it_dies(pool: ReadingPool) -> None:
    slow, process_id = await read_slowly(pool)
    fork_server = psutil.Process(psutil.Process(process_id).ppid())
    fork_server.kill()
    assert (await slow).failure == "reader process died with signal 9"
    assert (await pool.read(page(GOOD))).kind == "index"
    assert psutil.Process(pool.process_ids[-1]).ppid() != fork_server.pid
    assert not fork_server.is_running()


async def test_signals_meant_for_the_parent_do_not_end_a_reader(pool: ReadingPool) -> None:
    await pool.read(page(GOOD))
    (process_id,) = pool.process_ids
    os.kill(process_id, signal.SIGINT)
    os.kill(process_id, signal.SIGTERM)
    assert (await pool.read(page(GOOD))).kind == "index"
    assert pool.process_ids == [process_id]


async def test_a_reader_is_replaced_after_its_share_of_pages() -> None:
    async with ReadingPool(processes=1, readings_per_process=3) as pool:
        readers = set()
        for _ in range(7):
            assert (await pool.read(page(GOOD))).kind == "index"
            readers.update(pool.process_ids)
        assert len(readers) == 3


async def test_a_reading_that_nobody_waits_for_any_more_frees_its_turn() -> None:
    async with ReadingPool(processes=1) as pool:
        slow, process_id = await read_slowly(pool)
        slow.cancel()
        assert (await pool.read(page(GOOD))).kind == "index"
        assert not psutil.pid_exists(process_id)


async def test_leaving_the_pool_leaves_no_process() -> None:
    async with ReadingPool(processes=2) as pool:
        await asyncio.gather(*(pool.read(page(GOOD)) for _ in range(4)))
        slow, _ = await read_slowly(pool)
        process_ids = pool.process_ids
        process_ids += {psutil.Process(process_id).ppid() for process_id in process_ids}
    await slow
    assert process_ids
    assert not any(psutil.pid_exists(process_id) for process_id in process_ids)


def test_readers_end_when_their_parent_is_killed() -> None:
    program = """
import asyncio, sys
from datetime import UTC, datetime
from broadsheet.crawler.reading.page import HtmlPage
from broadsheet.crawler.reading.pool import ReadingPool
async def main():
    async with ReadingPool(processes=1) as pool:
        await pool.read(HtmlPage(url="https://news.example/", captured_at=datetime.now(UTC), html=b"<p>x"))
        print(*pool.process_ids, flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        reader = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    reader.wait(10)


async def test_readers_hold_no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    monkeypatch.setenv("BROADSHEET_TOKEN", "hunter2")
    async with ReadingPool(processes=1) as pool:
        await pool.read(page(GOOD))
        environment = psutil.Process(pool.process_ids[0]).environ()
    assert "hunter2" not in environment.values()
    assert "AWS_SECRET_ACCESS_KEY" not in environment


async def test_a_reader_that_cannot_be_started_is_an_error_not_a_reading(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "msgspec.py").write_text("raise ImportError('no msgspec here')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    async with ReadingPool(processes=1) as pool:
        with pytest.raises(ReaderStartError, match="reader process exited with status 1"):
            await pool.read(page(GOOD))
        assert pool.process_ids == []
    assert "no msgspec here" in capfd.readouterr().err


async def test_five_thousand_nested_tags_are_survived(pool: ReadingPool) -> None:
    nested = b"<html><body>" + b"<div>" * 5_000 + b"<a href='/a'>deep</a>"
    reading = await pool.read(page(nested))
    assert reading.kind in ("index", "other")
    assert (await pool.read(page(GOOD))).kind == "index"


async def test_the_window_is_a_little_more_than_the_processes() -> None:
    assert ReadingPool(processes=4).window == 6
    assert ReadingPool().processes == len(os.sched_getaffinity(0))


def test_the_process_that_has_a_pool_loads_nothing_to_read_pages_with() -> None:
    readers = "{'lxml', 'trafilatura', 'scrapy'}"
    program = f"import sys, broadsheet.crawler.reading.pool\nprint(*sorted({readers} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", program]) == b"\n"
