"""What is derived comes back from the WARC segments alone, byte for byte; what cannot is told, and nothing is lost."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from random import Random

import pytest
from archiving.stores import objects
from archiving.writer import EXTRACTOR, Visit, Writer, answer, answers, moment

from broadsheet.crawler.rebuilding import Rebuilt, rebuild
from broadsheet.crawler.rereading import SegmentReader
from broadsheet.storage import layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.captures import Capture
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.verification.verifier import verify
from broadsheet.storage.versions import Finding

URL = "https://news.example/2026/11/22/a-story-of-some-length"
OTHER = "https://news.example/2026/11/22/another-story-of-some-length"
DERIVED = (layout.INDEX, layout.SNAPSHOTS, layout.MANIFESTS)


def page(url: str, minute: float, text: str) -> Visit:
    """A visit to a page that a reader takes for an article."""
    paragraphs = "".join(f"<p>{text} {number}: somebody said it at the town hall</p>" for number in range(9))
    body = (
        '<html><head><title>A story</title><meta property="og:type" content="article">'
        '<script type="application/ld+json">{"@type": "NewsArticle", "headline": "A story"}</script></head>'
        f"<body><article><h1>A story</h1>{paragraphs}</article></body></html>"
    ).encode()
    return Visit(url=url, at=moment(minute), response=answer(body))


def publish(writer: Writer, *visits: Visit) -> None:
    """Record visits and publish what the real readers find in them."""
    batch, _ = writer.record(*visits)

    async def read() -> list[tuple[Capture, Finding | None]]:
        async with SegmentReader() as reader:
            return await reader.read(batch.segment)

    captures = asyncio.run(read())
    plan, _ = writer.plan(batch, captures)
    writer.finish(batch, plan)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of two writers: versions, an unchanged check, a removal, a robots.txt of nobody's."""
    directory = tmp_path_factory.mktemp("built")
    store = FolderStore(directory / "archive")
    writer = Writer(store, directory / "one")
    publish(writer, page(URL, 0, "one"), page(OTHER, 0, "one"))
    publish(writer, page(URL, 1, "one"), page(OTHER, 1, "two"))
    another = Writer(store, directory / "two")
    another.catalog.refresh(store)
    publish(another, page(URL, 2, "three"), answers(OTHER, 2, "410 Gone"))
    return directory / "archive"


@pytest.fixture
def store(built: Path, tmp_path: Path) -> FolderStore:
    shutil.copytree(built, tmp_path / "archive")
    return FolderStore(tmp_path / "archive")


def rebuilt(store: FolderStore) -> Rebuilt:
    return asyncio.run(rebuild(store, EXTRACTOR, {entry.key.split("/")[1] for entry in store.list(layout.MANIFESTS)}))


def keys(store: FolderStore, prefix: str) -> list[str]:
    return [entry.key for entry in store.list(prefix)]


def test_of_a_sound_archive_nothing_is_put(store: FolderStore) -> None:
    before = objects(store)

    assert rebuilt(store) == Rebuilt(put=[], lost=[])
    assert objects(store) == before


def test_everything_derived_comes_back_from_the_segments_alone(store: FolderStore) -> None:
    before = objects(store)
    for prefix in DERIVED:
        shutil.rmtree(store.root / prefix)

    again = asyncio.run(rebuild(store, EXTRACTOR))

    assert objects(store) == before
    assert again.lost == []
    assert sorted(again.put) == sorted(key for key in before if key.startswith(DERIVED))


@pytest.mark.parametrize("chance", range(4))
def test_objects_that_are_missing_or_damaged_come_back_and_no_other_is_put(store: FolderStore, chance: int) -> None:
    before = objects(store)
    random = Random(chance)
    missing, damaged = (random.choice([key for key in before if key.startswith(DERIVED)]) for _ in range(2))
    store.delete(missing)
    data = bytearray(before[damaged])
    data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    (store.root / damaged).write_bytes(data)

    again = rebuilt(store)

    assert objects(store) == before
    assert (sorted(again.put), again.lost) == (sorted({missing, damaged}), [])


def test_a_damaged_segment_is_named_and_what_was_derived_from_it_stays(store: FolderStore) -> None:
    before = objects(store)
    damaged = keys(store, layout.WARC)[0]
    (store.root / damaged).write_bytes(before[damaged][:-20])
    store.delete(keys(store, layout.INDEX)[0])

    again = rebuilt(store)

    assert [lost.key for lost in again.lost] == [damaged]
    assert keys(store, layout.SNAPSHOTS) == [key for key in before if key.startswith(layout.SNAPSHOTS)]


def test_what_another_extractor_had_read_is_told_and_nothing_is_put_in_its_place(store: FolderStore) -> None:
    missing = keys(store, layout.SNAPSHOTS)[0]
    store.delete(missing)
    before = objects(store)
    other = EXTRACTOR.__class__(name="test", version="2", trafilatura="2.3.1")

    again = asyncio.run(rebuild(store, other))

    assert [lost.key for lost in again.lost] == [missing]
    assert objects(store) == before


def test_a_rebuilt_archive_is_verified_and_read_like_the_first(built: Path, store: FolderStore) -> None:
    for prefix in DERIVED:
        shutil.rmtree(store.root / prefix)
    rebuilt(store)

    assert verify(store, deep=True).defects == []
    for url in (URL, OTHER):
        assert list(Archive(store).versions(url)) == list(Archive(FolderStore(built)).versions(url))
    assert list(Archive(store).changes()) == list(Archive(FolderStore(built)).changes())
