"""`broadsheet forget`: readers are told why, crawls refuse, and `kill -9` at any step does no harm."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from archiving.writer import Visit, Writer, shows
from end_to_end import dying, inspection
from end_to_end.command import Broadsheet
from end_to_end.pages import answer, article, front_page
from servers.raw_server import RawServer

from broadsheet.crawler.frontier.database import open_database, open_frontier
from broadsheet.crawler.frontier.runs import Frontier
from broadsheet.crawler.frontier.visits import Visit as FrontierVisit
from broadsheet.scheduler.jobs.database import open_service_database
from broadsheet.scheduler.jobs.jobs import Jobs
from broadsheet.storage.archive import Archive
from broadsheet.storage.errors import TakenDownError
from broadsheet.storage.model import Snapshot
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.tables import tables
from broadsheet.storage.takedown.takedown import forget
from broadsheet.storage.verification.verifier import verify
from broadsheet.storage.workspace import Workspace

URL = "https://news.example/2026/the-slug-of-the-article"
OTHER = "https://news.example/2026/another-story"
PHRASE = "the mayor of nowhere denied it"
FORGET = ("forget", URL, "--reason", "court order")
# The document; two WARC segments and two index segments anew; the amendment. Then go two index segments, four table
# segments, two versions, two WARC segments; four table segments are written anew.
_CHANGES = 20


def publish(archive: Path, *batches: tuple[Visit, ...]) -> None:
    """Publish batches into an archive in a folder, from a machine whose spool is the archive's own."""
    writer = Writer(FolderStore(archive), archive / ".local")
    for visits in batches:
        writer.publish(*visits)
    writer.spool.close()
    writer.catalog.close()


def is_anywhere(archive: Path, text: str) -> bool:
    """Tell whether a text stands in any file of an archive in a folder, also in a gzip member."""
    search = 'find . -type f -exec zcat -f {} + | grep -aqF "$1"'
    return subprocess.run(["/bin/sh", "-c", search, "sh", text], cwd=archive, check=False).returncode == 0


def of_the_other(archive: Path) -> list[tuple[Snapshot, bytes]]:
    opened = Archive.open(str(archive))
    return [(snapshot, opened.response(snapshot)) for snapshot in opened.versions(OTHER)]


