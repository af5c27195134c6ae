"""Crawls that are killed, interrupted or run beside others lose nothing that they captured, and store nothing twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
from end_to_end import inspection
from end_to_end.command import Broadsheet, balanced, finish
from end_to_end.pages import OF_THE_SITE, answer, article, front_page, robots
from servers.raw_server import RawServer, Script

from broadsheet.crawler.settings import CONCURRENT_REQUESTS_PER_DOMAIN
from broadsheet.storage.archive import Archive

_PAGES = 120
_SECONDS_A_PAGE = 0.02
_MOMENTS = 5
# The last moments are those when all pages have come and the archive is written.
_WHILE_FETCHING = 4
_SECONDS = 60.0


def _site(pages: int, seconds: float = _SECONDS_A_PAGE) -> dict[str, Script]:
    """Return a front page, sections of ten articles, and the articles, each of which takes some time."""
    articles = [f"/story/{number}" for number in range(pages)]
    sections = [articles[start : start + 10] for start in range(0, pages, 10)]
    scripts = {"/": answer(front_page(f"/section/{number}" for number in range(len(sections))))}
    scripts |= {f"/section/{number}": answer(front_page(links)) for number, links in enumerate(sections)}
    for path in articles:
        scripts[path] = answer(article(f"Story {path}"), seconds=seconds)
    return scripts


_ARTICLES = {f"/story/{number}" for number in range(_PAGES)}
_REQUESTS = 1 + 1 + _PAGES // 10 + _PAGES


class Killed(NamedTuple):
    """A crawl that was killed, and the plain one after it.

    Attributes:
        moment: When it was killed, for people.
        archive: The archive after both.
        acknowledged: The record ids of the captures that lay whole in the spool after the kill.
        orphans: Processes of the killed crawl that outlived it.
        found: The paths of the articles that the archive then had.
        spool: How many batches were left at the end.
    """

    moment: str
    archive: Archive
    acknowledged: set[str]
    orphans: list[psutil.Process]
    found: set[str]
    spool: int


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> list[Killed]:
    """Kill five crawls at random moments, spread over the run; crawl again each time."""
    seed = random.getrandbits(32)
    print(f"the moments come from the seed {seed}")  # noqa: T201 - pytest shows it when a test fails
    directory = tmp_path_factory.mktemp("kill")
    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(lambda number: _kill(directory / str(number), number, seed), range(_MOMENTS)))


def _kill(directory: Path, number: int, seed: int) -> Killed:
    chance = random.Random(f"{seed}/{number}")
    share = (number + chance.random()) / _WHILE_FETCHING
    answered, seconds = min(int(share * _REQUESTS), _REQUESTS), chance.random() * (0.03 if share < 1 else 0.6)
    directory.mkdir()
    plain = Broadsheet(str(directory / "archive"))
    with RawServer(_site(_PAGES)) as server:
        url = f"http://127.0.0.1:{server.port}"
        with plain.started("crawl", "--allow-private", f"{url}/") as process:
            _until_answered(server, answered, process)
            time.sleep(seconds)
            readers = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        (directory / "scratch").mkdir()
        acknowledged = inspection.captures_in_spool(directory / "archive", directory / "scratch")
        archive = Archive.open(plain.archive)
        inspection.check_readable(archive.store)
        plain.crawl(f"{url}/")
        _, orphans = psutil.wait_procs(readers, timeout=_SECONDS)
    found = {snapshot.url.removeprefix(url) for snapshot in archive.snapshots()}
    spool = len(inspection.batches_in_spool(directory / "archive"))
    return Killed(f"after {answered} answers and {seconds:.3f} s", archive, acknowledged, orphans, found, spool)


@pytest.mark.parametrize("number", range(_MOMENTS))
def test_after_a_kill_the_plain_command_loses_nothing_and_repeats_nothing(killed: list[Killed], number: int) -> None:
    crawl = killed[number]
    inspection.check(crawl.archive.store)
    lost = crawl.acknowledged - {line.id for line in inspection.index_lines(crawl.archive.store)}
    assert not lost, crawl.moment
    assert crawl.found == _ARTICLES, crawl.moment
    assert all(len(versions) == 1 for versions in inspection.stored_versions(crawl.archive.store).values())
    assert crawl.spool == 0


def test_no_reader_outlives_the_crawl_that_was_killed(killed: list[Killed]) -> None:
    assert [crawl.moment for crawl in killed if crawl.orphans] == []


def test_the_moments_are_spread_over_the_run(killed: list[Killed]) -> None:
    caught = [crawl for crawl in killed if crawl.acknowledged]
    assert len(caught) > 1
    assert len({len(crawl.acknowledged) for crawl in caught}) > 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_an_interrupted_crawl_publishes_what_it_has_and_its_ledger_adds_up(
    tmp_path: Path, number: signal.Signals
) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    with RawServer(_site(_PAGES, seconds=0.2)) as server:
        url = f"http://127.0.0.1:{server.port}"
        with broadsheet.started("crawl", "--allow-private", "--json", f"{url}/") as process:
            _until_answered(server, 30, process)
            # As a terminal does with Ctrl-C, and a service manager with SIGTERM: to all processes of the group.
            os.killpg(process.pid, number)
            ended = finish(process)
        asked = {url + exchange.path for exchange in server.log if exchange.path not in OF_THE_SITE}
    assert ended.status == 130, ended.stderr
    summary = balanced(ended.document)
    assert summary["skipped"]["interrupted"] > 0
    assert summary["outcomes"]["failed"] == 0
    assert len(asked) < _REQUESTS - 1
    archive = Archive.open(broadsheet.archive)
    inspection.check(archive.store)
    captured = {line.url for line in inspection.index_lines(archive.store)} - {url + path for path in OF_THE_SITE}
    assert captured == asked
    assert summary["fetched"] == len(captured)
    # What came in was read before the end: an interruption costs no version.
    stories = {page for page in captured if "/story/" in page}
    assert summary["outcomes"]["new"] == len(stories) == len(inspection.version_set(archive))
    assert inspection.batches_in_spool(tmp_path / "archive") == []


def test_an_interrupted_crawl_waits_for_no_delay_between_requests(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    scripts = {**_site(20), "/robots.txt": robots("Crawl-delay: 5")}
    with RawServer(scripts) as server:
        url = f"http://127.0.0.1:{server.port}"
        with broadsheet.started("crawl", "--allow-private", "--json", f"{url}/", f"{url}/story/1") as process:
            _until_answered(server, 3, process)
            process.terminate()
            ended = finish(process)
        asked = [exchange.path for exchange in server.log if exchange.path not in OF_THE_SITE]
    assert ended.status == 130, ended.stderr
    assert len(asked) < 3
    assert balanced(ended.document)["skipped"]["interrupted"] > 0


def test_an_interrupted_crawl_cuts_off_a_page_that_trickles_and_publishes_the_rest(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    whole = answer(article("A story without end")).response
    trickle = Script((whole[:-200], *(whole[at : at + 1] for at in range(len(whole) - 200, len(whole)))), pause=1)
    with RawServer(
        {"/": answer(front_page(["/story/1"])), "/story/1": answer(article("1")), "/slow": trickle}
    ) as server:
        url = f"http://127.0.0.1:{server.port}"
        with broadsheet.started("crawl", "--allow-private", "--json", f"{url}/", f"{url}/slow") as process:
            _until_answered(server, len(OF_THE_SITE) + 3, process)
            _until_read(process)
            process.terminate()
            ended = finish(process)
        (exchange,) = server.exchanges("/slow")
        assert len(exchange.response) < len(whole)
    assert ended.status == 130, ended.stderr
    assert balanced(ended.document)["outcomes"]["new"] == 1
    lines = {line.url: line for line in inspection.index_lines(Archive.open(broadsheet.archive).store)}
    assert lines[f"{url}/slow"].truncated == "unspecified"
    assert inspection.batches_in_spool(tmp_path / "archive") == []


def test_an_interrupted_crawl_reads_a_long_page_no_further_and_the_next_follows_it_without_fetching_it_again(
    tmp_path: Path,
) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    site = {"/": answer(front_page(["/long"])), "/long": answer(article("Long", links=["/behind"]), seconds=1.0)}
    with RawServer({**site, "/behind": answer(article("Behind"))}) as server:
        url = f"http://127.0.0.1:{server.port}"
        with broadsheet.started("crawl", "--allow-private", f"{url}/") as process:
            while not server.exchanges("/long"):
                assert process.poll() is None
                time.sleep(0.02)
            while len(server.exchanges("/long")[0].response) < len(site["/long"].response):
                _suspend_readers(process)
            process.terminate()
            while process.poll() is None:
                _suspend_readers(process)
            ended = finish(process)
        assert ended.status == 130, ended.stderr
        assert "in the spool" in ended.stderr
        assert len(inspection.batches_in_spool(tmp_path / "archive")) == 1
        outcomes = broadsheet.crawl(f"{url}/")["outcomes"]
        assert outcomes["new"] == 2
        assert [len(server.exchanges(path)) for path in ("/", "/long", "/behind")] == [1, 1, 1]


def _suspend_readers(process: subprocess.Popen[bytes]) -> None:
    """Have the readers of a crawl stand still, as if their page took for ever."""
    for reader in _readers(process.pid):
        with suppress(psutil.Error):
            reader.suspend()
    time.sleep(0.05)


def _until_read(process: subprocess.Popen[bytes]) -> None:
    """Wait until a reader has started, and has nothing to do."""
    before = -1.0
    deadline = time.monotonic() + _SECONDS
    while (seconds := _seconds_of_readers(process.pid)) != before or not seconds:
        assert time.monotonic() < deadline
        before = seconds
        time.sleep(0.5)


def _seconds_of_readers(crawl: int) -> float:
    """Return the most CPU time that a process has had which reads pages for a crawl."""
    seconds = [0.0]
    for reader in _readers(crawl):
        with suppress(psutil.Error):
            seconds.append(sum(reader.cpu_times()[:2]))
    return max(seconds)


def _readers(crawl: int) -> list[psutil.Process]:
    """Return the processes that read pages for a crawl."""
    found = []
    with suppress(psutil.Error):
        for child in psutil.Process(crawl).children(recursive=True):
            with suppress(psutil.Error):
                if "broadsheet.crawler.reading.worker" in child.cmdline():
                    found.append(child)
    return found


@pytest.fixture
def two_sites() -> Iterator[list[RawServer]]:
    """Two sites of 40 articles."""
    with RawServer(_site(40)) as first, RawServer(_site(40)) as second:
        yield [first, second]


def test_two_crawls_of_one_archive_at_the_same_time_lose_nothing(tmp_path: Path, two_sites: list[RawServer]) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    first, second = (f"http://127.0.0.1:{server.port}" for server in two_sites)
    crawl = ("crawl", "--allow-private", "--json", f"{second}/")
    with ExitStack() as stack:
        processes = [stack.enter_context(broadsheet.started(*crawl, f"{url}/")) for url in (first, second, first)]
        ended = [finish(process) for process in processes]
    assert [each.status for each in ended] == [0, 0, 0], [each.stderr for each in ended]
    for each in ended:
        balanced(each.document)
    archive = Archive.open(broadsheet.archive)
    wanted = {f"{url}/story/{number}" for url in (first, second) for number in range(40)}
    assert {snapshot.url for snapshot in archive.snapshots()} == wanted
    # Each wrote what it saw; a reader sees every version once.
    assert {len(list(archive.versions(url))) for url in wanted} == {1}
    lines = inspection.index_lines(archive.store)
    assert len({line.id for line in lines}) == len(lines) == sum(len(server.log) for server in two_sites)
    inspection.check_readable(archive.store)
    assert inspection.batches_in_spool(tmp_path / "archive") == []


def test_a_recovery_leaves_alone_what_another_process_is_still_writing(tmp_path: Path) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    with RawServer(_site(_PAGES)) as server, RawServer(_site(10)) as other:
        url = f"http://127.0.0.1:{server.port}"
        with broadsheet.started("crawl", "--allow-private", "--json", f"{url}/") as slow:
            _until_answered(server, 20, slow)
            os.kill(slow.pid, signal.SIGSTOP)
            summary = broadsheet.crawl(f"http://127.0.0.1:{other.port}/")
            os.kill(slow.pid, signal.SIGCONT)
            ended = finish(slow)
    assert ended.status == 0, ended.stderr
    assert summary["outcomes"]["new"] == 10
    assert balanced(ended.document)["outcomes"]["new"] == _PAGES
    archive = Archive.open(broadsheet.archive)
    inspection.check(archive.store)
    assert len(inspection.version_set(archive)) == _PAGES + 10


def test_a_crawl_that_takes_over_from_one_killed_since_it_began_fetches_nothing_again_that_was_in(
    tmp_path: Path,
) -> None:
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    sources = tmp_path / "sources.toml"
    with RawServer(_site(10)) as first, RawServer(_site(_PAGES)) as second:
        sources.write_text(
            "".join(
                f"[sources.{name}]\nhome = 'http://127.0.0.1:{server.port}/'\n"
                for name, server in (("courier", first), ("gazette", second))
            )
        )
        options = ("--allow-private", "--json", "--config", str(sources))
        with broadsheet.started("crawl", "courier", "gazette", *options) as both:
            _until_answered(first, 3, both)
            # It has looked through the spool by now, and finds the other's captures there only if it looks again.
            os.kill(both.pid, signal.SIGSTOP)
            with broadsheet.started("crawl", "gazette", *options) as killed:
                _until_answered(second, _PAGES // 2, killed)
            killed.wait()
            asked_by_killed = len(second.log)
            captured = inspection.captures_in_spool(tmp_path / "archive", tmp_path)
            os.kill(both.pid, signal.SIGCONT)
            ended = finish(both)
    assert ended.status == 0, ended.stderr
    assert [balanced(document)["outcomes"]["new"] for document in ended.documents] == [10, _PAGES]
    asked = Counter(exchange.path for exchange in second.log)
    again = [path for path in _ARTICLES if asked[path] > 1]
    in_flight = asked_by_killed - len(captured) + CONCURRENT_REQUESTS_PER_DOMAIN
    assert len(again) <= in_flight, sorted(again)


def _until_answered(server: RawServer, requests: int, process: subprocess.Popen[bytes]) -> None:
    """Return when a server has been asked so often; the process that asks has to live so long."""
    deadline = time.monotonic() + _SECONDS
    while len(server.log) < requests:
        assert process.poll() is None, finish(process).stderr
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_a_command_that_is_told_to_end_says_that_it_was_interrupted(tmp_path: Path) -> None:
    with Broadsheet(str(tmp_path)).started("extract", "--jsonl", stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"no line to extract from\n")
        process.stdin.flush()
        assert process.stdout.readline(), "it has begun"
        process.terminate()
        assert process.wait(20) == 130
