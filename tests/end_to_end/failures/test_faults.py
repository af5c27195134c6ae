"""What a crawl does when something of ours fails: the disk, the readers, whoever looks at its progress."""

from __future__ import annotations

import gzip
import os
import random
import signal
import sys
import time
from pathlib import Path

from end_to_end import inspection
from end_to_end.command import BROADSHEET, Broadsheet, finish
from end_to_end.pages import answer, article, front_page
from servers.raw_server import RawServer, Script

from broadsheet.storage.archive import Archive

_PAGES = 12
_SECONDS = 60.0
_MIB = 1024 * 1024
# Readers are started with this interpreter; there is none.
_NO_READERS = "import sys; sys.executable = '/bin/false'; from broadsheet.scheduler.cli import main; main()"
# Whoever was shown the progress has gone: rich ends the program then.
_NOBODY_LOOKS = """
import sys
from broadsheet.crawler.crawling import crawl
from broadsheet.crawler.job import CrawlJob
from broadsheet.storage.workspace import Workspace

def show(ledger):
    raise {error}

with Workspace.open(sys.argv[2]) as workspace:
    job = CrawlJob(source="site", targets=[sys.argv[3]], user_agent="test", allow_private=True)
    results = []
    crawl.run(workspace, [job], show, finished=results.append)
    print("interrupted" if results[0].interrupted else "finished")
"""
# The disk fails at the third time that captures are brought to it.
_FAILING_DISK = """
import errno, os
from broadsheet.scheduler.cli import main

times = 0
to_the_disk = os.fdatasync

def fdatasync(descriptor):
    global times
    times += 1
    if times == 3:
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    to_the_disk(descriptor)

os.fdatasync = fdatasync
main()
"""


def _site(pages: int = _PAGES, *, seconds: float = 0.0, padding: int = 0) -> dict[str, Script]:
    chance = random.Random(1)
    paths = [f"/story/{number}" for number in range(pages)]
    stories = {path: article(f"Story {path}") + f"<!-- {chance.randbytes(padding).hex()} -->" for path in paths}
    scripts = {path: answer(page, seconds=seconds) for path, page in stories.items()}
    return {"/": answer(front_page(paths)), **scripts}


def _stories(archive: Path) -> set[str]:
    return {"/" + snapshot.url.split("/", 3)[3] for snapshot in Archive.open(str(archive)).snapshots()}


def _spool(archive: Path) -> list[Path]:
    return list((archive / ".local" / "spool").glob("*/*-*"))


def _limited(kibibytes: int) -> tuple[str, ...]:
    """The command where no file may grow longer: to whoever writes one, a full disk."""
    return ("sh", "-c", f'ulimit -f {2 * kibibytes}; exec "$0" "$@"', BROADSHEET)


def test_a_full_disk_ends_the_crawl_at_once_and_what_was_captured_before_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "archive"
    with RawServer(_site(padding=200_000)) as server:
        url = f"http://127.0.0.1:{server.port}/"
        ended = Broadsheet(str(path), program=_limited(1024))("crawl", "--allow-private", url)
        assert ended.status != 0
        asked = [exchange.path for exchange in server.log]
        assert len(asked) == len(set(asked)), "a page that could not be recorded was asked for again"
        assert f"{path / '.local' / 'spool'} cannot be written" in ended.stderr
        assert "make room and crawl again: what was captured before is in the archive" in ended.stderr
        assert _spool(path) == []
        before = _stories(path)
        assert 0 < len(before) < _PAGES
        Broadsheet(str(path)).crawl(url)
    assert len(_stories(path)) == _PAGES
    inspection.check(Archive.open(str(path)).store)


