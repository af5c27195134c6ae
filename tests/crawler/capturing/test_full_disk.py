"""A disk that is really full: the crawl stops clean, nothing half is used, and all goes on when there is room again."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import scrapy
from archiving.writer import Writer, shows

from broadsheet.crawler.capturing.publisher import Publisher
from broadsheet.crawler.capturing.recorder import REQUEST, Recorder, segment_head
from broadsheet.crawler.extraction.revision import extractor
from broadsheet.crawler.recovery.repairing import recover_everything
from broadsheet.storage import captures
from broadsheet.storage.archive import Archive
from broadsheet.storage.errors import ArchiveError, StoreError, StoreUnavailableError
from broadsheet.storage.model import Exchange
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.verification.verifier import verify
from broadsheet.storage.workspace import Workspace

SIZE = 2 * 1024 * 1024
MOUNT, UMOUNT = (shutil.which(program) or program for program in ("mount", "umount"))
_NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Disk:
    """A small file system of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def resize(self, size: int, *options: str) -> None:
        """Give it so many bytes; mount it where it is not."""
        given = ",".join([f"size={size}", *options])
        subprocess.run(
            [MOUNT, "-t", "tmpfs", "-o", given, "none", str(self.directory)], check=True, stderr=subprocess.PIPE
        )


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A file system of two mebibytes."""
    disk = Disk(tmp_path / "disk")
    disk.directory.mkdir()
    try:
        disk.resize(SIZE)
    except subprocess.CalledProcessError as error:
        who = "root" if os.geteuid() == 0 else "this user"
        pytest.skip(
            f"{who} may mount no file system here ({error.stderr.decode().strip()}); see test_spool for a limit"
        )
    yield disk
    subprocess.run([UMOUNT, "--lazy", str(disk.directory)], check=True)


def page(number: int) -> Exchange:
    body = os.urandom(50_000)
    return Exchange(
        url=f"https://news.example/{number}",
        started_at=_NOON + timedelta(seconds=number),
        request=b"GET / HTTP/1.1\r\n\r\n",
        response=b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body),
        ip="192.0.2.1",
        protocols=["http/1.1"],
    )


def record_until_full(recorder: Recorder) -> list[str]:
    """Record pages until the disk takes no more; return the URLs that were recorded."""
    recorded: list[str] = []
    with pytest.raises(StoreUnavailableError, match="No space left on device"):  # noqa: PT012 - the last of them fails
        while True:
            recorded.append(record(recorder, len(recorded)))
    return recorded


def record(recorder: Recorder, number: int) -> str:
    exchange = page(number)
    recorder.record(exchange, scrapy.Request(exchange.url, meta={REQUEST: captures.Request()}))
    return exchange.url


async def crawl(workspace: Workspace) -> list[str]:
    """Crawl until the disk is full; return the URLs that were recorded. Then publish what can be."""
    head = partial(segment_head, source="site", user_agent="test")
    publisher = Publisher(workspace, extractor(), head, lambda _: None)
    recorder = Recorder(publisher, workspace.catalog, source="site", to_be_read=lambda _: False)
    recorded = record_until_full(recorder)
    assert publisher.failed
    with pytest.raises(ArchiveError, match=r"what was captured (before )?is in the"):
        await publisher.close()
    return recorded


def archived(store: FolderStore) -> list[str]:
    found = verify(store, deep=True)
    assert (found.defects, found.unnamed) == ([], [])
    return sorted(line.url for line in Archive(store).captures())


async def test_a_spool_on_a_full_disk_stops_the_crawl_and_loses_nothing(disk: Disk, tmp_path: Path) -> None:
    """The archive has room, the spool has not."""
    store = FolderStore(tmp_path / "archive")
    with Workspace(str(tmp_path / "archive"), store, disk.directory / "local") as workspace:
        recorded = await crawl(workspace)
    assert 0 < len(recorded) < SIZE // 50_000
    disk.resize(4 * SIZE, "remount")
    with Workspace(str(tmp_path / "archive"), store, disk.directory / "local") as workspace:
        recovered = await recover_everything(workspace, extractor())
    assert recovered.lost == []
    assert archived(store) == sorted(recorded)


async def test_a_disk_that_holds_spool_and_archive_goes_on_when_there_is_room(disk: Disk) -> None:
    root = disk.directory / "archive"
    with Workspace.open(str(root)) as workspace:
        recorded = await crawl(workspace)
    assert recorded
    disk.resize(4 * SIZE, "remount")
    with Workspace.open(str(root)) as workspace:
        recovered = await recover_everything(workspace, extractor())
    assert (len(recovered.segments), recovered.lost) == (1, [])
    assert archived(FolderStore(root)) == sorted(recorded)


async def test_an_archive_on_a_full_disk_shows_nothing_half_and_takes_everything_later(
    disk: Disk, tmp_path: Path
) -> None:
    """The spool has room, the archive has not: what was captured waits."""
    store = FolderStore(disk.directory / "archive")
    writer = Writer(store, tmp_path / "local")
    visits = [shows(f"https://news.example/{number}", number, os.urandom(100_000).hex()) for number in range(20)]
    with pytest.raises(StoreError, match="No space left on device"):
        writer.publish(*visits)
    assert [entry.key for entry in store.list()] == ["archive.json"]
    writer.spool.close()
    writer.catalog.close()
    disk.resize(8 * SIZE, "remount")
    with Workspace("archive", store, tmp_path / "local") as workspace:
        recovered = await recover_everything(workspace, extractor())
    assert (len(recovered.segments), recovered.lost) == (1, [])
    assert archived(store) == sorted(visit.url for visit in visits)
