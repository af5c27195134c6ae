"""The store is away while a crawl runs: nothing is lost, memory and disk stay bounded, and it drains by itself."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from crash.away import Away, archive_behind_proxy
from end_to_end import inspection
from end_to_end.command import balanced, finish
from end_to_end.pages import answer, article, front_page
from servers.raw_server import RawServer, Script
from servers.seaweedfs import SeaweedFS

from broadsheet.storage.archive import Archive

_PAGES = 24
_SECONDS = 60.0
_STORIES = {f"/story/{number}" for number in range(_PAGES)}


@pytest.fixture
def away(tmp_path: Path, seaweedfs: SeaweedFS, monkeypatch: pytest.MonkeyPatch) -> Iterator[Away]:
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    with archive_behind_proxy(tmp_path, seaweedfs) as found:
        yield found


def _site(seconds: float = 0.02, pages: int = _PAGES) -> dict[str, Script]:
    paths = [f"/story/{number}" for number in range(pages)]
    # Answered one a request, some seconds after its head.
    stories = {
        path: answer(article(f"Story {path}") + "<!-- " + "x" * 9000 + " -->", seconds=seconds) for path in paths
    }
    return {"/": answer(front_page(paths)), **stories}


def _until(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not condition():
        assert process.poll() is None, finish(process).stderr
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextmanager
def _crawling_while_away(away: Away, server: RawServer, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """Crawl; the store goes away with the first page and stays away."""
    url = f"http://127.0.0.1:{server.port}/"
    with away.broadsheet.started("crawl", "--allow-private", "--json", *options, url) as process:
        _until(lambda: len(server.log) > 1, process)
        away.take_away()
        yield process


def _found(archive: Archive, server: RawServer) -> set[str]:
    return {snapshot.url.removeprefix(f"http://127.0.0.1:{server.port}") for snapshot in archive.snapshots()}


def _once_and_whole(archive: Archive) -> None:
    inspection.check(archive.store)
    assert {len(versions) for versions in inspection.stored_versions(archive.store).values()} == {1}


def test_a_crawl_whose_store_is_away_for_all_of_it_drains_by_itself_when_it_is_back(away: Away) -> None:
    with RawServer(_site()) as server:
        with _crawling_while_away(away, server) as process:
            _until(lambda: {exchange.path for exchange in server.log} >= _STORIES, process)
            refused = len(away.proxy.requests)
            _until(lambda: len(away.proxy.requests) > refused + 10, process)
            assert not _found(away.archive, server)
            assert len(away.segments()) > 2
            away.bring_back()
            ended = finish(process)
        assert ended.status == 0, ended.stderr
        assert "what is captured waits in the spool meanwhile" in ended.stderr
        assert "the archive takes what is captured again" in ended.stderr
        assert balanced(ended.document)["outcomes"]["new"] == _PAGES
        assert _found(away.archive, server) == _STORIES
    _once_and_whole(away.archive)
    assert away.segments() == []


def test_a_crawl_that_is_killed_while_its_store_is_away_loses_nothing(away: Away, tmp_path: Path) -> None:
    with RawServer(_site()) as server:
        with _crawling_while_away(away, server) as process:
            _until(lambda: len(away.segments()) > 2, process)
            process.kill()
        acknowledged = inspection.captures_in(away.segments(), tmp_path)
        assert len(acknowledged) > 2
        assert not _found(away.archive, server)
        away.bring_back()
        away.broadsheet.crawl(f"http://127.0.0.1:{server.port}/")
        assert _found(away.archive, server) == _STORIES
    assert acknowledged <= {line.id for line in inspection.index_lines(away.archive.store)}
    _once_and_whole(away.archive)
    assert away.segments() == []


def test_fetching_pauses_when_the_spool_is_at_its_limit_and_goes_on_when_it_has_drained(away: Away) -> None:
    limit = 100_000
    away.broadsheet.environment["BROADSHEET_SPOOL_LIMIT"] = str(limit)  # type: ignore[index]  # it is a dict
    with RawServer(_site(seconds=0.2, pages=100)) as server:
        with _crawling_while_away(away, server) as process:
            # What is known of the captures counts too, and lies in files without names.
            _until(lambda: away.spool_bytes() >= limit // 2, process)
            asked = _when_nothing_more_is_asked(server, process)
            assert asked < 100
            most = away.spool_bytes()
            away.bring_back()
            ended = finish(process)
        assert ended.status == 0, ended.stderr
        # How much waits when that is noticed depends on how much comes in a quarter of a second.
        assert re.search(r"fetching pauses: \d+\.\d MiB wait in .*, and 0\.1 MiB are allowed to", ended.stderr), (
            ended.stderr
        )
        assert "fetching goes on" in ended.stderr
        assert balanced(ended.document)["outcomes"]["new"] == 100
    # What was under way is still taken: 32 requests at most.
    assert most < 2 * limit + 32 * 20_000
    _once_and_whole(away.archive)


def _when_nothing_more_is_asked(server: RawServer, process: subprocess.Popen[bytes]) -> int:
    """Return how many requests there were once no more came for a time in which dozens would have."""
    asked, since = len(server.log), time.monotonic()
    while time.monotonic() - since < 3:
        assert process.poll() is None, finish(process).stderr
        if len(server.log) > asked:
            asked, since = len(server.log), time.monotonic()
        time.sleep(0.02)
    return asked


def test_a_crawl_says_what_it_keeps_when_its_store_does_not_come_back_and_the_next_publishes_it(away: Away) -> None:
    hasty = replace(away, broadsheet=away.with_patience(1))
    with RawServer(_site()) as server:
        with _crawling_while_away(hasty, server) as process:
            ended = finish(process)
        assert ended.status == 1
        assert f"what was captured is in the spool: {len(server.log)} captures" in ended.stderr
        assert balanced(ended.document)["skipped"]["unpublished"] == _PAGES + 1
        assert ended.document["outcome"] == "failed", "nothing of it is in the archive"
        told = ended.document["measures"]
        assert told["store_errors"]["put_off"] > 0
        assert told["store_errors"]["repeated"] > 0
        assert (told["store_errors"]["refused"], told["bytes"]["stored"]) == (0, 0)
        away.bring_back()
        assert away.broadsheet("recover").status == 0
        assert _found(away.archive, server) == _STORIES
    _once_and_whole(away.archive)


def test_a_crawl_that_waits_for_its_store_ends_when_it_is_told_to(away: Away) -> None:
    patient = replace(away, broadsheet=away.with_patience(600))
    with RawServer(_site()) as server:
        with _crawling_while_away(patient, server) as process:
            _until(lambda: {exchange.path for exchange in server.log} >= _STORIES, process)
            os.kill(process.pid, signal.SIGTERM)
            ended = finish(process)
        assert ended.status == 130, ended.stderr
        assert "interrupted: what was captured is in the spool" in ended.stderr
        balanced(ended.document)
        away.bring_back()
        away.broadsheet.crawl(f"http://127.0.0.1:{server.port}/")
        assert _found(away.archive, server) == _STORIES
    _once_and_whole(away.archive)


def test_a_store_that_refuses_ends_the_crawl_at_once_and_what_was_captured_is_kept(away: Away) -> None:
    with RawServer(_site(seconds=1.0, pages=100)) as server:
        url = f"http://127.0.0.1:{server.port}/"
        with away.broadsheet.started("crawl", "--allow-private", "--json", url) as process:
            _until(lambda: len(server.log) > 1, process)
            away.proxy.fault_for_all = 403
            ended = finish(process)
        assert ended.status == 1
        assert ended.document["measures"]["store_errors"]["refused"] == 1
        assert "(HTTP 403)" in ended.stderr
        assert "what was captured is in the spool" in ended.stderr
        assert len(server.log) < 100
        away.bring_back()
        assert away.broadsheet("recover").status == 0
        kept = {exchange.path for exchange in server.log} & {f"/story/{number}" for number in range(100)}
        assert _found(away.archive, server) == kept
    _once_and_whole(away.archive)
