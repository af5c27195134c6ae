"""From the recorder to the archive: in the order of the segments, whatever page is read last."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
import scrapy

from broadsheet.crawler.capturing import open_segment
from broadsheet.crawler.capturing.open_segment import OpenSegment
from broadsheet.crawler.capturing.publisher import Publisher
from broadsheet.crawler.capturing.recorder import CAPTURED, REQUEST, Captured, Recorder, segment_head
from broadsheet.crawler.extraction.revision import extractor
from broadsheet.storage import captures
from broadsheet.storage.model import Exchange
from broadsheet.storage.versions import Finding
from broadsheet.storage.workspace import Workspace

_URL = "https://news.example/story"
_NO_ARTICLE = Finding(kind="other", article=None, canonical_url=None, reason=None, failure=None, outlinks=[])


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.open(str(tmp_path / "archive")) as opened:
        yield opened


@pytest.fixture
def told() -> list[str]:
    """The record ids of what was published, in the order in which it was told."""
    return []


@pytest.fixture
def publisher(workspace: Workspace, told: list[str], monkeypatch: pytest.MonkeyPatch) -> Publisher:
    """A publisher for which a segment with one capture is full."""
    monkeypatch.setattr(open_segment, "SEGMENT_BYTES", 1)
    head = partial(segment_head, source="site", user_agent="test")
    return Publisher(workspace, extractor(), head, lambda published: told.append(published.capture.record_id))


def record(publisher: Publisher, workspace: Workspace, body: bytes) -> tuple[OpenSegment, captures.Capture]:
    """Record an answer whose page is to be read; return the segment that waits for the finding."""
    request = scrapy.Request(_URL, meta={REQUEST: captures.Request()})
    exchange = Exchange(
        url=_URL,
        started_at=datetime.now(UTC),
        request=b"GET /story HTTP/1.1\r\nHost: news.example\r\n\r\n",
        response=b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body),
        ip="192.0.2.1",
        protocols=["http/1.1"],
        cipher_suite=None,
        truncated=None,
    )
    Recorder(publisher, workspace.catalog, source="site", to_be_read=lambda _: True).record(exchange, request)
    captured: Captured = request.meta[CAPTURED]
    assert captured.awaited_by is not None
    return captured.awaited_by, captured.capture


async def test_no_segment_overtakes_one_whose_slow_page_is_still_being_read(
    publisher: Publisher, workspace: Workspace, told: list[str]
) -> None:
    recorded = [record(publisher, workspace, body) for body in (b"one", b"two", b"three")]
    for segment, capture in reversed(recorded):
        segment.settle(capture, _NO_ARTICLE)
        await asyncio.sleep(0.05)
    await publisher.close()
    assert told == [capture.record_id for _, capture in recorded]
    assert not publisher.kept_in_spool


async def test_what_comes_after_a_segment_with_an_unread_page_waits_in_the_spool_with_it(
    publisher: Publisher, workspace: Workspace, told: list[str]
) -> None:
    recorded = [record(publisher, workspace, body) for body in (b"one", b"two", b"three")]
    for segment, capture in (recorded[0], recorded[2]):
        segment.settle(capture, _NO_ARTICLE)
    await publisher.close()
    assert told == [recorded[0][1].record_id]
    assert publisher.kept_in_spool
