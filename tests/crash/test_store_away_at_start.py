"""The store is away when a crawl begins: it begins all the same, loses nothing, and publishes nothing taken down."""

from __future__ import annotations

import gzip
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from crash.away import Away, archive_behind_proxy
from end_to_end import inspection
from end_to_end.command import Broadsheet, Finished, balanced, finish
from end_to_end.pages import answer, article, front_page
from servers.raw_server import RawServer, Script
from servers.seaweedfs import SeaweedFS

_SECONDS = 60.0


@pytest.fixture
def away(tmp_path: Path, seaweedfs: SeaweedFS, monkeypatch: pytest.MonkeyPatch) -> Iterator[Away]:
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    with archive_behind_proxy(tmp_path, seaweedfs) as found:
        yield found


def _site(**stories: str) -> dict[str, Script]:
    """A front page and its articles; each has a validator."""
    pages = {
        f"/{name}": answer(article(f"Story {name}", text=text), headers=[("ETag", f'"{text[:9]}"')])
        for name, text in stories.items()
    }
    return {"/": answer(front_page(pages)), **pages}


def _text(name: str, edition: str = "first") -> str:
    return f"{edition} edition of {name}. " + "The council will look at the tide of the harbour in the morning. " * 12


def _crawl(broadsheet: Broadsheet, server: RawServer) -> Finished:
    return broadsheet("crawl", "--allow-private", "--json", f"http://127.0.0.1:{server.port}/")


def _editions(away: Away, server: RawServer) -> dict[str, list[str]]:
    """The versions of each article, each by the first word of its text."""
    found = inspection.stored_versions(away.archive.store)
    return {
        url.removeprefix(f"http://127.0.0.1:{server.port}/"): [
            (document.article.text or "").split()[0] if document.article else "gone" for _, document in versions
        ]
        for url, versions in found.items()
    }


def test_a_crawl_that_begins_while_the_store_is_away_is_published_later_without_what_was_taken_down_meanwhile(
    away: Away, tmp_path: Path
) -> None:
    scripts = _site(old=_text("old"), edited=_text("edited"), taken=_text("taken"))
    with RawServer(scripts) as server:
        assert _crawl(away.broadsheet, server).status == 0
        elsewhere = Broadsheet(
            away.broadsheet.archive,
            {**away.broadsheet.environment, "BROADSHEET_STATE": str(tmp_path / "elsewhere")}
            | {"AWS_ENDPOINT_URL_S3": f"http://{':'.join(map(str, away.proxy.target))}"},
        )
        away.take_away()
        taken = f"http://127.0.0.1:{server.port}/taken"
        assert elsewhere("forget", taken, "--reason", "a court says so").status == 0
        scripts |= _site(
            old=_text("old"), edited=_text("edited", "second"), taken=_text("taken", "secret"), new=_text("new")
        )
        asked_before = len(server.log)

        ended = _crawl(away.with_patience(1), server)

        assert ended.status == 1
        assert "the archive does not answer" in ended.stderr
        assert "what was captured is in the spool" in ended.stderr
        assert balanced(ended.document)["skipped"]["unpublished"] == 5
        old = next(exchange for exchange in server.log[asked_before:] if exchange.path == "/old")
        assert b'If-None-Match: "first edi"' in old.request, "what is known here is asked for as ever"

        away.bring_back()
        assert away.broadsheet("recover").status == 0
        assert _editions(away, server) == {"old": ["first"], "edited": ["first", "second"], "new": ["first"]}
    inspection.check_deeply(away.archive.store)
    assert away.segments() == []
    assert not any(b"secret edition" in gzip.decompress(segment) for _, segment in inspection.warcs(away.archive.store))


def test_a_crawl_that_began_while_the_store_was_away_drains_what_earlier_ones_left_when_it_is_back(away: Away) -> None:
    scripts = _site(old=_text("old"))
    with RawServer(scripts) as server:
        assert _crawl(away.broadsheet, server).status == 0
        away.take_away()
        scripts |= _site(old=_text("old"), early=_text("early"), gone=_text("gone"))
        assert _crawl(away.with_patience(0.5), server).status == 1
        # What stood only while the store was away is known of nowhere else.
        del scripts["/gone"]
        scripts |= _site(old=_text("old"), early=_text("early", "second"), late=_text("late"))
        asked_before = len(server.log)
        url = f"http://127.0.0.1:{server.port}/"
        with away.broadsheet.started("crawl", "--allow-private", "--json", url) as process:
            _until(lambda: "/late" in {exchange.path for exchange in server.log[asked_before:]}, process)
            assert set(_editions(away, server)) == {"old"}
            away.bring_back()
            ended = finish(process)

        assert ended.status == 0, ended.stderr
        assert "finished batch" in ended.stderr
        assert balanced(ended.document)["skipped"].get("unpublished", 0) == 0
        found = _editions(away, server)
    assert found.pop("gone")[0] == "first"
    assert found == {"old": ["first"], "early": ["first", "second"], "late": ["first"]}
    inspection.check(away.archive.store)
    assert away.segments() == []


def test_a_machine_that_never_read_the_archive_begins_nothing_while_the_store_is_away(away: Away) -> None:
    away.take_away()
    with RawServer(_site(new=_text("new"))) as server:
        ended = _crawl(away.broadsheet, server)
        assert ended.status == 1
        assert "cannot use bucket" in ended.stderr
        assert server.log == []


def _until(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not condition():
        assert process.poll() is None, finish(process).stderr
        assert time.monotonic() < deadline
        time.sleep(0.02)