def test_a_disk_that_is_full_from_the_start_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "archive"
    plain = Broadsheet(str(path))
    with RawServer(_site()) as server:
        url = f"http://127.0.0.1:{server.port}/"
        plain.crawl(url)
        script = (
            "import resource; from broadsheet.storage.publishing.lane import Lane; opened = Lane.open_batch\n"
            "def open_batch(*arguments):\n"
            "    resource.setrlimit(resource.RLIMIT_FSIZE, (16, resource.RLIM_INFINITY))\n"
            "    return opened(*arguments)\n"
            "Lane.open_batch = open_batch\n"
            "from broadsheet.scheduler.cli import main; main()"
        )
        ended = Broadsheet(str(path), program=(sys.executable, "-c", script))("crawl", "--allow-private", url)
    assert ended.status != 0
    assert "make room and crawl again" in ended.stderr
    assert _spool(path) == []


def test_where_no_reader_starts_the_pages_wait_in_the_spool_for_the_next_crawl(tmp_path: Path) -> None:
    path = tmp_path / "archive"
    program = (sys.executable, "-c", _NO_READERS)
    with RawServer(_site()) as server, RawServer(_site()) as other:
        url = f"http://127.0.0.1:{server.port}/story/1"
        ended = Broadsheet(str(path), program=program)("crawl", "--allow-private", url)
        assert ended.status != 0
        assert "what it had captured is in the spool: 3 captures" in ended.stderr  # robots.txt, tdmrep.json, the story
        assert "the next crawl publishes it" in ended.stderr
        assert len(_spool(path)) == 1
        Broadsheet(str(path)).crawl(f"http://127.0.0.1:{other.port}/story/2")
        assert [exchange.path for exchange in server.log].count("/story/1") == 1
    assert _stories(path) == {"/story/1", "/story/2"}
    assert _spool(path) == []


def test_a_disk_that_fails_ends_the_crawl_and_the_message_says_why(tmp_path: Path) -> None:
    path = tmp_path / "archive"
    program = (sys.executable, "-c", _FAILING_DISK)
    with RawServer(_site(seconds=0.5)) as server:
        url = f"http://127.0.0.1:{server.port}/"
        ended = Broadsheet(str(path), program=program)("crawl", "--allow-private", url)
    assert ended.status != 0
    assert "broke off (OSError: [Errno 5] Input/output error); what it had captured is in the archive" in ended.stderr
    assert _spool(path) == []
    assert _stories(path) < set(_site())


def test_a_crawl_whose_progress_nobody_can_be_shown_still_ends_when_it_is_told_to(tmp_path: Path) -> None:
    for error in ("BrokenPipeError", "SystemExit(1)"):
        path = tmp_path / error
        script = _NOBODY_LOOKS.format(error=error)
        broadsheet = Broadsheet(str(path), program=(sys.executable, "-c", script))
        with (
            RawServer(_site(80, seconds=1.5)) as server,
            broadsheet.started(f"http://127.0.0.1:{server.port}/") as process,
        ):
            deadline = time.monotonic() + _SECONDS
            while len(server.log) < 4:
                assert process.poll() is None, finish(process).stderr
                assert time.monotonic() < deadline
                time.sleep(0.01)
            time.sleep(1)
            os.kill(process.pid, signal.SIGTERM)
            ended = finish(process)
        assert (ended.status, ended.text) == (0, "interrupted\n"), ended.stderr
        assert 0 < len(_stories(path)) < 80


def test_a_transfer_coding_that_inflates_beyond_all_measure_is_archived_as_it_came(tmp_path: Path) -> None:
    path = tmp_path / "archive"
    bomb = gzip.compress(bytes(256 * _MIB), 9)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
    response = head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(bomb), bomb)
    with RawServer({"/": Script((response,))}) as server:
        ended = Broadsheet(str(path))("crawl", "--allow-private", f"http://127.0.0.1:{server.port}/")
    assert "inflates (gzip) to more than the limit" in ended.text
    archive = Archive.open(str(path))
    (page,) = [line for line in inspection.index_lines(archive.store) if line.url.endswith("/")]
    assert page.digest == "-"
    assert Broadsheet(str(path))("verify", "--deep").status == 0
    assert response in b"".join(gzip.decompress(segment) for _, segment in inspection.warcs(archive.store))
