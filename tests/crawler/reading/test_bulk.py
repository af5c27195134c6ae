from __future__ import annotations

import asyncio
import base64
import gzip
import os
import signal
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.crawler.reading.bulk import lines_of, read_lines
from broadsheet.crawler.reading.documents import MAXIMUM_DOCUMENT
from broadsheet.crawler.reading.pool import ReadingPool
from broadsheet.crawler.reading.reader import ReadingLimits

NOW = datetime(2016, 6, 12, tzinfo=UTC)
HTML = (
    b"<html><head><title>Harbour closed</title><meta property='og:type' content='article'></head>"
    b"<body><article><h1>Harbour closed</h1><p>Published 2016-06-10</p>"
    + b"<p>The harbour of the town stayed closed on that day, and the boats stayed where they were.</p>"
    * 10
)

# Attributes without number keep the parser busy for minutes.
ENDLESS = b"<html><body><p " + b" ".join(b"a%d='<'" % number for number in range(80_000)) + b">x</p>"


async def extract(*lines: bytes, limits: ReadingLimits | None = None) -> tuple[dict[Any, dict[str, Any]], int]:
    """The answers by id, and how many are errors."""
    answers: list[bytes] = []

    async def feed() -> AsyncIterator[bytes]:
        for line in lines:
            yield line

    async with ReadingPool(processes=2, limits=limits) as pool:
        failed = await read_lines(feed(), answers.append, pool, captured_at=NOW)
    assert all(answer.endswith(b"\n") for answer in answers)
    decoded = [msgspec.json.decode(answer) for answer in answers]
    return {answer["id"]: answer for answer in decoded}, failed


def cpu_of(pool: ReadingPool) -> dict[int, float]:
    """The seconds of CPU that each reader has used."""
    return {reader: psutil.Process(reader).cpu_times().user for reader in pool.process_ids}


def line(**fields: object) -> bytes:
    return msgspec.json.encode({"url": "https://news.example/harbour"} | fields) + b"\n"


async def test_documents_come_as_base64_or_as_files(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_bytes(HTML)
    answers, failed = await extract(
        line(id=1, html_base64=base64.b64encode(HTML).decode()),
        b"\n",
        line(id="two", html_path=str(tmp_path / "page.html")),
    )
    assert failed == 0
    assert answers.keys() == {1, "two"}
    assert answers[1]["article"] == answers["two"]["article"]
    assert answers[1]["article"]["title"] == "Harbour closed"
    assert answers[1]["article"].keys() >= {"text", "authors", "published", "subscription", "provenance"}


async def test_bad_lines_are_answered_with_their_errors_and_the_rest_goes_on(tmp_path: Path) -> None:
    good = line(id="good", html_base64=base64.b64encode(HTML).decode())
    answers, failed = await extract(
        b"no json\n",
        line(id="no document"),
        line(id="no such file", html_path=str(tmp_path / "missing.html")),
        line(id="a folder", html_path=str(tmp_path)),
        line(id="a file name", html_path="nul\0byte"),
        line(id="no base64", html_base64="%%%"),
        line(id="a url of the wrong type", url=7, html_base64=""),
        line(id="no time", html_base64="", fetched_at="yesterday"),
        good,
    )
    assert failed == 8
    assert "article" in answers.pop("good")
    assert set(answers) == {
        None,
        "no document",
        "no such file",
        "a folder",
        "a file name",
        "no base64",
        "a url of the wrong type",
        "no time",
    }
    assert all(answer["error"] for answer in answers.values())


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (lambda: gzip.compress(HTML), "compressed with gzip"),
        (lambda: b"PK\x03\x04" + HTML, "ZIP"),
        (lambda: b"%PDF-1.7 ...", "PDF"),
        # Made when the test runs: whoever only collects it would hold it all the same.
        (lambda: b" " * (MAXIMUM_DOCUMENT + 1), "larger than 64 MiB"),
    ],
    ids=["gzip", "zip", "pdf", "huge"],
)
async def test_a_document_that_is_no_html_says_what_it_is(
    document: Callable[[], bytes], said: str, tmp_path: Path
) -> None:
    (tmp_path / "page").write_bytes(document())
    answers, failed = await extract(line(id=1, html_path=str(tmp_path / "page")))
    assert failed == 1
    assert said in answers[1]["error"]


