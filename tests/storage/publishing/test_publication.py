"""From a segment to the archive: in an order that never shows what is not there, cut off and repeated at will."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from archiving.histories import ONE_LOOK_A_BATCH, versions_of, visit
from archiving.stores import FailingStore, WatchedStore, assert_sound, objects
from archiving.writer import EXTRACTOR, Writer, answers, moment, shows, shows_no_article
from hypothesis import example, given, settings
from servers.seaweedfs import SeaweedFS

from broadsheet.storage import layout
from broadsheet.storage.archive import Archive
from broadsheet.storage.captures import Request
from broadsheet.storage.documents import snapshots
from broadsheet.storage.errors import ArchiveDamagedError, ArchiveFormatError, NoSuchObjectError, StoreUnavailableError
from broadsheet.storage.model import Article
from broadsheet.storage.publishing import publication
from broadsheet.storage.publishing.batch import Batch
from broadsheet.storage.publishing.catalog import Catalog
from broadsheet.storage.publishing.publication import Plan, Published
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.stores.objects import ObjectStore, open_store
from broadsheet.storage.versions import Finding, Outlink

URL = "https://news.example/a"
OTHER = "https://news.example/b"


def second_edition(writer: Writer) -> tuple[Batch, Plan, list[Published]]:
    """A batch that is recorded and planned, over an archive that holds two articles: three snapshots are due."""
    writer.publish(shows(URL, 0, "one"), shows(OTHER, 0, "one"))
    batch, captures = writer.record(
        shows(URL, 1, "two"), answers(OTHER, 1, "404 Not Found"), shows("https://news.example/c", 1, "new")
    )
    plan, published = writer.plan(batch, captures)
    batch.write_plan(publication.encode_plan(plan))
    return batch, plan, published


def texts(store: FolderStore) -> list[str | None]:
    return [one.article.text if one.article else "gone" for one in Archive(store).versions(URL)]


def test_the_warc_comes_first_then_the_snapshots_the_index_the_manifest_and_what_is_derived(writer: Writer) -> None:
    batch, plan, _ = second_edition(writer)
    order: list[str] = []

    publication.publish(plan, batch.segment, WatchedStore(writer.store, order.append), writer.catalog)

    assert [key.partition("/")[0] for key in order] == [
        *("warc", "snapshot", "snapshot", "snapshot", "index", "manifest", "table", "table")
    ]


def test_the_first_object_of_an_archive_says_what_it_is(writer: Writer) -> None:
    order: list[str] = []
    writer.store = WatchedStore(writer.store, order.append)

    writer.publish(shows(URL, 0, "one"))

    assert order[0] == "archive.json"
    assert writer.store.get("archive.json") == b'{"format":"broadsheet.archive/1"}\n'


def test_publishing_twice_changes_nothing(writer: Writer) -> None:
    batch, plan, _ = second_edition(writer)
    publication.publish(plan, batch.segment, writer.store, writer.catalog)
    once, known = objects(writer.store), writer.catalog.get(URL)

    publication.publish(plan, batch.segment, writer.store, writer.catalog)

    assert objects(writer.store) == once
    assert writer.catalog.get(URL) == known


def test_deciding_touches_nothing(writer: Writer) -> None:
    writer.publish(shows(URL, 0, "one"))
    before, known = objects(writer.store), writer.catalog.get(URL)

    batch, captures = writer.record(shows(URL, 1, "two"))
    first, second = writer.plan(batch, captures), writer.plan(batch, captures)

    assert first == second
    assert objects(writer.store) == before
    assert writer.catalog.get(URL) == known


def committed(store: ObjectStore) -> list[str]:
    """The keys of what a publication puts until it is committed: all but the tables."""
    return [key for key in objects(store) if not key.startswith(layout.TABLES)]


def test_a_publication_that_was_cut_off_anywhere_is_finished_by_its_plan(writer: Writer, tmp_path: Path) -> None:
    batch, plan, _ = second_edition(writer)
    before = tmp_path / "before"
    shutil.copytree(tmp_path / "archive", before)
    publication.publish(plan, batch.segment, writer.store, writer.catalog)
    whole = objects(writer.store)
    puts = len(plan.snapshots) + 3

    for count in range(puts):
        archive = tmp_path / f"cut-off-after-{count}"
        shutil.copytree(before, archive)
        store = FolderStore(archive)
        with pytest.raises(StoreUnavailableError):
            publication.publish(plan, batch.segment, FailingStore(store, count), Catalog(tmp_path / f"{count}.sqlite"))
        assert len(committed(store)) == len(committed(writer.store)) - puts + count
        assert_sound(store)

        kept = publication.decode_plan(batch.read_plan() or b"")
        publication.publish(kept, batch.segment, store, Catalog(tmp_path / f"{count}.sqlite"))
        assert objects(store) == whole


def test_at_no_moment_does_anything_lead_to_what_is_not_there(writer: Writer) -> None:
    batch, plan, _ = second_edition(writer)

    watched = WatchedStore(writer.store, lambda _: assert_sound(writer.store))
    publication.publish(plan, batch.segment, watched, writer.catalog)

    assert len(list(Archive(writer.store).snapshots())) == 5


def test_the_other_order_would_be_noticed(writer: Writer) -> None:
    _, plan, _ = second_edition(writer)

    for key, data in plan.snapshots:
        writer.store.put(key, data)

    with pytest.raises(NoSuchObjectError):
        assert_sound(writer.store)


def test_a_plan_is_kept_byte_for_byte(writer: Writer) -> None:
    _, plan, _ = second_edition(writer)

    assert publication.decode_plan(publication.encode_plan(plan)) == plan


@settings(max_examples=12, deadline=None)
@given(ONE_LOOK_A_BATCH)
@example(["one", "two", "one"])
@example(["one", "login wall", "one", "304"])
@example(["one", "login wall", "two", "login wall", "one"])
@example(["one", "gone", "moved to the front page", "one with noise", "304"])
def test_a_reader_finds_exactly_the_versions_that_there_were(looks: list[str]) -> None:
    folder = Path(tempfile.mkdtemp())
    store = FolderStore(folder / "archive")
    try:
        writer = Writer(store, folder / "local")
        for minute, look in enumerate(looks):
            writer.publish(visit(URL, minute, look))
        found = list(Archive(store).versions(URL))
        assert texts(store) == versions_of(looks)
    finally:
        shutil.rmtree(folder)

    assert [one.version for one in found] == list(range(1, len(found) + 1))
    assert [one.previous for one in found] == [None, *(one.key for one in found)][: len(found)]


def test_two_looks_in_one_batch_build_on_each_other(writer: Writer, store: FolderStore) -> None:
    first, second, third = writer.publish(shows(URL, 0, "one"), shows(URL, 1, "two"), shows(URL, 2, "two", noise="x"))

    assert [one.outcome for one in (first, second, third)] == ["new", "changed", "unchanged"]
    assert second.previous_key == first.snapshot_key
    assert second.changes == ["body"]
    assert third.standing_key == second.snapshot_key
    assert texts(store) == ["one", "two"]


def test_a_page_that_goes_back_within_a_batch_is_a_version_at_the_next_look(writer: Writer, store: FolderStore) -> None:
    """The recorder knew the first body only, and stored the third look as a revisit of it."""
    writer.publish(shows(URL, 0, "one"))

    changed, back = writer.publish(shows(URL, 1, "two"), shows(URL, 2, "one"))
    assert (changed.outcome, back.outcome) == ("changed", "failed")
    assert back.capture.revisit

    [again] = writer.publish(shows(URL, 3, "one"))
    assert again.outcome == "changed"
    assert texts(store) == ["one", "two", "one"]


def test_a_batch_is_decided_in_the_order_of_its_captures(writer: Writer, store: FolderStore) -> None:
    writer.publish(shows(URL, 5, "two"), shows(URL, 1, "one"))

    assert texts(store) == ["one", "two"]


def test_two_writers_that_saw_the_same_state_make_one_version(tmp_path: Path, store: FolderStore) -> None:
    one, other = Writer(store, tmp_path / "one"), Writer(store, tmp_path / "other")
    one.publish(shows(URL, 0, "one"))
    other.catalog.refresh(store)

    [first], [second] = one.publish(shows(URL, 1, "two")), other.publish(shows(URL, 2, "two", noise="x"))

    assert first.snapshot_key != second.snapshot_key
    assert texts(store) == ["one", "two"]
    assert len(list(Archive(store).snapshots())) == 2
    one.catalog.refresh(store)
    [third] = one.publish(shows(URL, 3, "three"))
    assert texts(store) == ["one", "two", "three"]
    assert third.changes == ["body"]


def test_a_check_from_before_another_writers_version_is_judged_by_what_stood_then(
    writer: Writer, store: FolderStore, tmp_path: Path
) -> None:
    [first] = writer.publish(shows(URL, 0, "one"))
    looks = [
        shows(URL, 1, "one"),
        shows(URL, 2, "one", noise="x"),
        shows(URL, 3, "two"),
        shows(URL, 4, "two", noise="y"),
    ]
    batch, captures = writer.record(*looks)
    other = Writer(store, tmp_path / "other")
    other.catalog.refresh(store)
    [latest] = other.publish(shows(URL, 9, "three"))
    writer.catalog.refresh(store)

    plan, told = writer.plan(batch, captures)
    publication.publish(plan, batch.segment, store, writer.catalog)

    assert [one.outcome for one in told] == ["unchanged", "unchanged", "changed", "unchanged"]
    assert told[0].capture.revisit
    assert told[2].previous_key == told[1].standing_key == first.snapshot_key
    assert told[3].standing_key == told[2].snapshot_key
    assert texts(store) == ["one", "two", "three"]
    for catalog in (writer.catalog, other.catalog):
        catalog.refresh(store)
        known = catalog.get(URL)
        assert known is not None
        assert known.snapshot_key == latest.snapshot_key


def test_a_look_at_an_article_from_before_its_removal_elsewhere_finds_it_unchanged(
    writer: Writer, store: FolderStore, tmp_path: Path
) -> None:
    writer.publish(shows(URL, 0, "one"), shows(URL, 1, "gone soon"))
    batch, captures = writer.record(shows(URL, 2, "gone soon", noise="x"), answers(URL, 5, "410 Gone"))
    other = Writer(store, tmp_path / "other")
    other.catalog.refresh(store)
    other.publish(answers(URL, 4, "410 Gone"))
    other.publish(shows(URL, 6, "back"))
    writer.catalog.refresh(store)

    _, told = writer.plan(batch, captures)

    assert [one.outcome for one in told] == ["unchanged", "unchanged"]


def test_a_look_from_before_the_first_version_of_another_writer_has_none_before_it(
    writer: Writer, store: FolderStore, tmp_path: Path
) -> None:
    batch, captures = writer.record(shows(URL, 0, "one"))
    Writer(store, tmp_path / "other").publish(shows(URL, 1, "two"))
    writer.catalog.refresh(store)

    plan, [told] = writer.plan(batch, captures)
    publication.publish(plan, batch.segment, store, writer.catalog)

    assert (told.outcome, told.previous_key) == ("new", None)
    assert texts(store) == ["one", "two"]


def test_what_became_of_each_capture_is_told(writer: Writer) -> None:
    robots = answers("https://news.example/robots.txt", 0, "404 Not Found")
    told = writer.publish(
        replace(robots, request=Request(purpose="robots")),
        shows(URL, 1, "one"),
        shows_no_article(OTHER, 2),
        answers("https://news.example/c", 3, "500 Oops"),
        answers("https://news.example/d", 4, "301 Moved", "/a"),
    )

    assert [(one.outcome, one.reason) for one in told] == [
        (None, None),
        ("new", None),
        ("not_article", "no article"),
        ("failed", "HTTP 500"),
        (None, None),
    ]
    new = told[1]
    assert new.previous_key is None
    assert new.standing_key == new.snapshot_key
    document = snapshots.read(writer.store, new.snapshot_key or "")
    assert document.warc == new.warc
    assert (document.http.status, document.http.ip, document.http.protocol) == (200, "192.0.2.1", "http/1.1")
    assert document.extractor == EXTRACTOR


def test_an_article_that_moved_goes_on_under_its_old_address(writer: Writer, store: FolderStore) -> None:
    writer.publish(shows(URL, 0, "one"))
    there = shows("https://news.example/moved", 2, "two")
    moved = replace(there, request=Request(filed_as=URL))

    told = writer.publish(answers(URL, 1, "301 Moved", there.url), moved)

    assert [one.outcome for one in told] == [None, "changed"]
    latest = Archive(store).latest(URL)
    assert latest is not None
    assert (latest.url, latest.final_url, latest.version) == (URL, there.url, 2)
    assert list(Archive(store).versions(there.url)) == []


def test_the_links_of_a_page_reach_the_catalog(writer: Writer) -> None:
    finding = Finding(article=Article(text="one"), outlinks=[Outlink(OTHER)])

    writer.publish(replace(shows(URL, 0, "one"), finding=finding))

    assert writer.catalog.outlinks(URL) == [Outlink(OTHER)]


def test_a_damaged_version_does_not_keep_the_next_from_being_archived(
    writer: Writer, store: FolderStore, tmp_path: Path
) -> None:
    [first] = writer.publish(shows(URL, 0, "one"))
    (tmp_path / "archive" / (first.snapshot_key or "")).write_bytes(b"damaged")

    [second] = writer.publish(shows(URL, 1, "two"))

    assert (second.outcome, second.changes) == ("changed", [])
    assert "cannot be read" in (second.reason or "")
    latest = Archive(store).latest(URL)
    assert latest is not None
    assert latest.article == Article(title="A title", text="two")


def test_a_batch_without_captures_is_an_archive_without_lines(writer: Writer, store: FolderStore) -> None:
    batch = writer.spool.open_batch(moment(0))

    plan, published = writer.plan(batch, [])
    publication.publish(plan, batch.segment, store, writer.catalog)

    assert published == []
    assert list(Archive(store).snapshots()) == []


@pytest.mark.parametrize(
    ("marker", "refusal"),
    [
        (b'{"format":"broadsheet.archive/2"}', ArchiveFormatError),
        (b"{}", ArchiveDamagedError),
        (b"garbage", ArchiveDamagedError),
    ],
    ids=["another format", "no format", "garbage"],
)
def test_an_archive_whose_format_is_not_this_one_is_left_alone(
    writer: Writer, store: FolderStore, marker: bytes, refusal: type[Exception]
) -> None:
    store.put("archive.json", marker)

    with pytest.raises(refusal):
        writer.publish(shows(URL, 0, "one"))

    assert objects(store) == {"archive.json": marker}


def test_a_bucket_and_a_folder_hold_the_same_archive(
    writer: Writer, tmp_path: Path, seaweedfs: SeaweedFS, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    uri = seaweedfs.uri(seaweedfs.make_bucket(), "news")
    bucket, catalog = open_store(uri), Catalog(tmp_path / "bucket.sqlite")
    editions = [
        [shows(URL, 0, "one"), shows(OTHER, 0, "one")],
        [
            shows(URL, 1, "two"),
            answers(OTHER, 1, "410 Gone"),
            answers("https://news.example/old", 1, "301 Moved", "/a"),
        ],
        [shows(URL, 2, "two"), shows(OTHER, 2, "one")],
    ]

    for visits in editions:
        batch, captures = writer.record(*visits)
        plan, _ = writer.plan(batch, captures)
        publication.publish(plan, batch.segment, bucket, catalog)
        writer.finish(batch, plan)

    assert objects(bucket) == objects(writer.store)
    assert_sound(bucket)
    folder, opened = Archive(writer.store), Archive.open(uri)
    for url in (URL, OTHER, "https://news.example/old"):
        assert list(opened.versions(url)) == list(folder.versions(url)) != []
        assert opened.checks(url) == folder.checks(url)
    assert [opened.response(one) for one in opened.snapshots()] == [folder.response(one) for one in folder.snapshots()]
    assert catalog.get(URL) == writer.catalog.get(URL)


def test_keys_of_one_batch_bear_its_name(writer: Writer) -> None:
    batch, plan, _ = second_edition(writer)

    assert f"/{batch.name}-" in plan.warc_key
    assert plan.index_key == layout.index_key(batch.name, plan.index)
