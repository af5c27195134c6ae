"""A crawl that was cut off goes on where it was: nothing is missed, and only what was in flight is fetched again."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from pathlib import Path

import pytest
from crash.killing import Ends, kill_again_and_again
from crash.sites import plain_site, troubled_site
from end_to_end.command import Broadsheet, balanced, finish
from end_to_end.pages import OF_THE_SITE, answer, article, front_page
from servers.postgresql import PostgreSQL
from servers.raw_server import RawServer, Script

_STORIES = 60


def _site(seconds: float) -> dict[str, Script]:
    paths = [f"/story/{number}" for number in range(_STORIES)]
    return {"/": answer(front_page(paths))} | {
        path: answer(article(f"Story {path}"), seconds=seconds) for path in paths
    }


def test_a_crawl_that_is_killed_again_and_again_misses_nothing(tmp_path: Path) -> None:
    seed = random.getrandbits(32)
    print(f"the moments come from the seed {seed}")  # noqa: T201 - pytest shows it when the test fails
    kill_again_and_again(tmp_path, plain_site(100, seed, 0.03), Ends(kills=3, seed=seed)).check()


def test_a_crawl_of_a_site_with_all_that_makes_trouble_misses_nothing_when_it_is_killed(tmp_path: Path) -> None:
    seed = random.getrandbits(32)
    print(f"the moments come from the seed {seed}")  # noqa: T201 - pytest shows it when the test fails
    kill_again_and_again(tmp_path, troubled_site(48, seed, 0.03), Ends(kills=3, seed=seed)).check()


def test_a_crawl_whose_frontier_is_in_postgresql_goes_on_as_well(
    tmp_path: Path, postgresql_server: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = random.getrandbits(32)
    print(f"the moments come from the seed {seed}")  # noqa: T201 - pytest shows it when the test fails
    monkeypatch.setenv("BROADSHEET_FRONTIER", postgresql_server.address)
    broadsheet = Broadsheet(str(tmp_path / "archive"), {"BROADSHEET_FRONTIER": postgresql_server.address})
    kill_again_and_again(tmp_path, plain_site(40, seed, 0.03), Ends(kills=2, seed=seed), broadsheet).check()
    assert not (tmp_path / "archive" / ".local" / "frontier.sqlite").exists()


def test_a_crawl_that_was_interrupted_goes_on_and_its_summary_counts_the_whole(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    with RawServer(_site(seconds=0.1)) as server:
        url = f"http://127.0.0.1:{server.port}/"
        with broadsheet.started("crawl", "--allow-private", "--json", url) as process:
            while len(server.log) < _STORIES // 3:
                assert process.poll() is None, finish(process).stderr
            os.kill(process.pid, signal.SIGTERM)
            first = finish(process)
        asked = len(server.log)
        again = broadsheet("crawl", "--allow-private", "--json", url)
        counted = Counter(exchange.path for exchange in server.log if exchange.path not in OF_THE_SITE)
    assert (first.status, again.status) == (130, 0), first.stderr + again.stderr
    assert asked < _STORIES
    assert set(counted.values()) == {1}, "what the first had fetched was fetched again"
    assert f"going on with the crawl of {url} that began at " in again.stderr
    before, after = balanced(first.document), balanced(again.document)
    assert (before["discovered"], after["discovered"]) == (_STORIES + 1, _STORIES + 1)
    assert before["skipped"] == {"interrupted": _STORIES - before["outcomes"]["new"]}
    assert (after["outcomes"]["new"], after["fetched"], after["skipped"]) == (_STORIES, _STORIES + 1, {})
    assert after["started_at"] == before["started_at"]
    assert after["segments"][: len(before["segments"])] == before["segments"]


def test_a_crawl_that_came_to_its_end_is_begun_anew(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    with RawServer(_site(seconds=0)) as server:
        url = f"http://127.0.0.1:{server.port}/"
        broadsheet.crawl(url)
        assert broadsheet.crawl(url)["outcomes"]["unchanged"] == _STORIES
        assert len(server.exchanges("/story/1")) == 2