async def test_a_page_that_costs_its_reader_is_answered_with_the_reason_and_the_others_are_read() -> None:
    pages = {"endless": ENDLESS} | dict.fromkeys(range(12), HTML)
    lines = [line(id=key, html_base64=base64.b64encode(html).decode()) for key, html in pages.items()]
    answers, failed = await extract(*lines, limits=ReadingLimits(cpu_seconds=1))
    assert failed == 1
    assert answers.keys() == pages.keys()
    assert answers["endless"]["error"] == "extraction exceeded 1 s of CPU"


async def test_a_reader_that_is_killed_from_outside_costs_the_line_it_was_reading() -> None:
    answers: dict[Any, dict[str, Any]] = {}
    pages = dict.fromkeys(range(6), HTML) | {"endless": ENDLESS} | dict.fromkeys(range(6, 12), HTML)

    async def feed() -> AsyncIterator[bytes]:
        for key, html in pages.items():
            yield line(id=key, html_base64=base64.b64encode(html).decode())

    def write(answer: bytes) -> None:
        decoded = msgspec.json.decode(answer)
        answers[decoded["id"]] = decoded

    async with ReadingPool(processes=2) as pool:
        reading = asyncio.create_task(read_lines(feed(), write, pool, captured_at=NOW))
        while len(answers) < 12:  # noqa: ASYNC110 - what is left then is the endless one
            await asyncio.sleep(0.02)
        before = cpu_of(pool)
        busy: list[int] = []
        while not busy:
            busy = [reader for reader, used in cpu_of(pool).items() if used > before[reader] + 0.1]
            await asyncio.sleep(0.02)
        os.kill(busy[0], signal.SIGKILL)
        assert await reading == 1
    assert answers.pop("endless")["error"] == "reader process died with signal 9"
    assert all("article" in answer for answer in answers.values())
    assert answers.keys() == set(range(12))


async def test_a_document_is_read_as_of_the_time_it_was_fetched() -> None:
    html = base64.b64encode(HTML.replace(b"2016-06-10", b"2024-06-10")).decode()
    answers, _ = await extract(
        line(id="then", html_base64=html, fetched_at="2024-06-11"),
        line(id="zone", html_base64=html, fetched_at="2024-06-11T10:00:00+02:00"),
        line(id="before", html_base64=html),
    )
    assert answers["then"]["article"]["published"]["value"] == "2024-06-10"
    assert answers["zone"]["article"]["published"]["value"] == "2024-06-10"
    published = answers["before"]["article"]["published"]
    assert published is None or published["value"] != "2024-06-10"


async def test_no_more_documents_are_held_than_the_pool_has_room_for() -> None:
    asked = answered = most = 0

    async def feed() -> AsyncIterator[bytes]:
        nonlocal asked, most
        for number in range(60):
            asked += 1
            most = max(most, asked - answered)
            yield line(id=number, html_base64="PHA+eA==")

    def write(_: bytes) -> None:
        nonlocal answered
        answered += 1

    async with ReadingPool(processes=2) as pool:
        await read_lines(feed(), write, pool, captured_at=NOW)
    assert answered == 60
    assert most <= pool.window + 2


async def test_when_nobody_reads_the_answers_it_stops() -> None:
    def write(_: bytes) -> None:
        raise BrokenPipeError

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield line(id=1, html_base64="PHA+eA==")

    async with ReadingPool(processes=1) as pool:
        with pytest.raises(BrokenPipeError):
            await read_lines(endless(), write, pool, captured_at=NOW)


async def collect(descriptor: int) -> list[bytes]:
    return [line async for line in lines_of(descriptor)]


async def test_lines_come_out_of_a_pipe_as_they_are_written() -> None:
    reading, writing = os.pipe()
    try:
        lines = lines_of(reading)
        os.write(writing, b"one\ntwo")
        assert await anext(lines) == b"one"
        later = asyncio.ensure_future(anext(lines))
        await asyncio.sleep(0)
        assert not later.done()
        os.write(writing, b"\n")
        assert await later == b"two"
    finally:
        os.close(writing)
        os.close(reading)


@given(st.lists(st.text(alphabet="ab\r", max_size=40), max_size=20), st.sampled_from(["", "\n"]))
def test_lines_come_out_of_a_file_as_they_stand_there(lines: list[str], end: str) -> None:
    content = ("\n".join(lines) + end).encode()
    descriptor = os.memfd_create("lines")
    try:
        os.write(descriptor, content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        expected = content.split(b"\n")
        if not expected[-1]:
            expected.pop()
        assert asyncio.run(collect(descriptor)) == expected
    finally:
        os.close(descriptor)
