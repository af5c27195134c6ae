"""The service is told to end in a slow download, an upload that stalls, and an extraction; then it is started again."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.service.running import RunningService, environment_of
from end_to_end.pages import answer, article, front_page, made_up_text
from servers.faulty_proxy import FaultyProxy, SeenRequest, faulty_proxy
from servers.raw_server import RawServer, Script
from servers.seaweedfs import SeaweedFS, seaweedfs

from broadsheet.storage.archive import Archive

_PAGES = 12
_ODD = f"/story-{_PAGES}"
_SOURCES = """
[sources.paper]
home = "http://127.0.0.1:{port}/"
schedule = "every 1 day"
feeds = []
sitemaps = []
delay = 0.0
"""
_INTO_EXTRACTION_SECONDS = 1.5


@dataclass(frozen=True)
class Stopped:
    """How the service ended, and what was there after its next start.

    Attributes:
        when: What it was doing.
        status: Its exit status.
        seconds: How long it took to end.
        held: How many pages the archive held after the next run.
        pages: How many it had to hold.
        again: How often pages were fetched a second time that had been fetched whole.
        verified: Whether `verify --deep` found the archive whole.
    """

    when: str
    status: int
    seconds: float
    held: int
    pages: int
    again: int
    verified: bool


def stop_in_each(folder: Path) -> Iterator[Stopped]:
    """Yield how the service ended in each, and what was there after its next start."""
    yield _in_download(folder / "download")
    with seaweedfs() as weed:
        weed.make_bucket("stops")
        yield _in_upload(folder / "upload", weed)
    yield _in_extraction(folder / "extraction")


def _in_download(folder: Path) -> Stopped:
    body = article("A story that takes its time").encode()
    slow = Script((_head(len(body)), *(body[place : place + 1] for place in range(len(body)))), pause=50 / len(body))
    site = _site(slow)
    with RawServer(site) as server:

        def is_in_it() -> bool:
            odd = server.exchanges(_ODD)
            return _fetched(server) and bool(odd) and len(odd[-1].response) > len(body) // 20

        def go_on() -> None:
            site[_ODD] = answer(body)

        return _stop("slow download", folder, server, str(folder / "archive"), {}, is_in_it, go_on)


def _in_upload(folder: Path, weed: SeaweedFS) -> Stopped:
    seen: list[str] = []
    stalls = [True]

    def decide(_number: int, request: SeenRequest) -> str | None:
        if stalls and request.method in ("PUT", "POST") and "/warc/" in request.path:
            seen.append(request.path)
            return "stall"
        return None

    with RawServer(_site(answer(article("The last story")))) as server, _between(weed, decide) as proxy:
        environment = {
            **weed.environment,
            "AWS_ENDPOINT_URL_S3": proxy.endpoint,
            "BROADSHEET_STATE": str(folder / "state"),
        }
        return _stop(
            "upload that stalls", folder, server, "s3://stops/archive", environment, lambda: bool(seen), stalls.clear
        )


def _in_extraction(folder: Path) -> Stopped:
    # It takes its reader some seconds, and not the ten that it may.
    text = "\n".join(made_up_text(str(number)) for number in range(2000))
    with RawServer(_site(answer(article("A long story", text=text)))) as server:
        since: list[float] = []

        def is_in_it() -> bool:
            if not since and _fetched(server) and server.exchanges(_ODD):
                since.append(time.monotonic())
            return bool(since) and time.monotonic() - since[0] > _INTO_EXTRACTION_SECONDS

        return _stop("extraction", folder, server, str(folder / "archive"), {}, is_in_it, lambda: None)


def _stop(
    when: str,
    folder: Path,
    server: RawServer,
    archive: str,
    environment: Mapping[str, str],
    is_in_it: Callable[[], bool],
    go_on: Callable[[], None],
) -> Stopped:
    folder.mkdir()
    sources = folder / "sources.toml"
    sources.write_text(_SOURCES.format(port=server.port))
    first = RunningService(archive, sources, folder / "first", environment=environment)
    try:
        first.until(is_in_it)
        status, seconds = first.end()
    finally:
        if first.ended_at is None:
            first.kill()
    go_on()
    second = RunningService(archive, sources, folder / "second", environment=environment)
    try:
        second.until_said(", finished")
        second.end()
    finally:
        if second.ended_at is None:
            second.kill()
    with environment_of(environment):
        captured = {line.url for line in Archive.open(archive).captures()}
    fetched = [len(server.exchanges(_story(number))) for number in range(_PAGES)]
    verify = [str(Path(sys.executable).with_name("broadsheet")), "--archive", archive, "verify", "--deep"]
    return Stopped(
        when=when,
        status=status,
        seconds=seconds,
        held=sum(f"http://127.0.0.1:{server.port}{_story(number)}" in captured for number in range(_PAGES + 1)),
        pages=_PAGES + 1,
        again=sum(count - 1 for count in fetched),
        verified=subprocess.run(verify, env={**os.environ, **environment}, capture_output=True, check=False).returncode
        == 0,
    )


def _site(odd: Script) -> dict[str, Script]:
    pages = {_story(number): answer(article(f"Story {number}")) for number in range(_PAGES)}
    return {"/": answer(front_page([*pages, _ODD])), **pages, _ODD: odd}


def _story(number: int) -> str:
    return f"/story-{number}"


def _fetched(server: RawServer) -> bool:
    return all(server.exchanges(_story(number)) for number in range(_PAGES))


def _head(length: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %d\r\n\r\n" % length


@contextlib.contextmanager
def _between(weed: SeaweedFS, decide: Callable[[int, SeenRequest], str | None]) -> Iterator[FaultyProxy]:
    with faulty_proxy(weed.endpoint, decide=decide) as proxy:  # type: ignore[arg-type]  # one of its harms
        yield proxy
