"""Three editions of the demo newspaper, crawled by the installed command into a folder and into an S3 bucket."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from end_to_end import inspection
from end_to_end.command import Broadsheet
from servers.seaweedfs import SeaweedFS

from broadsheet.scheduler.demo.expectations import Expected
from broadsheet.scheduler.demo.newspaper import DemoNewspaper
from broadsheet.storage.archive import Archive
from broadsheet.storage.model import Date, Snapshot

# Far from any day of the year that changes which of its dates read both ways.
_TODAY = date(2025, 6, 10)
# The first edition is crawled twice: nothing has changed in between.
_EDITIONS = (1, 1, 2, 3)
# It tells when each story was published. From the front page it would depend on who is faster whether a story
# is found in the feed, which tells so too, or on a page, which does not: no two crawls would have to agree.
_START = "sitemap-news.xml"


@dataclass(frozen=True)
class Crawled:
    """What an archive was after each crawl.

    Attributes:
        archive: The archive, as it is after the last.
        summaries: What each crawl printed.
        versions: The versions it held after each.
        objects: How many objects of each kind it held after each.
        latest: The version that stood after each, by path.
    """

    archive: Archive
    summaries: list[dict[str, Any]]
    versions: list[set[tuple[str, int, str, str]]]
    objects: list[Counter[str]]
    latest: list[dict[str, Snapshot]]


@dataclass(frozen=True)
class Newspaper:
    """Both archives of one newspaper, and the truth."""

    url: str
    truth: dict[int, dict[str, Expected]]
    folder: Crawled
    bucket: Crawled


@pytest.fixture(scope="module")
def newspaper(seaweedfs: SeaweedFS, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newspaper]:
    """Every edition, crawled into both archives."""
    directory = tmp_path_factory.mktemp("editions")
    bucket = seaweedfs.uri(seaweedfs.make_bucket(), "news")
    environment = {**seaweedfs.environment, "BROADSHEET_STATE": str(directory / "state")}
    into = (Broadsheet(str(directory / "archive")), Broadsheet(bucket, environment))
    with pytest.MonkeyPatch.context() as patch, DemoNewspaper(today=_TODAY) as demo:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield Newspaper(
            url=demo.url,
            truth={number: demo.expectations(number) for number in set(_EDITIONS)},
            folder=(both := _crawl(demo, into))[0],
            bucket=both[1],
        )


def _crawl(demo: DemoNewspaper, into: tuple[Broadsheet, Broadsheet]) -> tuple[Crawled, Crawled]:
    crawled = [Crawled(Archive.open(broadsheet.archive), [], [], [], []) for broadsheet in into]
    for number in _EDITIONS:
        demo.publish(number)
        with ThreadPoolExecutor() as threads:
            summaries = list(threads.map(lambda broadsheet: broadsheet.crawl(demo.url + _START), into))
        for of_one, summary in zip(crawled, summaries, strict=True):
            of_one.summaries.append(summary)
            of_one.versions.append(inspection.version_set(of_one.archive))
            of_one.objects.append(inspection.keys(of_one.archive.store))
            of_one.latest.append(_latest(of_one.archive, demo, number))
    return crawled[0], crawled[1]


def _latest(archive: Archive, demo: DemoNewspaper, number: int) -> dict[str, Snapshot]:
    found = {path: archive.latest(demo.url.rstrip("/") + path) for path in demo.expectations(number)}
    return {path: snapshot for path, snapshot in found.items() if snapshot is not None}


def test_a_folder_and_a_bucket_hold_the_same_versions_after_every_edition(newspaper: Newspaper) -> None:
    assert newspaper.folder.versions == newspaper.bucket.versions
    assert all(newspaper.folder.versions)


def test_both_crawls_count_the_same(newspaper: Newspaper) -> None:
    counts = ("discovered", "fetched", "outcomes", "skipped")
    for of_folder, of_bucket in zip(newspaper.folder.summaries, newspaper.bucket.summaries, strict=True):
        assert {name: of_folder[name] for name in counts} == {name: of_bucket[name] for name in counts}


def test_an_unchanged_edition_adds_one_segment_and_no_version(newspaper: Newspaper) -> None:
    for crawled in (newspaper.folder, newspaper.bucket):
        assert crawled.versions[1] == crawled.versions[0]
        assert crawled.objects[1] - crawled.objects[0] == Counter(warc=1, index=1, manifest=1)
        assert crawled.summaries[1]["outcomes"]["new"] == 0
        assert crawled.summaries[1]["outcomes"]["changed"] == 0


def test_an_unchanged_edition_stores_no_body_again(newspaper: Newspaper) -> None:
    first, second = (summary["segments"] for summary in newspaper.folder.summaries[:2])
    store = newspaper.folder.archive.store
    assert store.size(second[0]) < store.size(first[0]) / 2


def test_the_second_edition_adds_what_it_changed(newspaper: Newspaper) -> None:
    outcomes = newspaper.folder.summaries[2]["outcomes"]
    assert (outcomes["new"], outcomes["changed"], outcomes["gone"]) == (1, 3, 2)
    added = newspaper.folder.versions[2] - newspaper.folder.versions[1]
    assert len(added) == 6


def test_the_third_edition_restores_a_story_as_its_third_version(newspaper: Newspaper) -> None:
    path = next(path for path in newspaper.truth[3] if "harbour-master-resigns" in path)
    versions = list(newspaper.folder.archive.versions(newspaper.url.rstrip("/") + path))
    assert [version.state for version in versions] == ["live", "gone", "live"]
    assert [version.changes for version in versions] == [[], ["removed"], ["restored"]]
    assert versions[0].content_digest == versions[2].content_digest


@pytest.mark.parametrize("index", range(len(_EDITIONS)))
def test_the_state_of_every_story_is_the_truth(newspaper: Newspaper, index: int) -> None:
    truth = newspaper.truth[_EDITIONS[index]]
    held = {path: snapshot.state for path, snapshot in newspaper.folder.latest[index].items()}
    assert held == {path: expected.state for path, expected in truth.items() if expected.state != "absent"}


@pytest.mark.parametrize("field", ["title", "authors", "published", "language", "access"])
@pytest.mark.parametrize("index", range(len(_EDITIONS)))
def test_a_field_of_every_story_is_the_truth(newspaper: Newspaper, index: int, field: str) -> None:
    truth = newspaper.truth[_EDITIONS[index]]
    live = {path: expected for path, expected in truth.items() if expected.state == "live"}
    held = {path: _held(newspaper.folder.latest[index][path], field, expected) for path, expected in live.items()}
    assert held == {path: getattr(expected, field) for path, expected in live.items()}


@pytest.mark.parametrize("index", range(len(_EDITIONS)))
def test_every_paragraph_that_was_served_is_in_the_text(newspaper: Newspaper, index: int) -> None:
    lost = {
        path: paragraph
        for path, snapshot in newspaper.folder.latest[index].items()
        for paragraph in newspaper.truth[_EDITIONS[index]][path].paragraphs
        if snapshot.article is not None and _folded(paragraph) not in _folded(snapshot.article.text or "")
    }
    assert lost == {}


def test_no_version_points_to_a_missing_record(newspaper: Newspaper) -> None:
    inspection.check(newspaper.folder.archive.store)
    inspection.check(newspaper.bucket.archive.store)


def test_the_folder_holds_nothing_else_than_the_bucket(newspaper: Newspaper) -> None:
    assert newspaper.folder.objects == newspaper.bucket.objects
    root: Path = newspaper.folder.archive.store.root  # type: ignore[attr-defined]  # a folder's
    directories = {".local", "archive.json", "index", "manifest", "snapshot", "table", "warc"}
    assert {path.name for path in root.iterdir()} == directories


def test_the_spool_is_empty_after_a_crawl(newspaper: Newspaper) -> None:
    root: Path = newspaper.folder.archive.store.root  # type: ignore[attr-defined]  # a folder's
    assert inspection.batches_in_spool(root) == []
    assert list((root / ".local" / "tmp").iterdir()) == []


def _held(snapshot: Snapshot, field: str, expected: Expected) -> object:
    assert snapshot.article is not None
    published = snapshot.article.published
    if field == "published" and expected.published.zone == "unknown" and published is not None:
        # The sitemap may add seconds and a zone that the page leaves out.
        return Date(value=published.value[:19], precision="minute", zone="unknown")
    if field == "authors":
        return [author.name for author in snapshot.article.authors]
    if field == "access":
        return snapshot.article.subscription.access
    return getattr(snapshot.article, field)


def _folded(text: str) -> str:
    return " ".join(text.split())
