"""What is left in the spool reaches the archive, whatever became of its plan; what cannot be read is set aside."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from archiving.readable import page
from archiving.stores import objects
from archiving.writer import EXTRACTOR, Visit, Writer, answer, shows

from broadsheet.crawler.recovery.recovery import recover
from broadsheet.storage.archive import Archive
from broadsheet.storage.captures import Request
from broadsheet.storage.publishing import publication
from broadsheet.storage.publishing.spool import Spool
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.takedown.takedown import enforce, forget
from broadsheet.storage.verification.verifier import verify
from broadsheet.storage.versions import Finding
from broadsheet.storage.workspace import Workspace

URL = "https://news.example/2026/11/22/a-story-of-some-length"
OTHER = "https://news.example/2026/11/22/another-story-of-some-length"


def unread(url: str, minute: float, text: str) -> Visit:
    """A visit to a page that nobody had read when its crawl ended."""
    return replace(page(url, minute, text), finding=Finding(reason="nobody has read it"))


class Machine:
    """A machine whose crawls are killed; the archive lies in a folder."""

    def __init__(self, directory: Path) -> None:
        self.archive = directory / "archive"
        self.spool = self.archive / ".local" / "spool"
        self.store = FolderStore(self.archive)

    def leave(self, *visits: Visit) -> Path:
        """Record a batch and leave it in the spool, sealed, planned, and with its lock free."""
        writer = Writer(self.store, self.archive / ".local")
        batch, captures = writer.record(*visits)
        plan, _ = writer.plan(batch, captures)
        batch.write_plan(publication.encode_plan(plan))
        writer.catalog.close()
        writer.spool.close()
        return self.spool / batch.name.partition("-")[2] / batch.name

    def waiting(self) -> list[str]:
        """The names of the batches in the spool."""
        return Spool(self.spool).waiting()

    def recover(self) -> list[str]:
        with Workspace.open(str(self.archive)) as workspace:
            workspace.catalog.refresh(workspace.store)
            return asyncio.run(recover(workspace, EXTRACTOR))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def cut(plan: bytes) -> bytes:
    return plan[:-5]


def of_another_version(plan: bytes) -> bytes:
    fields = msgspec.msgpack.decode(plan)
    fields["objects"] = fields.pop("snapshots")
    return msgspec.msgpack.encode(fields)


def with_another_index(plan: bytes) -> bytes:
    fields = msgspec.msgpack.decode(plan)
    fields["index"] += b"x"
    return msgspec.msgpack.encode(fields)


def with_another_snapshot(plan: bytes) -> bytes:
    fields = msgspec.msgpack.decode(plan)
    fields["snapshots"] = [[f"snapshot/ab/ab{'0' * 30}/8204609800000-{'1' * 16}-{'2' * 16}.json", b"{}"]]
    return msgspec.msgpack.encode(fields)


@pytest.mark.parametrize("damage", [cut, of_another_version, with_another_index, with_another_snapshot])
def test_a_batch_whose_plan_cannot_be_read_is_planned_from_its_segment(
    machine: Machine, damage: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    left = machine.leave(unread(URL, 0, "One sentence"))
    (left / "plan").write_bytes(damage((left / "plan").read_bytes()))

    with caplog.at_level(logging.WARNING):
        [key] = machine.recover()

    assert f"batch {left.name} is planned anew: the plan of a publication" in caplog.text
    assert left.name in key
    [snapshot] = Archive(machine.store).versions(URL)
    assert "One sentence" in ((snapshot.article and snapshot.article.text) or "")
    assert verify(machine.store, deep=True).defects == []
    assert machine.waiting() == []


def test_a_batch_that_is_in_the_archive_is_not_counted_twice_where_its_plan_cannot_be_read(machine: Machine) -> None:
    left = machine.leave(unread(URL, 0, "One sentence"))
    plan = publication.decode_plan((left / "plan").read_bytes())
    with Workspace.open(str(machine.archive)) as workspace:
        publication.publish(plan, left / "sealed.warc.gz", workspace.store, workspace.catalog)
    stored = objects(machine.store)
    (left / "plan").write_bytes(b"damaged")

    assert machine.recover() == [plan.warc_key]
    assert objects(machine.store) == stored
    assert machine.waiting() == []


def test_a_batch_that_cannot_be_read_is_set_aside_and_the_next_reaches_the_archive(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    damaged, whole = machine.leave(unread(URL, 0, "One")), machine.leave(unread(OTHER, 1, "Other"))
    (damaged / "plan").unlink()
    segment = bytearray((damaged / "sealed.warc.gz").read_bytes())
    segment[len(segment) // 2] ^= 255
    (damaged / "sealed.warc.gz").write_bytes(segment)

    with caplog.at_level(logging.WARNING):
        [key] = machine.recover()

    assert whole.name in key
    kept = damaged.with_name(f"set-aside-{damaged.name}")
    assert list(machine.spool.glob("*/*-*")) == [kept]
    assert (kept / "sealed.warc.gz").read_bytes() == segment
    assert f"It lies in {kept}" in caplog.text
    assert machine.recover() == [], "it is left alone"
    kept.rename(damaged)
    assert machine.recover() == []
    assert list(machine.spool.glob("*/*-*")) == [kept]


@pytest.mark.parametrize("is_planned", [True, False])
def test_what_is_taken_down_while_its_batch_waits_does_not_reach_the_archive(
    machine: Machine,
    is_planned: bool,  # noqa: FBT001 - pytest passes it
) -> None:
    left = machine.leave(unread(URL, 0, "One sentence"), unread(OTHER, 1, "Other sentence"))
    if not is_planned:
        (left / "plan").unlink()
    with Workspace.open(str(machine.archive)) as workspace, workspace.removing() as remover:
        forget(remover, URL, "court order")

    [key] = machine.recover()

    assert b"One sentence" not in gzip.decompress(machine.store.get(key))
    assert {snapshot.url for snapshot in Archive(machine.store).snapshots()} == {OTHER}
    assert verify(machine.store, deep=True).defects == []
    assert machine.waiting() == []


def test_what_its_publisher_reserves_does_not_reach_the_archive_where_that_is_obeyed(machine: Machine) -> None:
    visit = unread(URL, 0, "One sentence")
    reserved = visit.response.replace(b"Content-Type", b"X-Robots-Tag: noarchive\r\nContent-Type", 1)
    obeying = replace(visit, response=reserved, request=Request(obey=["noarchive"]))
    left = machine.leave(obeying, unread(OTHER, 1, "Other sentence"))
    (left / "plan").unlink()

    [key] = machine.recover()

    assert b"One sentence" not in gzip.decompress(machine.store.get(key))
    assert b"broadsheet-withheld: noarchive" in gzip.decompress(machine.store.get(key))
    assert {snapshot.url for snapshot in Archive(machine.store).snapshots()} == {OTHER}
    assert verify(machine.store, deep=True).defects == []


def test_what_was_published_in_part_before_it_is_taken_down_is_removed_afterwards(machine: Machine) -> None:
    left = machine.leave(shows(URL, 0, "One sentence"), shows(OTHER, 1, "Other sentence"))
    plan = publication.decode_plan((left / "plan").read_bytes())
    machine.store.put(plan.warc_key, left / "sealed.warc.gz")
    with Workspace.open(str(machine.archive)) as workspace, workspace.removing() as remover:
        forget(remover, URL, "court order")
    machine.recover()
    assert {snapshot.url for snapshot in Archive(machine.store).snapshots()} == {OTHER}

    with Workspace.open(str(machine.archive)) as workspace, workspace.removing() as remover:
        [removal] = enforce(remover)

    assert removal.reason == "court order"
    assert not [key for key, data in objects(machine.store).items() if b"One sentence" in _uncompressed(key, data)]
    assert verify(machine.store, deep=True).defects == []


def _uncompressed(key: str, data: bytes) -> bytes:
    return gzip.decompress(data) if key.endswith(".gz") else data


def claiming(url: str, minute: float, text: str, claimed: str, *, via: str | None = "https://news.example/") -> Visit:
    """A page that another one links to, and that claims an address which nobody had looked at when its crawl ended."""
    body = page(url, minute, text).response.partition(b"\r\n\r\n")[2]
    claim = f'<head><link rel="canonical" href="{claimed}">'.encode()
    response = answer(body.replace(b"<head>", claim))
    return replace(unread(url, minute, text), response=response, request=Request(via=via))


@pytest.mark.parametrize("first", [0, 1], ids=["the claim is captured first", "the claim is captured last"])
def test_an_article_that_another_page_of_the_batch_claims_is_one_at_one_address(machine: Machine, first: int) -> None:
    pages = [claiming(OTHER, first, "One sentence", URL), unread(URL, 1 - first, "One sentence")]
    left = machine.leave(*sorted(pages, key=lambda visit: visit.at))
    (left / "plan").unlink()
    machine.recover()
    archive = Archive(machine.store)
    assert [snapshot.url for snapshot in archive.snapshots()] == [URL]
    assert verify(machine.store, deep=True).defects == []


@pytest.mark.parametrize("via", ["https://news.example/", None], ids=["nobody looked there", "asked for by name"])
def test_a_page_stands_for_itself_where_its_claim_cannot_be_settled(machine: Machine, via: str | None) -> None:
    pages = [claiming(OTHER, 0, "One sentence", URL, via=via)]
    if via is None:
        pages.append(unread(URL, 1, "One sentence"))
    left = machine.leave(*pages)
    (left / "plan").unlink()
    machine.recover()
    assert OTHER in {snapshot.url for snapshot in Archive(machine.store).snapshots()}


def test_of_two_pages_that_claim_one_another_one_is_an_article(machine: Machine) -> None:
    left = machine.leave(claiming(OTHER, 0, "One sentence", URL), claiming(URL, 1, "One sentence", OTHER))
    (left / "plan").unlink()
    machine.recover()
    assert [snapshot.url for snapshot in Archive(machine.store).snapshots()] == [URL]
