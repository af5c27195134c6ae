"""Several writers on one archive in a bucket, on one machine and on two, one of them killed: no harm is done."""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from end_to_end import inspection
from end_to_end.command import Broadsheet, balanced, finish
from end_to_end.pages import answer, article, front_page
from servers.raw_server import RawServer, Script
from servers.seaweedfs import SeaweedFS

from broadsheet.storage.archive import Archive

_PAGES = 24
_SECONDS = 60.0
_SOME_PAGES = 8_000  # bytes


def _site(edition: str) -> dict[str, Script]:
    paths = [f"/story/{number}" for number in range(_PAGES)]
    stories = {path: answer(article(f"{edition} story {path}"), seconds=0.2) for path in paths}
    return {"/": answer(front_page(paths)), **stories}


def _machine(archive: str, server: SeaweedFS, state: Path) -> Broadsheet:
    return Broadsheet(archive, {**server.environment, "BROADSHEET_STATE": str(state)})


def test_writers_on_two_machines_and_one_that_is_killed_leave_every_version_once(
    tmp_path: Path, seaweedfs: SeaweedFS, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    uri = seaweedfs.uri(seaweedfs.make_bucket(), "archive")
    first, second = (_machine(uri, seaweedfs, tmp_path / state) for state in ("first", "second"))
    with RawServer(_site("first")) as server:
        url = f"http://127.0.0.1:{server.port}"
        crawl = ("crawl", "--allow-private", "--json", f"{url}/")
        with ExitStack() as stack:
            killed = stack.enter_context(first.started(*crawl))
            deadline = time.monotonic() + _SECONDS
            while not (segments := _segments_with_pages(tmp_path / "first")):
                assert killed.poll() is None, finish(killed).stderr
                assert time.monotonic() < deadline
                time.sleep(0.01)
            # Held where it is, it is in the middle of its crawl while the others run, however slow they are to start.
            os.kill(killed.pid, signal.SIGSTOP)
            others = [stack.enter_context(machine.started(*crawl)) for machine in (first, second)]
            ended = [finish(process) for process in others]
            killed.kill()
        assert [each.status for each in ended] == [0, 0], [each.stderr for each in ended]
        acknowledged = inspection.captures_in(
            [segment for segment in segments if segment.exists()], _made(tmp_path / "scratch")
        )
        assert [balanced(each.document)["outcomes"]["failed"] for each in ended] == [0, 0]
        assert first("recover").status == 0
        assert second("verify", "--deep").status == 0
    archive = Archive.open(uri)
    wanted = {f"{url}/story/{number}" for number in range(_PAGES)}
    assert {snapshot.url for snapshot in archive.snapshots()} == wanted
    assert {len(list(archive.versions(page))) for page in wanted} == {1}
    lines = inspection.index_lines(archive.store)
    assert len({line.id for line in lines}) == len(lines)
    assert acknowledged
    assert acknowledged <= {line.id for line in lines}
    inspection.check_readable(archive.store)
    # Each writer tells of what it saw; whoever follows them takes equal neighbours for one.
    told = [change.snapshot_key for change in archive.changes()]
    assert len(told) == len(set(told))
    assert {change.url for change in archive.changes()} == wanted
    assert list((tmp_path / "first").glob("*/spool/*/*-*")) == []


def _segments_with_pages(state: Path) -> list[Path]:
    return [segment for segment in state.rglob("open.warc.gz") if segment.stat().st_size > _SOME_PAGES]


def _made(directory: Path) -> Path:
    directory.mkdir()
    return directory