class Killed:
    """Archives in which a takedown was killed before its N-th change."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        whole = directory / "before"
        publish(
            whole,
            (shows(URL, 0, f"{PHRASE}, at first"), shows(OTHER, 1, "other, at first")),
            (shows(URL, 10, f"{PHRASE}, later"), shows(OTHER, 11, "other, later")),
            (shows(OTHER, 20, "other, last"),),
        )
        self.others = of_the_other(whole)
        moments = [f"changing:{number}" for number in range(1, _CHANGES + 2)]
        for moment in moments:
            shutil.copytree(whole, directory / moment)
        program = [sys.executable, dying.__file__, str(directory), ",".join(moments), *FORGET]
        ended = subprocess.run(program, capture_output=True, check=True, timeout=120)
        self.statuses: dict[str, int] = json.loads(ended.stdout)
        shutil.copytree(self.archive(5), directory / "to recover")

    def archive(self, number: int) -> Path:
        return self.directory / f"changing:{number}"


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Killed:
    return Killed(tmp_path_factory.mktemp("killed"))


def test_there_are_as_many_steps_as_the_tests_take_it_to_have(killed: Killed) -> None:
    assert list(killed.statuses.values()) == [-signal.SIGKILL] * _CHANGES + [0]


@pytest.mark.parametrize("number", range(1, _CHANGES + 1))
def test_wherever_it_is_killed_nobody_sees_the_article_any_more_and_doing_it_again_finishes_it(
    killed: Killed, number: int
) -> None:
    path = killed.archive(number)
    check_readers(path, killed.others, seen=number == 1)

    with Workspace.open(str(path)) as workspace, workspace.removing() as remover:
        forget(remover, URL, "court order")
        tables.rebuild(workspace.store)

    check_readers(path, killed.others, seen=False)
    found = verify(FolderStore(path), deep=True)
    assert (found.defects, found.unnamed, found.captures) == ([], [], 3)
    assert inspection.keys(FolderStore(path)) == inspection.keys(FolderStore(killed.archive(_CHANGES + 1)))
    (path / ".local" / "catalog.sqlite").unlink()  # a crawl makes it anew
    assert not is_anywhere(path, PHRASE)
    assert not is_anywhere(path, "the-slug-of-the-article")


def check_readers(path: Path, others: list[tuple[Snapshot, bytes]], *, seen: bool) -> None:
    """Check what readers see: all of the other article, and the one that is taken down only where it is to be seen."""
    archive = Archive.open(str(path))
    urls = Counter(snapshot.url for snapshot in archive.snapshots())
    assert urls == Counter(snapshot.url for snapshot in archive.snapshots(host="news.example"))
    assert urls == ({URL: 2, OTHER: 3} if seen else {OTHER: 3})
    assert {change.url for change in archive.changes()} - {None} == set(urls)
    assert of_the_other(path) == others
    if not seen:
        assert (archive.latest(URL), list(archive.versions(URL)), archive.checks(URL)) == (None, [], [])
        with pytest.raises(TakenDownError):
            archive.version(URL, 1)


def test_recover_finishes_it_too(killed: Killed, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    shutil.copytree(killed.directory / "to recover", archive)
    recovered = Broadsheet(str(archive))("recover", "--json")
    assert recovered.status == 0, recovered.stderr
    assert len(recovered.document["removals"]) == 1
    assert not is_anywhere(archive, PHRASE)
    assert verify(FolderStore(archive), deep=True).defects == []


@pytest.fixture
def site() -> Iterator[RawServer]:
    """A site whose front page leads to two articles."""
    scripts = {"/": answer(front_page(["/story/kept", "/story/removed"]))}
    scripts |= {path: answer(article(f"Story {path}")) for path in ("/story/kept", "/story/removed")}
    with RawServer(scripts) as server:
        yield server


def test_no_crawl_brings_it_back_and_every_command_says_why(site: RawServer, tmp_path: Path) -> None:
    plain = Broadsheet(str(tmp_path / "archive"))
    home = f"http://127.0.0.1:{site.port}/"
    removed = f"{home}story/removed"
    plain.crawl(home)
    with open_service_database(plain.archive) as jobs, open_frontier(plain.archive) as frontier:
        Jobs(jobs).ask("recrawl", source=None, url=removed, asked_by="ann")
        Frontier(frontier).next_due(home, datetime.now(UTC), requests_per_hour=None)  # As the service asks.

        before = inspection.keys(FolderStore(Path(plain.archive)))
        foreseen = plain("forget", removed, "--dry-run", "--json").document
        assert [foreseen[key] for key in ("captures", "versions", "segments", "taken_down")] == [1, 1, 1, False]
        assert "holds nothing of it" in plain("forget", f"{removed}-mistyped", "--dry-run").text
        assert inspection.keys(FolderStore(Path(plain.archive))) == before
        forgotten = plain("forget", removed, "--reason", "court order", "--json").document
        assert (forgotten["captures"], forgotten["versions"]) == (1, 1)
        databases = list(Path(plain.archive).glob(".local/*.sqlite*"))
        assert {"frontier.sqlite-wal", "service.sqlite-wal"} <= {file.name for file in databases}
        assert not [file for file in databases if b"/story/removed" in file.read_bytes()]
    assert plain.crawl(home)["skipped"]["taken_down"] == 1
    answered = plain.recrawl(removed)

    assert (answered["outcome"], answered["warc"]) == ("blocked", None)
    assert answered["reason"].startswith("taken down on ")
    assert answered["reason"].endswith(": court order")
    for command in ("show", "versions", "diff"):
        told = plain(command, removed)
        assert told.status == 1
        assert "was taken down on" in told.stderr
        assert "court order" in told.stderr
    assert verify(FolderStore(Path(plain.archive)), deep=True).defects == []
    assert "forgotten" in plain("changes").stdout.decode()
    assert "taken down before" in plain("forget", removed, "--reason", "again").stdout.decode()
    assert {snapshot.url for snapshot in Archive.open(plain.archive).snapshots()} == {f"{home}story/kept"}


def test_a_mistyped_archive_or_no_reason_takes_nothing_down(tmp_path: Path) -> None:
    mistyped = Broadsheet(str(tmp_path / "archiv"))("forget", "http://news.example/a", "--reason", "court order")
    unexplained = Broadsheet(str(tmp_path))("forget", "http://news.example/a", "--reason", " ")

    assert (mistyped.status, unexplained.status) == (2, 2)
    assert "there is no archive at" in mistyped.stderr
    assert list(tmp_path.iterdir()) == [], "nor is one made"


def test_what_was_set_aside_since_nobody_could_read_it_is_deleted_or_named(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    publish(archive, (shows(URL, 0, PHRASE), shows(OTHER, 0, "other")))
    with Workspace.open(str(archive)) as workspace, open_database(workspace) as database:
        run = Frontier(database).begin(URL, b"job")
        run.add(FrontierVisit(url=URL))
        run.flush()
    with open_service_database(str(archive)) as database:
        Jobs(database).ask("recrawl", source="paper", url=URL, asked_by="ann")
    for name in ("frontier.sqlite", "service.sqlite"):
        with (archive / ".local" / name).open("r+b") as file:
            file.write(b"no database")
    batch = next((archive / ".local" / "spool").iterdir()) / "set-aside-1764072000000-0badcafe"
    batch.mkdir()

    ended = Broadsheet(str(archive))(*FORGET, "--json")

    assert ended.status == 0, ended.stderr
    assert ended.document["set_aside"] == [str(batch)]
    assert "deleted, since they may tell of it: frontier.sqlite.set-aside-" in ended.stderr
    assert not is_anywhere(archive, "the-slug-of-the-article")
