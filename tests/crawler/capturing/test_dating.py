"""Steps of the clock: versions keep the order of their captures, and records say what the clock showed."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import scrapy
from archiving.stores import assert_sound
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadsheet.crawler.capturing.publisher import Publisher
from broadsheet.crawler.capturing.recorder import CAPTURED, REQUEST, Captured, Recorder, segment_head
from broadsheet.crawler.extraction.revision import extractor
from broadsheet.storage import captures, layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.cdxj import IndexLine
from broadsheet.storage.chains import chains
from broadsheet.storage.model import Article, Exchange
from broadsheet.storage.segments import warc
from broadsheet.storage.segments.exchange_records import CLOCK_FIELD
from broadsheet.storage.stores.objects import ObjectStore
from broadsheet.storage.verification.verifier import verify
from broadsheet.storage.versions import Finding
from broadsheet.storage.workspace import Workspace

URL = "https://news.example/story"
OTHER = "https://news.example/other"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
Look = tuple[str, datetime, str]  # which URL, what the clock shows, what the page says


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.open(str(tmp_path / "archive")) as opened:
        yield opened


async def crawl(workspace: Workspace, *looks: Look) -> None:
    """A crawl of its own: what it sees is in the archive afterwards."""
    head = partial(segment_head, source="site", user_agent="test")
    publisher = Publisher(workspace, extractor(), head, lambda _: None)
    recorder = Recorder(publisher, workspace.catalog, source="site", to_be_read=lambda _: True)
    for url, shown, text in looks:
        body = f"<p>{text}</p>".encode()
        exchange = Exchange(
            url=url,
            started_at=shown,
            request=b"GET /story HTTP/1.1\r\nHost: news.example\r\n\r\n",
            response=b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body),
            ip="192.0.2.1",
            protocols=["http/1.1"],
        )
        request = scrapy.Request(url, meta={REQUEST: captures.Request()})
        recorder.record(exchange, request)
        captured: Captured = request.meta[CAPTURED]
        if captured.awaited_by is not None:
            captured.awaited_by.settle(captured.capture, Finding(article=Article(title="A title", text=text)))
    await publisher.close()


def texts(store: ObjectStore, url: str = URL) -> list[str | None]:
    return [version.article.text if version.article else None for version in Archive(store).versions(url)]


def lines(store: ObjectStore) -> Sequence[IndexLine]:
    return list(Archive(store).captures())


async def test_a_capture_behind_a_step_back_is_dated_behind_the_one_before_it(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    await crawl(workspace, (URL, NOON, "one"))
    back = NOON - timedelta(hours=2)
    with caplog.at_level(logging.WARNING):
        await crawl(workspace, (URL, back, "two"), (OTHER, back, "other"))

    assert texts(workspace.store) == ["one", "two"]
    first, second, other = sorted(lines(workspace.store), key=lambda line: (line.url != URL, line.at))
    assert (first.at, first.clock) == (NOON, None)
    assert (second.at, second.clock) == (NOON + timedelta(seconds=1), back)
    assert (other.at, other.clock) == (back, None)  # nothing of it is dated otherwise than the clock says
    record = warc.read_member(workspace.store.get_range(second.filename, int(second.offset), int(second.length)))
    assert record.date == NOON + timedelta(seconds=1)
    assert record.field(CLOCK_FIELD) == "2026-11-22T10:00:00.000000Z"
    [warning] = [told.getMessage() for told in caplog.records if "clock" in told.getMessage()]
    assert "shows 2026-11-22 10:00:00Z" in warning
    assert "dated 2026-11-22 12:00:01Z" in warning


async def test_when_the_clock_has_caught_up_captures_are_dated_by_it_again(workspace: Workspace) -> None:
    await crawl(workspace, (URL, NOON + timedelta(days=3), "ahead"))
    for hours in (1, 30):
        await crawl(workspace, (URL, NOON + timedelta(hours=hours), f"{hours} hours"))
    await crawl(workspace, (URL, NOON + timedelta(days=4), "caught up"))
    assert texts(workspace.store) == ["ahead", "1 hours", "30 hours", "caught up"]
    in_time = sorted(lines(workspace.store), key=lambda line: line.at)
    assert [(line.at - NOON, line.clock is None) for line in in_time] == [
        (timedelta(days=3), True),
        (timedelta(days=3, seconds=1), False),
        (timedelta(days=3, seconds=2), False),
        (timedelta(days=4), True),
    ]


async def test_two_captures_of_a_url_within_one_second_are_dated_in_two(workspace: Workspace) -> None:
    """An index has 14 digits for the time: of two captures in one second, one cannot be asked for."""
    moments = [NOON + timedelta(seconds=0.2), NOON + timedelta(seconds=0.7), NOON + timedelta(seconds=1.1)]
    await crawl(workspace, *((URL, moment, f"text {number}") for number, moment in enumerate(moments)))
    assert texts(workspace.store) == ["text 0", "text 1", "text 2"]
    assert len({f"{line.at:%Y%m%d%H%M%S}" for line in lines(workspace.store)}) == 3


async def test_a_capture_dated_days_after_the_clock_is_found_by_its_date(workspace: Workspace) -> None:
    await crawl(workspace, (URL, NOON + timedelta(days=40), "far ahead"))
    await crawl(workspace, (OTHER, NOON, "other"), (URL, NOON, "now"), (OTHER, NOON + timedelta(minutes=1), "again"))
    day = NOON + timedelta(days=40)
    found = Archive(workspace.store).snapshots(since=day - timedelta(hours=1), until=day + timedelta(hours=1))
    assert [snapshot.article.text for snapshot in found if snapshot.article] == ["far ahead", "now"]
    found = Archive(workspace.store).snapshots(until=NOON + timedelta(days=1))
    assert [snapshot.article.text for snapshot in found if snapshot.article] == ["other", "again"]


async def test_batches_and_chains_keep_their_order_across_a_step_back_and_a_restart(tmp_path: Path) -> None:
    archive = str(tmp_path / "archive")
    for hours, text in ((0, "one"), (-2, "two"), (-30, "three"), (1, "four")):
        with Workspace.open(archive) as workspace:
            batch = workspace.spool.open_batch(NOON + timedelta(hours=hours))
            batch.discard()
            await crawl(workspace, (URL, NOON + timedelta(hours=hours), text))
            if hours == -2:
                workspace.spool.renounce()  # what comes next goes to another lane of this machine
    store = Archive.open(archive).store
    assert texts(store) == ["one", "two", "three", "four"]
    segments = [line.filename for line in sorted(lines(store), key=lambda line: line.at)]
    assert [layout.batch_of(key) for key in segments] == sorted(map(layout.batch_of, segments))
    assert len(chains.writers(store)) == 2
    assert verify(store, deep=True).defects == []


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from([URL, OTHER]), st.integers(-400_000, 400_000)), min_size=1, max_size=4))
async def test_versions_stand_in_the_order_of_their_captures_whatever_the_clock_does(
    tmp_path_factory: pytest.TempPathFactory, looks: list[tuple[str, int]]
) -> None:
    with Workspace.open(str(tmp_path_factory.mktemp("archive"))) as workspace:
        for number, (url, seconds) in enumerate(looks):
            await crawl(workspace, (url, NOON + timedelta(seconds=seconds), f"text {number}"))
        for url in (URL, OTHER):
            expected = [f"text {number}" for number, (looked_at, _) in enumerate(looks) if looked_at == url]
            assert texts(workspace.store, url) == expected
        for line, (url, seconds) in zip(lines_in_order_of_batches(workspace.store), looks, strict=True):
            assert (line.url, line.clock or line.at) == (url, NOON + timedelta(seconds=seconds))
        assert_sound(workspace.store)


def lines_in_order_of_batches(store: ObjectStore) -> list[IndexLine]:
    return sorted(lines(store), key=lambda line: layout.batch_of(line.filename))
