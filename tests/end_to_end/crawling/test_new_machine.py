"""A machine that knows nothing of a large archive fetches while it reads what that holds, and takes nothing for new."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from archiving.writer import Visit, Writer, answer
from crash.away import Away, archive_behind_proxy
from end_to_end import inspection, new_machine, pages
from end_to_end.command import balanced, finish
from servers.faulty_proxy import SeenRequest
from servers.raw_server import RawServer, Script
from servers.seaweedfs import SeaweedFS

from broadsheet.storage.model import Article
from broadsheet.storage.stores.objects import open_store
from broadsheet.storage.versions import Finding

_SECONDS = 60.0
_PUBLICATIONS = 8  # so many make a run: then one article is found without reading a single index segment
_ETAG = [("ETag", '"1"')]
_UNCHANGED = Script((b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n',))


@dataclass(frozen=True)
class _Newspaper:
    """A site whose articles are archived, and whose archive gives no index segment before `read` is set."""

    away: Away
    server: RawServer
    read: threading.Event

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server.port}{path}"

    def asked(self, path: str) -> bool:
        return bool(self.server.exchanges(path))

    def until(self, condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _SECONDS
        while not condition():
            assert process.poll() is None, finish(process).stderr
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.fixture
def newspaper(tmp_path: Path, seaweedfs: SeaweedFS, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Newspaper]:
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    read = threading.Event()

    def hold_back(_number: int, request: SeenRequest) -> int | None:
        return 503 if "/index/" in request.path.partition("?")[0] and not read.is_set() else None

    stories = [f"/story/{number}" for number in range(_PUBLICATIONS)]
    scripts = {"/": pages.answer(pages.front_page(stories)), **dict.fromkeys(stories, _UNCHANGED)}
    with (
        archive_behind_proxy(tmp_path, seaweedfs, hold_back, program=new_machine.__file__) as away,
        RawServer(scripts) as server,
    ):
        found = _Newspaper(away, server, read)
        writer = Writer(open_store(away.broadsheet.archive), tmp_path / "writer")
        for number, story in enumerate(stories):
            at = datetime.now(UTC) - timedelta(hours=1, minutes=-number)
            body = f"<p>What {story} tells.</p>".encode()
            finding = Finding(article=Article(title=story, text=f"What {story} tells."))
            writer.publish(Visit(url=found.url(story), at=at, response=answer(body, headers=_ETAG), finding=finding))
        writer.catalog.close()
        yield found


def test_an_article_is_asked_for_as_what_the_index_knows_of_it_and_judged_when_everything_is_read(
    newspaper: _Newspaper,
) -> None:
    before = inspection.version_set(newspaper.away.archive)
    command = newspaper.away.broadsheet
    with command.started(
        "crawl", "--allow-private", "--json", "--max-depth", "0", newspaper.url("/story/3")
    ) as process:
        newspaper.until(lambda: newspaper.asked("/story/3"), process)
        newspaper.read.set()
        ended = finish(process)

    assert ended.status == 0, ended.stderr
    assert balanced(ended.document)["outcomes"]["unchanged"] == 1
    (asked,) = newspaper.server.exchanges("/story/3")
    assert inspection.request_headers(asked.request)["if-none-match"] == '"1"'
    assert inspection.version_set(newspaper.away.archive) == before
    inspection.check(newspaper.away.archive.store)


def test_a_crawl_follows_no_link_before_it_knows_what_the_archive_holds(newspaper: _Newspaper) -> None:
    before = inspection.version_set(newspaper.away.archive)
    command = newspaper.away.broadsheet
    with command.started("crawl", "--allow-private", "--json", newspaper.url("/")) as process:
        newspaper.until(lambda: newspaper.asked("/"), process)
        refused = len(newspaper.away.proxy.requests)
        newspaper.until(lambda: len(newspaper.away.proxy.requests) > refused + 5, process)
        assert not newspaper.asked("/story/0")
        newspaper.read.set()
        ended = finish(process)

    assert ended.status == 0, ended.stderr
    assert balanced(ended.document)["outcomes"]["unchanged"] == _PUBLICATIONS
    assert inspection.version_set(newspaper.away.archive) == before
    inspection.check(newspaper.away.archive.store)


def test_a_crawl_that_does_not_get_to_know_what_the_archive_holds_ends_when_it_is_told_to(
    newspaper: _Newspaper,
) -> None:
    command = newspaper.away.broadsheet
    with command.started("crawl", "--allow-private", "--json", newspaper.url("/")) as process:
        newspaper.until(lambda: newspaper.asked("/"), process)
        process.terminate()
        ended = finish(process)

    assert ended.status == 130, ended.stderr
    assert "interrupted: what was captured is in the spool" in ended.stderr
    newspaper.read.set()
    assert newspaper.away.broadsheet.crawl(newspaper.url("/"))["outcomes"]["unchanged"] == _PUBLICATIONS
    inspection.check(newspaper.away.archive.store)
