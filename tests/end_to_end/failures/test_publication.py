"""A crawl that is killed at any step of its publication is finished by the next command, as if nothing had been."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from end_to_end import dying, inspection
from end_to_end.command import Broadsheet
from end_to_end.pages import answer, article, front_page
from servers.raw_server import RawServer

from broadsheet.storage.archive import Archive

_ARTICLES = [f"/story/{number}" for number in range(2)]
# archive.json, the WARC segment, two snapshots, the index segment, the manifest, a segment of each table.
_OBJECTS = 6 + len(_ARTICLES)
_MOMENTS = [
    "sealed",
    "planned",
    *(f"storing:{number}" for number in range(1, _OBJECTS + 1)),
    *(f"stored:{number}" for number in range(1, _OBJECTS + 1)),
    "published",
    "discarding",
]


class Ended(NamedTuple):
    """What there was after a crawl, and after what finished it.

    Attributes:
        status: How the crawl ended.
        objects: How many objects of each kind there were after it.
        spool: How many batches it left.
        objects_after: How many objects of each kind there were when it was finished.
        versions_after: The versions that a reader then saw.
        spool_after: How many batches were left then.
    """

    status: int
    objects: Counter[str]
    spool: int
    objects_after: Counter[str]
    versions_after: set[tuple[str, int, str, str]]
    spool_after: int


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Ended]]:
    """Crawl a site, die at each moment, and recover; ``never`` does not die."""
    directory = tmp_path_factory.mktemp("killed")
    scripts = {"/": answer(front_page(_ARTICLES))}
    scripts |= {path: answer(article(f"Story {path}")) for path in _ARTICLES}
    with RawServer(scripts) as server, ThreadPoolExecutor(2) as threads:
        url = f"http://127.0.0.1:{server.port}/"

        statuses: dict[str, int] = {}
        for of_half in threads.map(lambda half: crawls_that_die(directory, half, url), (_MOMENTS[::2], _MOMENTS[1::2])):
            statuses |= of_half
        statuses["never"] = Broadsheet(str(directory / "never"))("crawl", "--allow-private", url).status
        yield {moment: _recover(directory / moment, statuses[moment]) for moment in statuses}


def _recover(archive: Path, status: int) -> Ended:
    opened = Archive.open(str(archive))
    objects, spool = inspection.keys(opened.store), left_in_spool(archive)
    inspection.check_readable(opened.store)
    assert Broadsheet(str(archive))("recover").status == 0
    inspection.check(opened.store)
    versions = inspection.version_set(opened)
    return Ended(status, objects, spool, inspection.keys(opened.store), versions, left_in_spool(archive))


def crawls_that_die(directory: Path, moments: list[str], url: str) -> dict[str, int]:
    """Crawl once for each moment, into an archive of its name; return how the crawls ended."""
    crawl = ("crawl", "--allow-private", url)
    program = [sys.executable, dying.__file__, str(directory), ",".join(moments), *crawl]
    ended = subprocess.run(program, capture_output=True, check=True, timeout=300)
    statuses: dict[str, int] = json.loads(ended.stdout)
    return statuses


def left_in_spool(archive: Path) -> int:
    """Return how many batches lie in the spool."""
    return len(list((archive / ".local" / "spool").glob("*/*-*")))


def test_the_crawl_that_nobody_kills_publishes_what_the_others_should(ended: dict[str, Ended]) -> None:
    whole = ended["never"]
    assert (whole.status, whole.spool, whole.spool_after) == (0, 0, 0)
    assert sum(whole.objects.values()) == _OBJECTS
    assert len(whole.versions_after) == len(_ARTICLES)


@pytest.mark.parametrize("moment", _MOMENTS)
def test_recovery_finishes_what_a_killed_crawl_left(ended: dict[str, Ended], moment: str) -> None:
    killed, whole = ended[moment], ended["never"]
    assert (killed.status, killed.spool) == (-signal.SIGKILL, 1)
    assert killed.objects_after == whole.objects_after
    assert killed.versions_after == whole.versions_after
    assert killed.spool_after == 0


@pytest.mark.parametrize("moment", _MOMENTS)
def test_what_points_to_an_object_is_stored_after_it(ended: dict[str, Ended], moment: str) -> None:
    objects = ended[moment].objects
    assert not objects["index"] or objects["snapshot"] == len(_ARTICLES)
    assert not objects["snapshot"] or objects["warc"] == 1
    assert not objects["warc"] or objects["archive.json"] == 1


def test_the_moments_are_what_they_say(ended: dict[str, Ended]) -> None:
    stored = {moment: sum(crawl.objects.values()) for moment, crawl in ended.items()}
    assert (stored["sealed"], stored["planned"], stored["published"]) == (0, 0, _OBJECTS)
    # Snapshots are put side by side: only before and after them is it known how many objects there are.
    assert [stored[f"storing:{number}"] for number in (1, 2, _OBJECTS)] == [0, 1, _OBJECTS - 1]
    assert [stored[f"stored:{number}"] for number in (1, 2, _OBJECTS)] == [1, 2, _OBJECTS]


def test_batches_that_waited_for_their_publication_are_finished_in_their_order(tmp_path: Path) -> None:
    articles = [f"/story/{number}" for number in range(40)]
    scripts = {"/": answer(front_page(articles))}
    scripts |= {path: answer(article(f"Story {path}")) for path in articles}
    archive = tmp_path / "waiting"
    with RawServer(scripts) as server:
        url = f"http://127.0.0.1:{server.port}"
        assert crawls_that_die(tmp_path, ["waiting"], f"{url}/") == {"waiting": -signal.SIGKILL}
        assert left_in_spool(archive) >= 3
        (tmp_path / "scratch").mkdir()
        acknowledged = inspection.captures_in_spool(archive, tmp_path / "scratch")
        plain = Broadsheet(str(archive))
        plain.crawl(f"{url}/")
    opened = Archive.open(plain.archive)
    inspection.check(opened.store)
    assert acknowledged
    assert acknowledged <= {line.id for line in inspection.index_lines(opened.store)}
    assert {snapshot.url for snapshot in opened.snapshots()} == {url + path for path in articles}
    assert left_in_spool(archive) == 0
